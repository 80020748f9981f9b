package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/bus/natsd"
)

const (
	loopsDB = "laurel_bench_loops"
	// bareBatch is how many messages the bare loop inserts at once: as many as a batch of accrual.
	bareBatch = 512
	// loopAhead is how many messages a loop has in hand or on their way at most, so that it does not wait for them.
	loopAhead = 4 * bareBatch
)

// loops are what the house is measured beside: programs that anybody would write, on a bus and a database of their own that are
// set up as the house's are.
type loops struct {
	server *natsd.Server
	bus    *bus.Bus
	conn   *nats.Conn
	stream jetstream.Stream
	client *mongo.Client
	db     *mongo.Database
}

// openLoops starts a nats-server for the loops, in whose streams there is room for so many orders.
func (r *run) openLoops(ctx context.Context, orders int) (*loops, error) {
	server, b, err := r.nats(ctx, "loops", orders, 0)
	if err != nil {
		return nil, err
	}
	l := &loops{server: server, bus: b}
	if err := l.connect(ctx, server.URL(), server.Token(), r.MongoURI, loopsDB); err != nil {
		return nil, errors.Join(err, l.close(ctx))
	}
	return l, nil
}

func (l *loops) connect(ctx context.Context, server, token, uri, database string) error {
	var err error
	if l.conn, err = nats.Connect(server, nats.Token(token), nats.Name("laurel-bench loop")); err != nil {
		return fmt.Errorf("connect a loop to NATS: %w", err)
	}
	js, err := jetstream.New(l.conn)
	if err != nil {
		return fmt.Errorf("connect a loop to JetStream: %w", err)
	}
	if l.stream, err = js.Stream(ctx, bus.Events); err != nil {
		return fmt.Errorf("find stream %s: %w", bus.Events, err)
	}
	journaled := writeconcern.Majority()
	journaled.Journal = new(true) // as the house writes
	if l.client, err = mongo.Connect(options.Client().ApplyURI(uri).SetWriteConcern(journaled)); err != nil {
		return fmt.Errorf("connect a loop to MongoDB: %w", err)
	}
	l.db = l.client.Database(database)
	if err = l.db.Drop(ctx); err != nil {
		return fmt.Errorf("empty the loops' database: %w", err)
	}
	_, err = l.db.Collection(naiveEntries).Indexes().CreateOne(ctx, mongo.IndexModel{
		Keys: bson.D{{Key: "account", Value: 1}, {Key: "seq", Value: 1}}, Options: options.Index().SetUnique(true),
	})
	if err == nil {
		_, err = l.db.Collection(naiveAccounts).Indexes().CreateOne(ctx, mongo.IndexModel{
			Keys: bson.D{{Key: "partition", Value: 1}, {Key: "due_at", Value: 1}},
		})
	}
	if err != nil {
		return fmt.Errorf("make the loops' indexes: %w", err)
	}
	return nil
}

func (l *loops) close(ctx context.Context) error {
	var err error
	if l.client != nil {
		err = errors.Join(l.db.Drop(ctx), l.client.Disconnect(ctx))
	}
	if l.conn != nil {
		l.conn.Close()
	}
	l.bus.Close()
	if l.server != nil {
		_ = l.server.Stop() // its data are removed
	}
	return err
}

// deed does what a loop does with some messages that follow on each other. What it has done is durable.
type deed func(ctx context.Context, messages []jetstream.Msg) error

// take has a loop do its deed with so many messages from a sequence on, batch by batch, and acknowledge them. They may not be
// published yet. It returns when the last deed was done.
func (l *loops) take(ctx context.Context, from uint64, many, batch int, do deed) (time.Time, error) {
	consumer, err := l.stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: from, AckPolicy: jetstream.AckExplicitPolicy,
		AckWait: ackWait, MaxAckPending: loopAhead,
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("make a consumer: %w", err)
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessages(loopAhead / 2))
	if err != nil {
		return time.Time{}, fmt.Errorf("read with a consumer: %w", err)
	}
	end := context.AfterFunc(ctx, messages.Stop)
	defer end()
	defer messages.Stop()
	var ended time.Time
	for done := 0; done < many; {
		var some []jetstream.Msg
		for len(some) < min(batch, many-done) {
			m, err := messages.Next()
			if err != nil {
				return time.Time{}, errors.Join(fmt.Errorf("read the next message: %w", err), ctx.Err())
			}
			some = append(some, m)
		}
		if err := do(ctx, some); err != nil {
			return time.Time{}, err
		}
		ended = time.Now() //nolint:forbidigo // the machine's time is what is measured
		for _, m := range some {
			if err := m.Ack(); err != nil {
				return time.Time{}, fmt.Errorf("acknowledge a message: %w", err)
			}
		}
		done += len(some)
	}
	return ended, l.stream.DeleteConsumer(ctx, consumer.CachedInfo().Name)
}

// ackWait is after how long a message that was not acknowledged would come again: longer than any run.
const ackWait = time.Hour

// next is the sequence that the next message of the stream will have.
func (l *loops) next(ctx context.Context) (uint64, error) {
	info, err := l.stream.Info(ctx)
	if err != nil {
		return 0, fmt.Errorf("look up stream %s: %w", bus.Events, err)
	}
	return info.State.LastSeq + 1, nil
}

// bare inserts each message as a document, many at once, and does nothing else.
func (l *loops) bare(into string) deed {
	collection := l.db.Collection(into)
	return func(ctx context.Context, messages []jetstream.Msg) error {
		documents := make([]bareDoc, len(messages))
		for i, m := range messages {
			documents[i] = bareDoc{ID: m.Headers().Get(jetstream.MsgIDHeader), Subject: m.Subject(), Data: m.Data()}
		}
		if _, err := collection.InsertMany(ctx, documents); err != nil {
			return fmt.Errorf("insert %d messages: %w", len(documents), err)
		}
		return nil
	}
}

type bareDoc struct {
	ID      string `bson:"_id"`
	Subject string `bson:"subject"`
	Data    []byte `bson:"data"`
}
