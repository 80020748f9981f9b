package api

import (
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/trade"
	"github.com/laurel-loyalty/laurel/services/partner/internal/storage"
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

// placeOf reads a page token; the empty token is the beginning of the list. INVALID_ARGUMENT for a token that was not made
// for this list.
func placeOf(list []string, token string) (string, error) {
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

// tradeCursor is the page token behind a trade.
func tradeCursor(list []string, t trade.Trade) string {
	return cursor(list, strconv.FormatInt(t.AskedAt.UnixMilli(), 10)+"/"+t.ID)
}

func tradePlace(list []string, token string) (*storage.Place, error) {
	text, err := placeOf(list, token)
	if err != nil || text == "" {
		return nil, err
	}
	at, id, ok := strings.Cut(text, "/")
	millis, err := strconv.ParseInt(at, 10, 64)
	if err != nil || !ok {
		return nil, badToken()
	}
	return &storage.Place{AskedAt: time.UnixMilli(millis).UTC(), ID: id}, nil
}
