package follow_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"google.golang.org/protobuf/proto"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/lane"
	"github.com/laurel-loyalty/laurel/services/internal/outbox"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const (
	partitions  = 4
	streamBytes = 64 << 20
)

// line is what the diary keeps of a message, or of work that was submitted.
type line struct {
	ID   string    `bson:"_id"` // partition and place: a message that counted twice would collide
	What string    `bson:"what"`
	At   time.Time `bson:"at"` // recorded
}

// diary is the smallest service there is: it writes down what it is given, and of EVENTS it tells FACTS.
type diary struct {
	store *store.Store
	tells bool
	fail  func(m follow.Message) error // nil: never
	// committed is told of each message once it is durable; nil: nobody asks.
	committed func(m follow.Message)
}

func (d *diary) Load(_ context.Context, _ []lane.Item, parts *follow.Parts) (follow.Batch, error) {
	return &page{diary: d, parts: parts}, nil
}

type page struct {
	diary *diary
	parts *follow.Parts
	lines []line
	of    []int // partitions of the lines
	read  []follow.Message
}

func (p *page) Message(_ context.Context, m follow.Message) error {
	if p.diary.fail != nil {
		if err := p.diary.fail(m); err != nil {
			return err
		}
	}
	p.lines, p.of = append(p.lines, line{ID: fmt.Sprintf("%d/%d", m.Partition, m.Sequence), What: describe(m)}), append(p.of, m.Partition)
	p.read = append(p.read, m)
	if !p.diary.tells {
		return nil
	}
	p.parts.Publish(m.Partition, bus.Facts, outbox.Message{
		Subject: bus.FactSubject("tea", "diary", "written", "ann"), ID: fmt.Sprint("diary/", m.Sequence), Data: []byte(describe(m)),
	})
	return nil
}

func (p *page) Work(_ context.Context, partition int, payload any) error {
	p.lines, p.of = append(p.lines, line{ID: fmt.Sprintf("%d/work/%v", partition, payload), What: "work"}), append(p.of, partition)
	p.parts.Touch(partition)
	return nil
}

func (p *page) Finish(recorded func(int) time.Time) func(ctx context.Context) error {
	for i := range p.lines {
		p.lines[i].At = recorded(p.of[i])
	}
	return func(ctx context.Context) error {
		if len(p.lines) == 0 {
			return nil
		}
		_, err := p.diary.store.Collection("lines").InsertMany(ctx, p.lines)
		return err
	}
}

func (p *page) Committed(follow.Outcome) {
	if p.diary.committed == nil {
		return
	}
	for _, m := range p.read {
		p.diary.committed(m)
	}
}

func describe(m follow.Message) string {
	switch {
	case m.Refusal != nil:
		return "refused " + string(m.Refusal.Reason)
	case m.Order != nil:
		return "order " + m.Order.Ref.Order
	case m.Opened != nil:
		return "opened"
	case m.Revised != nil && m.Revised.Repeated:
		return fmt.Sprint("known revision ", m.Revised.Number)
	case m.Revised != nil:
		return fmt.Sprint("revision ", m.Revised.Number)
	case m.Control != nil:
		return "control " + string(m.Control.ProtoReflect().Descriptor().Name())
	case m.Fact != nil:
		return "fact " + string(m.Fact.ProtoReflect().Descriptor().Name())
	case !m.Clock.IsZero():
		return "clock"
	}
	return "nothing of ours"
}

// place is where one test stands: a database and a nats-server of its own.
type place struct {
	t             *testing.T
	uri, database string
	nats          *testkit.NATSServer
	bus           *bus.Bus
	shown         *prometheus.Registry // by the last replica
	clock         clock.Clock          // of the next replica; nil: the machine's
	address       string               // of the next replica: it shares with others; empty: it does not
	committed     func(follow.Message) // told by the next replica
}

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{t: t, nats: testkit.NATS(t)}
	p.uri, p.database = testkit.Mongo(t)
	p.bus = p.connect()
	require.NoError(t, p.bus.EnsureStreams(t.Context(), bus.Layout{
		Partitions: partitions, MaxBytesEvents: streamBytes, MaxBytesFacts: streamBytes, MaxBytesDead: streamBytes,
	}))
	return p
}

func (p *place) connect() *bus.Bus {
	p.t.Helper()
	b, err := bus.Connect(p.t.Context(), bus.Config{URL: p.nats.URL, Token: p.nats.Token, Name: "diary"}, testkit.Logger(p.t))
	require.NoError(p.t, err)
	p.t.Cleanup(b.Close)
	return b
}

func (p *place) open() *store.Store {
	p.t.Helper()
	s, err := store.Open(p.t.Context(), p.uri, p.database)
	require.NoError(p.t, err)
	p.t.Cleanup(func() { require.NoError(p.t, s.Close(context.WithoutCancel(p.t.Context()))) })
	return s
}

// control publishes a control event to all partitions.
func (p *place) control(program, kind, id string, body proto.Message) {
	p.t.Helper()
	batch, err := publish.Control(publish.ControlEvent{Program: program, Source: "laurel", Kind: kind, ID: id, Body: body}, partitions)
	require.NoError(p.t, err)
	require.NoError(p.t, publish.All(p.t.Context(), p.bus, batch))
}

// tell publishes one message as it is.
func (p *place) tell(subject, kind, id string, body []byte) {
	p.t.Helper()
	event := cloudevent.Event{ID: id, Source: "test", Type: kind, ContentType: cloudevent.ContentTypeProtobuf}
	_, err := p.bus.Publish(p.t.Context(), bus.Outgoing{Subject: subject, Header: event.Headers(), Data: body, ID: id})
	require.NoError(p.t, err)
}

// replica is one diary that runs.
type replica struct {
	*follow.Follower
	stop func()
}

// run starts a diary that follows a stream.
func (p *place) run(stream string, fail func(m follow.Message) error, intake ...func(ctx context.Context) error) *replica {
	p.t.Helper()
	s := p.open()
	require.NoError(p.t, s.Ensure(p.t.Context(), store.Collection{Name: "lines", Schema: store.Object(bson.A{"_id", "what"}, bson.M{})}))
	p.shown = prometheus.NewRegistry()
	cfg := follow.Config{
		Service: "diary", Stream: stream, Partitions: partitions, Address: p.address, Lanes: 2, BatchItems: 16, BatchIdle: time.Millisecond, QueueItems: 64,
	}
	if stream == bus.Events {
		cfg.Publishes = []string{bus.Facts}
	}
	now := clock.System()
	if p.clock != nil {
		now = p.clock
	}
	f, err := follow.New(p.t.Context(), cfg, follow.Deps{
		Store: s, Bus: p.connect(), Programs: follow.NewPrograms(s), Handler: &diary{s, stream == bus.Events, fail, p.committed}, Clock: now,
		Log: testkit.Logger(p.t), Registry: p.shown, Health: &telemetry.Health{},
	})
	require.NoError(p.t, err)
	ctx, cancel := context.WithCancel(p.t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := f.Run(ctx, intake...); err != nil && !errors.Is(err, context.Canceled) {
			p.t.Errorf("the follower ended with %v", err)
		}
	})
	r := &replica{f, sync.OnceFunc(func() {
		cancel()
		running.Wait()
	})}
	p.t.Cleanup(r.stop)
	return r
}

// drained waits until nothing is left to do.
func (r *replica) drained(t *testing.T) {
	t.Helper()
	testkit.Eventually(t, func() bool {
		p, err := r.Progress(t.Context(), nil)
		return err == nil && p.Drained()
	}, "drained")
}

// lines reads the diary: what was written, counted.
func (p *place) lines() map[string]int {
	p.t.Helper()
	cursor, err := p.open().Collection("lines").Find(p.t.Context(), bson.M{})
	require.NoError(p.t, err)
	var list []line
	require.NoError(p.t, cursor.All(p.t.Context(), &list))
	counts := map[string]int{}
	for _, l := range list {
		counts[l.What]++
	}
	return counts
}

func opened() proto.Message {
	return &controlv1.HouseOpened{ClockMode: controlv1.ClockMode_CLOCK_MODE_EVENTS, Partitions: partitions}
}
