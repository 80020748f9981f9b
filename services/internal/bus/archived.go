package bus

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// purgeMax is how long the server may take to remove messages.
const purgeMax = 10 * time.Minute

// archivedKey is where a stream's metadata say up to which sequence messages were taken out of it.
const archivedKey = "laurel_archived"

// mendingKey is where a stream's metadata name the mending that has made it: what it holds may be a part of what it is to hold.
const mendingKey = "laurel_mending"

// kept is what of a stream's metadata is ours and stays when its configuration is brought up to date.
func kept(metadata map[string]string) map[string]string {
	if text, ok := metadata[archivedKey]; ok {
		return map[string]string{archivedKey: text}
	}
	return nil
}

func archivedOf(cfg jetstream.StreamConfig) (uint64, error) {
	text, ok := cfg.Metadata[archivedKey]
	if !ok {
		return 0, nil
	}
	sequence, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read up to where stream %s was archived: %w", cfg.Name, err)
	}
	return sequence, nil
}

// Archived tells up to which sequence messages of a stream were taken out; 0: the stream is whole.
func (b *Bus) Archived(ctx context.Context, stream string) (uint64, error) {
	state, found, err := b.streamState(ctx, stream)
	if err == nil && !found {
		err = fmt.Errorf("look up stream %s: there is none", stream)
	}
	return state.archived, err
}

// Whole is the stream as it would be if nothing had been taken out of it.
func (c Copied) Whole() Copied {
	c.Config.Metadata = maps.Clone(c.Config.Metadata)
	delete(c.Config.Metadata, archivedKey)
	c.First = 1
	return c
}

// TakeOut removes the orders, actions and facts of a stream up to a sequence, for ever; control events stay, for services
// look for them at any time. It may be repeated. The stream says first that it is not whole any more.
func (b *Bus) TakeOut(ctx context.Context, stream string, upTo uint64) error {
	if err := b.takeOut(ctx, stream, upTo); err != nil {
		return fmt.Errorf("take messages up to %d out of stream %s: %w", upTo, stream, err)
	}
	return nil
}

func (b *Bus) takeOut(ctx context.Context, name string, upTo uint64) error {
	asking, cancel := b.request(ctx)
	defer cancel()
	stream, err := b.js.Stream(asking, name)
	if err != nil {
		return err
	}
	cfg := stream.CachedInfo().Config
	if before, err := archivedOf(cfg); err != nil || before > upTo {
		return err
	}
	cfg.Metadata = map[string]string{archivedKey: strconv.FormatUint(upTo, 10)}
	if _, err := b.js.UpdateStream(asking, cfg); err != nil {
		return err
	}
	for _, class := range []string{ClassOrders, ClassActions, ClassFacts} {
		filter := storedFilter(name, class+".>")
		purging, cancel := context.WithTimeout(ctx, purgeMax)
		err := stream.Purge(purging, jetstream.WithPurgeSubject(filter), jetstream.WithPurgeSequence(upTo+1))
		cancel()
		if err != nil {
			return err
		}
	}
	return nil
}

// Archived tells up to which sequence messages were taken out of the stream; 0: it was whole.
func (c Copied) Archived() (uint64, error) { return archivedOf(c.Config) }
