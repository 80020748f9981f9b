package analytics_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"google.golang.org/protobuf/proto"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// oneMargin is a programme whose margin is the same for all categories.
const oneMargin = `{programme: tea, zone: UTC, currency: USD, unit: points, earning: {points: 1, per: 1.00}, expiry: {rule: end_of_month, months: 12},
economics: {margin: 0.3333, order: 0.50, actions: {case: 2.00}, point: 0.007}}`

// sums asks for the reports on margins, by what orders are summed up to, and by their lines, as a filter that leaves all makes them.
func (s *service) sums(asOf string) map[string][2]proto.Message {
	s.h.t.Helper()
	found := map[string][2]proto.Message{}
	for _, name := range []string{"abc-xyz", "profitability"} {
		in := &analyticsv1.GetReportRequest{Program: "tea", Name: name, AsOf: asOf}
		short := bodyOf(s.ask(in))
		in.Filter = &analyticsv1.ReportFilter{Merchant: "shop"}
		found[name] = [2]proto.Message{short, bodyOf(s.ask(in))}
	}
	return found
}

// TestMarginsAreTheSameWithoutTheLines: what orders are summed up to gives the very figures that their lines give, whatever they
// tell of their costs, after returns, on any day, and where the sums of some are not known.
func TestMarginsAreTheSameWithoutTheLines(t *testing.T) {
	t.Parallel()
	h := open(t)
	batch, err := publish.Control(publish.ControlEvent{Program: "tea", Source: "laurel", Kind: "revised", ID: "revised/1", Body: &controlv1.ProgramRevised{
		Program: "tea", Revision: 1, Files: []*controlv1.ProgramFile{{Name: "tea.yaml", Content: []byte(oneMargin)}},
	}}, partitions)
	require.NoError(t, err)
	require.NoError(t, publish.All(t.Context(), h.bus, batch))
	r := rand.New(rand.NewPCG(5, 5)) //nolint:gosec // the same each time is what is wanted
	for i := range 150 {
		account, id := fmt.Sprint("m", r.IntN(20)), fmt.Sprint("o", i)
		var lines []*accrualv1.StandingLine
		for range r.IntN(4) {
			l := line([]string{"tea", "cups", ""}[r.IntN(3)], int64(r.IntN(5000)))
			if r.IntN(2) == 0 {
				l.CostMinor = new(int64(r.IntN(4000)))
			}
			lines = append(lines, l)
		}
		day := date("2024-06-01").AddDays(r.IntN(400))
		h.tell(h.ledger.detailed(account, id, "web", day, lines...))
		switch r.IntN(8) {
		case 0:
			h.ledger.orders[id].lines = lines[:len(lines)/2]
			h.ledger.orders[id].base = 0
			for _, l := range lines[:len(lines)/2] {
				h.ledger.orders[id].base += l.GetBaseMinor()
			}
			h.tell(h.ledger.back(id, day, 0))
		case 1:
			h.tell(h.ledger.off(id, day))
		case 2:
			h.tell(h.ledger.did(account, "case", day, 5), h.ledger.said(fmt.Sprint("only", i), "account", day, `{"potential_minor":900000}`))
		}
	}
	s := h.run(size{})
	s.drained()
	same := func(saying string) {
		for _, day := range []string{"2024-09-01", "2025-03-01", ""} {
			for name, both := range s.sums(day) {
				require.True(t, proto.Equal(both[0], both[1]), "%s: %s as of %q\n%v\n%v", saying, name, day, both[0], both[1])
			}
		}
	}
	same("summed up")
	p := s.report("profitability", "").GetProfitability()
	require.Positive(t, p.GetGoodsMinor())
	_, err = h.db.Collection("orders").UpdateMany(t.Context(), bson.M{"account": "m3"}, bson.M{"$unset": bson.M{"told": 1}})
	require.NoError(t, err)
	same("not all summed up")
	require.True(t, proto.Equal(p, s.report("profitability", "").GetProfitability()))
}

// TestCostsThatDoNotFitAreRefused: they are in no sum, and their lines are read for it.
func TestCostsThatDoNotFitAreRefused(t *testing.T) {
	t.Parallel()
	h := open(t)
	dear := func() *accrualv1.StandingLine {
		l := line("tea", 1)
		l.CostMinor = new(int64(math.MaxInt64))
		return l
	}
	h.tell(h.ledger.detailed("m0", "o0", "web", date("2025-01-10"), dear(), dear()))
	s := h.run(size{})
	s.drained()
	for _, name := range []string{"abc-xyz", "profitability"} {
		_, err := s.grpc.GetReport(t.Context(), &analyticsv1.GetReportRequest{Program: "tea", Name: name})
		require.ErrorIs(t, rpc.FromStatus(err), reason.AmountOutOfRange, name)
	}
}
