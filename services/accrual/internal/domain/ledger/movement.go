package ledger

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Move says what a movement did to a lot or a debt.
type Move uint8

// Moves.
const (
	MoveUnset    Move = iota
	MoveEarn          // points were given
	MoveReverse       // points were taken back from a lot
	MoveActivate      // pending points became active
	MoveExpire        // points lapsed unspent
	MoveUncount       // a return was met by points of the lot that had lapsed
	MovePayoff        // points of the lot paid a debt
	MoveOwe           // what a return could not find became debt
	MoveHold          // active points were set aside
	MoveRelease       // held points became active again
	MoveCapture       // held points were spent
	MoveRefund        // spent points came back
	MoveCredit        // points were added by an adjustment
	MoveDebit         // points were taken away by an adjustment
	MoveForgive       // what a return could not find was let go
	MoveSend          // active points left for another account
	MoveReceive       // points of another account arrived, or the account's own came back
	MoveFee           // points that were sent became the programme's
	MovePutOff        // points left a lot whose day was put off
	MoveExtend        // they are in the lot of the later day
	MoveImport        // points came over from another system
	MoveDonate        // active points were given to a cause
)

var moveNames = [...]string{"", "earn", "reverse", "activate", "expire", "uncount", "payoff", "owe", "hold", "release", "capture", "refund", "credit", "debit", "forgive", "send", "receive", "fee", "put_off", "extend", "import", "donate"}

// String gives the move as it stands in collections.
func (m Move) String() string {
	if int(m) < len(moveNames) {
		return moveNames[m]
	}
	return fmt.Sprintf("move(%d)", uint8(m))
}

// known tells whether m is one of the moves above.
func (m Move) known() bool { return m > MoveUnset && int(m) < len(moveNames) }

// ParseMove is the inverse of String.
func ParseMove(s string) (Move, error) {
	for i, name := range moveNames {
		if i > 0 && name == s {
			return Move(i), nil
		}
	}
	return MoveUnset, fmt.Errorf("move %q is not known", s)
}

// LotKey makes lots equal: equal ones are one lot. Activation is calendar.None for active points, so that points
// of equal expiry merge when they become active. Expiry is the first day on which the points are gone, calendar.None: never.
// Life above 0: the points are rolling, their day is that of Account.Rolling, and Expiry is calendar.None; points that came in
// before such points lapsed and after it are of two lives.
type LotKey struct {
	Unit       string
	Issuer     string
	Activation calendar.Day
	Expiry     calendar.Day
	Life       int
}

// Pending tells whether the lot's points are not active yet.
func (k LotKey) Pending() bool { return k.Activation != calendar.None }

// compare orders lots as they are consumed: first to expire first, then activation, life, issuer. Rolling ones stand with those
// that never lapse; see Account.consumed.
func (k LotKey) compare(o LotKey) int { return k.byDay(k.Expiry, o, o.Expiry) }

// byDay orders lots as they are consumed, where each is gone on a day.
func (k LotKey) byDay(gone calendar.Day, o LotKey, oGone calendar.Day) int {
	return cmp.Or(cmp.Compare(k.Unit, o.Unit), compareExpiry(gone, oGone),
		cmp.Compare(k.Activation, o.Activation), cmp.Compare(k.Life, o.Life), cmp.Compare(k.Issuer, o.Issuer))
}

// compareExpiry puts "never" last.
func compareExpiry(a, b calendar.Day) int {
	switch {
	case a == b:
		return 0
	case a == calendar.None:
		return 1
	case b == calendar.None:
		return -1
	}
	return cmp.Compare(a, b)
}

// Movement changes one lot, or for MoveOwe and MovePayoff the debt to an issuer. MoveForgive and MoveFee change nothing that the account has.
type Movement struct {
	Move   Move
	Lot    LotKey
	Points money.Points // > 0
	// Redeemer is where captured and refunded points were spent, and whose a fee is; of other moves, to whom points of another issuer's lot
	// went, empty otherwise.
	// Of points that were given to a cause, it.
	Redeemer string
}

// bucket is where the lot's points stand in the account.
func (k LotKey) bucket() string {
	if k.Pending() {
		return BucketPending
	}
	return BucketActive
}

// The account's buckets. Debt is posted with a negative sign: what is owed lowers what the member has.
const (
	BucketPending = "pending"
	BucketActive  = "active"
	BucketHeld    = "held"
	BucketDebt    = "debt"
)

// bucketTransit is the programme's account of points that have left an account and not arrived at another yet.
const bucketTransit = "in_transit"

// postingsOf derives the balanced postings of movements: sorted by unit and bucket, without zero legs.
func postingsOf(movements []Movement) []Posting {
	var sums []Posting
	add := func(unit, bucket string, points money.Points) {
		for i := range sums {
			if sums[i].Unit == unit && sums[i].Bucket == bucket {
				sums[i].Points += points
				return
			}
		}
		sums = append(sums, Posting{unit, bucket, points})
	}
	for _, m := range movements {
		from, to := m.legs()
		add(m.Lot.Unit, from, -m.Points)
		add(m.Lot.Unit, to, m.Points)
	}
	sums = slices.DeleteFunc(sums, func(p Posting) bool { return p.Points == 0 })
	slices.SortFunc(sums, func(a, b Posting) int {
		return cmp.Or(cmp.Compare(a.Unit, b.Unit), cmp.Compare(a.Bucket, b.Bucket))
	})
	return sums
}

// legs says from which bucket to which a movement takes its points.
func (m Movement) legs() (from, to string) {
	issued := "issued/" + m.Lot.Issuer
	switch m.Move {
	case MoveEarn:
		return issued, m.Lot.bucket()
	case MoveReverse:
		if m.Redeemer != "" {
			return m.Lot.bucket(), "redeemed/" + m.Redeemer
		}
		return m.Lot.bucket(), issued
	case MoveActivate:
		return BucketPending, BucketActive
	case MoveExpire:
		return m.Lot.bucket(), "expired"
	case MoveUncount:
		return "expired", issued
	case MovePayoff:
		return BucketActive, BucketDebt
	case MoveOwe:
		return BucketDebt, issued
	case MoveForgive:
		return "forgiven", issued
	case MoveHold:
		return BucketActive, BucketHeld
	case MoveRelease:
		return BucketHeld, BucketActive
	case MoveCapture:
		return BucketHeld, "redeemed/" + m.Redeemer
	case MoveRefund:
		return "redeemed/" + m.Redeemer, BucketActive
	case MoveCredit:
		return "adjusted", BucketActive
	case MoveDebit:
		return BucketActive, "adjusted"
	case MoveSend:
		return BucketActive, bucketTransit
	case MoveReceive:
		return bucketTransit, BucketActive
	case MoveFee:
		return bucketTransit, "fees"
	case MovePutOff:
		return m.Lot.bucket(), "extended"
	case MoveExtend:
		return "extended", m.Lot.bucket()
	case MoveImport:
		return "imported/" + m.Lot.Issuer, m.Lot.bucket()
	case MoveDonate:
		return BucketActive, "donated/" + m.Redeemer
	case MoveUnset:
	}
	panic("ledger: a movement without a move")
}
