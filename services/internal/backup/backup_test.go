package backup_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	mathrand "math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"google.golang.org/protobuf/proto"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/internal/backup"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/outbox"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// stores are databases and streams of a house without services.
type stores struct {
	t      *testing.T
	house  backup.House
	client *mongo.Client
	stages []string
}

func newStores(t *testing.T) *stores {
	t.Helper()
	uri, _ := testkit.Mongo(t)
	server := testkit.NATS(t)
	b, err := bus.Connect(t.Context(), bus.Config{URL: server.URL, Token: server.Token, Name: "test"}, testkit.Logger(t))
	require.NoError(t, err)
	t.Cleanup(b.Close)
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	require.NoError(t, err)
	s := &stores{t: t, client: client, house: backup.House{
		MongoURI: uri, Suffix: "_" + strings.ToLower(rand.Text()[:10]), Bus: b,
		Now: func() time.Time { return time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC) },
	}}
	s.house.Stage = func(format string, args ...any) { s.stages = append(s.stages, fmt.Sprintf(format, args...)) }
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		for _, service := range backup.Services {
			require.NoError(t, s.db(service).Drop(ctx))
		}
		require.NoError(t, client.Disconnect(ctx))
	})
	return s
}

func (s *stores) db(service string) *mongo.Database {
	return s.client.Database("laurel_" + service + s.house.Suffix)
}

const mebibyte = 1 << 20

// fill makes something of every kind: documents with all types, indexes, schemas, messages, marks at some of them.
func (s *stores) fill(random *mathrand.Rand) {
	s.t.Helper()
	require.NoError(s.t, s.house.Bus.EnsureStreams(s.t.Context(), bus.Layout{
		MaxBytesEvents: 64 * mebibyte, MaxBytesFacts: 64 * mebibyte, MaxBytesDead: 64 * mebibyte,
	}))
	for n := range 20 + random.IntN(100) {
		s.order(fmt.Sprint("order-", n))
	}
	for n := range 30 {
		s.publish(bus.FactSubject("tea", "accrual", "earned", "ann"), fmt.Sprint("fact-", n), 5, uint64(n/10+1)) //nolint:gosec // small
	}
	for _, service := range backup.Services {
		db := s.db(service)
		ensured, err := store.Open(s.t.Context(), s.house.MongoURI, db.Name())
		require.NoError(s.t, err)
		require.NoError(s.t, ensured.Ensure(s.t.Context(), store.PartitionsCollection(), outbox.Collection(), store.Collection{
			Name: "things", Schema: store.Object(bson.A{"_id"}, bson.M{"_id": bson.M{}}), Indexes: []mongo.IndexModel{
				{Keys: bson.D{{Key: "name", Value: 1}, {Key: "n", Value: -1}}, Options: options.Index().SetUnique(true)},
				{Keys: bson.D{{Key: "due_at", Value: 1}}, Options: options.Index().SetPartialFilterExpression(bson.M{"due_at": bson.M{"$exists": true}})},
			},
		}))
		var list []any
		for n := range random.IntN(1500) {
			list = append(list, anything(random, n))
		}
		if len(list) > 0 {
			_, err = db.Collection("things").InsertMany(s.t.Context(), list)
			require.NoError(s.t, err)
		}
		_, err = ensured.LoadPartitions(s.t.Context(), []int{0, 1, 2, 3, 4, 5})
		require.NoError(s.t, err)
		require.NoError(s.t, ensured.Close(s.t.Context()))
	}
	_, err := s.db("programme").Collection("revisions").InsertOne(s.t.Context(), bson.M{"_id": "tea/2", "programme": "tea", "number": 2})
	require.NoError(s.t, err)
	s.wrote("accrual", 5, bus.Facts, 3)
	s.mark("accrual", 3, bus.Events, 7)
	s.mark("tier", 1, bus.Events, 20)
	s.mark("analytics", 5, bus.Facts, 30)
}

// anything is a document with values of many types.
func anything(random *mathrand.Rand, n int) bson.D {
	price, _ := bson.ParseDecimal128(fmt.Sprintf("%d.%02d", random.IntN(1000), random.IntN(100)))
	bytes := make([]byte, random.IntN(200))
	for i := range bytes {
		bytes[i] = byte(random.IntN(256))
	}
	d := bson.D{
		{Key: "_id", Value: []any{int32(n), fmt.Sprint("id-", n), bson.D{{Key: "n", Value: n}}, float64(n) + 0.25}[n%4]}, //nolint:gosec // small
		{Key: "name", Value: fmt.Sprint("name-", n)}, {Key: "n", Value: random.Int64()}, {Key: "price", Value: price},
		{Key: "bytes", Value: bytes}, {Key: "at", Value: bson.NewDateTimeFromTime(time.UnixMilli(random.Int64N(1 << 41)))},
		{Key: "list", Value: bson.A{nil, true, "é\x00\u2028", bson.D{}, bson.A{}}}, {Key: "never", Value: bson.MinKey{}},
	}
	if random.IntN(3) == 0 {
		d = append(d, bson.E{Key: "due_at", Value: time.UnixMilli(random.Int64N(1 << 40))})
	}
	return d
}

func (s *stores) order(id string) {
	s.t.Helper()
	_, err := s.house.Bus.Publish(s.t.Context(), bus.Outgoing{
		Subject: bus.OrderSubject("tea", "shop", "paid", id), ID: id, Data: []byte(id),
		Header: nats.Header{bus.OutboxHeader: {"5/99999"}}, // a shop may write that too
	})
	require.NoError(s.t, err)
}

func (s *stores) publish(subject, id string, partition int, chunk uint64) {
	s.t.Helper()
	_, err := s.house.Bus.Publish(s.t.Context(), bus.Outgoing{
		Subject: subject, ID: id, Data: []byte(id), Header: nats.Header{bus.OutboxHeader: {bus.OutboxValue(partition, chunk)}},
	})
	require.NoError(s.t, err)
}

func (s *stores) revise(number int32) {
	s.t.Helper()
	data, err := proto.Marshal(&controlv1.ProgramRevised{Program: "tea", Revision: number})
	require.NoError(s.t, err)
	_, err = s.house.Bus.Publish(s.t.Context(), bus.Outgoing{
		Subject: bus.ControlSubject("tea", "programme", "revised", "x"), ID: fmt.Sprint("revised/", number), Data: data,
	})
	require.NoError(s.t, err)
}

// mark writes that a service has applied a message.
func (s *stores) mark(service string, partition int, stream string, sequence uint64) {
	s.t.Helper()
	var created time.Time
	var found bson.M
	require.NoError(s.t, s.house.Bus.CopyOut(s.t.Context(), stream, func(c bus.Copied) { created = c.Created }, func(m bus.Stored) error {
		if m.Sequence == sequence {
			found = bson.M{"sequence": int64(sequence), "time": m.Time, "id": m.ID(), "created": created} //nolint:gosec // small
			return bus.ErrEnough
		}
		return nil
	}))
	require.NotNil(s.t, found)
	s.set(service, partition, bson.M{"mark": found})
}

func (s *stores) wrote(service string, partition int, stream string, chunk int64) {
	s.t.Helper()
	s.set(service, partition, bson.M{"outbox": bson.M{stream: chunk}})
}

func (s *stores) set(service string, partition int, set bson.M) {
	s.t.Helper()
	result, err := s.db(service).Collection("partitions").UpdateByID(s.t.Context(), partition, bson.M{"$set": set})
	require.NoError(s.t, err)
	require.EqualValues(s.t, 1, result.MatchedCount)
}

func (s *stores) take() (string, *backup.Manifest) {
	s.t.Helper()
	dir := filepath.Join(s.t.TempDir(), "backup")
	m, err := backup.Take(s.t.Context(), s.house, dir)
	require.NoError(s.t, err)
	return dir, m
}

// contents are all documents, indexes, schemas and messages; when a stream was made is written as the stream's name.
func (s *stores) contents() map[string][]string {
	s.t.Helper()
	all := map[string][]string{}
	made := map[string]string{}
	for _, stream := range []string{bus.Events, bus.Facts, bus.Dead} {
		require.NoError(s.t, s.house.Bus.CopyOut(s.t.Context(), stream, func(c bus.Copied) {
			made[c.Created.Format(time.RFC3339Nano)] = stream
			all[stream] = append(all[stream], fmt.Sprint(c.First, c.Last, c.Messages, c.Config.Subjects, c.Config.MaxBytes, c.Config.Discard))
		}, func(m bus.Stored) error {
			all[stream] = append(all[stream], fmt.Sprintf("%d %s %s %q %q", m.Sequence, m.Time, m.Subject, m.Header, m.Data))
			return nil
		}))
	}
	for _, service := range backup.Services {
		db := s.db(service)
		specs, err := db.ListCollectionSpecifications(s.t.Context(), bson.D{})
		require.NoError(s.t, err)
		for _, spec := range specs {
			name := service + "." + spec.Name
			all[name] = append(all[name], spec.Options.String())
			var indexes []bson.Raw
			cursor, err := db.Collection(spec.Name).Indexes().List(s.t.Context())
			require.NoError(s.t, err)
			require.NoError(s.t, cursor.All(s.t.Context(), &indexes))
			for _, index := range indexes {
				all[name] = append(all[name], index.String())
			}
			var documents []bson.D
			cursor, err = db.Collection(spec.Name).Find(s.t.Context(), bson.D{}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}))
			require.NoError(s.t, err)
			require.NoError(s.t, cursor.All(s.t.Context(), &documents))
			for _, d := range documents {
				raw, err := bson.Marshal(d)
				require.NoError(s.t, err)
				text := bson.Raw(raw).String()
				if at, ok := bson.Raw(raw).Lookup("mark", "created").TimeOK(); ok && spec.Name == "partitions" {
					text = strings.ReplaceAll(text, fmt.Sprint(at.UnixMilli()), made[at.UTC().Format(time.RFC3339Nano)])
				}
				all[name] = append(all[name], text)
			}
		}
	}
	return all
}

// requireSame names what differs first.
func requireSame(t *testing.T, want, got map[string][]string) {
	t.Helper()
	require.Equal(t, slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got)))
	for name := range want {
		require.Equal(t, want[name], got[name], name)
	}
}

// TestWhatIsRestoredIsWhatWasCopied: to the byte, with indexes, schemas, sequences and times; and a copy of the copy is
// the same again.
func TestWhatIsRestoredIsWhatWasCopied(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			was := newStores(t)
			was.fill(mathrand.New(mathrand.NewPCG(seed, 1)))
			want := was.contents()
			dir, m := was.take()
			is := newStores(t)
			_, err := backup.Restore(t.Context(), is.house, dir, "")
			require.NoError(t, err)
			requireSame(t, want, is.contents())
			_, again := is.take()
			for i, s := range again.Services {
				require.Equal(t, m.Services[i].Marks, s.Marks, s.Name)
			}
			ensured, err := store.Open(t.Context(), is.house.MongoURI, is.db("accrual").Name())
			require.NoError(t, err, "services may begin")
			require.NoError(t, ensured.Close(t.Context()))
		})
	}
}

// TestAStreamIsCopiedUpToWhatTheDatabasesKnowOf: behind the first message that a service wrote after the moment nothing is
// kept, and the services write it again; what a shop says of itself decides nothing.
func TestAStreamIsCopiedUpToWhatTheDatabasesKnowOf(t *testing.T) {
	t.Parallel()
	s := newStores(t)
	s.fill(mathrand.New(mathrand.NewPCG(1, 1)))
	before := s.contents()
	s.order("in time")
	events := len(s.contents()[bus.Events])
	s.revise(2)
	s.revise(3)
	s.order("too late")
	s.publish(bus.FactSubject("tea", "accrual", "earned", "ann"), "fact-31", 5, 4)
	s.publish(bus.FactSubject("tea", "tier", "changed", "ann"), "fact-32", 1, 0)
	dir, m := s.take()
	is := newStores(t)
	_, err := backup.Restore(t.Context(), is.house, dir, "")
	require.NoError(t, err)
	got := is.contents()
	require.Equal(t, before[bus.Facts], got[bus.Facts], "chunk 4 is not known to the ledger")
	require.Len(t, got[bus.Events], events+1, "revision 2 is known to the registry, 3 is not")
	require.NotContains(t, strings.Join(got[bus.Events], "\n"), "too late")
	require.EqualValues(t, len(got[bus.Events])-1, m.Streams[0].Messages)
	is.publish(bus.FactSubject("tea", "accrual", "earned", "ann"), "fact-31", 5, 4)
	require.Len(t, is.contents()[bus.Facts], len(before[bus.Facts])+1, "the server takes it at once as new")

	s.publish(bus.FactSubject("tea", "nobody", "x", "ann"), "fact-33", 1, 1)
	s.wrote("accrual", 5, bus.Facts, 4)
	_, err = backup.Take(t.Context(), s.house, filepath.Join(t.TempDir(), "b"))
	require.ErrorContains(t, err, `"nobody", which is no service`)
}

// TestAHouseWhoseBusWentBackIsNotCopied: it would not read on after it was restored.
func TestAHouseWhoseBusWentBackIsNotCopied(t *testing.T) {
	t.Parallel()
	for name, mark := range map[string]bson.M{
		"another id":   {"mark.id": "other"},
		"another time": {"mark.time": time.Now()},
		"its stream":   {"mark.created": time.Now()},
		"its end":      {"mark.sequence": int64(5000)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStores(t)
			s.fill(mathrand.New(mathrand.NewPCG(2, 1)))
			s.set("tier", 1, mark)
			dir := filepath.Join(t.TempDir(), "b")
			_, err := backup.Take(t.Context(), s.house, dir)
			require.ErrorContains(t, err, "tier has applied message")
			require.ErrorContains(t, err, "in partition 1")
			_, err = backup.Check(dir)
			var bad *backup.BadFile
			require.ErrorAs(t, err, &bad, "what was begun is no backup")
		})
	}
}

// TestOnlyAnEmptyHouseIsRestored, and what is refused is left as it is.
func TestOnlyAnEmptyHouseIsRestored(t *testing.T) {
	t.Parallel()
	s := newStores(t)
	s.fill(mathrand.New(mathrand.NewPCG(3, 1)))
	dir, _ := s.take()
	want := s.contents()
	_, err := backup.Restore(t.Context(), s.house, dir, "")
	var full *backup.NotEmpty
	require.ErrorAs(t, err, &full)
	require.ErrorContains(t, err, s.db("tier").Name())
	requireSame(t, want, s.contents())

	streams := newStores(t)
	require.NoError(t, streams.house.Bus.EnsureStreams(t.Context(), bus.Layout{MaxBytesEvents: 1 << 20, MaxBytesFacts: 1 << 20, MaxBytesDead: 1 << 20}))
	_, err = backup.Restore(t.Context(), streams.house, dir, "")
	require.ErrorAs(t, err, &full)
	require.ErrorContains(t, err, "EVENTS, FACTS, DEAD")
	names, err := streams.db("tier").ListCollectionNames(t.Context(), bson.D{})
	require.NoError(t, err)
	require.Empty(t, names)

	_, err = backup.Take(t.Context(), s.house, dir)
	require.ErrorContains(t, err, "is not empty")
	nobody := s.house
	nobody.Suffix = "_nobody"
	_, err = backup.Take(t.Context(), nobody, filepath.Join(t.TempDir(), "b"))
	require.ErrorContains(t, err, `is "_nobody" the suffix`)
}

// TestARestoreThatEndedInTheMidstIsBegunAgain at each of its stages: until then no service starts, another backup is
// refused, and at the end nothing is missing.
func TestARestoreThatEndedInTheMidstIsBegunAgain(t *testing.T) {
	t.Parallel()
	was := newStores(t)
	was.fill(mathrand.New(mathrand.NewPCG(4, 1)))
	want := was.contents()
	dir, _ := was.take()
	other, _ := was.take()
	whole := newStores(t)
	_, err := backup.Restore(t.Context(), whole.house, dir, "")
	require.NoError(t, err)
	for _, n := range []int{1, 2, 4, 7, len(whole.stages) - 1} { // a mark, a stream, databases, the reading again
		stage := whole.stages[n]
		t.Run(strings.ReplaceAll(stage, "/", " "), func(t *testing.T) {
			t.Parallel()
			s := newStores(t)
			broken := errors.New("killed")
			ctx, kill := context.WithCancelCause(t.Context())
			stopped := s.house
			said := 0
			stopped.Stage = func(string, ...any) {
				if said++; said == n+1 {
					kill(broken)
				}
			}
			_, err := backup.Restore(ctx, stopped, dir, "")
			require.Error(t, err)
			for _, service := range backup.Services {
				_, err = store.Open(t.Context(), s.house.MongoURI, s.db(service).Name())
				require.ErrorIs(t, err, store.ErrRestoring, service)
			}
			_, err = backup.Restore(t.Context(), s.house, other, "")
			var full *backup.NotEmpty
			require.ErrorAs(t, err, &full)
			_, err = backup.Take(t.Context(), s.house, filepath.Join(t.TempDir(), "b"))
			require.ErrorContains(t, err, "is being restored")
			_, err = backup.Restore(t.Context(), s.house, dir, "")
			require.NoError(t, err)
			requireSame(t, want, s.contents())
			there, err := s.house.Bus.Has(t.Context(), "LAUREL_RESTORING")
			require.NoError(t, err)
			require.Empty(t, there)
		})
	}
}

// TestADoneRestoreThatDidNotSaySoIsDone: the databases were opened, the streams still said otherwise.
func TestADoneRestoreThatDidNotSaySoIsDone(t *testing.T) {
	t.Parallel()
	was := newStores(t)
	was.fill(mathrand.New(mathrand.NewPCG(5, 1)))
	dir, m := was.take()
	is := newStores(t)
	_, err := backup.Restore(t.Context(), is.house, dir, "")
	require.NoError(t, err)
	require.NoError(t, is.house.Bus.Mark(t.Context(), m.ID))
	want := is.contents()
	_, err = backup.Restore(t.Context(), is.house, dir, "")
	require.NoError(t, err)
	requireSame(t, want, is.contents())
	_, err = backup.Restore(t.Context(), is.house, dir, "")
	var full *backup.NotEmpty
	require.ErrorAs(t, err, &full)
}
