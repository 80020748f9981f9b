package overview_test

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/overview"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

// winter is Anna and Bob from December to March.
func winter() []step {
	return []step{
		{
			account: "anna", at: "1996-12-31 23:59", kind: ledger.KindEarn, order: paid("a1", 1, 0, 1200, 800),
			moves: []ledger.Movement{moved(ledger.MoveEarn, 20), moved(ledger.MoveEarn, 1, "stamps")},
			has:   ledger.Balance{Active: 20}, tier: "bronze", change: &ladder.Change{To: "bronze", Cause: "first"},
		}, {
			account: "anna", at: "1997-01-31 12:00", kind: ledger.KindReverse, order: happened("a1", 2, orders.Returned),
			moves: []ledger.Movement{moved(ledger.MoveReverse, 5)}, has: ledger.Balance{Active: 15}, tier: "bronze",
		}, {
			account: "anna", at: "1997-03-01 00:00", kind: ledger.KindExpire, clock: true,
			moves: []ledger.Movement{moved(ledger.MoveExpire, 15)}, tier: "bronze",
		}, {
			account: "anna", at: "1997-03-02 12:00", kind: ledger.KindReverse, order: happened("a1", 3, orders.Returned),
			moves: []ledger.Movement{moved(ledger.MoveUncount, 10), moved(ledger.MoveOwe, 2)},
			has:   ledger.Balance{Debt: 2}, tier: "bronze",
		}, {
			account: "bob", at: "1997-02-01 00:00", kind: ledger.KindEarn, order: paid("b1", 1, 0, 700),
			moves: []ledger.Movement{moved(ledger.MoveEarn, 9)}, has: ledger.Balance{Pending: 9}, tier: "silver",
			change: &ladder.Change{To: "silver", Cause: "first"},
		}, {
			account: "bob", at: "1997-02-15 00:00", kind: ledger.KindActivate, clock: true,
			moves: []ledger.Movement{moved(ledger.MoveActivate, 9), moved(ledger.MovePayoff, 2)},
			has:   ledger.Balance{Active: 4, Held: 3}, tier: "silver",
		}, {
			account: "bob", at: "1997-03-01 00:00", kind: ledger.KindState, clock: true, has: ledger.Balance{Active: 4, Held: 3},
			tier: "bronze", change: &ladder.Change{From: "silver", To: "bronze", Cause: "review"},
		},
	}
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func TestFiguresOfAWinter(t *testing.T) {
	want := overview.Figures{
		Orders: 2, Lines: 3, Accounts: 2, Entries: 7, Amount: map[money.Currency]money.Minor{"USD": 2700},
		Points: overview.Points{Earned: 29, Reversed: 17, Expired: 5, Active: 4, Held: 3, Debt: 2},
		Tiers:  map[string]int64{"bronze": 2}, ExpiredOn: map[calendar.Day]money.Points{day(t, "1997-03-01"): 15},
		Moves: map[overview.Move]int64{
			{To: "bronze", Cause: "first"}: 1, {To: "silver", Cause: "first"}: 1, {From: "silver", To: "bronze", Cause: "review"}: 1,
		},
		DigestBalances: digest("anna,0\nbob,4\n"), DigestTiers: digest("anna,bronze\nbob,bronze\n"),
	}
	require.Empty(t, cmp.Diff(want, add(t, winter()).Figures))
}

func TestMonthsOfAWinter(t *testing.T) {
	want := []overview.Month{
		{
			First: day(t, "1996-12-01"), Orders: 1, Amount: 2000, Earned: 20, Alive: 20, Tiers: map[string]int64{"bronze": 1},
		},
		{First: day(t, "1997-01-01"), Reversed: 5, Alive: 15, Tiers: map[string]int64{"bronze": 1}},
		{ // what lapsed and what was reviewed at 00:00 of 1 March counts here, and Bob's order at 00:00 of 1 February
			First: day(t, "1997-02-01"), Orders: 1, Amount: 700, Earned: 9, Expired: 15, Alive: 7,
			Tiers: map[string]int64{"bronze": 2, "silver": 0},
		},
		{First: day(t, "1997-03-01"), Reversed: 12, Expired: -10, Alive: 7, Tiers: map[string]int64{"bronze": 2, "silver": 0}},
	}
	require.Empty(t, cmp.Diff(want, add(t, winter()).Months))
}

func TestMonthsWithoutEntriesStandAsTheOneBefore(t *testing.T) {
	months := add(t, []step{
		{account: "anna", at: "1997-01-05 12:00", moves: []ledger.Movement{moved(ledger.MoveEarn, 3)}, has: ledger.Balance{Active: 3}, tier: "bronze"},
		{account: "bob", at: "1997-04-05 12:00", moves: []ledger.Movement{moved(ledger.MoveEarn, 4)}, has: ledger.Balance{Active: 4}, tier: "bronze"},
	}).Months
	require.Len(t, months, 4)
	require.Equal(t, overview.Month{First: day(t, "1997-03-01"), Alive: 3, Tiers: map[string]int64{"bronze": 1}}, months[2])
	require.Equal(t, overview.Month{First: day(t, "1997-04-01"), Earned: 4, Alive: 7, Tiers: map[string]int64{"bronze": 2}}, months[3])
}

// TestWhatLapsesAsSoonAsItIsEarnedCountsInTheSameMonth is an order so old that its points are gone already: they lapse
// behind it, by the clock, but not at 00:00.
func TestWhatLapsesAsSoonAsItIsEarnedCountsInTheSameMonth(t *testing.T) {
	for _, at := range []string{"1997-02-01 00:00", "1997-02-01 15:30"} {
		t.Run(at, func(t *testing.T) {
			months := add(t, []step{
				{account: "anna", at: "1997-01-05 12:00", tier: "bronze"},
				{account: "anna", at: at, moves: []ledger.Movement{moved(ledger.MoveEarn, 3)}, has: ledger.Balance{Active: 3}, tier: "bronze"},
				{account: "anna", at: at, clock: true, moves: []ledger.Movement{moved(ledger.MoveExpire, 3)}, tier: "bronze"},
			}).Months
			require.Len(t, months, 2)
			require.Zero(t, months[0].Alive)
			require.Equal(t, overview.Month{
				First: day(t, "1997-02-01"), Earned: 3, Expired: 3, Tiers: map[string]int64{"bronze": 1},
			}, months[1])
		})
	}
}

func TestWhatCountsAsPaid(t *testing.T) {
	for _, c := range []struct {
		name   string
		orders []*ledger.OrderPart
		orderN int64
		lines  int64
		amount money.Minor
	}{
		{name: "one payment", orders: []*ledger.OrderPart{paid("o", 1, 0, 100, 200)}, orderN: 1, lines: 2, amount: 300},
		{
			name:   "placed, paid, returned: one order, as it was paid",
			orders: []*ledger.OrderPart{happened("o", 1, orders.Placed), paid("o", 2, 0, 100), happened("o", 3, orders.Returned)},
			orderN: 1, lines: 1, amount: 100,
		},
		{name: "only placed", orders: []*ledger.OrderPart{happened("o", 1, orders.Placed)}, orderN: 1},
		{
			name:   "an amendment counts for nothing",
			orders: []*ledger.OrderPart{paid("o", 1, 0, 100), paid("o", 2, 1, 100, 900)}, orderN: 1, lines: 1, amount: 100,
		},
		{
			name:   "a shop that numbers its revisions from 1",
			orders: []*ledger.OrderPart{paid("o", 1, 1, 100), paid("o", 2, 2, 900)}, orderN: 1, lines: 1, amount: 100,
		},
		{name: "two orders", orders: []*ledger.OrderPart{paid("o", 1, 0, 100), paid("p", 1, 3, 5)}, orderN: 2, lines: 2, amount: 105},
	} {
		t.Run(c.name, func(t *testing.T) {
			var steps []step
			for _, o := range c.orders {
				steps = append(steps, step{account: "anna", at: "1997-01-05 12:00", order: o})
			}
			r := add(t, steps)
			require.Equal(t, c.orderN, r.Figures.Orders)
			require.Equal(t, c.lines, r.Figures.Lines)
			require.Equal(t, c.amount, r.Figures.Amount["USD"])
			require.Equal(t, c.orderN, r.Months[0].Orders)
			require.Equal(t, c.amount, r.Months[0].Amount)
		})
	}
}

func TestALedgerAtATime(t *testing.T) {
	for _, c := range []struct {
		name        string
		at          string
		tiers       map[string]int64
		outstanding money.Points
		digest      string
	}{
		{name: "before all", at: "1996-01-01 00:00", tiers: map[string]int64{}},
		{name: "when Anna pays", at: "1996-12-31 23:59", tiers: map[string]int64{"bronze": 1}, outstanding: 20, digest: "anna,bronze\n"},
		{name: "when Bob's points wait", at: "1997-02-01 00:00", tiers: map[string]int64{"bronze": 1, "silver": 1}, outstanding: 24, digest: "anna,bronze\nbob,silver\n"},
		{name: "held points are outstanding", at: "1997-02-28 23:59", tiers: map[string]int64{"bronze": 1, "silver": 1}, outstanding: 22, digest: "anna,bronze\nbob,silver\n"},
		{name: "what falls due at the time is done", at: "1997-03-01 00:00", tiers: map[string]int64{"bronze": 2}, outstanding: 7, digest: "anna,bronze\nbob,bronze\n"},
		{name: "after all", at: "2030-01-01 00:00", tiers: map[string]int64{"bronze": 2}, outstanding: 7, digest: "anna,bronze\nbob,bronze\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			at := instant(t, c.at)
			want := []overview.At{{Time: at, Tiers: c.tiers, Outstanding: c.outstanding, DigestTiers: digest(c.digest)}}
			require.Empty(t, cmp.Diff(want, add(t, winter(), at).At))
			both := add(t, winter(), instant(t, "2031-01-01 00:00"), at).At
			require.Len(t, both, 2)
			require.Empty(t, cmp.Diff(want, both[:1]), "times are looked at together, the earliest first")
		})
	}
}

func TestNothingAddsUpToNothing(t *testing.T) {
	r := overview.New("points", []time.Time{instant(t, "1997-01-01 00:00")}).Result()
	require.Zero(t, r.Figures.Accounts)
	require.Empty(t, r.Months)
	require.Empty(t, r.Story)
	require.Equal(t, digest(""), r.Figures.DigestBalances)
	require.Equal(t, digest(""), r.At[0].DigestTiers)
}

func TestWhichAccountTellsTheStory(t *testing.T) {
	many := func(account string, n int, kinds ...ledger.Kind) []step {
		var steps []step
		for i := range n {
			steps = append(steps, step{account: account, at: "1997-01-05 12:00", kind: kinds[i%len(kinds)]})
		}
		return steps
	}
	climber := many("climber", 24, ledger.KindEarn)
	for i := range 3 {
		climber[i].change = &ladder.Change{}
	}
	for _, c := range []struct {
		name  string
		steps [][]step
		story ledger.AccountID
	}{
		{name: "the only account", steps: [][]step{many("anna", 1, ledger.KindEarn)}, story: "anna"},
		{name: "the only account, with more entries than anybody reads", steps: [][]step{many("anna", 5000, ledger.KindEarn)}, story: "anna"},
		{
			name:  "the one on which more kinds of things happened",
			steps: [][]step{many("anna", 24, ledger.KindEarn), many("bob", 24, ledger.KindEarn, ledger.KindReverse)}, story: "bob",
		},
		{
			name:  "the one that moved on the ladder",
			steps: [][]step{many("anna", 24, ledger.KindEarn), climber}, story: "climber",
		},
		{
			name: "the one that can be read in one sitting",
			steps: [][]step{
				many("anna", 300, ledger.KindEarn, ledger.KindReverse), many("bob", 24, ledger.KindEarn, ledger.KindReverse),
				many("carl", 2, ledger.KindEarn, ledger.KindReverse),
			},
			story: "bob",
		},
		{name: "of equals, the first", steps: [][]step{many("anna", 9, ledger.KindEarn), many("bob", 9, ledger.KindEarn)}, story: "anna"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var steps []step
			for _, s := range c.steps {
				steps = append(steps, s...)
			}
			require.Equal(t, c.story, add(t, steps).Story)
		})
	}
}

// A member who is enrolled in a replay before its first day belongs to no month, but to the accounts.
func TestWhoIsEnrolledBeforeTimeBeginsIsCounted(t *testing.T) {
	r := add(t, []step{
		{account: "anna", at: "0001-01-01 00:00", kind: ledger.KindState},
		{account: "anna", at: "1997-01-10 12:00", kind: ledger.KindEarn, order: paid("o1", 1, 0, 500), moves: []ledger.Movement{moved(ledger.MoveEarn, 5)}, has: ledger.Balance{Active: 5}, tier: "bronze"},
		{account: "bert", at: "0001-01-01 00:00", kind: ledger.KindState},
	}, instant(t, "1997-02-01 00:00"))
	require.Len(t, r.Months, 1)
	require.Equal(t, map[string]int64{"bronze": 1}, r.Months[0].Tiers)
	require.EqualValues(t, 5, r.Months[0].Alive)
	require.EqualValues(t, 2, r.Figures.Accounts)
	require.Equal(t, map[string]int64{"bronze": 1, "": 1}, r.Figures.Tiers)
	require.Equal(t, map[string]int64{"bronze": 1, "": 1}, r.At[0].Tiers)
}
