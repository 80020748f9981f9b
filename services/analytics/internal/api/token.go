package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/proto"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/ruler"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

const (
	tokenVersion = 1
	digestBytes  = 8 // ties a token to its list
)

// place is where a list goes on, and what its customers are measured by: the same on all of its pages, whatever has been
// bought meanwhile.
type place struct {
	After  string       `json:"after"`
	AsOf   calendar.Day `json:"as_of"`
	Rulers ruler.Rulers `json:"rulers"`
}

// listOf is the request without the page: what makes the list.
func listOf(in *analyticsv1.ListCustomersRequest) *analyticsv1.ListCustomersRequest {
	return &analyticsv1.ListCustomersRequest{Program: in.GetProgram(), AsOf: in.GetAsOf(), Pareto: in.GetPareto(), Rfm: in.GetRfm()}
}

// seal writes a place as a page token: a version byte, a digest of the list, the place; base64url.
func seal(list proto.Message, at any) (string, error) {
	text, err := json.Marshal(at)
	if err != nil {
		return "", fmt.Errorf("write a page token: %w", err)
	}
	head, err := listDigest(list)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(append(head, text...)), nil
}

// unseal reads a page token; nil for the empty one, which begins the list. INVALID_ARGUMENT for a token that was not made
// for this list.
func unseal[P any](list proto.Message, token string) (*P, error) {
	if token == "" {
		return nil, nil //nolint:nilnil // no token is no place
	}
	at := new(P)
	ok, err := opened(list, token, at)
	if err == nil && !ok {
		err = reason.New(reason.InvalidArgument, "page_token",
			"this token does not belong to this list; ask for the first page again, without a token")
	}
	return at, err
}

// opened takes what seal wrote apart; false: it was not made for this list.
func opened(list proto.Message, token string, into any) (bool, error) {
	head, err := listDigest(list)
	if err != nil {
		return false, err
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	return err == nil && bytes.HasPrefix(raw, head) && json.Unmarshal(raw[len(head):], into) == nil, nil
}

// listDigest begins every token of a list.
func listDigest(list proto.Message) ([]byte, error) {
	text, err := proto.MarshalOptions{Deterministic: true}.Marshal(list)
	if err != nil {
		return nil, fmt.Errorf("write a page token: %w", err)
	}
	sum := sha256.Sum256(text)
	return append([]byte{tokenVersion}, sum[:digestBytes]...), nil
}
