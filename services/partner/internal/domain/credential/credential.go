// Package credential holds what partner companies are known by: keys with which calls are signed, and names in client
// certificates. It owns the form of key ids, what is signed, and when a credential counts. Who is asked for one, and what
// was tried before, is the process's business.
package credential

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"time"
)

// Scope is what a credential lets its partner do: award, redeem, read.
type Scope string

// Key is one credential of a partner in one programme: a public key or the name in a certificate, never both.
type Key struct {
	ID               string
	Program, Partner string
	PublicKey        ed25519.PublicKey
	SAN              string // DNS name or URI
	Scopes           []Scope
	CreatedAt        time.Time
	ExpiresAt        time.Time // zero: never
	RevokedAt        time.Time // zero: it counts
	LastUsedAt       time.Time // to the minute; zero: never
}

// LivePerKind is how many credentials of one kind a partner may have that count, so that one can replace the other.
const LivePerKind = 2

// Live tells if the credential counts at a time.
func (k Key) Live(at time.Time) bool {
	return k.RevokedAt.IsZero() && (k.ExpiresAt.IsZero() || at.Before(k.ExpiresAt))
}

// SameKind tells if both are keys, or both names of certificates.
func (k Key) SameKind(o Key) bool { return (k.SAN == "") == (o.SAN == "") }

const (
	idPrefix = "lpk_"
	// idBytes are random: 128 bits, 26 letters and digits.
	idBytes    = 16
	checkChars = 6
)

var letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// NewID writes an id of random bytes. The prefix lets scanners find ids that were published by mistake, the last six
// letters tell one that was mistyped or made up from one that Laurel made.
func NewID(random [idBytes]byte) string {
	body := idPrefix + letters.EncodeToString(random[:])
	return body + check(body)
}

// CheckID tells if Laurel may have made an id.
func CheckID(id string) bool {
	body := len(idPrefix) + letters.EncodedLen(idBytes)
	return len(id) == body+checkChars && strings.HasPrefix(id, idPrefix) && id[body:] == check(id[:body])
}

func check(body string) string {
	sum := sha256.Sum256([]byte(body))
	return letters.EncodeToString(sum[:])[:checkChars]
}
