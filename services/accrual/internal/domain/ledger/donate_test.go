package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// TestPointsAreGivenToACause: the first to lapse first, each traced to who gave it, for good; what cannot be given stays.
func TestPointsAreGivenToACause(t *testing.T) {
	h := newHouse(t, rules(t, withPartner, "causes: {trees: {name: Trees for the Valley}}"))
	h.tell(`
		2025-01-10 paid o1: 50.00 cd
		2025-02-10 paid o2: 30.00 cd`)
	at := noon(calendar.Date(2025, 2, 11))
	give := func(key, cause string, points money.Points) (ledger.Entry, error) {
		return h.do(ledger.Request{Caller: "app", Key: key, Deed: ledger.Donate{Cause: cause, Points: points, Reason: "GIFT"}}, at)
	}
	e, err := give("g1", "trees", 60)
	require.NoError(t, err)
	require.Equal(t, []ledger.Posting{{Unit: "points", Bucket: "active", Points: -60}, {Unit: "points", Bucket: "donated/trees", Points: 60}}, e.Postings)
	require.Equal(t, []string{"operator", "cafe"}, []string{e.Movements[0].Lot.Issuer, e.Movements[1].Lot.Issuer})
	require.Equal(t, []money.Points{50, 10}, []money.Points{e.Movements[0].Points, e.Movements[1].Points})
	require.Equal(t, []string{
		"On 11 February 2025 app had 60 points given to Trees for the Valley (GIFT).",
		"50 points of operator were given; they could have been spent until 31 January 2026.",
		"10 points of cafe were given; they could have been spent until 28 February 2026.",
		"The account now has 20 points to spend.",
	}, ledger.Explain(e, h.schedule[0].Program))
	for _, c := range []struct {
		cause  string
		points money.Points
		want   reason.Reason
	}{{"whales", 1, reason.UnknownCause}, {"trees", 0, reason.InvalidArgument}, {"trees", -5, reason.InvalidArgument}, {"trees", 21, reason.InsufficientPoints}} {
		_, err = give("g2", c.cause, c.points)
		require.ErrorIs(t, err, c.want)
	}
	_, err = h.do(ledger.Request{Caller: "operator", Key: "f", Deed: ledger.Freeze{Frozen: ledger.Frozen{Spending: true}, Reason: "LOOKED_INTO"}}, at)
	require.NoError(t, err)
	_, err = give("g2", "trees", 1)
	require.ErrorIs(t, err, reason.AccountFrozen)
	h.rebuild()
	require.Equal(t, money.Points(20), h.account.Balance("points").Active)
}

// TestAGiftThatIsNotWhatItSaysIsFound.
func TestAGiftThatIsNotWhatItSaysIsFound(t *testing.T) {
	h := newHouse(t, rules(t, "causes: {trees: {}}"))
	h.tell("2025-01-10 paid o1: 50.00 cd")
	_, err := h.do(ledger.Request{Caller: "app", Key: "g1", Deed: ledger.Donate{Cause: "trees", Points: 20}}, noon(calendar.Date(2025, 1, 11)))
	require.NoError(t, err)
	whole := h.entries[1]
	for name, change := range map[string]func(e *ledger.Entry){
		"to nobody":         func(e *ledger.Entry) { e.Movements[0].Redeemer = "" },
		"to another":        func(e *ledger.Entry) { e.Movements[0].Redeemer = "water" },
		"as a debit":        func(e *ledger.Entry) { e.Movements[0].Move = ledger.MoveDebit },
		"of other points":   func(e *ledger.Entry) { e.Command.Points = 19 },
		"without who asked": func(e *ledger.Entry) { e.Command = nil },
		"as an adjustment":  func(e *ledger.Entry) { e.Kind = ledger.KindAdjust },
		"of nothing":        func(e *ledger.Entry) { e.Movements, e.Postings, e.Command.Points = nil, nil, 0 },
		"to two, half each": func(e *ledger.Entry) { half(e) },
	} {
		e, command := whole, *whole.Command
		e.Command = &command
		e.Movements = append([]ledger.Movement{}, whole.Movements...)
		change(&e)
		var broken *ledger.BrokenError
		_, err := h.before(1).Apply(ledger.Rehashed(e, h.entries[0].Hash))
		require.ErrorAs(t, err, &broken, name)
	}
}

// half divides a gift of 20 between two causes, its postings with it.
func half(e *ledger.Entry) {
	m := e.Movements[0]
	m.Points = 10
	other := m
	other.Redeemer = "water"
	e.Movements = []ledger.Movement{m, other}
	e.Postings = []ledger.Posting{
		{Unit: "points", Bucket: "active", Points: -20}, {Unit: "points", Bucket: "donated/trees", Points: 10}, {Unit: "points", Bucket: "donated/water", Points: 10},
	}
}
