// Package redemption knows what a redemption is and how it moves: points are set aside, one is taken from the stock, the
// points are spent, and the reward is handed over. It decides what comes next; the redeem process makes the calls.
package redemption

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/catalogue"
)

// State says what a redemption waits for. It is written before the call that it names is made.
type State uint8

// States of a redemption.
const (
	StateUnset State = iota
	Holding          // the ledger is asked to set the points aside
	Capturing        // one is taken from the stock; the ledger is asked to spend the points
	Voiding          // it will come to nothing; the ledger is asked for the points back
	Fulfilled        // it is the member's
	Refused          // it came to nothing, and nothing is held
	Refunding        // it is cancelled; the ledger is asked for the points back
	Canceled         // the points are back, and so is the stock
)

var stateNames = map[State]string{
	Holding: "holding", Capturing: "capturing", Voiding: "voiding", Fulfilled: "fulfilled", Refused: "refused",
	Refunding: "refunding", Canceled: "cancelled",
}

// String is the word for a state.
func (s State) String() string { return stateNames[s] }

// ParseState reads the word for a state; StateUnset for one that is not known.
func ParseState(text string) State {
	for s, name := range stateNames {
		if name == text {
			return s
		}
	}
	return StateUnset
}

// Live tells if somebody has to go on with it.
func (s State) Live() bool {
	return s == Holding || s == Capturing || s == Voiding || s == Refunding
}

// Taken tells if one of the reward is, or is about to be, the member's: it is out of the stock and counts for limits.
func (s State) Taken() bool { return s == Capturing || s == Fulfilled || s == Refunding }

// Taking are the states that are Taken.
func Taking() []State { return []State{Capturing, Fulfilled, Refunding} }

// GiveUpAfter is how long a redemption may wait for its points to be set aside before it comes to nothing: so nobody who
// went away is surprised by one. Behind that, the deadline of the hold decides.
const GiveUpAfter = 2 * time.Minute

// HoldFor is how long points are set aside at most.
const HoldFor = 15 * time.Minute

// Call is who asked for it, and under which key.
type Call struct {
	Caller, Key string
	Content     [sha256.Size]byte // of all that was asked
}

// Redemption is one reward for one account.
type Redemption struct {
	Program, ID string
	Account     string
	Call        Call
	// Attempt counts how often it was begun: a refused one begins again under its key. The ledger's keys carry it.
	Attempt    int
	Reward     catalogue.ID
	Version    int // of the reward's terms
	Kind       catalogue.Kind
	Name       string
	Points     money.Points
	Tier       string
	Redeemer   string
	Stocked    bool // one is taken from the stock
	CancelDays int

	State   State
	Hold    string // the ledger's name of what was set aside
	Capture string // the ledger's name of what was spent
	// Code is set while Taken, for a voucher. Nobody is shown it before the points are spent.
	Code    string
	Refusal *reason.Error // why it comes, or came, to nothing; of a fulfilled one, why it could not be cancelled

	BegunAt, FulfilledAt, CanceledAt, RevealedAt time.Time
	// Cancel is who cancelled it, from Refunding on.
	Cancel Call
	// Elsewhere is true when the ledger had given the points back before it was asked to.
	Elsewhere bool
}

// Order is what is asked for, with what it will cost.
type Order struct {
	Program, Account, Tier string
	Call                   Call
	Reward                 catalogue.Reward
	At                     time.Time
}

// IDOf names the redemption of a call, so that the same call is the same redemption.
func IDOf(program, caller, key string) string {
	h := sha256.New()
	for _, part := range []string{program, caller, key} {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(part)))
		_, _ = h.Write(n[:])
		_, _ = h.Write([]byte(part))
	}
	return strings.ToLower(base32.StdEncoding.EncodeToString(h.Sum(nil)[:idBytes]))
}

// idBytes makes ids of 24 characters, 120 bits: two calls never meet.
const idBytes = 15

// Begin is a redemption that waits for its points, for the n-th time under its key.
func Begin(o Order, attempt int) Redemption {
	t := o.Reward.Terms
	return Redemption{
		Program: o.Program, ID: IDOf(o.Program, o.Call.Caller, o.Call.Key), Account: o.Account, Call: o.Call, Attempt: attempt,
		Reward: o.Reward.ID, Version: o.Reward.Version, Kind: t.Kind, Name: t.Name, Points: t.Price(o.Tier), Tier: o.Tier,
		Redeemer: t.Redeemer, Stocked: !t.Unlimited, CancelDays: t.CancelDays, State: Holding, BegunAt: o.At,
	}
}

// Key is the idempotency key of a call to the ledger: each repeat of it is the same call.
func (r Redemption) Key(deed Deed) string { return fmt.Sprintf("%s-%d-%s", r.ID, r.Attempt, deed) }

// Deed is what the ledger is asked to do.
type Deed string

// Deeds.
const (
	DeedHold    Deed = "hold"
	DeedCapture Deed = "capture"
	DeedVoid    Deed = "void"
	DeedRefund  Deed = "refund"
)

// ParseKey is the inverse of Redemption.Key: the redemption, the attempt and the deed. False: it is none of ours.
func ParseKey(key string) (string, int, Deed, bool) {
	parts := strings.Split(key, "-")
	if len(parts) != keyParts {
		return "", 0, "", false
	}
	attempt, err := strconv.Atoi(parts[1])
	return parts[0], attempt, Deed(parts[2]), err == nil
}

const keyParts = 3

// CancellableUntil is when it can no longer be cancelled. False: it never could.
func (r Redemption) CancellableUntil() (time.Time, bool) {
	if r.CancelDays == 0 || r.FulfilledAt.IsZero() {
		return time.Time{}, false
	}
	return r.FulfilledAt.Add(time.Duration(r.CancelDays) * catalogue.Day), true
}
