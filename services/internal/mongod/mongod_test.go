package mongod

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.uber.org/goleak"
)

// parentEnv makes this test binary a parent that starts a server and then waits to be killed.
const parentEnv = "LAUREL_TEST_MONGOD_PARENT"

func TestMain(m *testing.M) {
	if dir := os.Getenv(parentEnv); dir != "" {
		parent(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

func parent(dir string) {
	if _, err := Start(context.Background(), Options{Dir: dir}); err != nil {
		println(err.Error())
		os.Exit(1)
	}
	println("started")
	select {}
}

func optionsFor(t *testing.T, dir string) Options {
	t.Helper()
	_, err := Find()
	require.NoError(t, err, "this test starts a mongod of its own: run `make test`, which fetches one")
	return Options{Dir: dir, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))}
}

func start(t *testing.T, options Options) *Server {
	t.Helper()
	s, err := Start(t.Context(), options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop()) })
	return s
}

// with runs a deed on the server and disconnects at once: a client that outlives its server waits long for it.
func with(t *testing.T, uri string, deed func(rows *mongo.Collection) error) {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	require.NoError(t, err)
	require.NoError(t, deed(client.Database("test").Collection("rows")))
	require.NoError(t, client.Disconnect(t.Context()))
}

func insert(t *testing.T, uri, id string) {
	t.Helper()
	with(t, uri, func(rows *mongo.Collection) error {
		_, err := rows.InsertOne(t.Context(), bson.D{{Key: "_id", Value: id}})
		return err
	})
}

func count(t *testing.T, uri string) int64 {
	t.Helper()
	var rows int64
	with(t, uri, func(collection *mongo.Collection) error {
		n, err := collection.CountDocuments(t.Context(), bson.D{})
		rows = n
		return err
	})
	return rows
}

func TestKeepsWhatWasWrittenOverKillRestartAndStop(t *testing.T) {
	t.Parallel()
	opts := optionsFor(t, t.TempDir())
	s := start(t, opts)
	uri := s.URI()
	insert(t, uri, "before the kill")

	s.Kill()
	<-s.Done()
	require.NoError(t, s.Restart(t.Context()))
	require.Equal(t, uri, s.URI(), "the port stays")
	require.EqualValues(t, 1, count(t, uri))

	insert(t, uri, "before the stop")
	require.NoError(t, s.Stop())
	require.NoError(t, s.Stop(), "a second stop does nothing")
	require.ErrorIs(t, s.Restart(t.Context()), ErrStopped)

	again := start(t, opts)
	require.Equal(t, uri, again.URI())
	require.EqualValues(t, 2, count(t, again.URI()))
}

func TestMovesTheReplicaSetWhenItsPortIsTaken(t *testing.T) {
	t.Parallel()
	opts := optionsFor(t, t.TempDir())
	first, err := Start(t.Context(), opts)
	require.NoError(t, err)
	insert(t, first.URI(), "row")
	require.NoError(t, first.Stop())

	occupy(t, readRecord(opts.Dir).Port)
	second := start(t, opts)
	require.NotEqual(t, first.URI(), second.URI())
	require.EqualValues(t, 1, count(t, second.URI()))
	insert(t, second.URI(), "another row")
}

// TestStartsAgainWhatWasAskedTooEarly has a server abort once as mongod 6.0 does when its set is made too early.
func TestStartsAgainWhatWasAskedTooEarly(t *testing.T) {
	t.Parallel()
	opts := optionsFor(t, t.TempDir())
	binary, err := Find()
	require.NoError(t, err)
	opts.Binary = filepath.Join(t.TempDir(), "mongod")
	script := fmt.Sprintf("#!/bin/sh\nif mkdir %[1]s.once 2>/dev/null; then\n\techo 'Invariant failure isVersionInitialized()' >%[2]s/mongod.log\n"+
		"\texit 14\nfi\nexec %[3]s \"$@\"\n", opts.Binary, opts.Dir, binary)
	require.NoError(t, os.WriteFile(opts.Binary, []byte(script), 0o700))
	s := start(t, opts)
	require.DirExists(t, opts.Binary+".once")
	insert(t, s.URI(), "row")
}

// TestDoesNotTakeAnotherServerForItsOwn has a server begin on a port where another one listens already: it must not
// believe what that one answers, nor alter it.
func TestDoesNotTakeAnotherServerForItsOwn(t *testing.T) {
	t.Parallel()
	first := start(t, optionsFor(t, t.TempDir()))
	insert(t, first.URI(), "row")
	opts, err := complete(optionsFor(t, t.TempDir()))
	require.NoError(t, err)
	lock, err := lockDir(opts.Dir)
	require.NoError(t, err)
	second := &Server{options: opts, lock: lock, port: first.port}
	t.Cleanup(func() { require.NoError(t, second.Stop()) })
	require.ErrorIs(t, second.start(t.Context()), errPortTaken)
	require.NoError(t, awaitPrimary(t.Context(), first.child.pid, first.port))
	require.ErrorIs(t, awaitPrimary(t.Context(), first.child.pid+1, first.port), errPortTaken)
	require.EqualValues(t, 1, count(t, first.URI()))
}

// occupy holds a port and hangs up on everybody.
func occupy(t *testing.T, port int) {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:"+strconv.Itoa(port))
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		require.NoError(t, listener.Close())
		<-done
	})
}

func TestRefusesADirectoryThatIsInUse(t *testing.T) {
	t.Parallel()
	opts := optionsFor(t, t.TempDir())
	start(t, opts)
	_, err := Start(t.Context(), opts)
	require.ErrorContains(t, err, "in use by another process")
}

func TestStopsWhatAKilledParentLeftBehind(t *testing.T) {
	t.Parallel()
	opts := optionsFor(t, t.TempDir())
	pid := killedParent(t, opts.Dir)

	s := start(t, opts)
	require.False(t, serves(pid, opts.Dir), "the orphan is gone")
	insert(t, s.URI(), "row")
}

// killedParent starts a server under another process, kills that process, and returns the server's process id.
func killedParent(t *testing.T, dir string) int {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), parentEnv+"="+dir)
	out, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	said := make([]byte, 64)
	n, err := out.Read(said)
	require.NoError(t, err)
	require.Equal(t, "started", strings.TrimSpace(string(said[:n])))
	pid := readRecord(dir).PID
	require.True(t, serves(pid, dir))
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())
	return pid
}

func TestStopsAnOrphanThatIgnoresItsParentsDeath(t *testing.T) {
	t.Parallel()
	opts := optionsFor(t, t.TempDir())
	s := start(t, opts)
	require.NoError(t, s.Signal(syscall.SIGSTOP)) // deaf to SIGTERM, as a hanging server is

	impatient := s.options
	impatient.patience = 100 * time.Millisecond
	require.NoError(t, stopOrphan(t.Context(), readRecord(opts.Dir), impatient))
	<-s.Done()
}

func TestLeavesAForeignProcessAlone(t *testing.T) {
	t.Parallel()
	own := record{PID: os.Getpid()} // the id was used again by somebody who is no server
	require.NoError(t, stopOrphan(t.Context(), own, Options{Dir: t.TempDir(), Logger: slog.Default()}))
}

func TestSaysWhyAServerDidNotStart(t *testing.T) {
	t.Parallel()
	t.Run("a flag that the binary does not know", func(t *testing.T) {
		t.Parallel()
		opts := optionsFor(t, t.TempDir())
		opts.ExtraArgs = []string{"--setParameter", "noSuchParameter=1"}
		_, err := Start(t.Context(), opts)
		require.ErrorIs(t, err, errDied)
	})
	t.Run("no such binary", func(t *testing.T) {
		t.Parallel()
		_, err := Start(t.Context(), Options{Dir: t.TempDir(), Binary: filepath.Join(t.TempDir(), "mongod")})
		require.ErrorIs(t, err, os.ErrNotExist)
	})
	t.Run("data files that are damaged", func(t *testing.T) {
		t.Parallel()
		opts := optionsFor(t, t.TempDir())
		require.NoError(t, os.WriteFile(filepath.Join(opts.Dir, "storage.bson"), []byte("damaged"), 0o600))
		_, err := Start(t.Context(), opts)
		require.ErrorIs(t, err, errDied)
		require.ErrorContains(t, err, "mongod.log says")
	})
}

func TestAroundRunsACommandOnItsOwnServer(t *testing.T) {
	t.Parallel()
	opts := optionsFor(t, t.TempDir())
	out := filepath.Join(t.TempDir(), "out")
	script := `echo "$MONGODB_URI $LAUREL_MONGOD" > ` + strconv.Quote(out) + `; exit 7`
	code, err := Around(t.Context(), opts, []string{"sh", "-c", script})
	require.NoError(t, err)
	require.Equal(t, 7, code)
	said, err := os.ReadFile(out)
	require.NoError(t, err)
	require.Regexp(t, `^mongodb://127\.0\.0\.1:\d+/\?replicaSet=laurel /.*mongod`, string(said))
	last := readRecord(opts.Dir)
	require.Zero(t, last.PID)
	require.True(t, portFree(last.Port), "the server is stopped")
}

func TestAroundLetsTheCommandStopInItsOwnTime(t *testing.T) {
	t.Parallel()
	opts := optionsFor(t, t.TempDir())
	ctx, interrupt := signal.NotifyContext(t.Context(), syscall.SIGUSR1)
	defer interrupt()
	script := `trap 'exit 9' TERM; kill -USR1 $PPID; while :; do sleep 0.05; done`
	code, err := Around(ctx, opts, []string{"sh", "-c", script})
	require.NoError(t, err)
	require.Equal(t, 9, code)
}
