package ledger

import (
	"crypto/sha256"
	"strings"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orderbook"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/token"
)

// Deed is what a caller may do with an account: Award, Hold, Capture, Void, Refund, Adjust, Transfer, Extend, Import and
// Donate its points, or Freeze it.
type Deed interface {
	// content writes what makes two deeds the same one.
	content(w *writer)
	// do fills the entry that the deed makes. Refusals are *reason.Error.
	do(d *draft, r Request, known program.Known) error
}

// Request is a deed that a caller asks for.
type Request struct {
	Caller string // by the credential: a service, or operator/<person>
	Key    string // the idempotency key, of the caller and programme
	Deed   Deed
	// Approver is the second person of an adjustment or a transfer, as Caller; empty: it needed none.
	Approver string
	// Now is the wall clock, from which deadlines count if it is later than the ledger; zero where the house lives in
	// past days.
	Now time.Time
}

// CommandPart links an entry to the request that made it.
type CommandPart struct {
	Caller  string
	Content Hash         // of the request: what makes another one under the same key a mistake
	Points  money.Points // given, held, captured, released, refunded, sent, or adjusted: then below zero for those taken away
	Reason  string       // UPPER_SNAKE code; empty where none was given
	// Approver is the second person of an adjustment or a transfer; empty: it needed none.
	Approver string
}

// EntryKey is the key of the entry that the request makes. What comes over from another system is named by that alone: another
// person who asks for the same asks for nothing new.
func (r Request) EntryKey() string {
	if i, ok := r.Deed.(Import); ok {
		return ImportPrefix(i.Source) + token.Of(r.Key)
	}
	return CommandPrefix(r.Caller) + token.Of(r.Key)
}

// CommandPrefix begins the keys of the entries that a caller's commands make; behind it stands the idempotency key.
func CommandPrefix(caller string) string {
	prefix := "cmd/"
	for part := range strings.SplitSeq(caller, "/") { // operator/<person> are two tokens
		prefix += token.Of(part) + "/"
	}
	return prefix
}

// ofCaller tells whether a key is one that a caller makes.
func ofCaller(key, caller string) bool {
	rest, ok := strings.CutPrefix(key, CommandPrefix(caller))
	return ok && !strings.Contains(rest, "/")
}

// Content tells whether two requests ask for the same.
func (r Request) Content(account AccountID) Hash {
	w := &writer{}
	w.str(string(account))
	r.Deed.content(w)
	return sha256.Sum256(w.buf)
}

// Repeats holds a request against the entry that stands under its key: nil if the entry answers it, else
// IDEMPOTENCY_KEY_REUSED.
func (r Request) Repeats(e Entry, account AccountID) error {
	if e.Command != nil && e.Command.Content == r.Content(account) {
		return nil
	}
	return reason.New(reason.IdempotencyKeyReused, "idempotency_key",
		"the key %q came before with other content; give each request a key of its own", r.Key)
}

// Do decides what a request does to an account at effective time t. The account has been brought up to t, and no entry
// stands under the request's key. Refusals are *reason.Error: ACCOUNT_NOT_FOUND, ACCOUNT_NOT_ENROLLED, and those of the
// deed.
func Do(a Account, r Request, schedule program.Schedule, t time.Time) (Entry, Account, error) {
	if opens(r.Deed) {
		if err := orderbook.Enrolled(a.opened(), schedule, t); err != nil {
			return Entry{}, a, err
		}
	} else if a.Version == 0 {
		return Entry{}, a, reason.New(reason.AccountNotFound, "account", "there is no account %s in programme %s", a.ID, a.Program)
	}
	known := schedule.In(t)
	d := a.begin(known, t)
	d.Key, d.Actor, d.OccurredAt = r.EntryKey(), "caller/"+r.Caller, t
	d.Command = &CommandPart{Caller: r.Caller, Content: r.Content(a.ID), Approver: r.Approver}
	if err := r.Deed.do(d, r, known); err != nil {
		return Entry{}, a, err
	}
	return d.post(a)
}

// opens tells whether a deed opens an account where members need not be enrolled.
func opens(deed Deed) bool {
	switch deed.(type) {
	case Award, Import:
		return true
	}
	return false
}

// positive refuses amounts that no deed can move.
func positive(points money.Points) error {
	if points <= 0 {
		return reason.New(reason.InvalidArgument, "points", "%d points; ask for at least one", points)
	}
	return nil
}

// allowed tells in which kinds of entries a move stands that commands alone make.
func (m Move) allowed(k Kind) bool {
	switch m {
	case MoveHold:
		return k == KindHold
	case MoveRelease:
		return k == KindCapture || k == KindVoid
	case MoveCapture:
		return k == KindCapture
	case MoveRefund:
		return k == KindRefund
	case MoveCredit, MoveDebit:
		return k == KindAdjust
	case MoveSend:
		return k == KindTransferOut
	case MovePutOff, MoveExtend:
		return k == KindExtend
	case MoveImport:
		return k == KindImport
	case MoveDonate:
		return k == KindDonate
	case MoveReceive, MoveFee:
		return k == KindTransferIn
	case MoveUnset, MoveEarn, MoveReverse, MoveActivate, MoveExpire, MoveUncount, MovePayoff, MoveOwe, MoveForgive:
	}
	return true
}

// moved is what the entry's own deed moved; what followed from it (debts paid, points lapsed) does not count.
func (e Entry) moved() money.Points {
	sums := map[Move]money.Points{}
	for _, m := range e.Movements {
		sums[m.Move] += m.Points
	}
	switch e.Kind {
	case KindEarn:
		return sums[MoveEarn]
	case KindHold:
		return sums[MoveHold]
	case KindCapture:
		return sums[MoveCapture]
	case KindVoid:
		return sums[MoveRelease]
	case KindRefund:
		return sums[MoveRefund]
	case KindAdjust:
		return sums[MoveCredit] - sums[MoveDebit]
	case KindTransferOut:
		return sums[MoveSend] - e.Transfer.Fee
	case KindExtend:
		return sums[MoveExtend]
	case KindImport:
		return sums[MoveImport]
	case KindDonate:
		return sums[MoveDonate]
	case KindUnset, KindReverse, KindActivate, KindExpire, KindPark, KindState, KindAction, KindTransferIn:
	}
	return 0
}

// checkCommand holds the entry of a command against itself. Empty: it is as it should be.
func (e Entry) checkCommand() string {
	commanded := e.Kind >= KindHold && e.Kind <= KindTransferOut || e.Kind >= KindExtend && e.Kind <= KindDonate
	holds := e.Kind == KindHold || e.Kind == KindCapture || e.Kind == KindVoid
	switch c := e.Command; {
	case (e.Hold != nil) != holds || (e.Refund != nil) != (e.Kind == KindRefund):
		return "the part of a hold or a refund is missing, or stands on an entry of another kind"
	case c == nil && commanded && (e.Kind != KindVoid || !e.dueByTime()):
		return "its kind is made by commands alone, and it names none"
	case c == nil:
	case !commanded && e.Kind != KindEarn && e.Frozen == nil || e.dueByTime():
		return "a command does not make entries of its kind"
	case e.Order != nil || e.Ladder != nil || e.Action != nil || e.Enrolment != nil || e.Segment != nil:
		return "a command with the part of an order, of the ladder, of an action, of an enrolment or of a segment"
	case e.Import == nil && !ofCaller(e.Key, c.Caller):
		return "its key is not that of its caller"
	case c.Approver != "" && (!e.Kind.approved() || c.Approver == c.Caller):
		return "it was approved by who made it, or is of a kind that nobody approves"
	case c.Points != e.moved():
		return "its command moved other points than its movements"
	}
	if e.Kind == KindHold && (e.Hold.ID != e.Key || e.Hold.Points != e.moved()) {
		return "its hold has another name or other points"
	}
	for _, m := range e.Movements {
		if !m.Move.allowed(e.Kind) {
			return "a movement that entries of its kind do not make"
		}
	}
	return ""
}

// approved tells whether a second person may have let entries of the kind happen.
func (k Kind) approved() bool { return k == KindAdjust || k == KindTransferOut || k == KindExtend }
