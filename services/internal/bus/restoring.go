package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// Restoring is a stream that says, by being there, that the other streams are being made from a backup, or anew. It holds nothing.
const (
	Restoring    = "LAUREL_RESTORING"
	restoringKey = "backup"
)

// errUnfinished is why no stream is made.
var errUnfinished = errors.New("the streams are being restored or mended, or that has ended in the midst: restore the same backup again, or mend again with the same directory")

// Mark says that the streams are being made from this backup, or by this mending, until Unmark. It may be repeated for the same
// one.
func (b *Bus) Mark(ctx context.Context, backup string) error {
	ctx, cancel := b.request(ctx)
	defer cancel()
	_, err := b.js.CreateStream(ctx, jetstream.StreamConfig{
		Name: Restoring, Subjects: []string{"laurel.restoring"}, Storage: jetstream.FileStorage, MaxBytes: 1,
		Discard: jetstream.DiscardNew, Metadata: map[string]string{restoringKey: backup},
	})
	if err != nil {
		return fmt.Errorf("mark the streams as being restored: %w", err)
	}
	return nil
}

// Marked tells of which backup the streams are being made; empty: of none.
func (b *Bus) Marked(ctx context.Context) (string, error) {
	ctx, cancel := b.request(ctx)
	defer cancel()
	stream, err := b.js.Stream(ctx, Restoring)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look whether the streams are being restored: %w", err)
	}
	return stream.CachedInfo().Config.Metadata[restoringKey], nil
}

// Unmark says that the streams are whole.
func (b *Bus) Unmark(ctx context.Context) error { return b.Remove(ctx, Restoring) }

// Has tells which of these streams are there.
func (b *Bus) Has(ctx context.Context, names ...string) ([]string, error) {
	var there []string
	for _, name := range names {
		_, found, err := b.streamState(ctx, name)
		if err != nil {
			return nil, err
		}
		if found {
			there = append(there, name)
		}
	}
	return there, nil
}

// Remove removes streams and all that they hold. One that is not there is removed already.
func (b *Bus) Remove(ctx context.Context, names ...string) error {
	for _, name := range names {
		asking, cancel := b.request(ctx)
		err := b.js.DeleteStream(asking, name)
		cancel()
		if err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
			return fmt.Errorf("remove stream %s: %w", name, err)
		}
	}
	return nil
}
