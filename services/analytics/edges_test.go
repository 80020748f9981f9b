package analytics_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/reflect/protoreflect"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/sheet"
)

// edge is a programme of which little, nothing or too much is known.
type edge struct {
	name string // as the reference has it
	tell func(*ledger) []bus.Outgoing
	asOf string
	// refused tells why reports are refused, if they are; answers those that answer all the same.
	refused reason.Reason
	answers []string
	// said is what the Pareto report says: customers, Gini, customers of A, B, C.
	said string
}

// pairs is so many customers with two orders each, of an amount.
func pairs(n int, cents int64) func(*ledger) []bus.Outgoing {
	return func(l *ledger) []bus.Outgoing {
		var told []bus.Outgoing
		for i := range n {
			account := fmt.Sprint("m", i)
			told = append(told, l.paid(account, account+"a", date("2025-01-10"), cents), l.paid(account, account+"b", date("2025-02-10"), cents))
		}
		return told
	}
}

func sentBack(l *ledger) []bus.Outgoing {
	return append(pairs(1, 1000)(l), l.back("m0a", date("2025-02-11"), 1000), l.back("m0b", date("2025-02-11"), 1000))
}

func calledOff(l *ledger) []bus.Outgoing {
	return append(pairs(1, 1000)(l), l.off("m0a", date("2025-02-11")), l.off("m0b", date("2025-02-11")))
}

func edges() []edge {
	return []edge{
		{name: "nothing was read of the programme", tell: func(*ledger) []bus.Outgoing { return nil }, refused: reason.UnknownProgram},
		{name: "nobody has bought", said: "0 '' 0 0 0", tell: func(l *ledger) []bus.Outgoing { return []bus.Outgoing{l.did("m0", "visit", date("2025-01-10"), 1)} }},
		{name: "one customer, one order", said: "1 '0.000000000' 1 0 0", tell: func(l *ledger) []bus.Outgoing { return []bus.Outgoing{l.paid("m0", "a", date("2025-01-10"), 1000)} }},
		{name: "all are equal", said: "10 '0.000000000' 8 2 0", tell: pairs(10, 1000)},
		{name: "all amounts are zero", said: "3 '' 0 0 3", tell: pairs(3, 0)},
		{name: "an amount is the greatest there is", tell: func(l *ledger) []bus.Outgoing {
			return []bus.Outgoing{l.paid("m0", "a", date("2025-01-10"), math.MaxInt64), l.paid("m1", "b", date("2025-02-10"), 0)}
		}},
		{name: "amounts add up to more than there is", tell: pairs(2, math.MaxInt64), refused: reason.AmountOutOfRange, answers: []string{
			"actions", "channel", "churn-causes", "cohorts", "contract-retention", "effect", "involvement", "kano", "loyalty-indicators", "price-tolerance", "reviews",
			"satisfaction", "scorecard", "statements", "survival",
		}},
		{name: "everything came back", said: "1 '' 0 0 1", tell: sentBack},
		{name: "every order was cancelled", said: "0 '' 0 0 0", tell: calledOff},
		{name: "the day lies in the future", said: "3 '0.000000000' 3 0 0", tell: pairs(3, 1000), asOf: "2999-01-01"},
		{name: "the day lies before the first order", said: "0 '' 0 0 0", tell: pairs(3, 1000), asOf: "2024-01-01"},
		{name: "the day is the first there is", said: "0 '' 0 0 0", tell: pairs(3, 1000), asOf: "0001-01-01"},
	}
}

// edgy is a service that has read all edges, each as a programme.
func edgy(t *testing.T) *service {
	t.Helper()
	h := open(t)
	for i, e := range edges() {
		h.tell(e.tell(newLedger(fmt.Sprint("edge", i)))...)
	}
	s := h.run(size{})
	s.drained()
	return s
}

// TestEveryReportHasAnAnswerAtTheEdges: each report answers or says why not, whatever was read, and no output holds a number
// that is none.
func TestEveryReportHasAnAnswerAtTheEdges(t *testing.T) {
	t.Parallel()
	s := edgy(t)
	_ = os.Getenv("LAUREL_FILES_ARE") // what lies outside the module makes a kept result stale by this alone
	reference, err := os.ReadFile("../../docs/reference/reports.md")
	require.NoError(t, err)
	names := s.reportNames()
	for i, e := range edges() {
		t.Run(e.name, func(t *testing.T) {
			require.Contains(t, string(reference), "\n| "+e.name+" | ")
			for _, name := range names {
				err := s.soundly(t, &analyticsv1.GetReportRequest{Program: fmt.Sprint("edge", i), Name: name, AsOf: e.asOf})
				if e.refused == "" || slices.Contains(e.answers, name) {
					require.NoError(t, err, name)
					continue
				}
				require.ErrorIs(t, rpc.FromStatus(err), e.refused, name)
			}
			if e.said != "" {
				p := s.ask(&analyticsv1.GetReportRequest{Program: fmt.Sprint("edge", i), Name: "pareto", AsOf: e.asOf}).GetPareto()
				c := p.GetClasses()
				require.Equal(t, e.said, fmt.Sprintf("%d '%s' %d %d %d", p.GetCustomers(), p.GetGini(), c[0].GetCustomers(), c[1].GetCustomers(), c[2].GetCustomers()))
			}
			in := &analyticsv1.ListCustomersRequest{Program: fmt.Sprint("edge", i), AsOf: e.asOf}
			if _, err := s.grpc.ListCustomers(t.Context(), in); e.refused != "" {
				require.ErrorIs(t, rpc.FromStatus(err), e.refused)
			} else {
				require.NoError(t, err)
			}
		})
	}
	nobody := s.ask(&analyticsv1.GetReportRequest{Program: "edge1", Name: "effect"}).GetEffect()
	require.Empty(t, nobody.GetTreated().GetPerCustomer()+nobody.GetHeldOut().GetBeforePerCustomer(), "a mean of nobody is none")
	nowhere := s.ask(&analyticsv1.GetReportRequest{Program: "edge2", Name: "goal"}).GetGoal()
	require.Equal(t, "1.000000000", nowhere.GetCurrent())
	require.False(t, nowhere.GetReached(), "there is no target")
	require.Empty(t, nowhere.GetReachedShare()+nowhere.GetRiseShare())
	_, err = s.grpc.ListCustomers(t.Context(), &analyticsv1.ListCustomersRequest{Program: "edge3", PageSize: 1_000_000})
	requireRefused(t, err, reason.InvalidArgument, "page_size", "5000")
}

// TestEveryParameterHasAnAnswerAtItsEnds sets each parameter of each report to values at and beyond its ends, those that leave
// classes empty among them.
func TestEveryParameterHasAnAnswerAtItsEnds(t *testing.T) {
	t.Parallel()
	s := edgy(t)
	all := (&analyticsv1.GetReportRequest{}).ProtoReflect().Descriptor().Oneofs().ByName("parameters").Fields()
	tried := 0
	for i := range all.Len() {
		of := all.Get(i)
		for k := range of.Message().Fields().Len() {
			field := of.Message().Fields().Get(k)
			for _, value := range ends(field) {
				for _, program := range []string{"edge2", "edge3", "edge5"} {
					in := &analyticsv1.GetReportRequest{Program: program, Name: strings.ReplaceAll(string(of.Name()), "_", "-")}
					in.ProtoReflect().Mutable(of).Message().Set(field, value)
					if err := s.soundly(t, in); err != nil {
						refusal, ok := reason.Of(rpc.FromStatus(err))
						require.True(t, ok, "%v: %v", in, err)
						require.Contains(t, []reason.Reason{reason.InvalidArgument, reason.AmountOutOfRange, reason.FitNotFound, reason.AccountNotFound}, refusal.Reason, "%v: %v", in, err)
						require.True(t, refusal.Field != "" || refusal.Reason == reason.AmountOutOfRange, "%v: %v", in, err)
					}
					tried++
				}
			}
		}
	}
	require.Greater(t, tried, 500)
}

// ends are values at and beyond the ends of what a parameter may be; none of what has parts.
func ends(field protoreflect.FieldDescriptor) []protoreflect.Value {
	if field.IsList() || field.IsMap() {
		return nil
	}
	var list []protoreflect.Value
	switch field.Kind() {
	case protoreflect.StringKind:
		for _, text := range []string{"0", "1", "-1", "1/3", "0.000000001", "1000000000000", "0001-01-01", "2025-02-11", "9999-12-31", "nan", "inf", "none"} {
			list = append(list, protoreflect.ValueOfString(text))
		}
	case protoreflect.Int32Kind:
		for _, n := range []int32{-1, 1, 5, 60, math.MaxInt32} {
			list = append(list, protoreflect.ValueOfInt32(n))
		}
	case protoreflect.Int64Kind:
		for _, n := range []int64{-1, 0, 1, 60, math.MaxInt64} {
			list = append(list, protoreflect.ValueOfInt64(n))
		}
	case protoreflect.BoolKind:
		list = append(list, protoreflect.ValueOfBool(true))
	}
	return list
}

// soundly asks for a report with its page; an answer must hold numbers alone where it holds numbers, in all its outputs.
func (s *service) soundly(t *testing.T, in *analyticsv1.GetReportRequest) error {
	t.Helper()
	if in.Page = true; in.GetName() == "customer" && in.GetParameters() == nil {
		in.Parameters = &analyticsv1.GetReportRequest_Customer{Customer: &analyticsv1.CustomerParameters{Account: "m0"}}
	}
	answer, err := s.grpc.GetReport(t.Context(), in)
	if err != nil {
		return err
	}
	requireFinite(t, answer.GetReport())
	require.NotRegexp(t, `NaN|Inf\b|%!`, answer.GetPage(), "%v", in)
	for _, one := range sheet.Of(bodyOf(answer.GetReport())) {
		var table bytes.Buffer
		require.NoError(t, csv.NewWriter(&table).WriteAll(one.Rows))
		require.NotRegexp(t, `NaN|Inf\b|%!`, table.String(), "%v", in)
	}
	return nil
}
