// Package standing decides where an account stands on the ladder of its programme, and why. It owns accounts as the tier
// service sees them, the lines of their history, and the notices that a tier is about to drop. It is pure: an account, an
// event, the programme and a time go in; the account after it and a line of history come out.
//
// It folds the same rooms as the ledger (orderbook, ladder) from the same events, in the same order at the same effective
// times, and so comes to the same tiers. Points are nothing to it.
package standing

import (
	"slices"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orderbook"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

// Account is where one account stands. The zero value with Program and ID is an account of which nothing is known. Values
// are immutable: whatever happens returns another one.
type Account struct {
	Program string
	ID      string
	// Version counts what happened to the account; 0: nothing yet.
	Version int64
	// Void says that all that happened to it was taken back: it is as if it had never been opened.
	Void   bool
	Lines  int64     // of its history
	Clock  time.Time // effective time of what happened last
	Ladder ladder.State
	// Reviewed is the last day whose 00:00 review is behind the account.
	Reviewed calendar.Day
	Waiting  []Waiting // sorted by deadline
	// Noticed is the day of the fall that was told of last, None before the first.
	Noticed calendar.Day
}

// New returns an account of which nothing is known.
func New(program, id string) Account {
	return Account{Program: program, ID: id, Reviewed: calendar.None, Noticed: calendar.None}
}

// Waiting is an event that waits for its order.
type Waiting struct {
	Ref        orders.Ref
	Kind       orders.Kind
	Occurrence string
	Deadline   time.Time
}

// Line is one move of an account. Lines never change.
type Line struct {
	Seq         int64 // dense per account, from 1
	From, To    string
	Cause       string
	Qualifying  money.Minor // what the window held
	Reach       money.Minor // what it had to hold: for To on the way up, for From on the way down
	EffectiveAt time.Time
	Revision    int        // of the programme
	Ref         orders.Ref // of the order that caused it; empty for none
	Event       string     // what happened to the order, or was taken back of it
	Grant       string     // id of the grant that caused it
	Earned      string     // the tier that the account has earned by itself after it
}

// Row is one event of an order as it was taken, with the order after it.
type Row struct {
	Account    string
	Number     int // place under the order, dense from 1
	Arrival    orderbook.Arrival
	Content    [32]byte
	Revision   int         // of the programme that rates the order; 0 until it is paid
	Base       money.Minor // what counts of the order
	OccurredAt time.Time
	Place      Place // zero for what lapsed: that stands nowhere in the log
}

// Book is what stands under one order.
type Book struct {
	orderbook.Book
	Base money.Minor // what the ladder has counted of it so far
	// identities are those of the messages that told of its events.
	identities []string
}

// Add returns the book after one more row.
func (b Book) Add(r Row) Book {
	b.Book, b.Base = b.Book.Add(r.Account, r.Arrival, r.Content, r.Revision), r.Base
	b.identities = append(slices.Clip(b.identities), r.Place.Identity)
	return b
}

// Books are the orders of one account that an event or what falls due may need, loaded beforehand.
type Books map[orders.Ref]Book

// Notice tells that an account is about to fall.
type Notice struct {
	Drop     ladder.Drop
	At       time.Time
	Revision int
}

// Step is one thing that happened to an account.
type Step struct {
	Account Account // after it
	Row     *Row    // to be kept with its order
	Line    *Line   // of the history
	Notice  *Notice
	// Repeats says that the event is known: nothing happened. Of an order's event, Twin is the identity of the message that
	// told of it.
	Repeats bool
	Twin    string
}

// line notes a move.
func (a *Account) line(known knownLadder, change ladder.Change, t time.Time) *Line {
	if change.To == "" {
		return nil
	}
	a.Lines++
	reach := known.reach(change.To)
	if change.Cause == ladder.CauseReview || change.Cause == ladder.CauseGrantEnded {
		reach = known.reach(change.From)
	}
	return &Line{
		Seq: a.Lines, From: change.From, To: change.To, Cause: change.Cause, Qualifying: change.Qualifying, Reach: reach,
		EffectiveAt: t, Revision: known.revision, Earned: a.Ladder.Earned(),
	}
}

// knownLadder is a ladder and the revision that it stands in.
type knownLadder struct {
	revision int
	steps    *ladder.Ladder // nil: none
}

func (k knownLadder) reach(tier string) money.Minor {
	if k.steps == nil {
		return 0
	}
	for _, t := range k.steps.Tiers {
		if t.Name == tier {
			return t.Reach
		}
	}
	return 0
}

// waitingAfter removes what an order no longer waits for and adds what begins to wait.
func (a Account) waitingAfter(r Row, deadline time.Time) []Waiting {
	ref, e := r.Arrival.Ref, r.Arrival.Event
	if !deadline.IsZero() {
		list := append(slices.Clone(a.Waiting), Waiting{ref, e.Kind, e.Occurrence, deadline})
		slices.SortStableFunc(list, func(x, y Waiting) int { return x.Deadline.Compare(y.Deadline) })
		return list
	}
	if len(a.Waiting) == 0 {
		return a.Waiting
	}
	return slices.DeleteFunc(slices.Clone(a.Waiting), func(w Waiting) bool {
		if e.Kind == orders.Lapsed {
			return w.Ref == ref && w.Kind == e.LapsedKind && w.Occurrence == e.Occurrence
		}
		return w.Ref == ref && r.Revision > 0
	})
}

// latest returns the later of two times.
func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
