package analytics_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// Limits of the queue of reports, as the reference states them.
const (
	reportsAtOnce  = 2
	reportsWaiting = 16
)

// waiting is what the metric says of how many reports wait.
func (s *service) waiting() int {
	s.h.t.Helper()
	families, err := s.registry.Gather()
	require.NoError(s.h.t, err)
	for _, f := range families {
		if f.GetName() == "laurel_analytics_reports_waiting" {
			return int(f.GetMetric()[0].GetGauge().GetValue())
		}
	}
	s.h.t.Fatal("no metric of reports that wait")
	return 0
}

// TestReportsAreQueuedAndBoundedAndCopyingGoesOn: while two reports are computed, sixteen wait, more are refused, one that waits
// is cut off with its caller's time, facts are copied all the same, a fit is not refused; then all who waited are answered.
func TestReportsAreQueuedAndBoundedAndCopyingGoesOn(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.run(size{})
	h.tell(h.ledger.paid("m0", "a", date("2025-01-10"), 1000))
	s.drained()
	require.EqualValues(t, 1, s.card("m0").GetComparedEntries())
	var group errgroup.Group
	taken, release := make(chan struct{}, reportsAtOnce), make(chan struct{})
	for range reportsAtOnce {
		group.Go(func() error { return s.HoldTurn(t.Context(), taken, release) })
	}
	for range reportsAtOnce {
		<-taken
	}
	ask := &analyticsv1.GetReportRequest{Program: "tea", Name: "pareto"}
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := s.grpc.GetReport(short, ask)
	require.Equal(t, codes.DeadlineExceeded, status.Code(err), "%v", err)
	testkit.Eventually(t, func() bool { return s.waiting() == 0 }, "who was cut off waits no more")

	names := []string{"pareto", "rfm", "cohorts", "survival"}
	for i := range reportsWaiting {
		group.Go(func() error {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			answer, err := s.grpc.GetReport(ctx, &analyticsv1.GetReportRequest{Program: "tea", Name: names[i%len(names)]})
			if err == nil && answer.GetReport().GetRead().GetEntries() != 101 {
				err = fmt.Errorf("read %d entries: it began to read before its turn", answer.GetReport().GetRead().GetEntries())
			}
			return err
		})
	}
	testkit.Eventually(t, func() bool { return s.waiting() == reportsWaiting }, "all wait")
	_, err = s.models.FitModel(t.Context(), &analyticsv1.FitModelRequest{Program: "tea", IdempotencyKey: "patient", Buying: analyticsv1.BuyingModel_BUYING_MODEL_BG_NBD})
	require.NoError(t, err)
	for name, call := range map[string]func() error{
		"a report": func() error { _, err := s.grpc.GetReport(t.Context(), ask); return err },
		"a list": func() error {
			_, err := s.grpc.ListCustomers(t.Context(), &analyticsv1.ListCustomersRequest{Program: "tea"})
			return err
		},
		"an export": func() error {
			_, err := s.exports.ListRows(t.Context(), &analyticsv1.ListRowsRequest{Program: "tea", Table: "orders"})
			return err
		},
	} {
		err := call()
		require.ErrorIs(t, rpc.FromStatus(err), reason.Overloaded, name)
		require.Equal(t, codes.ResourceExhausted, status.Code(err), name)
		retry := false
		for _, d := range status.Convert(err).Details() {
			_, is := d.(*errdetails.RetryInfo)
			retry = retry || is
		}
		require.True(t, retry, "%s: RetryInfo", name)
	}
	require.EqualValues(t, 1, s.card("m0").GetOrders(), "a card does not wait for those who read everybody")
	for i := range 100 {
		h.tell(h.ledger.paid(fmt.Sprint("m", i%7), fmt.Sprint("more", i), date("2025-01-11"), 1000))
	}
	testkit.Eventually(t, func() bool { return s.Counts().Entries == 101 }, "facts are copied while reports queue")
	require.Equal(t, reportsWaiting, s.waiting())
	close(release)
	require.NoError(t, group.Wait())
	testkit.Eventually(t, func() bool {
		list, err := s.models.ListFits(t.Context(), &analyticsv1.ListFitsRequest{Program: "tea"})
		return err == nil && len(list.GetFits()) == 1 && list.GetFits()[0].GetEndedAt() != nil && list.GetFits()[0].GetReason() != string(reason.Overloaded)
	}, "the fit has waited for its turn, too")
}
