package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// closedBytes is the limit of EVENTS while it is closed: no message is so small. The stream discards what is new, never
// what it holds, so a limit below its size takes nothing away.
const closedBytes = 1

// CloseEvents makes EVENTS refuse whatever anybody publishes, until OpenEvents. Reading goes on, and so do FACTS and DEAD:
// what was taken is worked off. It is safe to repeat, and holds over restarts of the server; EnsureStreams opens it too.
func (b *Bus) CloseEvents(ctx context.Context) error { return b.Limit(ctx, Events, closedBytes) }

// Shut makes any stream refuse what anybody publishes, as CloseEvents does, and returns the limit that it had; -1, none, where it was
// closed already.
func (b *Bus) Shut(ctx context.Context, name string) (int64, error) {
	asking, cancel := b.request(ctx)
	defer cancel()
	stream, err := b.js.Stream(asking, name)
	if err != nil {
		return 0, fmt.Errorf("look up stream %s: %w", name, err)
	}
	limit := stream.CachedInfo().Config.MaxBytes
	if limit == closedBytes {
		return -1, nil
	}
	return limit, b.Limit(ctx, name, closedBytes)
}

// OpenEvents lets EVENTS hold so many bytes again. It is safe to repeat.
func (b *Bus) OpenEvents(ctx context.Context, maxBytes int64) error {
	return b.Limit(ctx, Events, maxBytes)
}

// EventsClosed tells whether EVENTS is closed.
func (b *Bus) EventsClosed(ctx context.Context) (bool, error) {
	ctx, cancel := b.request(ctx)
	defer cancel()
	stream, err := b.js.Stream(ctx, Events)
	if err != nil {
		return false, fmt.Errorf("look up stream %s: %w", Events, err)
	}
	return stream.CachedInfo().Config.MaxBytes == closedBytes, nil
}

// Limit lets a stream hold so many bytes. It is safe to repeat.
func (b *Bus) Limit(ctx context.Context, name string, maxBytes int64) error {
	ctx, cancel := b.request(ctx)
	defer cancel()
	stream, err := b.js.Stream(ctx, name)
	if err != nil {
		return fmt.Errorf("look up stream %s: %w", name, err)
	}
	cfg := stream.CachedInfo().Config
	if cfg.MaxBytes == maxBytes {
		return nil
	}
	cfg.MaxBytes = maxBytes
	if _, err := b.js.UpdateStream(ctx, cfg); err != nil {
		return fmt.Errorf("limit stream %s to %d bytes: %w", name, maxBytes, err)
	}
	return nil
}

// whyFull makes a refusal of an answer that says no more than "full", where EVENTS is closed.
func (b *Bus) whyFull(ctx context.Context, err error) error {
	if !errors.Is(err, ErrFull) {
		return err
	}
	ctx, cancel := b.request(ctx)
	defer cancel()
	stream, lookup := b.js.Stream(ctx, Events)
	if lookup != nil || stream.CachedInfo().Config.MaxBytes != closedBytes {
		return err // the limit itself, then
	}
	closed := reason.New(reason.DiskLow, "", "the house takes nothing new: its disk is nearly full; nothing was published")
	return errors.Join(closed, err)
}
