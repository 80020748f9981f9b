package ledger_test

import (
	"cmp"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// audit holds an account against the invariants of design 4. It adds up the entries in its own way, without Apply.
func audit(t require.TestingT, entries []ledger.Entry, a ledger.Account) {
	last := entries[len(entries)-1]
	for i, e := range entries {
		require.Equal(t, ledger.Seq(i+1), e.Seq, "seq is dense")
		if i > 0 {
			require.False(t, e.EffectiveAt.Before(entries[i-1].EffectiveAt), "time goes back at entry %d", e.Seq)
		}
	}
	require.Equal(t, last.Seq, a.Version)
	require.Equal(t, last.Hash, a.Hash)
	require.Equal(t, last.After.Tier, a.Ladder.Tier)
	require.True(t, last.EffectiveAt.Equal(a.Clock))
	units := []string{"points"}
	for _, b := range a.Balances {
		if b.Unit != "points" {
			units = append(units, b.Unit)
		}
	}
	for _, unit := range units {
		of, has := entries, a
		if len(units) > 1 {
			of, has = ofUnit(unit, entries, a)
		}
		auditUnit(t, unit, of, has)
	}
}

// ofUnit leaves of entries and an account what is about one unit: its target stands where that of points stood, and what commands and
// actions do is about points alone.
func ofUnit(unit string, entries []ledger.Entry, a ledger.Account) ([]ledger.Entry, ledger.Account) {
	of := make([]ledger.Entry, len(entries))
	for i, e := range entries {
		e.Postings = slices.DeleteFunc(slices.Clone(e.Postings), func(p ledger.Posting) bool { return p.Unit != unit })
		e.Movements = slices.DeleteFunc(slices.Clone(e.Movements), func(m ledger.Movement) bool { return m.Lot.Unit != unit })
		if unit != "points" {
			e.Command, e.Action = nil, nil
		}
		if e.Order != nil && unit != "points" {
			order := *e.Order
			order.Target = 0
			for _, o := range order.Others {
				if o.Unit == unit {
					order.Target = o.Points
				}
			}
			e.Order = &order
		}
		of[i] = e
	}
	a.Lots = slices.DeleteFunc(slices.Clone(a.Lots), func(l ledger.Lot) bool { return l.Unit != unit })
	if unit != "points" {
		a.Holds = nil
	}
	return of, a
}

// auditUnit does it for one unit.
func auditUnit(t require.TestingT, unit string, entries []ledger.Entry, a ledger.Account) {
	buckets := map[string]money.Points{}
	for _, e := range entries {
		sum := money.Points(0)
		for _, p := range e.Postings {
			require.NotZero(t, p.Points)
			sum += p.Points
			buckets[p.Bucket] += p.Points
		}
		require.Zero(t, sum, "postings of entry %d balance: %v", e.Seq, e.Postings)
	}
	b := a.Balance(unit)
	require.Equal(t, ledger.Balance{
		Unit: unit, Pending: buckets["pending"], Active: buckets["active"], Held: buckets["held"], Debt: -buckets["debt"],
	}, b, "the balance is the sum of the postings")
	for _, n := range []money.Points{b.Pending, b.Active, b.Held, b.Debt} {
		require.GreaterOrEqual(t, n, money.Points(0))
	}
	auditLots(t, unit, entries, a)
	auditTargets(t, entries, buckets)
}

// auditLots adds the movements up lot by lot.
func auditLots(t require.TestingT, unit string, entries []ledger.Entry, a ledger.Account) {
	spent := map[string]money.Points{} // what the issuers owe, refunds apart
	left, uncounted, debt := map[ledger.LotKey]money.Points{}, map[ledger.LotKey]money.Points{}, money.Points(0)
	for _, e := range entries {
		for _, m := range e.Movements {
			require.Positive(t, m.Points)
			switch m.Move {
			case ledger.MoveEarn:
				left[m.Lot] += m.Points
			case ledger.MoveReverse:
				left[m.Lot] -= m.Points
			case ledger.MoveExpire:
				left[m.Lot] -= m.Points
				uncounted[m.Lot] += m.Points
			case ledger.MoveUncount:
				uncounted[m.Lot] -= m.Points
			case ledger.MovePayoff:
				left[m.Lot] -= m.Points
				debt -= m.Points
			case ledger.MoveOwe:
				debt += m.Points
			case ledger.MoveForgive, ledger.MoveFee:
			case ledger.MoveRelease, ledger.MoveRefund, ledger.MoveCredit, ledger.MoveReceive, ledger.MoveExtend, ledger.MoveImport:
				left[m.Lot] += m.Points
			case ledger.MoveHold, ledger.MoveDebit, ledger.MoveSend, ledger.MovePutOff, ledger.MoveDonate:
				left[m.Lot] -= m.Points
			case ledger.MoveCapture:
				spent[m.Lot.Issuer+" at "+m.Redeemer] += m.Points
			case ledger.MoveActivate:
				left[m.Lot] -= m.Points
				active := m.Lot
				active.Activation = calendar.None
				left[active] += m.Points
			default:
				require.Fail(t, "unknown move", "%v", m)
			}
			require.GreaterOrEqual(t, left[m.Lot], money.Points(0), "lot %s below zero at entry %d", m.Lot, e.Seq)
			require.GreaterOrEqual(t, uncounted[m.Lot], money.Points(0), "lapsed part of %s below zero", m.Lot)
			require.GreaterOrEqual(t, debt, money.Points(0))
		}
	}
	require.Equal(t, debt, a.Balance(unit).Debt)
	auditHolds(t, unit, entries, a, spent)
	for _, l := range a.Lots {
		require.Equal(t, left[l.LotKey], l.Left, "lot %s", l.LotKey)
		require.Equal(t, uncounted[l.LotKey], l.Uncounted, "lapsed part of %s", l.LotKey)
		require.Positive(t, l.Left+l.Uncounted, "lot %s is empty", l.LotKey)
		delete(left, l.LotKey)
		delete(uncounted, l.LotKey)
	}
	for key, n := range left {
		require.Zero(t, n, "lot %s is missing", key)
	}
	require.True(t, slices.IsSortedFunc(a.Lots, consumed), "lots stand in the order of consumption: %v", a.Lots)
}

// auditHolds adds up what is set aside, and what was spent where.
func auditHolds(t require.TestingT, unit string, entries []ledger.Entry, a ledger.Account, spent map[string]money.Points) {
	held := money.Points(0)
	for _, h := range a.Holds {
		sum := money.Points(0)
		for _, p := range h.Parts {
			require.Positive(t, p.Points)
			sum += p.Points
		}
		require.Equal(t, h.Points, sum, "hold %s", h)
		require.False(t, h.Deadline.Before(a.Clock), "hold %s has lapsed", h)
		held += sum
	}
	require.Equal(t, held, a.Balance(unit).Held)
	for _, e := range entries {
		if e.Kind == ledger.KindRefund {
			for _, m := range e.Movements {
				if m.Move == ledger.MoveRefund {
					spent[m.Lot.Issuer+" at "+m.Redeemer] -= m.Points
				}
			}
		}
	}
	for who, n := range spent {
		require.GreaterOrEqual(t, n, money.Points(0), "more was refunded than captured: %s", who)
	}
}

// consumed is design 4: by expiry, activation, issuer; what never lapses, or is rolling, comes last.
func consumed(a, b ledger.Lot) int {
	never := func(d calendar.Day) int {
		if d == calendar.None {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(never(a.Expiry), never(b.Expiry)), cmp.Compare(a.Expiry, b.Expiry),
		cmp.Compare(a.Activation, b.Activation), cmp.Compare(a.Life, b.Life), strings.Compare(a.Issuer, b.Issuer))
}

// auditTargets checks that what was issued is what the orders should have earned: target minus posted leaves nothing.
func auditTargets(t require.TestingT, entries []ledger.Entry, buckets map[string]money.Points) {
	targets := map[string]money.Points{}
	for _, e := range entries {
		if e.Order != nil {
			targets[e.Order.Ref.Order] = e.Order.Target
		}
	}
	sum := money.Points(0)
	for _, e := range entries {
		if e.Action != nil {
			sum += e.Action.Points
		}
		if e.Kind == ledger.KindEarn && e.Command != nil {
			sum += e.Command.Points
		}
		for _, m := range e.Movements {
			if e.Order != nil && m.Move == ledger.MoveReverse && m.Redeemer != "" {
				sum += m.Points // another issuer's points made up for the order's: they were redeemed, and stay issued
			}
		}
	}
	for _, target := range targets {
		require.GreaterOrEqual(t, target, money.Points(0))
		sum += target
	}
	issued, rest := money.Points(0), money.Points(0)
	for bucket, n := range buckets {
		if strings.HasPrefix(bucket, "issued/") {
			issued -= n
		} else {
			rest += n
		}
	}
	require.Equal(t, sum, issued, "issued is what the orders and the actions have earned, and what was awarded")
	require.Equal(t, sum, rest, "each issued point stands somewhere")
}
