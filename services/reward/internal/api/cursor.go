package api

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

const (
	cursorVersion = 1
	listBytes     = 8 // of the digest that ties a cursor to its list
)

// cursor is a page token: a version byte, a digest of the list that it belongs to, and the place that the page before
// ended at; base64url. Callers hand it back as it is.
func cursor(list []string, place string) string {
	return base64.RawURLEncoding.EncodeToString(append(listDigest(list), place...))
}

// place reads a page token; the empty token is the beginning of the list. INVALID_ARGUMENT for a token that was not made
// for this list.
func place(list []string, token string) (string, error) {
	if token == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	digest := listDigest(list)
	if err != nil || len(raw) <= len(digest) || string(raw[:len(digest)]) != string(digest) {
		return "", badToken()
	}
	return string(raw[len(digest):]), nil
}

func badToken() error {
	return reason.New(reason.InvalidArgument, "page_token",
		"this token does not belong to this list; ask for the first page again, without a token")
}

// listDigest begins every cursor of a list.
func listDigest(list []string) []byte {
	sum := sha256.Sum256([]byte(strings.Join(list, "\x00")))
	return append([]byte{cursorVersion}, sum[:listBytes]...)
}
