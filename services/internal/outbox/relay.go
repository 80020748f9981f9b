package outbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/fault"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

const (
	// pollEvery is how often the relay looks without being woken: the guarantee behind the signal.
	pollEvery = time.Second
	// countEvery is how often the chunks of the whole outbox are counted, which costs a look at what mongod knows by heart.
	countEvery = 15 * time.Second
	// pageChunks is how many chunks are published before the next page is read.
	pageChunks = 64
)

// Relay publishes the chunks of a set of partitions to one stream. Make one per stream; one Run at a time.
type Relay struct {
	Store  *store.Store
	Bus    *bus.Bus
	Stream string
	// Partitions lists those whose chunks this relay publishes; it is asked before each round.
	Partitions func() []int
	// Shared is true where other processes publish the same chunks and nobody leases any (decision 0037): what the stream
	// holds is then asked anew in each round.
	Shared bool
	Log    *slog.Logger
	// Published, where set, is told how many messages have left.
	Published func(messages int)
	// Took, where set, is told how long a round took that published something, by Clock.
	Took  func(time.Duration)
	Clock clock.Clock

	wake chan struct{}
	anew *atomic.Bool
	// oldest is when the oldest chunk was stored that this relay knows of and has not published, in Unix milliseconds; 0: there
	// is none. chunks is how many the outbox of the service has.
	oldest, chunks *atomic.Int64
	// ours are the partitions of the round under way, sorted; from is the first one of its page.
	ours []int
	from int
	// swept is how many chunks have left since the page that began with the first partition.
	swept int
	// asked holds the partitions of which nothing is in the stream that is still in the outbox: set once a chunk was
	// not found there, dropped after any failure, because then a chunk may have been stored without us knowing.
	asked map[int]bool
}

// NewRelay returns r ready to run.
func NewRelay(r Relay) *Relay {
	r.wake, r.anew = make(chan struct{}, 1), &atomic.Bool{}
	r.oldest, r.chunks = &atomic.Int64{}, &atomic.Int64{}
	r.asked = map[int]bool{}
	return &r
}

// Wake tells the relay that a transaction has stored something. It never blocks.
func (r *Relay) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Anew tells the relay that its partitions are others: somebody else may have published chunks that are still there.
func (r *Relay) Anew() {
	r.anew.Store(true)
	r.Wake()
}

// Run publishes until ctx ends.
func (r *Relay) Run(ctx context.Context) error {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	recount := time.NewTicker(countEvery)
	defer recount.Stop()
	r.count(ctx)
	for ctx.Err() == nil {
		select {
		case <-recount.C:
			r.count(ctx)
		default:
		}
		sent, more, err := r.timed(ctx)
		if err != nil && ctx.Err() == nil {
			r.Log.WarnContext(ctx, "outbox not published, trying again", "stream", r.Stream, "error", err)
		}
		// What a commit stores behind the look wakes us: only after a failure may something that can leave have stayed.
		if more || sent > 0 && err != nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		case <-r.wake:
		}
	}
	return nil
}

// timed is a round that is told of if it published something.
func (r *Relay) timed(ctx context.Context) (int, bool, error) {
	if r.Took == nil {
		return r.round(ctx)
	}
	begun := r.Clock.Now()
	sent, more, err := r.round(ctx)
	if sent > 0 {
		r.Took(r.Clock.Now().Sub(begun))
	}
	return sent, more, err
}

// errChunk marks what is wrong with one chunk: other partitions go on.
var errChunk = errors.New("the bus does not take it")

// round publishes a page of chunks, then removes what has left, and returns how many, and whether there may be more to publish at once.
func (r *Relay) round(ctx context.Context) (int, bool, error) {
	if r.anew.Swap(false) || r.Shared {
		clear(r.asked)
	}
	r.ours = slices.Sorted(slices.Values(r.Partitions()))
	l := &load{relay: r, held: map[int]bool{}}
	begun := r.from
	if begun == 0 {
		r.swept = 0
	}
	failed := r.page(ctx, l)
	failed = errors.Join(failed, l.leave(ctx))
	if err := r.remove(ctx, l.sent); err != nil {
		return 0, false, errors.Join(failed, err)
	}
	if failed == nil && r.from == 0 {
		r.oldest.Store(0)
	}
	r.swept += len(l.sent)
	return len(l.sent), r.from > 0 || begun > 0 && r.swept > 0, failed
}

// page takes a page of chunks along, of all our partitions in one look. Where there are more, the next page begins behind the last partition
// of this one: one that has many, or cannot be published, does not hold up those behind it.
func (r *Relay) page(ctx context.Context, l *load) error {
	filter := r.waiting()
	r.from = 0
	if filter == nil {
		return nil
	}
	cursor, err := r.Store.Collection(Name).Find(ctx, filter, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(pageChunks))
	if err != nil {
		return fmt.Errorf("read the outbox of %s: %w", r.Stream, err)
	}
	defer cursor.Close(context.WithoutCancel(ctx)) //nolint:errcheck // the server drops it by itself
	var failed error
	for n := 1; cursor.Next(ctx); n++ {
		c, err := read(bytes.Clone(cursor.Current)) // what it has now is gone at the next one
		if err == nil {
			r.see(c)
			if n == pageChunks {
				r.from = c.Partition + 1
			}
			err = l.take(ctx, c)
		}
		failed = errors.Join(failed, err)
		if err != nil && !errors.Is(err, errChunk) {
			return failed
		}
	}
	if err := cursor.Err(); err != nil {
		return errors.Join(failed, fmt.Errorf("read the outbox of %s: %w", r.Stream, err))
	}
	return failed
}

// waiting is what chunks of our partitions have in common, from where the last page ended; nil: there are none behind that.
func (r *Relay) waiting() bson.M {
	var runs bson.A
	for i := 0; i < len(r.ours); i++ {
		first := r.ours[i]
		for i+1 < len(r.ours) && r.ours[i+1] == r.ours[i]+1 {
			i++
		}
		if last := r.ours[i]; last >= r.from {
			runs = append(runs, bson.M{"_id": bson.M{"$gte": chunkID(r.Stream, max(first, r.from), 0), "$lt": chunkID(r.Stream, last+1, 0)}})
		}
	}
	if len(runs) == 0 {
		return nil
	}
	return bson.M{"$or": runs}
}

// remove deletes chunks that have left. Those that stay because of a crash are seen in the stream by their number.
func (r *Relay) remove(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	if _, err := r.Store.Collection(Name).DeleteMany(ctx, bson.M{"_id": bson.M{"$in": ids}}); err != nil {
		clear(r.asked)
		return fmt.Errorf("remove %d published chunks: %w", len(ids), err)
	}
	fault.Point(fault.AfterOutboxDelete)
	return nil
}

// stored asks the stream whether the chunk's last message, or a later one of its subject, is there. Chunks of
// a partition leave in order, so that a later number on the same subject says that this one has left.
func (r *Relay) stored(ctx context.Context, chunk Chunk) (bool, error) {
	last := chunk.Messages[len(chunk.Messages)-1]
	partition, number, found, err := r.Bus.LastOutbox(ctx, r.Stream, last.Subject)
	if err != nil {
		return false, fmt.Errorf("ask %s for chunk %s: %w", r.Stream, chunk.ID, err)
	}
	return found && partition == chunk.Partition && number >= uint64(chunk.Number), nil //nolint:gosec // numbers count from 1
}

func (c Chunk) outgoing() []bus.Outgoing {
	batch := make([]bus.Outgoing, len(c.Messages))
	for i, m := range c.Messages {
		header := nats.Header{bus.OutboxHeader: {bus.OutboxValue(c.Partition, uint64(c.Number))}} //nolint:gosec // numbers count from 1
		for _, h := range m.Header {
			header[h.Name] = append(header[h.Name], h.Value)
		}
		batch[i] = bus.Outgoing{Subject: m.Subject, Header: header, Data: m.Data, ID: m.ID}
	}
	return batch
}
