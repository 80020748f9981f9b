package faults

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// process is a program that runs; it is killed when the trial ends before it.
type process struct {
	t        testingT
	cmd      *exec.Cmd
	out, err testkit.Output
	done     chan struct{} // closed when it has been waited for
}

// testingT is what a process needs of a test.
type testingT interface {
	require.TestingT
	Context() context.Context
	Cleanup(f func())
	Helper()
	Fatalf(format string, args ...any)
}

// run starts a program with so much more in its environment.
func run(t testingT, env []string, program string, args ...string) *process {
	t.Helper()
	return start(t, func(*exec.Cmd) error { return nil }, env, program, args...)
}

func start(t testingT, prepare func(*exec.Cmd) error, env []string, program string, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	p := &process{t: t, cmd: exec.CommandContext(ctx, program, args...), done: make(chan struct{})}
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr, p.cmd.SysProcAttr = append(os.Environ(), env...), &p.out, &p.err, attributes()
	require.NoError(t, prepare(p.cmd))
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
	require.NoError(t, <-started)
	t.Cleanup(func() {
		cancel()
		<-p.done
	})
	return p
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// stillRuns fails the trial if the program has ended, with what it has said last.
func (p *process) stillRuns() {
	p.t.Helper()
	if p.ended() {
		p.t.Fatalf("it has ended, %s:\n%s", p.cmd.ProcessState, p.lastWords())
	}
}

// lastWords are the end of what it has logged.
func (p *process) lastWords() string {
	const shown = 4000
	text := p.err.String()
	return text[max(0, len(text)-shown):]
}

// killed tells whether kill -9 has ended it.
func (p *process) killed() bool {
	status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// stop ends the program in order, and returns how long it took.
func (p *process) stop() time.Duration {
	began := time.Now()
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // gone already is as good
	<-p.done
	return time.Since(began)
}
