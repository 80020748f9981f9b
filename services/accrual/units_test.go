package accrual_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
)

// unitsRule is everyRule with points that only count: by amount, with and without multipliers, and for each order.
var unitsRule = everyRule + `
units:
  miles: {earn: {points: 5, per: 2.00}, expiry: {rule: days, days: 45}}
  stamps: {earn: {per_order: 1}, expiry: {rule: never}}
  status: {earn: {points: 1, per: 1.00}, plain: true, expiry: {rule: end_of_month, months: 1}, pending_days: 9}
`

// TestSeveralUnitsAreThoseOfTheLogHoweverItIsRead: one event at a time or many, by one lane or four, and made again from the entries.
// What is said of the programme's unit is what it would be without the others.
func TestSeveralUnitsAreThoseOfTheLogHoweverItIsRead(t *testing.T) {
	t.Parallel()
	told := letters(makeUp(20260103, 8, 250))
	var first *standing
	for _, s := range []size{{lanes: 1, batch: 512}, {lanes: 4, batch: 1}} {
		h := open(t, events)
		h.apply(unitsRule)
		h.publish(told...)
		h.pass("2027-01-01T00:00:00Z")
		made := h.run(s)
		made.drained()
		made.requireSound()
		if first != nil {
			requireSame(t, first, h, "entries", "original")
			requireSame(t, first, h, "accounts")
			continue
		}
		first = h
		figures := made.audit().Figures
		require.Positive(t, int64(figures.Points.Reversed))
		moved := map[string]int{}
		for id := range figures.Accounts {
			for _, e := range made.entries(fmt.Sprintf("member-%02d", id)) {
				for _, m := range e.GetMovements() {
					moved[m.GetUnit()+" "+strings.ToLower(strings.TrimPrefix(m.GetKind().String(), "MOVEMENT_KIND_"))]++
				}
			}
		}
		for _, what := range []string{"miles earn", "miles reverse", "miles expire", "miles uncount", "stamps earn", "stamps reverse", "status earn", "status activate", "status expire"} {
			require.Positive(t, moved[what], "%s: %v", what, moved)
		}
		before := h.documents("accounts")
		made.stop()
		_, err := made.Rebuild(t.Context())
		require.NoError(t, err)
		require.Equal(t, before, h.documents("accounts"))

		plain := open(t, events)
		plain.apply(everyRule)
		plain.publish(told...)
		plain.pass("2027-01-01T00:00:00Z")
		alone := plain.run(size{})
		alone.drained()
		require.Equal(t, figures.Points, alone.audit().Figures.Points)
		require.Equal(t, figures.DigestBalances, alone.audit().Figures.DigestBalances)
	}
}

// TestAnAccountTellsWhatItHasOfEachUnit: now, at a past time, and what lapses soon; a preview tells of them too.
func TestAnAccountTellsWhatItHasOfEachUnit(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub + "units: {status: {earn: {points: 2, per: 1.00}, expiry: {rule: days, days: 30}}, stamps: {earn: {per_order: 1}, expiry: {rule: never}}}\n")
	s := h.run(size{})
	h.send(paid("ann", "o1", moment("2026-01-15"), 30_50))
	h.send(returned("ann", "o1", "r1", moment("2026-01-20"), 1))
	h.send(paid("ann", "o2", moment("2026-02-01"), 5_00))
	s.drained()
	has := func(a *accrualv1.Account) map[string]int64 {
		active := map[string]int64{}
		for _, b := range a.GetBalances() {
			require.Zero(t, b.GetPending()+b.GetHeld()+b.GetDebt())
			active[b.GetUnit()] = b.GetActive()
		}
		return active
	}
	require.Equal(t, map[string]int64{"points": 27, "stamps": 2, "status": 55}, has(s.account("ann")))
	entries := s.entries("ann")
	require.Equal(t, []string{"stamps 1", "status 61"}, targets(entries[0].GetOrder().GetOtherTargets()))
	require.Equal(t, []string{"stamps 1", "status 45"}, targets(entries[1].GetOrder().GetOtherTargets()))

	past, err := s.grpc.GetAccount(t.Context(), &accrualv1.GetAccountRequest{Program: "tea", Account: "ann", At: timestamppb.New(moment("2026-01-16"))})
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"points": 30, "stamps": 1, "status": 61}, has(past.GetAccount()))

	soon, err := s.grpc.ListExpiringPoints(t.Context(), &accrualv1.ListExpiringPointsRequest{Program: "tea", Account: "ann", HorizonDays: 20})
	require.NoError(t, err)
	require.Len(t, soon.GetExpiring(), 1)
	require.Equal(t, []any{"status", int64(45), "2026-02-13"}, []any{soon.GetExpiring()[0].GetUnit(), soon.GetExpiring()[0].GetPoints(), soon.GetExpiring()[0].GetLastDay()})

	h.pass("2026-02-14T00:00:00Z")
	s.drained()
	require.Equal(t, map[string]int64{"points": 27, "stamps": 2, "status": 10}, has(s.account("ann")))
	s.requireSound()
}

func targets(list []*accrualv1.UnitTarget) []string {
	var words []string
	for _, t := range list {
		words = append(words, fmt.Sprint(t.GetUnit(), " ", t.GetPoints()))
	}
	return words
}
