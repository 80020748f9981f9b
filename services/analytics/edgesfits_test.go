package analytics_test

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// fitEdge is a programme of which little, nothing or too much is there to be fitted to.
type fitEdge struct {
	name    string // as the reference has it
	tell    func(*ledger) []bus.Outgoing
	asOf    string
	holdout int32
	// refused is why no fit is asked for, failed why one has no result; says is a part of the message.
	refused, failed reason.Reason
	says            string
	// alone is why it does not converge without a prior, beside why with one; empty: it does. Amounts is why there is no model
	// of them, prior or not.
	alone, beside, amounts string
	// later is the verdict over the second that converges, note what the report says of the check.
	later, note string
	beyond      bool // a value in money may be more than there is
	paretoAlone bool // Pareto/NBD converges without a prior
}

const (
	none     = "there is no customer"
	nobody   = "nobody came back: there is nothing to learn from"
	runsAway = "r runs away to 1.6e+05: the data do not tell it, so there is no maximum"
	untold   = "the data do not tell" // one of them, or one from another
	unpaid   = "nobody came back and paid: there are no amounts to learn from"
	knows    = "in use: nothing to compare with"
)

func fitEdges() []fitEdge {
	return []fitEdge{
		{name: "nothing was read of the programme", tell: pairs(0, 0), refused: reason.UnknownProgram, says: "edge0"},
		{name: "nobody has bought", alone: none, beside: none, amounts: unpaid, tell: func(l *ledger) []bus.Outgoing {
			return []bus.Outgoing{l.did("m0", "visit", date("2025-01-10"), 1)}
		}},
		{name: "one customer, one order", alone: nobody, beside: nobody, amounts: unpaid, tell: func(l *ledger) []bus.Outgoing {
			return []bus.Outgoing{l.paid("m0", "a", date("2025-01-10"), 1000)}
		}},
		{name: "one customer who came back", tell: pairs(1, 1000), alone: runsAway, later: knows},
		{name: "all are equal", tell: pairs(10, 1000), alone: runsAway, later: knows},
		{name: "all amounts are zero", tell: pairs(3, 0), alone: runsAway, amounts: unpaid, later: knows},
		{name: "everything came back", tell: sentBack, alone: runsAway, amounts: unpaid, later: knows},
		{name: "every order was cancelled", tell: calledOff, alone: none, beside: none, amounts: unpaid},
		{name: "an amount is the greatest there is", alone: runsAway, later: knows, beyond: true, tell: func(l *ledger) []bus.Outgoing {
			return append(pairs(3, 1000)(l), l.paid("m3", "c", date("2025-01-12"), 0), l.paid("m3", "d", date("2025-02-01"), math.MaxInt64-6000))
		}},
		{name: "one customer's amounts add up to more than there is", tell: pairs(2, math.MaxInt64), failed: reason.AmountOutOfRange, says: "account m0"},
		{name: "the day lies in the future", tell: pairs(3, 1000), asOf: "2999-01-01", alone: runsAway, later: knows},
		{name: "the day is the last there is", tell: pairs(3, 1000), asOf: "9999-12-31", alone: runsAway, later: knows},
		{name: "the day lies before the first order", tell: pairs(3, 1000), asOf: "2024-01-01", holdout: 30, alone: none, beside: none, amounts: unpaid},
		{name: "the day is the first there is", tell: pairs(3, 1000), asOf: "0001-01-01", holdout: 3660, alone: none, beside: none, amounts: unpaid},
		{name: "orders lie behind the day", asOf: "2025-03-01", alone: runsAway, later: knows, tell: func(l *ledger) []bus.Outgoing {
			return append(pairs(3, 1000)(l), l.paid("m0", "later", date("2999-01-01"), 1000), l.paid("m9", "new", date("2999-01-01"), 1000))
		}},
		{name: "an order lies far ahead of all others", alone: untold, paretoAlone: true, later: knows, tell: func(l *ledger) []bus.Outgoing {
			return append(pairs(3, 1000)(l), l.paid("m0", "later", date("2999-01-01"), 1000))
		}},
		{name: "the holdout is longer than the data", tell: pairs(3, 1000), holdout: 3660, failed: reason.InvalidArgument, says: "ask for at most 31 days"},
		{name: "there is one day, and a holdout", holdout: 1, failed: reason.InvalidArgument, says: "ask for a fit without a holdout", tell: func(l *ledger) []bus.Outgoing {
			return []bus.Outgoing{l.paid("m0", "a", date("2025-01-10"), 1000)}
		}},
		{
			name: "nobody had come back before the holdout", tell: pairs(3, 1000), holdout: 20, alone: runsAway,
			later: "a challenger: without its holdout it did not converge (" + nobody + ")",
			note:  "Without its holdout the model did not converge (" + nobody + "): how well it forecasts is not known.",
		},
		{
			name: "nobody buys in the holdout", tell: pairs(3, 1000), asOf: "2025-06-01", holdout: 60, alone: runsAway, later: "in the holdout",
			note: "In its holdout (2025-04-02 to 2025-06-01) nobody bought, where the model forecast ",
		},
	}
}

// edgedFits is a service that has read all edges, each as a programme.
func edgedFits(t *testing.T) *service {
	t.Helper()
	h := open(t)
	for i, e := range fitEdges() {
		h.tell(e.tell(newLedger(fmt.Sprint("edge", i)))...)
	}
	s := h.run(size{})
	s.drained()
	return s
}

// TestEveryFitHasAnAnswerAtTheEdges: each model, with and without a prior, is refused or fails with what to do about it, or does not
// converge, says why and is used by nothing, or is used, and then nothing that it says is no number.
func TestEveryFitHasAnAnswerAtTheEdges(t *testing.T) {
	t.Parallel()
	s := edgedFits(t)
	g := groupsOf(s)
	_ = os.Getenv("LAUREL_FILES_ARE") // what lies outside the module makes a kept result stale by this alone
	text, err := os.ReadFile("../../docs/reference/reports.md")
	require.NoError(t, err)
	_, reference, found := strings.Cut(string(text), "# What fits come to")
	require.True(t, found)
	for i, e := range fitEdges() {
		t.Run(e.name, func(t *testing.T) {
			require.Contains(t, reference, "\n| "+e.name+" | ")
			program := fmt.Sprint("edge", i)
			used := 0
			for _, prior := range []bool{false, true} {
				for _, buying := range buyingModels() {
					in := &analyticsv1.FitModelRequest{
						Program: program, Buying: buying, Prior: prior, AsOf: e.asOf, HoldoutDays: e.holdout, IdempotencyKey: fmt.Sprintf("%d-%v", buying, prior),
					}
					if e.refused != "" {
						_, err := s.models.FitModel(t.Context(), in)
						requireRefused(t, err, e.refused, "program", e.says)
						continue
					}
					f := s.fit(in)
					requireFinite(t, f)
					if e.requireUnused(t, s, f) {
						continue
					}
					if used++; used == 1 {
						require.Equal(t, "in use: it is the first that converged", f.GetVerdict())
					} else {
						require.Contains(t, f.GetVerdict(), e.later)
					}
					require.Empty(t, f.GetFinal().GetBuying().GetWhy())
					if prior {
						require.Equal(t, e.amounts, f.GetFinal().GetAmounts().GetWhy())
					} else {
						require.Contains(t, f.GetFinal().GetAmounts().GetWhy(), untold)
					}
					_, err := s.models.ChooseFit(t.Context(), &analyticsv1.ChooseFitRequest{Program: program, Id: f.GetId(), IdempotencyKey: "k"})
					require.NoError(t, err)
					g.requireSound(t, e, f)
				}
			}
		})
	}
}

func buyingModels() []analyticsv1.BuyingModel {
	return []analyticsv1.BuyingModel{
		analyticsv1.BuyingModel_BUYING_MODEL_BG_NBD, analyticsv1.BuyingModel_BUYING_MODEL_MBG_NBD, analyticsv1.BuyingModel_BUYING_MODEL_PARETO_NBD,
	}
}

// requireUnused holds a fit that is not to be used to what it says; not so: it is to be used.
func (e fitEdge) requireUnused(t *testing.T, s *service, f *analyticsv1.Fit) bool {
	t.Helper()
	why := e.alone
	if f.GetPlan().GetPrior() {
		why = e.beside
	} else if e.paretoAlone && f.GetPlan().GetBuying() == analyticsv1.BuyingModel_BUYING_MODEL_PARETO_NBD {
		why = ""
	}
	switch {
	case e.failed != "":
		require.Equal(t, analyticsv1.FitState_FIT_STATE_FAILED, f.GetState())
		require.Equal(t, string(e.failed), f.GetReason())
		require.Contains(t, f.GetMessage(), e.says)
		require.Nil(t, f.GetFinal())
		why = f.GetMessage()
	case why != "":
		require.Equal(t, analyticsv1.FitState_FIT_STATE_DONE, f.GetState(), f.GetMessage())
		require.Contains(t, f.GetFinal().GetBuying().GetWhy(), why)
		why = f.GetFinal().GetBuying().GetWhy()
		require.Equal(t, "not used: it did not converge: "+why, f.GetVerdict())
		require.NotEmpty(t, f.GetFinal().GetAmounts().GetWhy())
	default:
		require.True(t, f.GetFinal().GetBuying().GetConverged(), f.GetFinal().GetBuying().GetWhy())
		return false
	}
	require.False(t, f.GetChampion())
	by := &analyticsv1.LifetimeParameters{Fit: f.GetId()}
	_, chosen := s.models.ChooseFit(t.Context(), &analyticsv1.ChooseFitRequest{Program: f.GetProgram(), Id: f.GetId(), IdempotencyKey: "k"})
	requireRefused(t, chosen, reason.FitNotUsable, "fit", why)
	_, listed := s.models.ListLifetimes(t.Context(), &analyticsv1.ListLifetimesRequest{Program: f.GetProgram(), Parameters: by})
	requireRefused(t, listed, reason.FitNotUsable, "fit", why)
	_, reported := s.grpc.GetReport(t.Context(), &analyticsv1.GetReportRequest{
		Program: f.GetProgram(), Name: "lifetime", Parameters: &analyticsv1.GetReportRequest_Lifetime{Lifetime: by},
	})
	requireRefused(t, reported, reason.FitNotUsable, "fit", why)
	_, unused := s.models.GetFit(t.Context(), &analyticsv1.GetFitRequest{Program: f.GetProgram()})
	requireRefused(t, unused, reason.FitNotFound, "id", "")
	return true
}

// requireSound asks for all that is made of the fit in use, as of all kinds of days.
func (g *groups) requireSound(t *testing.T, e fitEdge, f *analyticsv1.Fit) {
	t.Helper()
	program := f.GetProgram()
	notes := g.ask(&analyticsv1.GetReportRequest{Program: program, Name: "lifetime"}).GetLifetime().GetNotes()
	require.Contains(t, strings.Join(notes, "\n"), cmp.Or(e.note, "The fit has no holdout: how well it forecasts is not known."))
	for _, day := range []string{"", "0001-01-01", "2025-01-11", "2999-01-01", "9999-12-31"} {
		for _, p := range []*analyticsv1.LifetimeParameters{nil, {Weeks: 520, YearlyDiscount: "10"}} {
			in := &analyticsv1.GetReportRequest{Program: program, Name: "lifetime", AsOf: day, Parameters: &analyticsv1.GetReportRequest_Lifetime{Lifetime: p}}
			require.NoError(t, g.soundly(t, in))
			all, err := g.models.ListLifetimes(t.Context(), &analyticsv1.ListLifetimesRequest{Program: program, AsOf: day, Parameters: p, Intervals: p == nil})
			require.NoError(t, err)
			requireFinite(t, all)
			for _, l := range all.GetLifetimes() {
				requireLikely(t, l)
			}
		}
		for _, name := range []string{"customer", "priorities", "market-potential"} {
			require.NoError(t, g.soundly(t, &analyticsv1.GetReportRequest{Program: program, Name: name}))
		}
		for _, condition := range []string{"alive_percent >= 0", "worth_minor >= 0", "worth_score >= 1"} {
			size, err := g.client.PreviewSegment(t.Context(), &analyticsv1.PreviewSegmentRequest{Program: program, Condition: condition, AsOf: day})
			if f.GetFinal().GetAmounts().GetWhy() != "" && strings.HasPrefix(condition, "worth") {
				requireRefused(t, err, reason.FitNotFound, "condition", "knows no amounts")
				continue
			}
			if e.beyond && err != nil {
				requireRefused(t, err, reason.AmountOutOfRange, "", "account m3")
				continue
			}
			require.NoError(t, err)
			require.Equal(t, size.GetSize().GetAllCustomers(), size.GetSize().GetCustomers(), condition)
		}
	}
}

// requireLikely holds what is told of one customer to what it may be.
func requireLikely(t *testing.T, l *analyticsv1.Lifetime) {
	t.Helper()
	text := protojson.Format(l)
	all := []string{l.GetAlive(), l.GetPurchases(), l.GetPerPurchase(), l.GetResidual()}
	if i := l.GetInterval(); i != nil {
		all = append(all, i.GetResidualLow(), i.GetResidualHigh(), i.GetAliveLow(), i.GetAliveHigh())
	}
	for _, told := range all {
		if told == "" {
			require.Empty(t, l.GetResidual(), "only amounts are not told: %s", text)
			continue
		}
		n, err := strconv.ParseFloat(told, 64)
		require.NoError(t, err, text)
		require.GreaterOrEqual(t, n, 0.0, text)
	}
	alive := estimated(t, l.GetAlive())
	require.True(t, 0 < alive && alive <= 1, text)
}
