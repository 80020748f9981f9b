package rpc

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"strings"

	"google.golang.org/grpc/metadata"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

const (
	authorization = "authorization"
	bearer        = "bearer"
)

// openPrefix is the one service that answers without a credential: it says if the process lives, and nothing else.
const openPrefix = "/grpc.health.v1.Health/"

// keeper checks credentials. It keeps the digest of the token only, so that comparing takes the same time for every
// token of every length.
type keeper struct{ digest [sha256.Size]byte }

func newKeeper(token string) (keeper, error) {
	if len(token) < tokenCharsMin {
		return keeper{}, fmt.Errorf("the token has %d characters; set one of at least %d, made at random at set-up", len(token), tokenCharsMin)
	}
	return keeper{sha256.Sum256([]byte(token))}, nil
}

// admit refuses with NOT_SIGNED_IN whoever does not show the token, on every method that is not open.
func (k keeper) admit(ctx context.Context, method string) error {
	if strings.HasPrefix(method, openPrefix) {
		return nil
	}
	if !k.knows(ctx) {
		return toStatus(reason.New(reason.NotSignedIn, "",
			"show the credential that this house was set up with: authorization: Bearer <token>")).Err()
	}
	return nil
}

// knows compares what the caller shows with the token; it gives no hint of what was wrong.
func (k keeper) knows(ctx context.Context) bool {
	values := metadata.ValueFromIncomingContext(ctx, authorization)
	if len(values) != 1 {
		return false
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	shown := sha256.Sum256([]byte(token))
	return strings.EqualFold(scheme, bearer) && subtle.ConstantTimeCompare(shown[:], k.digest[:]) == 1
}

// token is the client's side: it puts the credential on every call.
type token string

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (t token) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{authorization: "Bearer " + string(t)}, nil
}

// RequireTransportSecurity implements credentials.PerRPCCredentials. Dial takes loopback addresses only.
func (token) RequireTransportSecurity() bool { return false }
