package ledger

import (
	"fmt"
	"strings"
	"time"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/earning"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/token"
)

// Formats are the versions of the canonical encoding that entries use (docs/decisions/0001, 0008, 0010, 0016, 0029, 0047, 0048, 0051, 0053, 0054): what an entry holds
// says which.
const (
	Format       uint8 = 1
	FormatGrants uint8 = 2 // Format, with what was done to grants behind the ladder's part
	FormatParts  uint8 = 3 // Format, with the parts of actions and enrolments behind all of it
	// FormatCommands is Format, with the parts of commands, holds and refunds behind all of it.
	FormatCommands uint8 = 4
	// FormatShared is FormatCommands, with who approved it and what is left of a refunded capture behind all of it.
	FormatShared uint8 = 5
	// FormatSegments is Format, with whether there are grants, the segment of the order and the part of a segment behind all of it.
	FormatSegments uint8 = 6
	// FormatFrozen is Format, with whether there are grants, the parts of a command and an action, and what is frozen behind all of it.
	FormatFrozen uint8 = 7
	// FormatLife is Format, with the part of a command, its approver and the parts of a transfer and an extension behind all of it.
	FormatLife uint8 = 8
	// FormatImport is Format, with the parts of a command and an import behind all of it.
	FormatImport uint8 = 9
	// FormatRolling is Format, with all parts of the formats above, the day of rolling points and the lives of lots behind all of it.
	FormatRolling uint8 = 10
	// FormatUnits is FormatRolling, with what the order is to have of other units behind all of it.
	FormatUnits uint8 = 11
)

// format is the version that the entry needs. An action or an enrolment does nothing to
// grants, and a command does what no other does.
func (e Entry) format() uint8 {
	switch {
	case e.Order != nil && len(e.Order.Others) > 0:
		return FormatUnits
	case e.rolls():
		return FormatRolling
	case e.Import != nil:
		return FormatImport
	case e.Transfer != nil || e.Extension != nil:
		return FormatLife
	case e.froze():
		return FormatFrozen
	case e.Segment != nil || e.Order != nil && e.Order.Segment != "":
		return FormatSegments
	case e.Command != nil && e.Command.Approver != "" || e.Refund != nil && e.Refund.Left != 0:
		return FormatShared
	case e.Command != nil || e.Hold != nil || e.Refund != nil:
		return FormatCommands
	case e.Action != nil || e.Enrolment != nil:
		return FormatParts
	case e.Ladder != nil && e.Ladder.Grants != nil:
		return FormatGrants
	}
	return Format
}

// AccountID names an account within its programme.
type AccountID string

// Seq numbers an account's entries, dense from 1.
type Seq int64

// Hash is a SHA-256; the first entry of an account follows the zero Hash.
type Hash [32]byte

// Kind says what an entry did.
type Kind uint8

// Kinds of entries.
const (
	KindUnset Kind = iota
	KindEarn
	KindReverse
	KindActivate
	KindExpire
	KindPark
	KindState
	KindAction
	KindHold
	KindCapture
	KindVoid
	KindRefund
	KindAdjust
	KindTransferOut
	KindTransferIn
	KindExtend
	KindImport
	KindDonate
)

var kindNames = [...]string{"", "earn", "reverse", "activate", "expire", "park", "state", "action", "hold", "capture", "void", "refund", "adjust", "transfer_out", "transfer_in", "extend", "import", "donate"}

// String gives the kind as it stands in logs, subjects and collections.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// ParseKind is the inverse of String.
func ParseKind(s string) (Kind, error) {
	for i, name := range kindNames {
		if i > 0 && name == s {
			return Kind(i), nil
		}
	}
	return KindUnset, fmt.Errorf("kind of entry %q is not known", s)
}

// Position is where in EVENTS the cause of an entry stands. Entries that fall due by time have none.
type Position struct {
	Epoch    int
	Sequence uint64
}

// Posting is one leg of an entry. Bucket is one of the account's (pending, active, held, debt) or of the programme's
// (issued/<issuer>, expired, redeemed/<redeemer>, adjusted, forgiven, in_transit, fees,
// imported/<issuer>, donated/<cause>). The legs of an entry sum to zero per unit.
type Posting struct {
	Unit   string
	Bucket string
	Points money.Points
}

// OrderPart links an entry to its order and holds all that rating or undoing it needs again.
type OrderPart struct {
	Ref      orders.Ref
	Number   int // place under the order, dense from 1
	Event    orders.Event
	Content  Hash         // of the decoded event: what makes a duplicate
	Revision int          // of the programme that rates this order; 0 until it is paid
	Tier     string       // held before the order was paid: what multipliers follow
	Segment  string       // whose multiplier it earns by, of those that the account was in before it was paid; empty: none
	Frozen   bool         // the account might not earn when it was paid: the order earns nothing, whatever comes
	Base     money.Minor  // what counts of the order after this entry
	Target   money.Points // what the order should have earned after this entry
	Others   []UnitPoints // the same of the other units of its revision, sorted by unit; nil where that has none
	Waiting  bool         // the event waits for its order
	Deadline time.Time    // until when it waits; zero when it does not
}

// LadderPart is what an entry did on the ladder.
type LadderPart struct {
	Counts []ladder.Spend // booked at the day of the order; negative for returns
	Window int            // months: days that fell out of it are dropped
	Change *ladder.Change // nil: the tier stays
	Grants *GrantsPart    // nil: nothing about grants changed
}

// GrantsPart is what an entry did to the grants of an account. Those that are over on its day go by themselves.
type GrantsPart struct {
	Given *ladder.Grant // it was granted
	Ended string        // the id of the grant that was ended before its time
	Below string        // the tier that the account has earned by itself; empty if no grant is left
}

// moved notes where the ladder has put the account.
func (l *LadderPart) moved(next ladder.State, change ladder.Change) {
	if change.To != "" {
		l.Change = &change
	}
	if len(next.Grants) > 0 {
		l.Grants = &GrantsPart{Below: next.Below}
	}
}

// Balance is what an account has of one unit.
// Invariant: Pending, Active, Held, Debt >= 0.
type Balance struct {
	Unit                        string
	Pending, Active, Held, Debt money.Points
}

// After is the account after an entry.
type After struct {
	Balances []Balance // sorted by unit
	Tier     string
}

// Entry is one immutable line of the ledger.
type Entry struct {
	Format      uint8
	Program     string
	Key         string // business key (docs/decisions/0002)
	Account     AccountID
	Seq         Seq
	Kind        Kind
	OccurredAt  time.Time // when it happened where it happened
	EffectiveAt time.Time // when it took effect here
	Day         calendar.Day
	Revision    int // of the programme in force
	Actor       string
	EventID     string
	EventSource string
	Position    Position
	Order       *OrderPart // nil for what falls due by time alone
	Lines       []earning.Line
	Movements   []Movement
	Postings    []Posting
	Ladder      *LadderPart
	After       After
	Action      *ActionPart    // nil but for an action
	Enrolment   *EnrolmentPart // nil but for an enrolment
	Segment     *SegmentPart   // nil but for who enters or leaves a segment
	Command     *CommandPart   // nil but for what a caller asked for
	Hold        *HoldPart      // nil but for what opens or ends a hold
	Refund      *RefundPart    // nil but for a refund
	Frozen      *Frozen        // nil but for what freezes an account, or ends that
	Transfer    *TransferPart  // nil but for what sends points to another account, and what they arrive by
	Extension   *ExtensionPart // nil but for what gives points a later day
	Rolls       *RollPart      // nil but for what moves the day of the account's rolling points
	Import      *ImportPart    // nil but for what brings points over from another system
	Hash        Hash

	// RecordedAt stands outside the hash: when the entry was written.
	RecordedAt time.Time
}

// OrderPrefix is the part of the key that all entries of an order share.
func OrderPrefix(ref orders.Ref) string {
	return "order/" + token.Of(ref.Merchant) + "/" + token.Of(ref.Order) + "/"
}

// OrderKey is the key of the n-th entry under an order.
func OrderKey(ref orders.Ref, n int) string { return fmt.Sprintf("%s%d", OrderPrefix(ref), n) }

// DueKey is the key of an entry that fell due by time.
func DueKey(account AccountID, seq Seq) string {
	return fmt.Sprintf("due/%s/%d", token.Of(string(account)), seq)
}

// IsOrderKey tells whether a key stands under an order.
func IsOrderKey(key string) bool { return strings.HasPrefix(key, "order/") }
