package laurelctl_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/accrual"
	"github.com/laurel-loyalty/laurel/services/analytics"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/house"
	"github.com/laurel-loyalty/laurel/services/internal/process"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
	"github.com/laurel-loyalty/laurel/services/member"
	"github.com/laurel-loyalty/laurel/services/partner"
	"github.com/laurel-loyalty/laurel/services/programme"
	"github.com/laurel-loyalty/laurel/services/reward"
	"github.com/laurel-loyalty/laurel/services/tier"
)

const (
	partitions  = 4
	streamBytes = 16 << 20
)

// people have a token each.
var people = map[string]rpc.Person{"ANNA": {ID: "anna", Role: "clerk"}, "BEN": {ID: "ben", Role: "lead"}}

// standing is a house that stands while a script is played: its clock is that of the orders.
type standing struct {
	t         *testing.T
	place     house.House
	secrets   rpc.Secrets
	bus       *bus.Bus
	service   *accrual.Service
	analytics *analytics.Service
	programme *programme.Service
	members   *member.Service
	tier      *tier.Service
	partner   *partner.Service
	mongo     func(f func(ctx context.Context, db *mongo.Database) error) error // accrual's
	standings string                                                            // the database of tier
	health    *telemetry.Health                                                 // of the programme service
	applied   int32
}

func raise(t *testing.T) *standing {
	t.Helper()
	uri, database := testkit.Mongo(t)
	server := testkit.NATS(t)
	log := testkit.Logger(t)
	b, err := bus.Connect(t.Context(), bus.Config{URL: server.URL, Token: server.Token, Name: t.Name()}, log)
	require.NoError(t, err)
	t.Cleanup(b.Close)
	require.NoError(t, b.EnsureStreams(t.Context(), bus.Layout{
		Partitions: partitions, MaxBytesEvents: streamBytes, MaxBytesFacts: streamBytes, MaxBytesDead: streamBytes,
	}))
	secrets := rpc.NewSecrets()
	for _, p := range people {
		secrets[p.Caller()] = house.NewToken()
	}
	deps := func() process.Deps {
		return process.Deps{
			Log: log, Clock: clock.At(time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)), Registry: prometheus.NewRegistry(), Health: &telemetry.Health{},
		}
	}
	h := &standing{t: t, bus: b, secrets: secrets, place: house.House{
		Token: secrets[rpc.Operator], NATS: house.NATS{URL: server.URL, Token: server.Token}, Program: "tea", Currency: "USD",
	}}
	h.service, err = accrual.New(t.Context(), accrual.Config{
		MongoURI: uri, Database: database, NATS: bus.Server{URL: server.URL, Token: server.Token}, Listen: "127.0.0.1:0",
		Callers: secrets.List(), Partitions: partitions, Lanes: 1, BatchItems: 64, BatchIdle: time.Millisecond, QueueItems: 1024,
	}, deps())
	require.NoError(t, err)
	h.place.GRPC.Accrual = h.service.Address()
	_, copied := testkit.Mongo(t)
	h.analytics, err = analytics.New(t.Context(), analytics.Config{
		MongoURI: uri, Database: copied, NATS: bus.Server{URL: server.URL, Token: server.Token}, Listen: "127.0.0.1:0",
		Callers: secrets.List(), Partitions: partitions, Lanes: 1, BatchItems: 64, BatchIdle: time.Millisecond, QueueItems: 1024,
	}, deps())
	require.NoError(t, err)
	h.place.GRPC.Analytics = h.analytics.Address()
	_, revisions := testkit.Mongo(t)
	h.health = &telemetry.Health{}
	h.programme, err = programme.New(t.Context(), programme.Config{
		MongoURI: uri, Database: revisions, NATS: bus.Server{URL: server.URL, Token: server.Token}, Listen: "127.0.0.1:0",
		Callers: secrets.List(), Partitions: partitions,
	}, process.Deps{Log: log, Clock: clock.System(), Registry: prometheus.NewRegistry(), Health: h.health})
	require.NoError(t, err)
	h.place.GRPC.Programme = h.programme.Address()
	h.mongo = func(f func(ctx context.Context, db *mongo.Database) error) error {
		client, err := mongo.Connect(options.Client().ApplyURI(uri))
		if err != nil {
			return err
		}
		defer client.Disconnect(t.Context()) //nolint:errcheck // the test is over
		return f(t.Context(), client.Database(database))
	}
	require.NoError(t, h.control("house", "opened", "opened", &controlv1.HouseOpened{
		ClockMode: controlv1.ClockMode_CLOCK_MODE_EVENTS, Partitions: partitions,
	}))
	_, people := testkit.Mongo(t)
	h.members, err = member.New(t.Context(), member.Config{
		MongoURI: uri, Database: people, NATS: bus.Server{URL: server.URL, Token: server.Token}, Listen: "127.0.0.1:0",
		Callers: secrets.List(), Partitions: partitions,
	}, deps())
	require.NoError(t, err)
	h.place.GRPC.Member = h.members.Address()
	_, h.standings = testkit.Mongo(t)
	h.tier, err = tier.New(t.Context(), tier.Config{
		MongoURI: uri, Database: h.standings, NATS: bus.Server{URL: server.URL, Token: server.Token}, Listen: "127.0.0.1:0",
		Callers: secrets.List(), Partitions: partitions, Lanes: 1, BatchItems: 64, BatchIdle: time.Millisecond, QueueItems: 1024,
	}, deps())
	require.NoError(t, err)
	h.place.GRPC.Tier = h.tier.Address()
	_, catalogue := testkit.Mongo(t)
	rewards, err := reward.New(t.Context(), reward.Config{
		MongoURI: uri, Database: catalogue, NATS: bus.Server{URL: server.URL, Token: server.Token}, Listen: "127.0.0.1:0",
		Callers: secrets.List(), Accrual: h.place.GRPC.Accrual, AccrualToken: secrets[rpc.Reward], Partitions: partitions, Lease: time.Minute,
	}, deps())
	require.NoError(t, err)
	h.place.GRPC.Reward = rewards.Address()
	_, books := testkit.Mongo(t)
	h.partner, err = partner.New(t.Context(), partner.Config{
		MongoURI: uri, Database: books, NATS: bus.Server{URL: server.URL, Token: server.Token}, Listen: "127.0.0.1:0",
		Callers: secrets.List(), Accrual: h.place.GRPC.Accrual, AccrualToken: secrets[rpc.Partner], Partitions: partitions,
		Lanes: 1, BatchItems: 64, BatchIdle: time.Millisecond, QueueItems: 1024,
	}, deps())
	require.NoError(t, err)
	h.place.GRPC.Partner = h.partner.Address()
	for _, service := range []service{h.service, h.analytics, h.programme, h.members, h.tier, rewards, h.partner} {
		h.run(service)
	}
	testkit.Eventually(t, func() bool {
		h.health.Poll(t.Context())
		return h.health.Ready()
	}, "the registry has read the log")
	return h
}

type service interface {
	Run(ctx context.Context) error
	Close(ctx context.Context) error
}

// run lets a service work until the test ends.
func (h *standing) run(s service) {
	ctx, stop := context.WithCancel(h.t.Context())
	var running sync.WaitGroup
	var err error
	running.Go(func() { err = s.Run(ctx) })
	h.t.Cleanup(func() {
		stop()
		running.Wait()
		require.NoError(h.t, err)
		require.NoError(h.t, s.Close(context.WithoutCancel(h.t.Context())))
	})
}

func (h *standing) control(program, kind, id string, body proto.Message) error {
	batch, err := publish.Control(publish.ControlEvent{Program: program, Source: "laurel", Kind: kind, ID: id, Body: body}, partitions)
	if err != nil {
		return err
	}
	return publish.All(h.t.Context(), h.bus, batch)
}

func (h *standing) apply(name string, content []byte) error {
	h.applied++
	return h.control("tea", "revised", fmt.Sprint("revised/", h.applied), &controlv1.ProgramRevised{
		Program: "tea", Revision: h.applied, Files: []*controlv1.ProgramFile{{Name: name, Content: content}},
	})
}

func (h *standing) pass(to string) error {
	at, err := time.Parse(time.RFC3339, to)
	if err != nil {
		return err
	}
	return h.control("house", "clock", "clock/"+to, &controlv1.ClockPassed{Time: timestamppb.New(at)})
}

func (h *standing) drain() {
	testkit.Eventually(h.t, func() bool {
		for _, s := range []interface {
			Progress(ctx context.Context) (follow.Progress, error)
		}{h.members, h.service, h.tier} { // what member has told is then behind nobody but them
			progress, err := s.Progress(h.t.Context())
			if err != nil || !progress.Drained() {
				return false
			}
		}
		progress, err := h.analytics.Progress(h.t.Context()) // behind the facts of the ledger
		return err == nil && progress.Drained()
	}, "the house is drained")
}

// arrived waits until no points are on their way.
func (h *standing) arrived() {
	h.t.Helper()
	testkit.Eventually(h.t, func() bool {
		var left int64
		require.NoError(h.t, h.mongo(func(ctx context.Context, db *mongo.Database) error {
			var err error
			left, err = db.Collection("transit").CountDocuments(ctx, bson.M{})
			return err
		}))
		return left == 0
	}, "points are on their way")
}

func (h *standing) tamper(account string) error {
	return h.mongo(func(ctx context.Context, db *mongo.Database) error {
		result, err := db.Collection("accounts").UpdateByID(ctx, "tea/"+account, bson.M{"$set": bson.M{"balances.0.active": int64(1_000_000)}})
		if err == nil && result.ModifiedCount != 1 {
			return fmt.Errorf("there is no account %s", account)
		}
		return err
	})
}

// tamperTier alters the account's tier in the tier service, or removes its standing if the tier is empty.
func (h *standing) tamperTier(account, tier string) error {
	return h.mongo(func(ctx context.Context, db *mongo.Database) error {
		all, key := db.Client().Database(h.standings).Collection("standings"), bson.M{"_id": "tea/" + account}
		if tier == "" {
			result, err := all.DeleteOne(ctx, key)
			if err == nil && result.DeletedCount != 1 {
				return fmt.Errorf("there is no standing of %s", account)
			}
			return err
		}
		result, err := all.UpdateOne(ctx, key, bson.M{"$set": bson.M{"tier": tier}})
		if err == nil && result.ModifiedCount != 1 {
			return fmt.Errorf("there is no standing of %s", account)
		}
		return err
	})
}
