package e2e

import (
	"context"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	programmev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/programme/v1"
	"github.com/laurel-loyalty/laurel/services/accrual"
	"github.com/laurel-loyalty/laurel/services/analytics"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/bus/natsd"
	"github.com/laurel-loyalty/laurel/services/internal/devca"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/orderfile"
	service "github.com/laurel-loyalty/laurel/services/internal/process"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
	"github.com/laurel-loyalty/laurel/services/tier"
)

// built is when the services' own binaries are there, and why they are not.
var built struct {
	once sync.Once
	err  error
}

// followed are services that learn from the log: how a test brings one to its end inside its own process.
var followed = map[string]func(s *stage, deps service.Deps) (follower, error){
	"accrual": func(s *stage, deps service.Deps) (follower, error) {
		return accrual.New(s.t.Context(), accrual.Config{
			MongoURI: s.servers.uri, Database: s.database("accrual"), NATS: bus.Server{URL: s.servers.url, Token: s.servers.token},
			Listen: s.where("accrual"), Callers: s.secrets.List(), Partitions: bus.Partitions, Lanes: s.way.lanes,
			BatchItems: s.way.batch, BatchIdle: time.Millisecond, QueueItems: 2048,
		}, deps)
	},
	"analytics": func(s *stage, deps service.Deps) (follower, error) {
		return analytics.New(s.t.Context(), analytics.Config{
			MongoURI: s.servers.uri, Database: s.database("analytics"), NATS: bus.Server{URL: s.servers.url, Token: s.servers.token},
			Listen: s.where("analytics"), Callers: s.secrets.List(), Partitions: bus.Partitions, Lanes: s.way.lanes,
			BatchItems: s.way.batch, BatchIdle: time.Millisecond, QueueItems: 2048,
		}, deps)
	},
	"tier": func(s *stage, deps service.Deps) (follower, error) {
		return tier.New(s.t.Context(), tier.Config{
			MongoURI: s.servers.uri, Database: s.database("tier"), NATS: bus.Server{URL: s.servers.url, Token: s.servers.token},
			Listen: s.where("tier"), Callers: s.secrets.List(), Partitions: bus.Partitions, Lanes: s.way.lanes,
			BatchItems: s.way.batch, BatchIdle: time.Millisecond, QueueItems: 2048,
		}, deps)
	},
}

// follower is a service that learns from the log.
type follower interface {
	service.Service
	Progress(ctx context.Context) (follow.Progress, error)
	Broken() error
}

// everyService names the services, each of which is a binary of its own.
var everyService = []string{"accrual", "analytics", "member", "partner", "programme", "reward", "tier"}

// buildServices makes the binaries of the services, each a process of its own, once for all tests.
func buildServices(t *testing.T) {
	t.Helper()
	built.once.Do(func() {
		var args []string
		for _, name := range everyService {
			args = append(args, commands+name+"/cmd/laurel-"+name)
		}
		built.err = testkit.Build(t.Context(), filepath.Dir(programs.laurel)+"/", args...)
	})
	require.NoError(t, built.err)
}

// stage is servers, and a process for each service.
type stage struct {
	t         *testing.T
	way       way
	servers   servers
	suffix    string // of the databases' names
	house     *house
	bus       *bus.Bus
	secrets   rpc.Secrets
	followers []string
	processes map[string]*process // by replica
	addresses map[string]string   // by replica: a replica that is started again comes back where it was
	ca        *devca.CA           // of the partners' door; nil: there is no such door
	caFile    string
	asleep    []string       // replicas
	random    *mathrand.Rand // nil: nobody is killed
	kills     int
	last      error // of a call
}

// raise starts all of it beside a mongod.
func raise(t *testing.T, mongoURI string, w way) *stage {
	t.Helper()
	s := bare(t, mongoURI, w)
	s.start("programme")
	s.followers = []string{"accrual", "analytics", "tier"}
	for _, name := range s.followers {
		for _, replica := range s.replicas(name) {
			s.start(replica)
		}
	}
	return s
}

// bare is a stage without a process, opened with the clock of its events.
func bare(t *testing.T, mongoURI string, w way) *stage {
	t.Helper()
	on, nodes := servers{mongoURI, "", ""}, 1
	if w.cluster != nil {
		on.url, on.token, nodes = w.cluster.URL(), w.cluster.Token, len(w.cluster.Nodes)
	} else {
		n, err := natsd.Start(t.Context(), natsd.Options{Self: programs.laurel, Dir: t.TempDir(), Logger: warnings(t)})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, n.Stop()) })
		on.url, on.token = n.URL(), n.Token()
	}
	s := newStage(t, on, w)
	s.connect()
	require.NoError(t, s.bus.EnsureStreams(t.Context(), bus.Layout{
		MaxBytesEvents: 256 << 20, MaxBytesFacts: 256 << 20, MaxBytesDead: 64 << 20, Replicas: nodes,
	}))
	s.control("opened", "opened", &controlv1.HouseOpened{ClockMode: controlv1.ClockMode_CLOCK_MODE_EVENTS, Partitions: bus.Partitions})
	return s
}

// newStage is a stage whose servers need not be there yet.
func newStage(t *testing.T, on servers, w way) *stage {
	t.Helper()
	return &stage{
		t: t, way: w, servers: on, suffix: strings.ToLower(rand.Text()[:8]), house: newHouse(t), secrets: rpc.NewSecrets(),
		processes: map[string]*process{}, addresses: map[string]string{},
	}
}

// connect connects the shops to the bus.
func (s *stage) connect() {
	s.t.Helper()
	var err error
	s.bus, err = bus.Connect(s.t.Context(), bus.Config{URL: s.servers.url, Token: s.servers.token, Name: "e2e"}, warnings(s.t))
	require.NoError(s.t, err)
	s.t.Cleanup(s.bus.Close)
}

func (s *stage) database(name string) string { return "laurel_" + name + "_" + s.suffix }

// replicas are the names of a service's replicas: accrual, accrual/2, ...
func (s *stage) replicas(name string) []string {
	names := []string{name}
	for n := 2; n <= s.way.replicas; n++ {
		names = append(names, fmt.Sprint(name, "/", n))
	}
	return names
}

// start starts a replica of a service, and waits until it is up.
func (s *stage) start(replica string) {
	s.t.Helper()
	s.launch(replica, binaryOf(replica))
}

// binaryOf is the binary under test of which a replica runs.
func binaryOf(replica string) string {
	name, _, _ := strings.Cut(replica, "/")
	return filepath.Join(filepath.Dir(programs.laurel), "laurel-"+name)
}

// launch starts a binary as a replica of a service, with more in its environment.
func (s *stage) launch(replica, binary string, more ...string) {
	s.t.Helper()
	p := s.begin(replica, binary, more...)
	testkit.Eventually(s.t, func() bool { return grpcOn.MatchString(p.err.String()) || p.ended() }, replica+" is up")
	s.house.stillRuns(p)
}

// begin starts a binary as a replica of a service, and does not wait for it.
func (s *stage) begin(replica, binary string, more ...string) *process {
	s.t.Helper()
	name, _, _ := strings.Cut(replica, "/")
	prefix := "LAUREL_" + strings.ToUpper(name) + "_"
	env := []string{
		prefix + "MONGO_URI=" + s.servers.uri, prefix + "DATABASE=" + s.database(name), prefix + "NATS_URL=" + s.servers.url,
		prefix + "NATS_TOKEN=" + s.servers.token, prefix + "CALLERS=" + strings.Join(s.secrets.List(), ","),
		prefix + "LISTEN=" + s.where(replica),
	}
	if followed[name] != nil || name == "partner" {
		env = append(env, fmt.Sprint(prefix, "LANES=", s.way.lanes), fmt.Sprint(prefix, "BATCH_ITEMS=", s.way.batch))
	}
	for setting, value := range s.more(replica) {
		env = append(env, prefix+setting+"="+value)
	}
	plain := s.house.env
	s.house.env = append(append(slices.Clone(plain), env...), more...)
	p := s.house.run(binary)
	s.house.env = plain
	s.processes[replica] = p
	return p
}

var grpcOn = regexp.MustCompile(`"msg":"service is up".*"grpc":"(127\.0\.0\.1:\d+)"`)

// where is the address of a replica's gRPC, or of another door of its.
func (s *stage) where(replica string) string {
	if s.addresses[replica] == "" {
		s.addresses[replica] = testkit.Address(s.t)
	}
	return s.addresses[replica]
}

// eventually asks the programme service, wherever it is now, until f is content.
func (s *stage) eventually(f func(ctx context.Context, client programmev1.ProgrammeServiceClient) bool, what string) {
	s.t.Helper()
	client := programmev1.NewProgrammeServiceClient(s.dial("programme"))
	defer func() {
		if s.last != nil {
			s.t.Log("the last call said:", s.last)
		}
	}()
	testkit.Eventually(s.t, func() bool {
		ctx, cancel := context.WithTimeout(s.t.Context(), openMax)
		defer cancel()
		return f(ctx, client)
	}, what)
}

// dial is a connection to where a service is now.
func (s *stage) dial(name string) *grpc.ClientConn {
	s.t.Helper()
	return testkit.Dial(s.t, s.where(name), s.secrets[rpc.Operator])
}

// note keeps what a call has said last.
func (s *stage) note(err error) { s.last = rpc.FromStatus(err) }

// publish publishes orders, and returns when the bus has them.
func (s *stage) publish(groups []orderfile.Group) {
	s.t.Helper()
	batch := make([]bus.Outgoing, 0, chunkOrders)
	for _, g := range groups {
		m, err := publish.Order("cdnow", "e2e", g)
		require.NoError(s.t, err)
		batch = append(batch, m)
	}
	if len(batch) == 0 {
		return
	}
	require.NoError(s.t, publish.All(s.t.Context(), s.bus, batch))
	if s.random != nil { // who was not answered tells it again
		require.NoError(s.t, publish.All(s.t.Context(), s.bus, batch))
	}
}

// tell publishes an order from another source.
func (s *stage) tell(source string, g orderfile.Group) {
	s.t.Helper()
	m, err := publish.Order("cdnow", source, g)
	require.NoError(s.t, err)
	require.NoError(s.t, publish.All(s.t.Context(), s.bus, []bus.Outgoing{m}))
}

// pass takes the clocks of all partitions to a time.
func (s *stage) pass(to string) {
	s.t.Helper()
	at, err := time.Parse(time.RFC3339, to)
	require.NoError(s.t, err)
	s.control("clock", "clock/"+to, &controlv1.ClockPassed{Time: timestamppb.New(at)})
}

func (s *stage) control(kind, id string, body proto.Message) {
	s.t.Helper()
	batch, err := publish.Control(publish.ControlEvent{Program: "house", Source: "laurel", Kind: kind, ID: id, Body: body}, bus.Partitions)
	require.NoError(s.t, err)
	require.NoError(s.t, publish.All(s.t.Context(), s.bus, batch))
}
