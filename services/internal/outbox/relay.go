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
	"go.mongodb.org/mongo-driver/v2/mongo"
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
	// pageChunks is how many chunks of one partition are published before the next partition has its turn.
	pageChunks = 16
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
	// ours are the partitions of the round under way, sorted.
	ours []int
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
		sent, err := r.timed(ctx)
		if err != nil && ctx.Err() == nil {
			r.Log.WarnContext(ctx, "outbox not published, trying again", "stream", r.Stream, "error", err)
		}
		if sent > 0 {
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
func (r *Relay) timed(ctx context.Context) (int, error) {
	if r.Took == nil {
		return r.round(ctx)
	}
	begun := r.Clock.Now()
	sent, err := r.round(ctx)
	if sent > 0 {
		r.Took(r.Clock.Now().Sub(begun))
	}
	return sent, err
}

// errChunk marks what is wrong with one chunk: other partitions go on.
var errChunk = errors.New("the bus does not take it")

// round publishes up to a page of chunks of each partition, then removes what has left, and returns how many.
func (r *Relay) round(ctx context.Context) (int, error) {
	if r.anew.Swap(false) || r.Shared {
		clear(r.asked)
	}
	r.ours = slices.Sorted(slices.Values(r.Partitions()))
	l := &load{relay: r}
	var failed error
	for from := 0; ; {
		p, found, err := r.next(ctx, from)
		if err != nil || !found {
			failed = errors.Join(failed, err)
			break
		}
		err = l.partition(ctx, p)
		failed = errors.Join(failed, err)
		if err != nil && !errors.Is(err, errChunk) {
			break
		}
		from = p + 1
	}
	failed = errors.Join(failed, l.leave(ctx))
	if err := r.remove(ctx, l.sent); err != nil {
		return 0, errors.Join(failed, err)
	}
	if failed == nil {
		r.oldest.Store(0)
	}
	return len(l.sent), failed
}

// next finds the first of our partitions from a number on that has a chunk waiting. A quiet outbox costs one look at the
// index, however many partitions there are.
func (r *Relay) next(ctx context.Context, from int) (int, bool, error) {
	for {
		i, _ := slices.BinarySearch(r.ours, from)
		if i == len(r.ours) {
			return 0, false, nil
		}
		from = r.ours[i]
		filter := bson.M{"_id": bson.M{"$gte": chunkID(r.Stream, from, 0), "$lt": r.Stream + "0"}} // '0' follows '/'
		opts := options.FindOne().SetSort(bson.D{{Key: "_id", Value: 1}}).SetProjection(bson.M{"_id": 1})
		var first struct {
			ID string `bson:"_id"`
		}
		err := r.Store.Collection(Name).FindOne(ctx, filter, opts).Decode(&first)
		if errors.Is(err, mongo.ErrNoDocuments) {
			return 0, false, nil
		}
		if err == nil {
			_, err = fmt.Sscanf(first.ID, r.Stream+"/%03d/", &from)
		}
		if err != nil {
			return 0, false, fmt.Errorf("look for what waits in the outbox from partition %d on: %w", from, err)
		}
		if _, ours := slices.BinarySearch(r.ours, from); ours {
			return from, true, nil
		}
	}
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

func (r *Relay) page(ctx context.Context, partition int) ([]Chunk, error) {
	filter := bson.M{"_id": bson.M{"$gte": chunkID(r.Stream, partition, 0), "$lt": chunkID(r.Stream, partition+1, 0)}}
	opts := options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(pageChunks)
	cursor, err := r.Store.Collection(Name).Find(ctx, filter, opts)
	if err != nil {
		return nil, fmt.Errorf("read outbox of partition %d: %w", partition, err)
	}
	defer cursor.Close(context.WithoutCancel(ctx)) //nolint:errcheck // the server drops it by itself
	var chunks []Chunk
	for cursor.Next(ctx) {
		c, err := read(bytes.Clone(cursor.Current)) // what it has now is gone at the next one
		if err != nil {
			return nil, fmt.Errorf("read outbox of partition %d: %w", partition, err)
		}
		chunks = append(chunks, c)
	}
	if err := cursor.Err(); err != nil {
		return nil, fmt.Errorf("read outbox of partition %d: %w", partition, err)
	}
	return chunks, nil
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
