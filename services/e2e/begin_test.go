package e2e

import (
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/laurel-loyalty/laurel/services/internal/mongod"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// TestServicesBeginBeforeTheirServers starts all seven services while neither MongoDB nor NATS is there: each says what it
// waits for, and all are up once `laurel setup` has opened the house.
func TestServicesBeginBeforeTheirServers(t *testing.T) {
	t.Parallel()
	buildServices(t)
	m, err := mongod.Start(t.Context(), mongod.Options{Dir: t.TempDir(), Logger: warnings(t)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Stop()) })
	n := testkit.NATS(t)
	m.Kill()
	n.Kill(t)
	s := newStage(t, servers{m.URI(), n.URL, n.Token}, way{lanes: 2, batch: 64})
	s.makeDoors()
	names := append([]string{}, everyService...)
	random(t).Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	t.Log("in the order", names)
	say := func(what string) {
		for _, name := range names {
			p := s.processes[name]
			testkit.Eventually(t, func() bool { return strings.Contains(p.err.String(), what) || p.ended() }, name+" says "+what)
			s.house.stillRuns(p)
		}
	}
	for _, name := range names {
		s.begin(name, binaryOf(name))
	}
	say(`"waiting_for":"MongoDB"`)
	require.NoError(t, m.Restart(t.Context()))
	say(`"waiting_for":"NATS and its streams`)
	n.Restart(t)
	o := s.house.run(programs.laurel, "setup", "--clock", "events", "--nats-url", n.URL, "--nats-token", n.Token).wait()
	require.Zero(t, o.code, "%v", o)
	say(`"msg":"service is up"`)
	s.connect()
	s.apply("tea", tea)
	s.operator("member").enrol()
	testkit.Eventually(t, func() bool { return s.entriesUnder("tea/") == 20 }, "the ledger knows who was enrolled")
	for _, name := range names {
		s.processes[name].signal(syscall.SIGTERM)
	}
	for _, name := range names {
		o := s.processes[name].wait()
		require.Zero(t, o.code, "%s: %v", name, o)
	}
}

// entriesUnder counts the entries whose key, with its programme, begins with a prefix that ends in a slash.
func (s *stage) entriesUnder(prefix string) int64 {
	s.t.Helper()
	client := dial(s.t, s.servers.uri)
	defer hangUp(s.t, client)
	n, err := client.Database(s.database("accrual")).Collection("entries").CountDocuments(s.t.Context(), bson.M{
		"_id": bson.M{"$gte": prefix, "$lt": strings.TrimSuffix(prefix, "/") + "0"}, // '0' follows '/'
	})
	require.NoError(s.t, err)
	return n
}
