// Package trade holds what partners do to accounts: what was asked, what makes two calls the same one, and what came of
// it. The points are the ledger's.
package trade

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strings"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Kind is what a partner does.
type Kind uint8

// Kinds of trades. They are stored: none may change its number.
const (
	KindUnset Kind = iota
	Award
	Authorization
	Capture
	Void
	Refund
)

// Ask is what a partner asks for.
type Ask struct {
	Program, Partner string // by the credential
	Key              string // the idempotency key, of the partner and programme
	Kind             Kind
	Account          string        // of an award or an authorisation; of the others it follows from Of
	Points           money.Points  // of a capture 0: all
	Of               string        // the authorisation that is captured or voided, the capture that is refunded
	TTL              time.Duration // of an authorisation; 0: as the ledger has it
	Reason           string        // of an award
}

// Trade is an ask that was taken, and what came of it.
type Trade struct {
	Ask
	ID      string
	AskedAt time.Time
	// Base names the ledger's hold or capture that the trade builds on.
	Base string
	// Counted is the day on which the points count against the partner's limit; calendar.None: they do not.
	Counted calendar.Day
	Done    *Outcome // nil: the ledger has not answered yet
}

// Outcome is what the ledger did.
type Outcome struct {
	Entry       string // key of the entry: names the hold or the capture
	Points      money.Points
	Unit        string
	Active      money.Points // what the account can spend behind it
	EffectiveAt time.Time
	Deadline    time.Time // of an authorisation
}

// idBytes of a hash name a trade: 128 bits.
const idBytes = 16

var letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// ID names the trade that an ask makes. It follows from whose it is and its key: one key, one trade.
func (a Ask) ID() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{a.Program, a.Partner, a.Key}, "\x00")))
	return letters.EncodeToString(sum[:idBytes])
}

// Content tells whether two asks are for the same.
func (a Ask) Content() [sha256.Size]byte {
	h := sha256.New()
	account := a.Account
	if a.Kind.Builds() != KindUnset {
		account = "" // it is not asked for: it follows from what the trade builds on
	}
	for _, text := range []string{string(rune('0' + a.Kind)), account, a.Of, a.Reason} {
		_ = binary.Write(h, binary.BigEndian, uint32(len(text))) //nolint:gosec // checked by the contract; a hash takes all
		h.Write([]byte(text))
	}
	_ = binary.Write(h, binary.BigEndian, []int64{int64(a.Points), int64(a.TTL)})
	return [sha256.Size]byte(h.Sum(nil))
}

// Repeats holds an ask against the one that came under the same key: nil if it is the same, else IDEMPOTENCY_KEY_REUSED.
func (a Ask) Repeats(content [sha256.Size]byte) error {
	if a.Content() == content {
		return nil
	}
	return reason.New(reason.IdempotencyKeyReused, "idempotency_key",
		"the key %q came before with other content; give each call a key of its own", a.Key)
}

// Limited tells if the points count against the partner's limit.
func (t Trade) Limited() bool { return t.Counted != calendar.None }

// LedgerKey is the idempotency key under which the ledger is asked. A partner's id has no slash, so no two partners share
// one.
func (a Ask) LedgerKey() string { return a.Partner + "/" + a.Key }

// Builds is the kind of trade that one of this kind builds on; KindUnset: on none.
func (k Kind) Builds() Kind {
	switch k {
	case Capture, Void:
		return Authorization
	case Refund:
		return Capture
	case KindUnset, Award, Authorization:
	}
	return KindUnset
}
