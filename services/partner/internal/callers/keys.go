package callers

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/credential"
	"github.com/laurel-loyalty/laurel/services/partner/internal/storage"
)

// addPause lies between two tries to add a credential while another one of its partner is added.
const addPause = 5 * time.Millisecond

// Add makes a credential known. Request names who asked for it and under which key: the same again returns what it made.
// Refusals: TOO_MANY_PARTNER_KEYS, PARTNER_KEY_TAKEN, IDEMPOTENCY_KEY_REUSED, INVALID_ARGUMENT.
func (g *Gate) Add(ctx context.Context, k credential.Key, request string) (credential.Key, error) {
	known, found, err := g.Storage.KeyOf(ctx, request)
	if err != nil {
		return k, err
	}
	if found {
		return known, repeats(known, k)
	}
	k.CreatedAt = g.Clock.Now()
	if !k.Live(k.CreatedAt) {
		return k, reason.New(reason.InvalidArgument, "expires_at", "it would be over before it begins")
	}
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails: it ends the process instead
	k.ID = credential.NewID(random)
	err = g.add(ctx, k, request)
	if errors.Is(err, storage.ErrKeyTaken) {
		if known, found, err := g.Storage.KeyOf(ctx, request); err == nil && found {
			return known, repeats(known, k)
		}
		return k, reason.New(reason.PartnerKeyTaken, "credential", "it is, or was, a credential already; make a new one")
	}
	if err != nil {
		return k, err
	}
	return k, g.Read(ctx)
}

// add waits, as long as the caller does, for whoever else adds a credential of the partner.
func (g *Gate) add(ctx context.Context, k credential.Key, request string) error {
	tick := time.NewTicker(addPause)
	defer tick.Stop()
	for {
		err := g.Storage.AddKey(ctx, k, request, func(has []credential.Key) error { return room(k, has) })
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}

// repeats refuses another credential under the same request.
func repeats(known, k credential.Key) error {
	same := known.Program == k.Program && known.Partner == k.Partner && known.SAN == k.SAN &&
		known.PublicKey.Equal(k.PublicKey) && known.ExpiresAt.Equal(k.ExpiresAt) && slices.Equal(known.Scopes, k.Scopes)
	if same {
		return nil
	}
	return reason.New(reason.IdempotencyKeyReused, "idempotency_key", "the key came before with other content; give each call a key of its own")
}

// room refuses a third credential of a kind that counts.
func room(k credential.Key, has []credential.Key) error {
	live := 0
	for _, o := range has {
		if o.Live(k.CreatedAt) && o.SameKind(k) {
			live++
		}
	}
	if live < credential.LivePerKind {
		return nil
	}
	return reason.New(reason.TooManyPartnerKeys, "", "partner %s has %d credentials of this kind that count; revoke the older one first", k.Partner, live)
}

// Revoke ends a credential for good. PARTNER_KEY_NOT_FOUND.
func (g *Gate) Revoke(ctx context.Context, id string) (credential.Key, error) {
	k, found, err := g.Storage.RevokeKey(ctx, id, g.Clock.Now())
	if err == nil && !found {
		err = reason.New(reason.PartnerKeyNotFound, "key_id", "there is no such credential")
	}
	if err != nil {
		return k, err
	}
	return k, g.Read(ctx)
}
