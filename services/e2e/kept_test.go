package e2e

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// sorrows are what shops do wrong in a file that can be read: each is refused by itself.
const sorrows = `order_id,account,occurred_at,kind,currency,sku,quantity,amount
1,ann,2026-01-05,paid,USD,assam,1,60.50
2,ben,2026-01-05,returned,USD,assam,1,
3,cyd,2026-01-06,paid,USD,assam,1,10.00
1,ann,2026-01-07,returned,USD,assam,2,
2,ben,2026-01-08,paid,USD,assam,2,40.00
1,ann,2026-01-05,paid,USD,assam,1,60.50
4,cyd,2026-01-10,returned,USD,assam,1,
1,ann,2026-01-09,paid,USD,assam,1,99.00
`

// TestWhatIsRefusedIsKeptWithItsReason replays a file that comes by standard input. A return that comes before its order is
// taken from it; a return of too much, a second payment with other content, and a return whose order never comes are refused,
// each with its reason, and kept; a duplicate changes nothing; the others are unharmed. Then somebody alters the books, and
// the exit codes say so.
func TestWhatIsRefusedIsKeptWithItsReason(t *testing.T) {
	t.Parallel()
	servers := startServers(t)
	h := newHouse(t)
	r := replay{orders: "-", programme: write(t, "tea.yaml", tea), until: "2026-03-01T00:00Z", flags: servers.flags()}
	h.in = strings.NewReader(sorrows)
	o := h.replay(r)
	s := h.figures(o)
	require.EqualValues(t, 4, s.After.Orders, "what waits for an order makes it known")
	require.EqualValues(t, 60+20+10, s.After.Points.Earned)
	require.EqualValues(t, 60+20+10, s.After.Points.Active)
	require.EqualValues(t, 1, s.After.Duplicates)
	require.EqualValues(t, 3, s.After.Refused)
	l := servers.connect(t, h)
	require.Equal(t, []string{
		"dead.tea.shop.paid.ann shop/1/paid/0 CONFLICTING_DUPLICATE",
		"dead.tea.shop.returned.ann shop/1/returned/2026-01-07T12:00:00Z RETURN_EXCEEDS_ORDER",
		"dead.tea.shop.returned.cyd shop/4/returned/2026-01-10T12:00:00Z RETURN_WITHOUT_ORDER",
	}, l.dead(t))
	requireOneFactPerEntry(t, l)

	alter := func(collection, id string, update bson.M) {
		t.Helper()
		changed, err := l.db.Collection(collection).UpdateByID(t.Context(), id, update)
		require.NoError(t, err)
		require.EqualValues(t, 1, changed.ModifiedCount)
	}
	alter("accounts", "tea/ann", bson.M{"$inc": bson.M{"balances.0.active": 1000}})
	h.in = strings.NewReader(sorrows)
	o = h.replay(r)
	require.Equal(t, 3, o.code, "%v", o)
	require.Contains(t, o.out, "account tea/ann: balance is")
	require.Contains(t, o.out, "THE LEDGER DOES NOT HOLD")
	require.Contains(t, o.err, "laurel: the ledger does not hold")

	rebuild := append([]string{"rebuild", "--data", h.data, "--home", h.home}, servers.flags()...)
	o = h.run(programs.laurel, rebuild...).wait()
	require.Zero(t, o.code, "what follows from the entries is put right: %v", o)
	_, err := l.db.Collection("refusals").DeleteMany(t.Context(), bson.M{"reason": "RETURN_EXCEEDS_ORDER"})
	require.NoError(t, err)
	o = h.run(programs.laurel, rebuild...).wait()
	require.Equal(t, 3, o.code, "an event without a trace: %v", o)
	require.Contains(t, o.out, "event shop/1/returned/2026-01-07T12:00:00Z of laurel/replay")
	require.Contains(t, o.err, "laurel: the ledger does not hold")
}
