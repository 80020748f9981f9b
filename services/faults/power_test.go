package faults

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"github.com/laurel-loyalty/laurel/services/internal/bus/natsd"
	"github.com/laurel-loyalty/laurel/services/internal/mongod"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// cuts is how often the power is cut.
const cuts = 10

// bareNats is the nats-server of the house that nobody keeps: after a power cut it is started when the disk is back.
type bareNats struct {
	x    *trial
	dir  string
	port int
	args []string // before --dir: how this server is called
	self string
	run  *process
}

const bareToken = "token-of-the-faults"

// lazy is how this test binary is called to be a nats-server that acknowledges before it syncs, as it does by default.
const lazy = "lazy-nats-server"

func (x *trial) bareNats(dir, self string, args ...string) *bareNats {
	x.t.Helper()
	n := &bareNats{x: x, dir: dir, self: self, port: testkit.Port(x.t), args: args}
	require.NoError(x.t, os.MkdirAll(dir, 0o700))
	require.NoError(x.t, os.WriteFile(filepath.Join(dir, "token"), []byte(bareToken), 0o600))
	file, err := os.OpenFile(filepath.Join(dir, "token"), os.O_RDWR, 0)
	require.NoError(x.t, err)
	require.NoError(x.t, file.Sync())
	require.NoError(x.t, file.Close())
	n.start()
	return n
}

func (n *bareNats) URL() string { return fmt.Sprint("nats://127.0.0.1:", n.port) }

// start returns when clients can connect.
func (n *bareNats) start() {
	n.x.t.Helper()
	n.run = runWithInput(n.x.t, n.self, append(n.args, "--dir", n.dir, "--port", strconv.Itoa(n.port))...)
	testkit.Eventually(n.x.t, func() bool {
		conn, err := nats.Connect(n.URL(), nats.Token(bareToken))
		if err == nil {
			conn.Close()
		}
		return err == nil || n.run.ended()
	}, "nats-server is up")
	n.run.stillRuns()
}

func (n *bareNats) kill() {
	_ = n.run.cmd.Process.Kill() // already gone is as good
	<-n.run.done
}

// runWithInput starts a program whose standard input stays open: its end would tell it that nobody needs it.
func runWithInput(t testingT, program string, args ...string) *process {
	return start(t, func(cmd *exec.Cmd) error {
		_, err := cmd.StdinPipe()
		return err
	}, nil, program, args...)
}

// lazyNats is that server.
func lazyNats(args []string) int {
	port, err := strconv.Atoi(args[3])
	if err != nil {
		return 1
	}
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: port, Authorization: bareToken, JetStream: true, StoreDir: args[1], NoSigs: true, NoLog: true,
	})
	if err != nil {
		return 1
	}
	s.Start()
	_, _ = io.Copy(io.Discard, os.Stdin)
	s.Shutdown()
	return 0
}

// natsLosesPower cuts the power of the disk under nats-server, again and again at random times.
func natsLosesPower(x *trial) {
	disk := x.disk()
	dir := filepath.Join(disk.dir, "nats")
	x.controlOfNats(disk)
	w := x.raise(ground{bareNats: dir})
	x.mustFire("the power under nats-server was cut", cuts)
	l := w.load(x.volume)
	undone := 0
	every := time.Duration(x.volume.seconds) * time.Second / cuts
	for range cuts {
		pause(x.t.Context(), time.Duration(x.random.Int64N(int64(every))))
		disk.fs.Off()
		w.bare.kill()
		undone += disk.on(x)
		x.fired("the power under nats-server was cut")
		w.bare.start()
		w.up(l, time.Now())
	}
	w.holds(l)
	x.note("%d writes undone", undone)
}

// controlOfNats shows that the disk forgets: with nats-server's default sync, what was acknowledged is gone after a cut.
func (x *trial) controlOfNats(disk *disk) {
	x.t.Helper()
	self, err := os.Executable()
	require.NoError(x.t, err)
	n := x.bareNats(filepath.Join(disk.dir, "lazy"), self, lazy)
	acked := x.publishPlain(n)
	disk.fs.Off()
	n.kill()
	disk.on(x)
	n.start()
	left := uint64(0)
	if stream, err := x.jetstream(n).Stream(x.t.Context(), "control"); err == nil {
		left = stream.CachedInfo().State.Msgs
	}
	n.kill()
	x.note("control, default sync: %d acknowledged, %d left", acked, left)
	require.Less(x.t, left, uint64(acked), "the control must show a loss, or the disk does not forget") //nolint:gosec // a count
}

func (x *trial) jetstream(n *bareNats) jetstream.JetStream {
	conn, err := nats.Connect(n.URL(), nats.Token(bareToken))
	require.NoError(x.t, err)
	x.t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	require.NoError(x.t, err)
	return js
}

// publishPlain publishes messages, and returns how many were acknowledged.
func (x *trial) publishPlain(n *bareNats) int {
	const messages = 2000
	js := x.jetstream(n)
	_, err := js.CreateStream(x.t.Context(), jetstream.StreamConfig{Name: "control", Subjects: []string{"control.>"}})
	require.NoError(x.t, err)
	for i := range messages {
		_, err := js.Publish(x.t.Context(), fmt.Sprint("control.", i), []byte("what was acknowledged"))
		require.NoError(x.t, err)
	}
	return messages
}

// mongodLosesPower cuts the power under mongod, and every other time that of nats-server with it.
func mongodLosesPower(x *trial) {
	disk, other := x.disk(), x.disk()
	x.controlOfMongod(disk)
	w := x.raise(ground{mongoDir: filepath.Join(disk.dir, "mongod"), bareNats: filepath.Join(other.dir, "nats")})
	x.mustFire("the power under mongod was cut", cuts/2)
	x.mustFire("the power under both was cut", cuts/2)
	l := w.load(x.volume)
	undone := 0
	every := time.Duration(x.volume.seconds) * time.Second / cuts
	for n := range cuts {
		pause(x.t.Context(), time.Duration(x.random.Int64N(int64(every))))
		disk.fs.Off()
		if n%2 == 0 {
			w.mongod.Kill()
			x.fired("the power under mongod was cut")
		} else {
			other.fs.Off()
			w.mongod.Kill()
			w.bare.kill()
			undone += other.on(x)
			w.bare.start()
			x.fired("the power under both was cut")
		}
		undone += disk.on(x)
		require.NoError(x.t, w.mongod.Restart(x.t.Context()))
		w.up(l, time.Now())
	}
	w.holds(l)
	x.note("%d writes undone", undone)
}

// controlOfMongod prints what is left of writes that nobody waited for to be on disk.
func (x *trial) controlOfMongod(disk *disk) {
	x.t.Helper()
	const documents = 2000
	m, err := mongod.Start(x.t.Context(), mongod.Options{Dir: filepath.Join(disk.dir, "control"), Logger: warnings(x)})
	require.NoError(x.t, err)
	client, err := mongo.Connect(options.Client().ApplyURI(m.URI()).SetWriteConcern(&writeconcern.WriteConcern{W: 1, Journal: new(false)}))
	require.NoError(x.t, err)
	c := client.Database("control").Collection("documents")
	for i := range documents {
		_, err := c.InsertOne(x.t.Context(), bson.M{"_id": i})
		require.NoError(x.t, err)
	}
	disk.fs.Off()
	m.Kill()
	disk.on(x)
	require.NoError(x.t, m.Restart(x.t.Context()))
	left, err := c.CountDocuments(x.t.Context(), bson.M{})
	require.NoError(x.t, err)
	x.note("control, w:1 j:false: %d acknowledged, %d left", documents, left)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(x.t.Context()), callMax)
	defer cancel()
	require.NoError(x.t, client.Disconnect(ctx))
	require.NoError(x.t, m.Stop())
}

// natsArgs are how the house's binary is called to be a nats-server.
func natsArgs() []string { return strings.Fields(natsd.Command) }
