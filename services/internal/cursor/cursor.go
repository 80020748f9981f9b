// Package cursor writes page tokens: they are opaque to callers and belong to one list.
package cursor

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

const (
	version   = 1
	listBytes = 8 // of the digest that ties a token to its list
)

// Of is the page token behind a place of a list: a version byte, a digest of what makes the list (method, programme,
// filters), and the place that the page before ended at; base64url. Callers hand it back as it is.
func Of(list []string, place string) string {
	return base64.RawURLEncoding.EncodeToString(append(head(list), place...))
}

// Place reads a page token; the empty token is the beginning of the list. INVALID_ARGUMENT for a token that was not made
// for this list.
func Place(list []string, token string) (string, error) {
	if token == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	head := head(list)
	if err != nil || len(raw) <= len(head) || string(raw[:len(head)]) != string(head) {
		return "", Refused()
	}
	return string(raw[len(head):]), nil
}

// Refused is the INVALID_ARGUMENT of a token that does not belong to its list, also for who finds so only when reading the
// place.
func Refused() error {
	return reason.New(reason.InvalidArgument, "page_token",
		"this token does not belong to this list; ask for the first page again, without a token")
}

// head begins every token of a list.
func head(list []string) []byte {
	sum := sha256.Sum256([]byte(strings.Join(list, "\x00")))
	return append([]byte{version}, sum[:listBytes]...)
}
