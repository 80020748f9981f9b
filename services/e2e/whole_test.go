package e2e

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/devca"
	"github.com/laurel-loyalty/laurel/services/internal/mongod"
	"github.com/laurel-loyalty/laurel/services/internal/orderfile"
	service "github.com/laurel-loyalty/laurel/services/internal/process"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
	"github.com/laurel-loyalty/laurel/services/member"
	"github.com/laurel-loyalty/laurel/services/partner"
	"github.com/laurel-loyalty/laurel/services/programme"
	"github.com/laurel-loyalty/laurel/services/reward"
)

// rewardLease is short, for a test that kills who has one.
const rewardLease = 3 * time.Second

// insiders are the services that learn from no log, and partner, inside this process.
var insiders = map[string]func(s *stage, deps service.Deps) (service.Service, error){
	"member": func(s *stage, deps service.Deps) (service.Service, error) {
		return member.New(s.t.Context(), member.Config{
			MongoURI: s.servers.uri, Database: s.database("member"), NATS: bus.Server{URL: s.servers.url, Token: s.servers.token},
			Listen: s.where("member"), Callers: s.secrets.List(), Partitions: bus.Partitions,
		}, deps)
	},
	"partner": func(s *stage, deps service.Deps) (service.Service, error) {
		more := s.more("partner")
		return partner.New(s.t.Context(), partner.Config{
			MongoURI: s.servers.uri, Database: s.database("partner"), NATS: bus.Server{URL: s.servers.url, Token: s.servers.token},
			Listen: s.where("partner"), Callers: s.secrets.List(), Partitions: bus.Partitions, Lanes: s.way.lanes,
			BatchItems: s.way.batch, BatchIdle: time.Millisecond, QueueItems: 2048, CallsPerSecond: 10_000,
			Accrual: more["ACCRUAL"], AccrualToken: more["ACCRUAL_TOKEN"], Door: more["DOOR"], DoorCert: more["DOOR_CERT"],
			DoorKey: more["DOOR_KEY"], ClientCA: more["CLIENT_CA"],
		}, deps)
	},
	"programme": func(s *stage, deps service.Deps) (service.Service, error) {
		return programme.New(s.t.Context(), programme.Config{
			MongoURI: s.servers.uri, Database: s.database("programme"), NATS: bus.Server{URL: s.servers.url, Token: s.servers.token},
			Listen: s.where("programme"), Callers: s.secrets.List(), Partitions: bus.Partitions,
		}, deps)
	},
	"reward": func(s *stage, deps service.Deps) (service.Service, error) {
		return reward.New(s.t.Context(), reward.Config{
			MongoURI: s.servers.uri, Database: s.database("reward"), NATS: bus.Server{URL: s.servers.url, Token: s.servers.token},
			Listen: s.where("reward"), Callers: s.secrets.List(), Partitions: bus.Partitions, Lease: rewardLease,
			Accrual: s.where("accrual"), AccrualToken: s.secrets[rpc.Reward],
		}, deps)
	},
}

// more are the settings that a service has and others have not. A replica asks the replica of accrual that has its number.
func (s *stage) more(replica string) map[string]string {
	s.t.Helper()
	name, _, _ := strings.Cut(replica, "/")
	accrual := s.where("accrual" + strings.TrimPrefix(replica, name))
	switch name {
	case "reward":
		return map[string]string{"ACCRUAL": accrual, "ACCRUAL_TOKEN": s.secrets[rpc.Reward], "LEASE": rewardLease.String()}
	case "partner":
		pair, err := s.ca.Server("server", "127.0.0.1")
		require.NoError(s.t, err)
		return map[string]string{
			"ACCRUAL": accrual, "ACCRUAL_TOKEN": s.secrets[rpc.Partner], "CALLS_PER_SECOND": "10000",
			"DOOR": s.where(replica + "/door"), "DOOR_CERT": pair.Cert, "DOOR_KEY": pair.Key, "CLIENT_CA": s.caFile,
		}
	default:
		return nil
	}
}

// complete raises all seven services: as processes, or, where they are to stand in one, inside this process. What it returns
// ends those.
func complete(t *testing.T, mongoURI string, w way, inside bool) (*stage, func()) {
	t.Helper()
	s := bare(t, mongoURI, w)
	s.followers = []string{"accrual", "analytics", "partner", "tier"}
	s.makeDoors()
	if inside {
		return s, s.within()
	}
	for _, name := range everyService {
		for _, replica := range s.replicas(name) {
			s.start(replica)
		}
	}
	return s, func() {
		for _, replica := range slices.Sorted(maps.Keys(s.processes)) {
			s.stop(replica)
		}
	}
}

// makeDoors makes what the partners' door is known by, and knows partners by.
func (s *stage) makeDoors() {
	s.t.Helper()
	dir := s.t.TempDir()
	var err error
	s.ca, err = devca.Open(dir, clock.System().Now())
	require.NoError(s.t, err)
	s.caFile = filepath.Join(dir, devca.CertFile)
}

// within runs one of each service in this process.
func (s *stage) within() func() {
	s.t.Helper()
	ctx, stop := context.WithCancel(s.t.Context())
	var all []service.Service
	ended := make(chan error, len(everyService))
	for _, name := range everyService {
		made, err := s.make(name)
		require.NoError(s.t, err)
		all = append(all, made)
		go func() { ended <- made.Run(ctx) }()
	}
	return func() {
		stop()
		var err error
		for range all {
			err = errors.Join(err, <-ended)
		}
		for _, made := range all { // what one still needs of another is there until all have ended
			err = errors.Join(err, made.Close(context.WithoutCancel(ctx)))
		}
		require.NoError(s.t, err)
	}
}

func (s *stage) make(name string) (service.Service, error) {
	deps := service.Deps{Log: warnings(s.t), Clock: clock.System(), Registry: prometheus.NewRegistry(), Health: &telemetry.Health{}}
	if f := insiders[name]; f != nil {
		return f(s, deps)
	}
	return followed[name](s, deps)
}

// wholeOrders are so many that the services are at work when somebody dies.
const wholeOrders = 1500

// Times of the whole history, behind the last order, at which people spend and the month is closed.
const (
	spendAt = "1998-07-01T00:00:00Z"
	closeAt = "1998-08-01T00:00:00Z"
	closing = "1998-07"
)

// told is what a whole house answers, and what it holds in the end.
type told struct {
	deeds      map[string]string // what came of each
	settlement string
	statements map[string]string
	reports    map[string]string
	members    []string
	books      map[string]books
}

// live has a house live through the history.
func live(t *testing.T, mongoURI string, w way, inside bool) told {
	t.Helper()
	s, end := complete(t, mongoURI, w, inside)
	disturbed := w.killed
	text, err := os.ReadFile(withTiers)
	require.NoError(t, err)
	s.apply("cdnow", string(text))
	s.apply("tea", tea)
	v := s.visitor()
	got := told{members: v.enrol()}
	s.hasTold("member") // orders stand behind who was enrolled, at the same places of the log
	v.stock()

	groups := readOrders(t, slice(t, wholeOrders))[:wholeOrders]
	slices.SortStableFunc(groups, func(a, b orderfile.Group) int { return a.Event.OccurredAt.Compare(b.Event.OccurredAt) })
	for i := 0; i < len(groups); i += chunkOrders {
		s.publish(groups[i:min(i+chunkOrders, len(groups))])
		switch {
		case !disturbed:
		case i == 3*chunkOrders:
			s.again("accrual/2", "programme")
		case i == 5*chunkOrders:
			s.pause()
		case i == 8*chunkOrders:
			s.wake()
		case i == 10*chunkOrders:
			s.again("tier", "analytics/2", "partner")
		}
	}
	s.pass(spendAt)
	s.caughtUp()
	got.deeds = v.spend(groups, func() {
		if disturbed {
			s.again("reward/2", "accrual", "partner/2")
		}
	})
	s.pass(closeAt)
	got.settlement, got.statements = v.close(func() {
		if disturbed {
			s.again("partner", "accrual/2")
		}
	})
	s.caughtUp()
	got.reports = v.reports()
	end()
	got.books = map[string]books{}
	for _, name := range []string{"accrual", "tier", "analytics"} {
		s.drain(name)
		got.books[name] = s.read(name).without("tea")
	}
	return got
}

// again kills replicas at once, as kill -9 does, and starts them again.
func (s *stage) again(replicas ...string) {
	s.t.Helper()
	for _, replica := range replicas {
		s.processes[replica].signal(syscall.SIGKILL)
	}
	for _, replica := range replicas {
		require.Equal(s.t, syscall.SIGKILL, s.processes[replica].wait().signal)
		s.start(replica)
	}
}

// without leaves out what belongs to a programme whose times are those of the wall.
func (b books) without(program string) books {
	for collection, list := range b.documents {
		maps.DeleteFunc(list, func(id string, d bson.M) bool {
			return strings.HasPrefix(id, program+"/") || d["programme"] == program
		})
		if len(list) == 0 {
			delete(b.documents, collection)
		}
	}
	return b
}

// caughtUp waits until those who read EVENTS have read it, have told what they did, and those who read FACTS have read that.
func (s *stage) caughtUp() {
	s.t.Helper()
	client := dial(s.t, s.servers.uri)
	defer hangUp(s.t, client)
	read := func(name, stream string) bool {
		ends, err := s.bus.LastSequences(s.t.Context(), stream, bus.Partitions)
		require.NoError(s.t, err)
		db := client.Database(s.database(name))
		waiting, err := db.Collection("outbox").CountDocuments(s.t.Context(), bson.M{})
		require.NoError(s.t, err)
		for id, end := range ends {
			n, err := db.Collection("partitions").CountDocuments(s.t.Context(), bson.M{"_id": id, "mark.sequence": bson.M{"$gte": end}})
			require.NoError(s.t, err)
			if n == 0 && end > 0 {
				return false
			}
		}
		return waiting == 0
	}
	for _, r := range [][2]string{{"accrual", bus.Events}, {"tier", bus.Events}, {"partner", bus.Facts}, {"analytics", bus.Facts}} {
		testkit.Eventually(s.t, func() bool { return read(r[0], r[1]) }, r[0]+" has read "+r[1])
	}
}

// hasTold waits until nothing is left in a service's outbox.
func (s *stage) hasTold(name string) {
	s.t.Helper()
	client := dial(s.t, s.servers.uri)
	defer hangUp(s.t, client)
	testkit.Eventually(s.t, func() bool {
		n, err := client.Database(s.database(name)).Collection("outbox").CountDocuments(s.t.Context(), bson.M{})
		return err == nil && n == 0
	}, name+" has told what it did")
}

// TestSevenServicesApartAreOneHouse has a house in one process and one of two replicas of each service live through the same
// history: members enrol, orders come, rewards are redeemed, partners give and take points, a month is closed, reports are asked
// for. Of the second every service is killed at least once while it works, and a replica of each that reads a log sleeps through a part of it.
// Both tell the same, and hold the same books.
func TestSevenServicesApartAreOneHouse(t *testing.T) {
	t.Parallel()
	buildServices(t)
	m, err := mongod.Start(t.Context(), mongod.Options{Dir: t.TempDir(), Logger: warnings(t)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Stop()) })
	want := live(t, m.URI(), way{lanes: 2, batch: 512}, true)
	requireEventful(t, want)
	got := live(t, m.URI(), way{lanes: 2, batch: 64, replicas: 2, killed: true}, false)
	require.Equal(t, want.deeds, got.deeds)
	require.Equal(t, want.settlement, got.settlement)
	require.Equal(t, want.statements, got.statements)
	require.Equal(t, want.reports, got.reports)
	require.Equal(t, want.members, got.members)
	for name, b := range want.books {
		b.requireSame(t, name, got.books[name])
	}
}
