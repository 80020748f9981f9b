// Package alias says by what members are known: cards, customer numbers of shops, keyed hashes, tokens, devices; and what
// becomes of them when they are lost. Whose account it is that an alias leads to is package membership's.
package alias

import (
	"strings"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Limits of an alias.
const (
	// MemberMax is how many aliases a member may ever have, blocked ones included.
	MemberMax     = 64
	valueBytesMax = 128
	scopeBytesMax = 64
	hashChars     = 64 // 32 bytes
)

// Kind is by what somebody is known.
type Kind uint8

// Kinds of aliases. An account is resolved, but never linked.
const (
	KindUnset Kind = iota
	Card
	CustomerNumber
	EmailHash
	PhoneHash
	Token
	Device
	Account
)

var kindNames = [...]string{"unset", "card", "number", "email", "phone", "token", "device", "account"}

// String returns the kind's name, as it is stored and typed.
func (k Kind) String() string {
	if int(k) >= len(kindNames) {
		return kindNames[0]
	}
	return kindNames[k]
}

// ParseKind is the inverse of String; KindUnset for what is none.
func ParseKind(text string) Kind {
	for i, n := range kindNames {
		if n == text {
			return Kind(i)
		}
	}
	return KindUnset
}

// Ref names an alias within a programme. One made by ParseRef is well formed.
type Ref struct {
	Kind  Kind
	Scope string // the merchant of a customer number; empty for any other kind
	Value string
}

// ParseRef checks an alias. INVALID_ARGUMENT names the field that breaks its rule.
func ParseRef(kind Kind, scope, value string) (Ref, error) {
	switch {
	case kind == KindUnset || kind > Account:
		return Ref{}, reason.New(reason.InvalidArgument, "alias.kind", "this is no kind of alias")
	case value == "" || len(value) > valueBytesMax || !plain(value):
		return Ref{}, reason.New(reason.InvalidArgument, "alias.value",
			"an alias has 1 to %d letters, digits and signs of ASCII, no blank and no @", valueBytesMax)
	case len(scope) > scopeBytesMax || !plain(scope):
		return Ref{}, reason.New(reason.InvalidArgument, "alias.scope",
			"a scope has at most %d letters, digits and signs of ASCII, no blank and no @", scopeBytesMax)
	case (kind == CustomerNumber) != (scope != ""):
		return Ref{}, reason.New(reason.InvalidArgument, "alias.scope",
			"a customer number has the merchant as its scope, any other alias has none")
	case (kind == EmailHash || kind == PhoneHash) && !isHash(value):
		return Ref{}, reason.New(reason.InvalidArgument, "alias.value",
			"an e-mail or a telephone number comes as a keyed hash: 32 bytes as %d hexadecimal digits, in lower case", hashChars)
	}
	return Ref{kind, scope, value}, nil
}

func plain(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r <= ' ' || r > '~' || r == '@' }) < 0
}

func isHash(text string) bool {
	return len(text) == hashChars && strings.Trim(text, "0123456789abcdef") == ""
}

// State says if an alias can be used.
type State uint8

// States of an alias. There is no way back from Blocked: what was lost may lie in a stranger's pocket.
const (
	StateUnset State = iota
	Active
	Blocked
)

// Cause is why an alias was blocked.
type Cause uint8

// Causes of a block.
const (
	CauseUnset Cause = iota
	Lost
	Stolen
	Damaged
	Closed
	Misused
)

var causeNames = [...]string{"unset", "lost", "stolen", "damaged", "closed", "misused"}

// String returns the cause's name, as it is stored.
func (c Cause) String() string {
	if int(c) >= len(causeNames) {
		return causeNames[0]
	}
	return causeNames[c]
}

// ParseCause is the inverse of String; CauseUnset for what is none.
func ParseCause(text string) Cause {
	for i, n := range causeNames {
		if n == text {
			return Cause(i)
		}
	}
	return CauseUnset
}

// Alias is one thing by which a member is known. Its methods return what it becomes and change nothing.
type Alias struct {
	Ref
	Member     string // the member's id
	LinkedAt   time.Time
	Cause      Cause     // CauseUnset while it is active
	BlockedAt  time.Time // zero while it is active
	ReplacedBy string    // the value of what took its place; its kind and scope are the same
}

// State tells if the alias can be used.
func (a Alias) State() State {
	switch {
	case a.Member == "":
		return StateUnset
	case a.Cause == CauseUnset:
		return Active
	default:
		return Blocked
	}
}
