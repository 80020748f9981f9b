package natsd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// How the parent polls for what another process must do first.
const (
	pollEvery = 10 * time.Millisecond
	lockMax   = 10 * time.Second // until a directory that is in use is an error: an orphan may be dying just now
)

// child is one run of the process.
type child struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has been waited for
}

// spawn starts the process. One goroutine on a thread of its own starts it and waits for it: the kernel's
// parent-death signal belongs to the starting thread, so that thread must live as long as the child.
func spawn(ctx context.Context, options Options, port int, lock *os.File) (*child, error) {
	if err := os.Remove(readyPath(options.Dir)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("start nats-server: %w", err)
	}
	ctx = context.WithoutCancel(ctx) // it outlives the call
	cmd := exec.CommandContext(ctx, options.Self, Command, "--dir", options.Dir, "--port", strconv.Itoa(port),
		"--soft-limit-mib", strconv.Itoa(softLimitMiB), "--hard-limit-mib", strconv.Itoa(hardLimitMiB))
	cmd.Stderr = &lineLogger{log: options.Logger}
	cmd.ExtraFiles = []*os.File{lock} // inherited: the directory stays locked while the child lives, whoever dies first
	cmd.SysProcAttr = attributes()
	cmd.WaitDelay = stopMax
	if _, err := cmd.StdinPipe(); err != nil { // its end tells the child that we are gone, where the kernel does not
		return nil, fmt.Errorf("start nats-server: %w", err)
	}
	c := &child{cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is read from ProcessState
			close(c.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start nats-server: %w", err)
	}
	return c, nil
}

func (c *child) pid() int { return c.cmd.Process.Pid }

// ready is what the child writes once clients can connect.
type ready struct {
	PID  int `json:"pid"`
	Port int `json:"port"`
}

// awaitReady waits for the child's ready file and returns the port.
func (c *child) awaitReady(ctx context.Context, path string) (int, error) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		var r ready
		raw, err := os.ReadFile(path)
		if err == nil && json.Unmarshal(raw, &r) == nil && r.PID == c.pid() {
			return r.Port, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 0, fmt.Errorf("wait for nats-server: %w", ctx.Err())
		case <-c.done:
			if c.cmd.ProcessState.ExitCode() == exitRefused {
				return 0, fmt.Errorf("%w: its log says why", ErrRefused)
			}
			return 0, fmt.Errorf("nats-server died while it was starting: %s", c.outcome())
		}
	}
}

// outcome tells how a child that is gone ended.
func (c *child) outcome() string { return c.cmd.ProcessState.String() }

// stop ends the process cleanly, by force after the limit, and waits until it is gone.
func (c *child) stop(limit time.Duration) {
	_ = c.cmd.Process.Signal(syscall.SIGTERM) // already gone is as good
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-c.done:
	case <-timer.C:
		c.kill()
	}
}

// kill ends the process by force and waits until it is gone.
func (c *child) kill() {
	_ = c.cmd.Process.Kill() // already gone is as good
	<-c.done
}

// lockDir takes the directory for us and our child. The kernel frees the lock when both are gone.
func lockDir(ctx context.Context, dir string) (*os.File, error) {
	ctx, cancel := context.WithTimeout(ctx, lockMax)
	defer cancel()
	file, err := os.OpenFile(dir+"/laurel.lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock of nats-server: %w", err)
	}
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return file, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			busy := fmt.Errorf("%s is in use by another process; stop it or give another directory: %w", dir, err)
			return nil, errors.Join(busy, file.Close())
		}
	}
}

// lineLogger turns the child's error output into log lines. It keeps at most one unfinished line of lineMax bytes.
type lineLogger struct {
	log  *slog.Logger
	rest []byte
}

const lineMax = 16 << 10 // a crash prints long stacks; its lines are short

func (l *lineLogger) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	for {
		line, rest, found := bytes.Cut(l.rest, []byte("\n"))
		if !found && len(l.rest) < lineMax {
			return len(p), nil
		}
		l.print(string(line))
		l.rest = rest
	}
}

// print gives a line the level that the child put before it; what has none comes from a crash.
func (l *lineLogger) print(line string) {
	const says = "nats-server says"
	if text, ok := strings.CutPrefix(line, levelNote); ok {
		l.log.Debug(says, "line", text)
		return
	}
	if text, ok := strings.CutPrefix(line, levelWarn); ok {
		l.log.Warn(says, "line", text)
		return
	}
	l.log.Error(says, "line", strings.TrimPrefix(line, levelError))
}
