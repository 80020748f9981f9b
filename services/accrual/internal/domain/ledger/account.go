package ledger

import (
	"cmp"
	"slices"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

// Limits of an account. They refuse nothing that an order brings; see each for what happens at the limit.
const (
	// lapsedLotsMax is how many lapsed lots of a unit are remembered for returns; beyond it the oldest is forgotten, so that a
	// very late return of its orders takes other points.
	lapsedLotsMax = 64
	// segmentsMax is how many segments an account is in at most: one more is refused. Analytics publishes fewer.
	segmentsMax = 64
)

// Lot is points of one unit, issuer, activation day and expiry day.
// Invariant: Left, Uncounted >= 0; a lot with neither is dropped.
type Lot struct {
	LotKey
	Left money.Points
	// Uncounted is what lapsed from this lot unspent and has not met a return yet.
	Uncounted money.Points
}

// Debt is what the account owes an issuer. Invariant: Points > 0.
type Debt struct {
	Unit   string
	Issuer string
	Points money.Points
}

// Waiting is an event that waits for its order.
type Waiting struct {
	Ref        orders.Ref
	Kind       orders.Kind
	Occurrence string
	Deadline   time.Time
}

// Account is the running total of its entries. The zero value with Program and ID is an account without entries.
// Values are immutable: Apply returns another one.
type Account struct {
	Program  string
	ID       AccountID
	Version  Seq       // seq of the last entry
	Clock    time.Time // effective time of the last entry
	Hash     Hash      // of the last entry
	Balances []Balance // sorted by unit
	Lots     []Lot     // sorted as LotKey.compare does: as they are consumed, but for rolling ones
	Debts    []Debt    // sorted by unit, issuer
	Ladder   ladder.State
	// Reviewed is the last day whose 00:00 review is behind the account.
	Reviewed calendar.Day
	Waiting  []Waiting // sorted by deadline
	// ActionsOnly says that nothing but actions and commands has come: such an account is not open where a programme enrols by name.
	ActionsOnly bool
	// Holds are points set aside, sorted by deadline.
	Holds []OpenHold
	// Refunds are captures that were refunded, sorted; only those young enough to be tried again.
	Refunds []Refunded
	// Counters are what actions with a cap per day have given, sorted by day and type; only days that can still count.
	Counters []Counter
	// Segments are the published segments that the account is in, sorted; at most segmentsMax.
	Segments []string
	// Frozen is what the account may not do.
	Frozen Frozen
	// Rolling is the day of the points that have none of their own.
	Rolling Rolling
}

// NewAccount returns an account without entries.
func NewAccount(program string, id AccountID) Account {
	return Account{Program: program, ID: id, Reviewed: calendar.None, Rolling: Rolling{Until: calendar.None}}
}

// opened tells whether an order, a grant or an enrolment has opened the account. Actions and commands do not count: whoever
// folds orders but not those must come to the same answer.
func (a Account) opened() bool { return a.Version > 0 && !a.ActionsOnly }

// Balance returns what the account has of a unit.
func (a Account) Balance(unit string) Balance {
	for _, b := range a.Balances {
		if b.Unit == unit {
			return b
		}
	}
	return Balance{Unit: unit}
}

// lot finds a lot by its key.
func (a Account) lot(key LotKey) (Lot, bool) {
	i, found := slices.BinarySearchFunc(a.Lots, key, func(l Lot, k LotKey) int { return l.compare(k) })
	if !found {
		return Lot{}, false
	}
	return a.Lots[i], true
}

// with returns the lots with one of them changed, added or, when empty, dropped.
func withLot(lots []Lot, changed Lot) []Lot {
	i, found := slices.BinarySearchFunc(lots, changed.LotKey, func(l Lot, k LotKey) int { return l.compare(k) })
	empty := changed.Left == 0 && changed.Uncounted == 0
	switch {
	case found && empty:
		return slices.Delete(lots, i, i+1)
	case found:
		lots[i] = changed
	case !empty:
		return slices.Insert(lots, i, changed)
	}
	return lots
}

// forgetOldest keeps at most lapsedLotsMax lots of each unit that have lapsed whole.
func forgetOldest(lots []Lot) []Lot {
	if len(lots) <= lapsedLotsMax {
		return lots
	}
	lapsed := map[string]int{}
	for _, l := range lots {
		if l.Left == 0 {
			lapsed[l.Unit]++
		}
	}
	return slices.DeleteFunc(lots, func(l Lot) bool {
		forgotten := l.Left == 0 && lapsed[l.Unit] > lapsedLotsMax
		if forgotten {
			lapsed[l.Unit]--
		}
		return forgotten
	})
}

// withDebt returns the debts with one changed by points.
func withDebt(debts []Debt, unit, issuer string, points money.Points) []Debt {
	i, found := slices.BinarySearchFunc(debts, Debt{Unit: unit, Issuer: issuer}, func(a, b Debt) int {
		return cmp.Or(cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Issuer, b.Issuer))
	})
	if !found {
		return slices.Insert(debts, i, Debt{unit, issuer, points})
	}
	debts[i].Points += points
	if debts[i].Points == 0 {
		return slices.Delete(debts, i, i+1)
	}
	return debts
}

// owed is what the account owes of a unit, to all issuers.
func (a Account) owed(unit string) money.Points {
	sum := money.Points(0)
	for _, d := range a.Debts {
		if d.Unit == unit {
			sum += d.Points
		}
	}
	return sum
}

// withPostings returns the balances after the postings that touch the account's own buckets.
func withPostings(balances []Balance, postings []Posting) []Balance {
	for _, p := range postings {
		i, found := slices.BinarySearchFunc(balances, p.Unit, func(b Balance, unit string) int {
			return cmp.Compare(b.Unit, unit)
		})
		if !found {
			balances = slices.Insert(balances, i, Balance{Unit: p.Unit})
		}
		switch p.Bucket {
		case BucketPending:
			balances[i].Pending += p.Points
		case BucketActive:
			balances[i].Active += p.Points
		case BucketHeld:
			balances[i].Held += p.Points
		case BucketDebt:
			balances[i].Debt -= p.Points
		}
	}
	return balances
}
