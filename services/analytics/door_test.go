package analytics_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	typev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/type/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// shop is a copy of three customers.
func shop(t *testing.T) *service {
	t.Helper()
	h := open(t)
	h.tell(h.ledger.paid("ann", "o1", date("2025-01-10"), 8000), h.ledger.paid("bob", "o2", date("2025-01-11"), 1500),
		h.ledger.paid("cid", "o3", date("2025-02-11"), 500))
	s := h.run(size{})
	s.drained()
	return s
}

func TestReportsThatAreRefused(t *testing.T) {
	t.Parallel()
	s := shop(t)
	for _, c := range []struct {
		name   string
		alter  func(in *analyticsv1.GetReportRequest)
		reason reason.Reason
		field  string
		says   string
	}{
		{"no programme", func(in *analyticsv1.GetReportRequest) { in.Program = "" }, reason.InvalidArgument, "program", ""},
		{"a programme too long", func(in *analyticsv1.GetReportRequest) { in.Program = strings.Repeat("x", 65) }, reason.InvalidArgument, "program", ""},
		{"a programme of which nothing was read", func(in *analyticsv1.GetReportRequest) { in.Program = "coffee" }, reason.UnknownProgram, "program", "coffee"},
		{"no name", func(in *analyticsv1.GetReportRequest) { in.Name = "" }, reason.InvalidArgument, "name", ""},
		{"a name too long", func(in *analyticsv1.GetReportRequest) { in.Name = strings.Repeat("x", 65) }, reason.InvalidArgument, "name", ""},
		{"a report that there is not", func(in *analyticsv1.GetReportRequest) { in.Name = "whale" }, reason.ReportNotFound, "name", "there are abc-xyz, acquisition, actions, "},
		{"no day", func(in *analyticsv1.GetReportRequest) { in.AsOf = "soon" }, reason.InvalidArgument, "as_of", "YYYY-MM-DD"},
		{"a day that is none", func(in *analyticsv1.GetReportRequest) { in.AsOf = "2025-02-30" }, reason.InvalidArgument, "as_of", ""},
		{"a day too long", func(in *analyticsv1.GetReportRequest) { in.AsOf = "2025-02-011" }, reason.InvalidArgument, "as_of", ""},
		{"a day to compare with that is none", func(in *analyticsv1.GetReportRequest) { in.Compare = "1.1.2025" }, reason.InvalidArgument, "compare", ""},
		{"a day to compare with that is later", func(in *analyticsv1.GetReportRequest) {
			in.Name, in.Parameters, in.AsOf, in.Compare = "rfm", nil, "2025-02-01", "2025-02-01"
		}, reason.InvalidArgument, "compare", "not before 2025-02-01"},
		{"a day to compare with that a parameter does not fit", func(in *analyticsv1.GetReportRequest) {
			in.Name, in.Compare = "profitability", "2025-01-01"
			in.Parameters = &analyticsv1.GetReportRequest_Profitability{Profitability: &analyticsv1.ProfitabilityParameters{From: "2025-01-05"}}
		}, reason.InvalidArgument, "compare", "as of 2025-01-01: 2025-01-05 is not before"},
		{"another report's parameters", func(in *analyticsv1.GetReportRequest) { in.Name = "survival" }, reason.InvalidArgument, "parameters", "report survival"},
		{"a share that is none", func(in *analyticsv1.GetReportRequest) { in.GetPareto().TopShare = "most" }, reason.InvalidArgument, "pareto.top_share", "4/5"},
		{"a share beyond all", func(in *analyticsv1.GetReportRequest) { in.GetPareto().MostShare = "1.5" }, reason.InvalidArgument, "pareto.most_share", ""},
		{"classes that cross", func(in *analyticsv1.GetReportRequest) { in.GetPareto().AShare = "0.96" }, reason.InvalidArgument, "pareto.b_share", "must end above"},
		{"segments that leave somebody out", func(in *analyticsv1.GetReportRequest) {
			in.Name, in.Parameters = "rfm", &analyticsv1.GetReportRequest_Rfm{Rfm: &analyticsv1.RfmParameters{Segments: []*analyticsv1.SegmentRule{
				{Name: "best", Recency: &analyticsv1.ScoreRange{From: 5, To: 5}},
			}}}
		}, reason.InvalidArgument, "rfm.segments", "must fit all scores"},
		{"a segment without a name", func(in *analyticsv1.GetReportRequest) {
			in.Name, in.Parameters = "rfm", &analyticsv1.GetReportRequest_Rfm{Rfm: &analyticsv1.RfmParameters{Segments: []*analyticsv1.SegmentRule{{}}}}
		}, reason.InvalidArgument, "rfm.segments[0].name", ""},
		{"windows that fall", func(in *analyticsv1.GetReportRequest) {
			in.Name, in.Parameters = "cohorts", &analyticsv1.GetReportRequest_Cohorts{Cohorts: &analyticsv1.CohortParameters{WindowDays: []int32{90, 30}}}
		}, reason.InvalidArgument, "cohorts.window_days", "rising"},
		{"a mark that is none", func(in *analyticsv1.GetReportRequest) {
			in.Name, in.Parameters = "cohorts", &analyticsv1.GetReportRequest_Cohorts{Cohorts: &analyticsv1.CohortParameters{MarkShare: "-1"}}
		}, reason.InvalidArgument, "cohorts.mark_share", ""},
		{"silence below nothing", func(in *analyticsv1.GetReportRequest) {
			in.Name, in.Parameters = "survival", &analyticsv1.GetReportRequest_Survival{Survival: &analyticsv1.SurvivalParameters{SilentDays: -1}}
		}, reason.InvalidArgument, "survival.silent_days", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := &analyticsv1.GetReportRequest{
				Program: "tea", Name: "pareto", Parameters: &analyticsv1.GetReportRequest_Pareto{Pareto: &analyticsv1.ParetoParameters{}},
			}
			c.alter(in)
			_, err := s.grpc.GetReport(t.Context(), in)
			requireRefused(t, err, c.reason, c.field, c.says)
		})
	}
}

func requireRefused(t *testing.T, err error, why reason.Reason, field, says string) {
	t.Helper()
	require.Error(t, err)
	refusal, ok := reason.Of(rpc.FromStatus(err))
	require.True(t, ok, "%v", err)
	require.Equal(t, why, refusal.Reason)
	require.Equal(t, field, refusal.Field)
	require.Contains(t, refusal.Message, says)
}

func TestListsThatAreRefused(t *testing.T) {
	t.Parallel()
	s := shop(t)
	first, err := s.grpc.ListCustomers(t.Context(), &analyticsv1.ListCustomersRequest{Program: "tea", PageSize: 1})
	require.NoError(t, err)
	token := first.GetNextPageToken()
	require.NotEmpty(t, token)
	for _, c := range []struct {
		name   string
		in     *analyticsv1.ListCustomersRequest
		reason reason.Reason
		field  string
	}{
		{"no programme", &analyticsv1.ListCustomersRequest{}, reason.InvalidArgument, "program"},
		{"a programme of which nothing was read", &analyticsv1.ListCustomersRequest{Program: "coffee"}, reason.UnknownProgram, "program"},
		{"no day", &analyticsv1.ListCustomersRequest{Program: "tea", AsOf: "soon"}, reason.InvalidArgument, "as_of"},
		{"a page too long", &analyticsv1.ListCustomersRequest{Program: "tea", PageSize: 5001}, reason.InvalidArgument, "page_size"},
		{"a page of less than nothing", &analyticsv1.ListCustomersRequest{Program: "tea", PageSize: -1}, reason.InvalidArgument, "page_size"},
		{"a token that is none", &analyticsv1.ListCustomersRequest{Program: "tea", PageToken: "%"}, reason.InvalidArgument, "page_token"},
		{"a token that was cut", &analyticsv1.ListCustomersRequest{Program: "tea", PageToken: token[:len(token)-9]}, reason.InvalidArgument, "page_token"},
		{"another list's token", &analyticsv1.ListCustomersRequest{Program: "tea", AsOf: "2025-02-01", PageToken: token}, reason.InvalidArgument, "page_token"},
		{"a share that is none", &analyticsv1.ListCustomersRequest{Program: "tea", Pareto: &analyticsv1.ParetoParameters{AShare: "2"}}, reason.InvalidArgument, "pareto.a_share"},
		{"segments that leave somebody out", &analyticsv1.ListCustomersRequest{Program: "tea", Rfm: &analyticsv1.RfmParameters{
			Segments: []*analyticsv1.SegmentRule{{Name: "best", Recency: &analyticsv1.ScoreRange{From: 5, To: 5}}},
		}}, reason.InvalidArgument, "rfm.segments"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := s.grpc.ListCustomers(t.Context(), c.in)
			requireRefused(t, err, c.reason, c.field, "")
		})
	}
}

// TestAListKeepsItsMeasure: what is bought between two pages does not change what the second is measured by.
func TestAListKeepsItsMeasure(t *testing.T) {
	t.Parallel()
	s := shop(t)
	in := &analyticsv1.ListCustomersRequest{Program: "tea", AsOf: "2025-03-01", PageSize: 1}
	first, err := s.grpc.ListCustomers(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, "A", first.GetCustomers()[0].GetClass())
	s.h.tell(s.h.ledger.paid("dan", "o4", date("2025-02-20"), 900_000))
	s.drained()
	in.PageToken = first.GetNextPageToken()
	second, err := s.grpc.ListCustomers(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, "bob", second.GetCustomers()[0].GetAccount())
	require.Equal(t, "B", second.GetCustomers()[0].GetClass())
	require.Greater(t, second.GetRead().GetEntries(), first.GetRead().GetEntries(), "and it tells up to where it has read")
	in.PageToken = ""
	again, err := s.grpc.ListCustomers(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, "C", again.GetCustomers()[0].GetClass(), "a list that begins anew measures anew")
}

func TestParametersChangeTheAnswer(t *testing.T) {
	t.Parallel()
	s := shop(t)
	halves := s.ask(&analyticsv1.GetReportRequest{Program: "tea", Name: "pareto", Parameters: &analyticsv1.GetReportRequest_Pareto{
		Pareto: &analyticsv1.ParetoParameters{TopShare: "2/3", MostShare: "0.9", AShare: "0.5", BShare: "0.81"},
	}}).GetPareto()
	require.EqualValues(t, 2, halves.GetTop().GetCustomers())
	require.EqualValues(t, 2, halves.GetMost().GetCustomers())
	require.EqualValues(t, 1, halves.GetClasses()[1].GetCustomers())
	segments := s.ask(&analyticsv1.GetReportRequest{Program: "tea", Name: "rfm", Parameters: &analyticsv1.GetReportRequest_Rfm{
		Rfm: &analyticsv1.RfmParameters{Segments: []*analyticsv1.SegmentRule{
			{Name: "fresh", Recency: &analyticsv1.ScoreRange{From: 5, To: 5}}, {Name: "others"},
		}},
	}}).GetRfm().GetSegments()
	require.Equal(t, "fresh", segments[0].GetName())
	require.EqualValues(t, 1, segments[0].GetCustomers())
	require.EqualValues(t, 2, segments[1].GetCustomers())
	lost := s.ask(&analyticsv1.GetReportRequest{Program: "tea", Name: "survival", AsOf: "2025-03-01", Parameters: &analyticsv1.GetReportRequest_Survival{
		Survival: &analyticsv1.SurvivalParameters{SilentDays: 20},
	}}).GetSurvival()
	require.EqualValues(t, 2, lost.GetLoss().GetEvents())
	soon := s.ask(&analyticsv1.GetReportRequest{Program: "tea", Name: "cohorts", AsOf: "2025-03-01", Parameters: &analyticsv1.GetReportRequest_Cohorts{
		Cohorts: &analyticsv1.CohortParameters{Months: 1, WindowDays: []int32{7}, MarkShare: "0.1"},
	}}).GetCohorts()
	require.EqualValues(t, 2, soon.GetOlderCustomers())
	require.EqualValues(t, 7, soon.GetAll().GetWindows()[0].GetDays())
}

// TestEveryAnswerSaysUpToWhereItHasRead: the end of FACTS stands among the marks, and every entry is counted.
func TestEveryAnswerSaysUpToWhereItHasRead(t *testing.T) {
	t.Parallel()
	s := shop(t)
	end, err := s.h.bus.End(t.Context(), bus.Facts)
	require.NoError(t, err)
	requireRead := func(name string, read *analyticsv1.ReadUpTo) {
		require.Len(t, read.GetMarks(), partitions, name)
		furthest := uint64(0)
		for i, m := range read.GetMarks() {
			require.EqualValues(t, i, m.GetPartition(), name)
			furthest = max(furthest, m.GetSequence())
		}
		require.Equal(t, end, furthest, name)
		require.EqualValues(t, 3, read.GetEntries(), name)
		require.Equal(t, "2025-02-11", read.GetEffectiveAt().AsTime().Format("2006-01-02"), name)
	}
	for _, name := range s.reportNames() {
		requireRead(name, s.report(name, "").GetRead())
	}
	list, err := s.grpc.ListCustomers(t.Context(), &analyticsv1.ListCustomersRequest{Program: "tea"})
	require.NoError(t, err)
	requireRead("customers", list.GetRead())
}

func TestACallerWhoDoesNotWaitIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	s := shop(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	_, err := s.grpc.GetReport(ctx, &analyticsv1.GetReportRequest{Program: "tea", Name: "pareto"})
	require.Equal(t, codes.DeadlineExceeded, status.Code(err))
}

func TestAReportBeforeAnybodyBought(t *testing.T) {
	t.Parallel()
	s := shop(t)
	for _, name := range s.reportNames() {
		r, page := s.page(name, "2020-01-01")
		require.NotNil(t, r.GetBody(), name)
		requireFinite(t, r)
		require.Contains(t, page, "<h1>", name)
	}
	require.Empty(t, s.report("pareto", "2020-01-01").GetPareto().GetGini())
	require.Empty(t, s.customers("2020-01-01", 5))
}

func TestATotalThatDoesNotFitIsRefused(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.tell(h.ledger.paid("ann", "o1", date("2025-01-10"), 1<<62), h.ledger.paid("bob", "o2", date("2025-01-10"), 1<<62))
	s := h.run(size{})
	s.drained()
	_, err := s.grpc.GetReport(t.Context(), &analyticsv1.GetReportRequest{Program: "tea", Name: "pareto"})
	requireRefused(t, err, reason.AmountOutOfRange, "", "")
	_, err = s.grpc.ListCustomers(t.Context(), &analyticsv1.ListCustomersRequest{Program: "tea"})
	requireRefused(t, err, reason.AmountOutOfRange, "", "")
}

// TestAReportSeesWhatWasTold: asked for what stands up to the end of FACTS, it waits for it.
func TestAReportSeesWhatWasTold(t *testing.T) {
	t.Parallel()
	s := shop(t)
	for i := range 20 {
		s.h.tell(s.h.ledger.paid("dan", fmt.Sprint("d", i), date("2025-02-20"), 1))
		end, err := s.h.bus.End(t.Context(), bus.Facts)
		require.NoError(t, err)
		to := &typev1.Position{Stream: bus.Facts, Sequence: end}
		r := s.ask(&analyticsv1.GetReportRequest{Program: "tea", Name: "pareto", After: to})
		require.EqualValues(t, 10_001+i, r.GetPareto().GetTotalMinor())
		list, err := s.grpc.ListCustomers(t.Context(), &analyticsv1.ListCustomersRequest{Program: "tea", After: to})
		require.NoError(t, err)
		require.EqualValues(t, i+1, list.GetCustomers()[3].GetOrders())
	}
	_, err := s.grpc.GetReport(t.Context(), &analyticsv1.GetReportRequest{Program: "tea", Name: "rfm", After: &typev1.Position{Sequence: 1}})
	requireRefused(t, err, reason.InvalidArgument, "after.stream", "analytics follows FACTS")
	_, err = s.grpc.GetReport(t.Context(), &analyticsv1.GetReportRequest{Program: "tea", Name: "rfm", After: &typev1.Position{Stream: bus.Facts, Sequence: 1 << 40}})
	requireRefused(t, err, reason.PositionUnknown, "after", "")
}
