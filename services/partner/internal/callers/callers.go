// Package callers knows who of the partner companies calls: by the client certificate of the connection, or by the key
// that has signed the call. It keeps the credentials at hand, refuses what was signed before, and slows down who calls too
// often or guesses. What a partner may do is the agreement's business.
package callers

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/credential"
	"github.com/laurel-loyalty/laurel/services/partner/internal/storage"
)

const (
	// readEvery is how old the credentials at hand may be: a revocation holds here that long after it was made elsewhere.
	readEvery = time.Second
	// staleMax is how long they hold while the store does not answer.
	staleMax = time.Minute
)

// Deps are what the gate stands on.
type Deps struct {
	Storage *storage.Storage
	Roots   *x509.CertPool // who may have signed client certificates
	Clock   clock.Clock
	Log     *slog.Logger
	Rate    Rate
}

// Gate is safe for many goroutines.
type Gate struct {
	Deps
	rates    *rates
	failures *failures
	nobody   ed25519.PublicKey // checked where there is no key: an unknown one takes as long as a known one

	mu     sync.RWMutex // guards what follows
	byID   map[string]credential.Key
	bySAN  map[string]credential.Key
	readAt time.Time
	used   map[string]time.Time // by key, the minute that was noted last
}

// New makes a gate that knows nobody until it has read the credentials.
func New(deps Deps) (*Gate, error) {
	nobody, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	return &Gate{
		Deps: deps, rates: newRates(deps.Rate), failures: newFailures(), nobody: nobody, used: map[string]time.Time{},
	}, nil
}

// Caller is a partner company that calls.
type Caller struct {
	Program, Partner string
	KeyID            string
}

type callerKey struct{}

// Of is who made the call that ctx belongs to. It is the zero Caller outside of one.
func Of(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

// Run keeps the credentials at hand until ctx ends.
func (g *Gate) Run(ctx context.Context) {
	tick := time.NewTicker(readEvery)
	defer tick.Stop()
	for {
		if err := g.Read(ctx); err != nil && ctx.Err() == nil {
			g.Log.WarnContext(ctx, "credentials of partners not read", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Read reads the credentials anew.
func (g *Gate) Read(ctx context.Context) error {
	at := g.Clock.Now()
	list, err := g.Storage.Keys(ctx)
	if err != nil {
		return err
	}
	byID, bySAN := map[string]credential.Key{}, map[string]credential.Key{}
	for _, k := range list {
		byID[k.ID] = k
		if k.SAN != "" {
			bySAN[k.SAN] = k
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.byID, g.bySAN, g.readAt = byID, bySAN, at
	return nil
}

// Admit names the caller of a call in its context. Refusals: NOT_SIGNED_IN, whatever was wrong; REQUEST_REPLAYED;
// NOT_ALLOWED where the credential has not the scope; RATE_LIMITED; NOT_READY while the credentials cannot be read.
func (g *Gate) Admit(ctx context.Context, call rpc.Call) (context.Context, error) {
	now := g.Clock.Now()
	if !g.fresh(now) {
		return ctx, reason.New(reason.NotReady, "", "the credentials cannot be read; try again")
	}
	shown := shownBy(ctx)
	key, refusal, err := g.who(ctx, shown, call, now)
	if err != nil {
		return ctx, err
	}
	if refusal != nil {
		return ctx, g.refused(ctx, shown, call, refusal)
	}
	if !slices.Contains(key.Scopes, credential.Scope(call.Scope)) || call.Scope == "" {
		refusal = reason.New(reason.NotAllowed, "", "the credential has not the scope that this call needs").With("scope", call.Scope)
		g.audit(ctx, shown, call, refusal, 0)
		return ctx, refusal
	}
	if wait := g.rates.take(key.ID, now); wait > 0 {
		refusal = reason.New(reason.RateLimited, "", "too many calls with this credential")
		g.audit(ctx, shown, call, refusal, wait)
		return ctx, rpc.RetryAfter(refusal, wait)
	}
	g.noteUse(ctx, key, now)
	return context.WithValue(ctx, callerKey{}, Caller{Program: key.Program, Partner: key.Partner, KeyID: key.ID}), nil
}

// Ready tells whether the credentials are known, and no older than they may be.
func (g *Gate) Ready(context.Context) error {
	if !g.fresh(g.Clock.Now()) {
		return errors.New("the credentials of partners could not be read for a minute")
	}
	return nil
}

func (g *Gate) fresh(now time.Time) bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.byID != nil && now.Sub(g.readAt) <= staleMax
}

// who finds the credential of a call. A refusal is the caller's fault, an error is not.
func (g *Gate) who(ctx context.Context, shown shown, call rpc.Call, now time.Time) (credential.Key, *reason.Error, error) {
	if !shown.signed {
		if key, ok := g.certified(shown, now); ok {
			return key, nil, nil
		}
		return credential.Key{}, unknown(), nil
	}
	proof, ok := credential.ParseProof(shown.header)
	g.mu.RLock()
	key := g.byID[proof.KeyID]
	g.mu.RUnlock()
	public := key.PublicKey
	known := ok && len(public) == ed25519.PublicKeySize && key.Live(now)
	if !known {
		public = g.nobody
	}
	if signs := proof.Signs(public, call.Method, call.Body); !known || !signs {
		return key, unknown(), nil
	}
	if !proof.InWindow(now) {
		return key, reason.New(reason.RequestReplayed, "", "the call was signed for %s, and it is %s here; sign it anew",
			proof.Time.Format(time.RFC3339), now.Format(time.RFC3339)), nil
	}
	fresh, err := g.Storage.Nonce(ctx, key.ID, proof.Nonce, now)
	if err == nil && !fresh {
		return key, reason.New(reason.RequestReplayed, "", "this signed call came before; sign each call anew, with another nonce"), nil
	}
	return key, nil, err
}

// unknown is the one refusal for whoever is not known: it gives no hint of what was wrong.
func unknown() *reason.Error {
	return reason.New(reason.NotSignedIn, "", "show a client certificate that counts, or sign the call with a key that does")
}

// refused counts a failure and tells the caller, or, after too many, to wait.
func (g *Gate) refused(ctx context.Context, shown shown, call rpc.Call, refusal *reason.Error) error {
	wait := g.failures.note(g.Clock.Now(), "from/"+shown.remote, "key/"+shown.keyID)
	g.audit(ctx, shown, call, refusal, wait)
	if wait == 0 {
		return refusal
	}
	return rpc.RetryAfter(reason.New(reason.RateLimited, "", "too many calls without a valid credential"), wait)
}

// audit leaves a line of each refusal: who, from where, what, why, and how long they must wait if they are held up. A key
// id is no secret, and nothing else of what was shown is told.
func (g *Gate) audit(ctx context.Context, shown shown, call rpc.Call, refusal *reason.Error, wait time.Duration) {
	g.Log.WarnContext(ctx, "partner call refused", "method", call.Method, "reason", refusal.Reason, "remote", shown.remote,
		"key", shown.keyID, "names", shown.names, "wait", wait)
}

// noteUse keeps when a credential was used, once a minute.
func (g *Gate) noteUse(ctx context.Context, key credential.Key, now time.Time) {
	minute := now.Truncate(time.Minute)
	g.mu.Lock()
	seen := g.used[key.ID].Equal(minute)
	g.used[key.ID] = minute
	g.mu.Unlock()
	if seen {
		return
	}
	if err := g.Storage.UsedKey(ctx, key.ID, minute); err != nil {
		g.Log.WarnContext(ctx, "the use of a credential is not noted", "key", key.ID, "error", err) // the call goes on
	}
}
