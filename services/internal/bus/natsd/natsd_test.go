package natsd

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// The test binary stands in for the laurel binary, and for two whose stores are damaged: a file of one of these names
// in the store makes the child behave as nats-server did on a damaged block.
const (
	hangs   = "HANGS"
	crashes = "CRASHES"
	parent  = "natsd-test-parent" // subcommand: starts a server, says where, and waits to be killed
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == Command {
		os.Exit(stand(os.Args[2:]))
	}
	if len(os.Args) > 1 && os.Args[1] == parent {
		os.Exit(beParent(os.Args[2]))
	}
	goleak.VerifyTestMain(m)
}

func stand(args []string) int {
	store := storePath(args[1])
	if _, err := os.Stat(filepath.Join(store, hangs)); err == nil {
		select {}
	}
	if _, err := os.Stat(filepath.Join(store, crashes)); err == nil {
		panic("damaged store")
	}
	return Main(args)
}

func beParent(dir string) int {
	self, err := os.Executable()
	if err != nil {
		return 1
	}
	s, err := Start(context.Background(), Options{Self: self, Dir: dir, Logger: quiet()})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println(s.PID())
	select {}
}

// startServer starts a child in dir that ends with the test.
func startServer(t *testing.T, options Options) *Server {
	t.Helper()
	s, err := Start(t.Context(), complete(t, options))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop()) })
	return s
}

func complete(t *testing.T, options Options) Options {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	options.Self, options.Logger = self, testkit.Logger(t)
	if options.Dir == "" {
		options.Dir = t.TempDir()
	}
	return options
}

// stream returns a handle on the test's stream, made if needed, over a connection of its own.
func stream(t *testing.T, s *Server) (jetstream.JetStream, jetstream.Stream) {
	t.Helper()
	conn, err := nats.Connect(s.URL(), nats.Token(s.Token()))
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	st, err := js.CreateOrUpdateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}})
	require.NoError(t, err)
	return js, st
}

func messages(t *testing.T, s *Server) uint64 {
	t.Helper()
	_, st := stream(t, s)
	info, err := st.Info(t.Context())
	require.NoError(t, err)
	return info.State.Msgs
}

func TestReadyServerTakesClientsWithItsTokenOnly(t *testing.T) {
	t.Parallel()
	s := startServer(t, Options{})
	require.Zero(t, messages(t, s))
	_, err := nats.Connect(s.URL(), nats.Token("wrong"))
	require.ErrorIs(t, err, nats.ErrAuthorization)
	_, err = nats.Connect(s.URL())
	require.ErrorIs(t, err, nats.ErrAuthorization)
	require.Contains(t, s.URL(), "nats://127.0.0.1:")
}

func TestKilledServerComesBackOnTheSamePortWithItsStream(t *testing.T) {
	t.Parallel()
	s := startServer(t, Options{})
	js, _ := stream(t, s)
	_, err := js.Publish(t.Context(), "s.1", []byte("kept"))
	require.NoError(t, err)
	url, pid := s.URL(), s.PID()
	s.Kill()
	testkit.Eventually(t, func() bool { return s.PID() != pid }, "a new process")
	require.Equal(t, url, s.URL())
	require.Equal(t, uint64(1), messages(t, s))
}

func TestStopKeepsTheStoreAndFreesTheDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := startServer(t, Options{Dir: dir, Token: "chosen"})
	require.Equal(t, "chosen", s.Token())
	js, _ := stream(t, s)
	_, err := js.Publish(t.Context(), "s.1", []byte("kept"))
	require.NoError(t, err)
	require.NoError(t, s.Stop())
	require.NoError(t, s.Stop(), "stopped twice")
	require.Equal(t, uint64(1), messages(t, startServer(t, Options{Dir: dir})))
}

func TestDirectoryInUseIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	startServer(t, Options{Dir: dir})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := Start(ctx, complete(t, Options{Dir: dir}))
	require.ErrorContains(t, err, "in use by another process")
}

func TestTakenPortIsRefusedAndTheStoreStays(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, taken.Close()) }()
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(storePath(dir), 0o700))
	_, err = Start(t.Context(), complete(t, Options{Dir: dir, Port: taken.Addr().(*net.TCPAddr).Port}))
	require.ErrorIs(t, err, ErrRefused)
	require.Empty(t, asides(t, dir))
}

func TestStoreThatDoesNotBecomeReadyIsSetAside(t *testing.T) {
	for _, damage := range []string{hangs, crashes} {
		t.Run(damage, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			require.NoError(t, os.MkdirAll(storePath(dir), 0o700))
			require.NoError(t, os.WriteFile(filepath.Join(storePath(dir), damage), nil, 0o600))
			options := Options{Dir: dir}
			if damage == hangs {
				options.patience = 5 * time.Second
			}
			require.Zero(t, messages(t, startServer(t, options)))
			require.Len(t, asides(t, dir), 1)
			require.FileExists(t, filepath.Join(asides(t, dir)[0], damage), "the damaged store is kept")
		})
	}
}

func asides(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(storePath(dir) + ".set-aside-*")
	require.NoError(t, err)
	return found
}

func TestChildDiesWithAParentThatIsKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, parent, dir)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	require.NoError(t, err, "got %q, want a process id", line)
	require.NoError(t, syscall.Kill(pid, 0), "the child runs")
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())
	testkit.Eventually(t, func() bool { return syscall.Kill(pid, 0) != nil || zombie(pid) }, "the child ended")
	startServer(t, Options{Dir: dir}) // the directory is free again
}

// zombie tells whether a process has ended and only waits for a parent, init, to notice.
func zombie(pid int) bool {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(raw), ") Z ")
}

func TestAddressSpaceIsLimited(t *testing.T) {
	t.Parallel()
	s := startServer(t, Options{})
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", s.PID()))
	if err != nil {
		t.Skip("no /proc on this system")
	}
	require.Regexp(t, fmt.Sprintf(`Max address space\s+%d\s`, hardLimitMiB<<20), string(raw))
}

func TestBrokenArgumentsAreRefused(t *testing.T) {
	t.Parallel()
	require.Equal(t, exitRefused, Main([]string{"--no-such-flag"}))
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
