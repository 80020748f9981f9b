package rpc

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"strings"

	"google.golang.org/grpc/metadata"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

const (
	authorization = "authorization"
	bearer        = "bearer"
)

// keeper lets calls in, or not. It keeps digests only, so that comparing takes the same time for every secret of every
// length.
type keeper struct {
	callers Callers
	rules   map[string]Rule
}

// admit names the caller in the context. It refuses with NOT_SIGNED_IN whoever shows no secret that is known, and with
// NOT_ALLOWED whom no row of the table of access names.
func (k keeper) admit(ctx context.Context, method string) (context.Context, error) {
	rule := k.rules[method] // without a row: nobody
	if rule.Open {
		return ctx, nil
	}
	who, ok := k.who(ctx)
	if !ok {
		return ctx, toStatus(reason.New(reason.NotSignedIn, "",
			"show the credential that was made for you at set-up: authorization: Bearer <secret>")).Err()
	}
	if !rule.Allows(who.name) {
		refusal := reason.New(reason.NotAllowed, "", "%s may not call %s", who.name, method)
		return ctx, toStatus(refusal.With("caller", who.name).With("method", method)).Err()
	}
	return withCaller(ctx, who), nil
}

// who finds the caller by the secret shown. It compares with every secret, whichever it is, and gives no hint of what was
// wrong.
func (k keeper) who(ctx context.Context) (caller, bool) {
	values := metadata.ValueFromIncomingContext(ctx, authorization)
	if len(values) != 1 {
		return caller{}, false
	}
	scheme, secret, _ := strings.Cut(values[0], " ")
	shown, found := sha256.Sum256([]byte(secret)), -1
	for i := range k.callers.known {
		same := subtle.ConstantTimeCompare(shown[:], k.callers.known[i].digest[:])
		found = subtle.ConstantTimeSelect(same, i, found)
	}
	if found < 0 || !strings.EqualFold(scheme, bearer) {
		return caller{}, false
	}
	return k.callers.known[found].caller, true
}

// token is the client's side: it puts the credential on every call.
type token string

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (t token) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{authorization: "Bearer " + string(t)}, nil
}

// RequireTransportSecurity implements credentials.PerRPCCredentials. Dial takes loopback addresses only.
func (token) RequireTransportSecurity() bool { return false }
