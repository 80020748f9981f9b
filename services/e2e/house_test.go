package e2e

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// runMax ends a process that does not end by itself; the slowest here takes a third of it on a very busy machine.
const runMax = 20 * time.Minute

// Programmes of the repository, as they are shipped.
const (
	plain     = "../../deploy/programmes/cdnow.yaml"
	withTiers = "../../deploy/programmes/cdnow-tiers.yaml"
)

// house is one data directory and all that runs in it.
type house struct {
	t    *testing.T
	data string // of mongod and nats-server
	home string // where laurel writes for people
	env  []string
	in   io.Reader // standard input of what is started; nil: none
}

func newHouse(t *testing.T) *house {
	t.Helper()
	dir := t.TempDir()
	t.Cleanup(func() { // the servers of a house that was killed end a little later than it, and write meanwhile
		testkit.Eventually(t, func() bool { return os.RemoveAll(dir) == nil }, "nobody writes into the house any more")
	})
	h := &house{t: t, data: filepath.Join(dir, "books"), home: filepath.Join(dir, "home")}
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "LAUREL_MONGOD"} {
		if value, set := os.LookupEnv(name); set {
			h.env = append(h.env, name+"="+value)
		}
	}
	return h
}

// replay is the command line of a replay into the house.
type replay struct {
	orders, programme, until string
	flags                    []string
	fault                    string // LAUREL_FAULT; needs the faulty binary
}

func (h *house) args(r replay) []string {
	args := []string{"replay", "--orders", r.orders, "--programme", r.programme, "--home", h.home, "--summary", h.summaryFile()}
	if !slices.Contains(r.flags, "--data") {
		args = append(args, "--data", h.data)
	}
	if r.until != "" {
		args = append(args, "--until", r.until)
	}
	return append(args, r.flags...)
}

func (h *house) summaryFile() string { return filepath.Join(h.home, "summary.json") }

// replay runs a replay to its end.
func (h *house) replay(r replay) outcome {
	h.t.Helper()
	return h.start(r).wait()
}

// start begins a replay.
func (h *house) start(r replay) *process {
	h.t.Helper()
	if r.fault == "" {
		return h.run(programs.laurel, h.args(r)...)
	}
	h.env = append(h.env, "LAUREL_FAULT="+r.fault)
	defer func() { h.env = h.env[:len(h.env)-1] }()
	return h.run(programs.faulty, h.args(r)...)
}

// process is a program that runs; it is killed when the test ends before it.
type process struct {
	t        *testing.T
	cmd      *exec.Cmd
	out, err testkit.Output
	done     chan struct{} // closed when it has been waited for
}

// run starts a program.
func (h *house) run(program string, args ...string) *process {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), runMax)
	p := &process{t: h.t, cmd: exec.CommandContext(ctx, program, args...), done: make(chan struct{})}
	p.cmd.Env, p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr, p.cmd.SysProcAttr = h.env, h.in, &p.out, &p.err, attributes()
	started := make(chan error, 1)
	go func() {
		defer close(p.done)
		defer cancel()
		runtime.LockOSThread() // the program would end with the thread that started it
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait() // how it ended is read from ProcessState
		}
	}()
	require.NoError(h.t, <-started)
	h.t.Cleanup(func() {
		cancel()
		<-p.done
	})
	return p
}

// signal sends a signal to the process alone.
func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); !errors.Is(err, os.ErrProcessDone) {
		require.NoError(p.t, err)
	}
}

// ended tells whether the process is gone.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// outcome is how a process ended and what it said.
type outcome struct {
	code     int // -1: a signal ended it
	signal   syscall.Signal
	out, err string
}

func (p *process) wait() outcome {
	p.t.Helper()
	<-p.done
	o := outcome{code: p.cmd.ProcessState.ExitCode(), out: p.out.String(), err: p.err.String()}
	if status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		o.signal = status.Signal()
	}
	return o
}

// String is shown when a test fails.
func (o outcome) String() string { return strings.TrimSpace(o.err + "\n" + o.out) }

// write puts a file into the test's own directory.
func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}
