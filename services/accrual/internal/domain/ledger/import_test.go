package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// brings is a request for a lot of 100 points of the operator, of which everything else is to be said.
func brings(key string, change func(i *ledger.Import)) ledger.Request {
	deed := ledger.Import{Source: "oldshop", Points: 100, Issuer: ledger.Operator, Issued: calendar.None}
	if change != nil {
		change(&deed)
	}
	return ledger.Request{Caller: "operator/anna", Key: key, Deed: deed}
}

func on(year int, month time.Month, day int) calendar.Day { return calendar.Date(year, month, day) }

// TestALotComesOverWithItsIssuerAndLastDay: with a day of its own, without end, or as the programme says of the day on which it was
// given. It is active at once, also where what is earned waits.
func TestALotComesOverWithItsIssuerAndLastDay(t *testing.T) {
	march := on(2025, 3, 10)
	end, never := on(2025, 6, 1), calendar.None
	for _, c := range []struct {
		name   string
		change func(i *ledger.Import)
		want   ledger.LotKey
	}{
		{"a day of its own", func(i *ledger.Import) { i.Expiry = &end }, ledger.LotKey{Issuer: "operator", Expiry: end}},
		{"without end", func(i *ledger.Import) { i.Expiry = &never }, ledger.LotKey{Issuer: "operator", Expiry: never}},
		{"by the programme", nil, ledger.LotKey{Issuer: "operator", Expiry: on(2026, 4, 1)}},
		{"by the programme, from when it was given", func(i *ledger.Import) { i.Issued = on(2024, 5, 20) }, ledger.LotKey{Issuer: "operator", Expiry: on(2025, 6, 1)}},
		{"of a partner whose agreement is over", func(i *ledger.Import) { i.Issuer, i.Expiry = "cafe", &end }, ledger.LotKey{Issuer: "cafe", Expiry: end}},
		{"of today", func(i *ledger.Import) { i.Issued = march }, ledger.LotKey{Issuer: "operator", Expiry: on(2026, 4, 1)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t, rules(t, withPartner, "earning: {points: 1, per: 1.00, pending_days: 9}"))
			e, err := h.do(brings("lot-1", c.change), noon(march))
			require.NoError(t, err)
			c.want.Unit, c.want.Activation = "points", calendar.None
			require.Equal(t, []ledger.Movement{{Move: ledger.MoveImport, Lot: c.want, Points: 100}}, e.Movements)
			require.Equal(t, []ledger.Posting{{Unit: "points", Bucket: "active", Points: 100}, {Unit: "points", Bucket: "imported/" + c.want.Issuer, Points: -100}}, e.Postings)
			require.Equal(t, "import/oldshop/lot-1", e.Key)
			require.Equal(t, money.Points(100), h.account.Balance("points").Active)
			h.rebuild()
		})
	}
}

func TestALotThatCannotComeOverIsRefused(t *testing.T) {
	today, tomorrow := on(2025, 3, 10), on(2025, 3, 11)
	for _, c := range []struct {
		name   string
		change func(i *ledger.Import)
		field  string
	}{
		{"no points", func(i *ledger.Import) { i.Points = 0 }, "points"},
		{"points below zero", func(i *ledger.Import) { i.Points = -5 }, "points"},
		{"an issuer that nobody knows", func(i *ledger.Import) { i.Issuer = "cafee" }, "issuer"},
		{"given tomorrow", func(i *ledger.Import) { i.Issued = tomorrow }, "issued_day"},
		{"gone today", func(i *ledger.Import) { i.Expiry = &today }, "expiry_day"},
		{"gone by the programme", func(i *ledger.Import) { i.Issued = on(2024, 2, 20) }, "expiry_day"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t, rules(t, withPartner))
			_, err := h.do(brings("lot-1", c.change), noon(today))
			refusal, ok := reason.Of(err)
			require.True(t, ok, "%v", err)
			require.Equal(t, reason.InvalidArgument, refusal.Reason)
			require.Equal(t, c.field, refusal.Field)
			require.Empty(t, h.entries)
		})
	}
}

// TestALotComesOverOnce: whoever asks again is answered from its entry; other content under its name is refused.
func TestALotComesOverOnce(t *testing.T) {
	h := newHouse(t, rules(t))
	at := noon(on(2025, 3, 10))
	first, err := h.do(brings("lot-1", nil), at)
	require.NoError(t, err)
	again := brings("lot-1", nil)
	again.Caller = "operator/ben"
	e, err := h.do(again, at.AddDate(0, 1, 0))
	require.NoError(t, err)
	require.Equal(t, first, e)
	for _, change := range []func(i *ledger.Import){
		func(i *ledger.Import) { i.Points = 101 },
		func(i *ledger.Import) { i.Issuer = "cafe" },
		func(i *ledger.Import) { i.Issued = on(2025, 1, 1) },
		func(i *ledger.Import) { never := calendar.None; i.Expiry = &never },
	} {
		_, err = h.do(brings("lot-1", change), at)
		require.ErrorIs(t, err, reason.IdempotencyKeyReused)
	}
	_, err = h.do(brings("lot-1", func(i *ledger.Import) { i.Source = "newshop" }), at)
	require.NoError(t, err, "another source has names of its own")
	require.Equal(t, money.Points(200), h.account.Balance("points").Active)
}

// TestWhatComesOverPaysDebtsAndWaitsForNobody, but does not reach an account that may not earn or in which nobody is enrolled.
func TestWhatComesOverPaysDebtsAndWaitsForNobody(t *testing.T) {
	h := newHouse(t, rules(t))
	h.tell(`
		2025-02-10 paid o1: 60.00 cd
		2025-02-11 spends 60
		2025-02-12 returned o1/r1: cd`)
	at := noon(on(2025, 3, 10))
	_, err := h.do(brings("lot-1", nil), at)
	require.NoError(t, err)
	require.Equal(t, ledger.Balance{Unit: "points", Active: 40}, h.account.Balance("points"))
	_, err = h.do(ledger.Request{Caller: "operator/anna", Key: "f", Deed: ledger.Freeze{Frozen: ledger.Frozen{Earning: true}, Reason: "LOOKED_INTO"}}, at)
	require.NoError(t, err)
	_, err = h.do(brings("lot-2", nil), at)
	require.ErrorIs(t, err, reason.AccountFrozen)
	h.rebuild()

	closed := newHouse(t, rules(t, "enrolment: explicit"))
	_, err = closed.do(brings("lot-1", nil), at)
	require.ErrorIs(t, err, reason.AccountNotEnrolled)
}

// TestWhatCameOverIsAsOldAsItIs: it may be sent on at once if it was given long enough ago in the other system.
func TestWhatCameOverIsAsOldAsItIs(t *testing.T) {
	h := newHouse(t, rules(t, "transfers: {older_than_days: 30}"))
	at := noon(on(2025, 3, 10))
	send := func(key string, points money.Points) error {
		_, err := h.do(ledger.Request{Caller: "till", Key: key, Deed: ledger.Transfer{To: "ben", Points: points}}, at)
		return err
	}
	expiry := on(2026, 1, 1)
	for key, issued := range map[string]calendar.Day{"old": on(2025, 2, 8), "young": on(2025, 2, 9), "unsaid": calendar.None} {
		_, err := h.do(brings(key, func(i *ledger.Import) { i.Issued, i.Expiry = issued, &expiry }), at)
		require.NoError(t, err)
	}
	require.ErrorIs(t, send("s1", 101), reason.PointsTooYoung)
	require.NoError(t, send("s2", 100))
}

// TestAnImportIsToldInWords by who brought it over, from where, and until when it can be spent.
func TestAnImportIsToldInWords(t *testing.T) {
	h := newHouse(t, rules(t))
	e, err := h.do(brings("lot-1", func(i *ledger.Import) { i.Issued = on(2024, 5, 20) }), noon(on(2025, 3, 10)))
	require.NoError(t, err)
	require.Equal(t, []string{
		"On 10 March 2025 operator/anna brought 100 points over from oldshop, given there on 20 May 2024.",
		"100 points of operator were brought over; they can be spent until 31 May 2025.",
		"The account now has 100 points to spend.",
	}, ledger.Explain(e, h.schedule[0].Program))
}

// TestAnImportThatIsNotWhatItSaysIsFound.
func TestAnImportThatIsNotWhatItSaysIsFound(t *testing.T) {
	h := newHouse(t, rules(t))
	_, err := h.do(brings("lot-1", func(i *ledger.Import) { i.Issued = on(2025, 1, 2) }), noon(on(2025, 3, 10)))
	require.NoError(t, err)
	whole := h.entries[0]
	for name, change := range map[string]func(e *ledger.Entry){
		"without its part":        func(e *ledger.Entry) { e.Import = nil },
		"without who asked":       func(e *ledger.Entry) { e.Command = nil },
		"of another source":       func(e *ledger.Entry) { e.Import.Source = "newshop" },
		"under a caller's key":    func(e *ledger.Entry) { e.Key = "cmd/operator/anna/lot-1" },
		"before it was given":     func(e *ledger.Entry) { e.Import.Issued = e.Day + 1 },
		"as if it were earned":    func(e *ledger.Entry) { e.Kind = ledger.KindEarn },
		"with other points":       func(e *ledger.Entry) { e.Command.Points = 99 },
		"with points that waited": func(e *ledger.Entry) { e.Movements[0].Lot.Activation = e.Day + 3 },
		"as a credit":             func(e *ledger.Entry) { e.Movements[0].Move = ledger.MoveCredit },
	} {
		e, part, command := whole, *whole.Import, *whole.Command
		e.Import, e.Command = &part, &command
		e.Movements = append([]ledger.Movement{}, whole.Movements...)
		change(&e)
		var broken *ledger.BrokenError
		_, err := ledger.NewAccount("shop", "anna").Apply(ledger.Rehashed(e, ledger.Hash{}))
		require.ErrorAs(t, err, &broken, name)
	}
}

// TestWhatComesOverRolls: it gives the account the day that earning it here would have given it, in whatever order lots come, and lapses with
// all else. A lot with a day of its own keeps that.
func TestWhatComesOverRolls(t *testing.T) {
	march := on(2026, 3, 10)
	issued := func(day calendar.Day) func(i *ledger.Import) { return func(i *ledger.Import) { i.Issued = day } }
	for _, c := range []struct {
		name  string
		rule  string
		lots  []func(i *ledger.Import)
		until calendar.Day
	}{
		{"from the day on which it was given", "activity: [earn]", []func(*ledger.Import){issued(on(2025, 12, 20))}, on(2026, 12, 20)},
		{"from today, where nobody says when", "activity: [earn]", []func(*ledger.Import){nil}, on(2027, 3, 10)},
		{"the latest counts", "activity: [earn]", []func(*ledger.Import){issued(on(2025, 6, 1)), issued(on(2025, 12, 20)), issued(on(2025, 9, 9))}, on(2026, 12, 20)},
		{"where spending counts it moves no day that is to come", "activity: [spend]", []func(*ledger.Import){issued(on(2025, 6, 1)), issued(on(2025, 12, 20))}, on(2026, 6, 1)},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t, rules(t, "expiry: {rule: rolling, months: 12, "+c.rule+"}"))
			for n, change := range c.lots {
				_, err := h.do(brings(fmt.Sprint("lot-", n), change), noon(march))
				require.NoError(t, err)
			}
			require.Equal(t, c.until, h.account.Rolling.Until)
			never := calendar.None
			_, err := h.do(brings("kept", func(i *ledger.Import) { i.Expiry = &never }), noon(march))
			require.NoError(t, err)
			h.rebuild()
			h.tell(c.until.String() + "T00:00 passes")
			require.Equal(t, money.Points(100), h.account.Balance("points").Active, "what never lapses")
		})
	}
	h := newHouse(t, rules(t, "expiry: {rule: rolling, months: 12}"))
	_, err := h.do(brings("old", issued(on(2025, 3, 10))), noon(march))
	require.ErrorIs(t, err, reason.InvalidArgument, "its life was over today")
}
