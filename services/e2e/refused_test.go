package e2e

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/mongod"
	"github.com/laurel-loyalty/laurel/services/internal/orderfile"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// claims is how many orders two accounts claim each.
const claims = 30

// TestWhatOnlyTheLedgerRefuses lets the tier service be first at orders that two accounts claim, and at one on which the
// ledger dies: in the end both have the same tiers, and a tier service that reads the log anew comes to the same bytes.
func TestWhatOnlyTheLedgerRefuses(t *testing.T) {
	t.Parallel()
	m, err := mongod.Start(t.Context(), mongod.Options{Dir: t.TempDir(), Logger: warnings(t)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Stop()) })
	s := bare(t, m.URI(), way{lanes: 2, batch: 64})
	s.revise(withTiers)
	groups := readOrders(t, slice(t, 400))[:400]
	slices.SortStableFunc(groups, func(a, b orderfile.Group) int { return a.Event.OccurredAt.Compare(b.Event.OccurredAt) })
	s.publish(groups[:200])
	var claimed []orderfile.Group
	for i := range claims {
		for _, who := range []string{"one", "two"} {
			claimed = append(claimed, expensive(groups[199], fmt.Sprint(who, "-", i%7), fmt.Sprint("claimed-", i)))
		}
	}
	s.publish(claimed)
	s.drain("tier")
	s.drain("accrual")
	poison := expensive(groups[200], "poisoned", "poison")
	s.publish([]orderfile.Group{poison})
	s.killerIsNext("poisoned")
	s.drain("tier")
	s.publish([]orderfile.Group{again(poison), expensive(groups[200], "poisoned", "another")})
	s.publish(groups[200:])
	s.pass("1997-09-15T00:00:00Z")
	s.drain("tier")
	s.drain("accrual")
	s.drain("tier")

	ledger, tiers := s.read("accrual"), s.read("tier")
	requireReasons(t, ledger, map[string]int{"ORDER_OF_OTHER_ACCOUNT": claims, "POISON_EVENT": 1})
	requireSameTiers(t, ledger, tiers)
	causes := map[string]int{}
	for _, line := range tiers.documents["history"] {
		causes[fmt.Sprint(line["cause"])]++
	}
	require.NotZero(t, causes["refused"], "somebody stood higher for it")
	s.suffix += "_again"
	s.way = way{lanes: 1, batch: 7}
	s.drain("tier")
	tiers.requireSame(t, "tier", s.read("tier"))
}

// revise publishes the first revision of the programme.
func (s *stage) revise(file string) {
	s.t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(s.t, err)
	batch, err := publish.Control(publish.ControlEvent{Program: "cdnow", Source: "laurel", Kind: "revised", ID: "revised/1", Body: &controlv1.ProgramRevised{
		Program: "cdnow", Revision: 1, Files: []*controlv1.ProgramFile{{Name: "cdnow.yaml", Content: text}},
	}}, bus.Partitions)
	require.NoError(s.t, err)
	require.NoError(s.t, publish.All(s.t.Context(), s.bus, batch))
}

// expensive is an order of 600.00 at the time of another.
func expensive(like orderfile.Group, account, order string) orderfile.Group {
	like.Account, like.ID = account, "shop/"+order+"/of/"+account
	like.Ref = orders.Ref{Merchant: like.Merchant, Order: order}
	like.Event.Lines = []orders.Line{{ID: "1", Quantity: 1, Amount: bigMinor}}
	return like
}

// again is the same order in another envelope.
func again(g orderfile.Group) orderfile.Group {
	g.ID += "/again"
	return g
}

// killerIsNext has accrual refuse the next message of an account's partition, as it does when it has died of it alone.
func (s *stage) killerIsNext(account string) {
	s.t.Helper()
	partition := bus.Partition("cdnow", account, bus.Partitions)
	last, err := s.bus.LastSequences(s.t.Context(), bus.Events, bus.Partitions)
	require.NoError(s.t, err)
	client := dial(s.t, s.servers.uri)
	defer hangUp(s.t, client)
	result, err := client.Database(s.database("accrual")).Collection("partitions").UpdateByID(s.t.Context(), partition,
		bson.M{"$set": bson.M{"attempt": store.Attempt{
			From: last[partition], To: last[partition], Limit: 1, Deaths: store.DeathsMax - 1, Computing: true, Suspect: true,
		}}})
	require.NoError(s.t, err)
	require.EqualValues(s.t, 1, result.ModifiedCount)
}

func requireReasons(t *testing.T, ledger books, want map[string]int) {
	t.Helper()
	got := map[string]int{}
	for _, r := range ledger.documents["refusals"] {
		got[fmt.Sprint(r["reason"])]++
	}
	require.Equal(t, want, got)
}

// requireSameTiers compares the tiers of both services, account for account.
func requireSameTiers(t *testing.T, ledger, tiers books) {
	t.Helper()
	want, got := map[string]any{}, map[string]any{}
	for id, a := range ledger.documents["accounts"] {
		want[id] = a["tier"]
	}
	for id, a := range tiers.documents["standings"] {
		if a["tier"] != "" {
			got[id] = a["tier"]
		}
	}
	require.Equal(t, want, got)
}
