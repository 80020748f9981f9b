package mongod

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

var (
	errDied      = errors.New("mongod ended while it was starting")
	errPortTaken = errors.New("port is taken")
	// errTooEarly: mongod 6.0 may abort when its set is made while it has not yet read the version of its own data. The
	// data is whole, and the next start goes on.
	errTooEarly = errors.New("it was not ready for its replica set")
)

// child is one run of the mongod process.
type child struct {
	pid     int
	process *os.Process
	done    chan struct{} // closed when the process has been waited for
}

// spawn starts the process. One goroutine on a thread of its own starts it and waits for it: the kernel's parent-death
// signal belongs to the starting thread, so that thread must not end before the child.
func spawn(ctx context.Context, options Options, port int) (*child, error) {
	if err := keepOneLog(options.Dir); err != nil {
		return nil, err
	}
	// The server outlives the call, so the end of ctx must not end it.
	cmd := exec.CommandContext(context.WithoutCancel(ctx), options.Binary, arguments(options, port)...)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.SysProcAttr = attributes()
	started := make(chan error, 1)
	c := &child{done: make(chan struct{})}
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if err == nil {
			c.pid, c.process = cmd.Process.Pid, cmd.Process
		}
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is read from the log
			close(c.done)
		}
	}()
	if err := <-started; err != nil {
		return nil, errors.Join(fmt.Errorf("run %s: %w", options.Binary, err), missingLibraries(ctx, options.Binary))
	}
	return c, nil
}

// arguments are the flags of a private server: loopback only, durable, small, quick to stop.
func arguments(options Options, port int) []string {
	return append([]string{
		"--dbpath", options.Dir,
		"--port", strconv.Itoa(port),
		"--bind_ip", "127.0.0.1",
		"--nounixsocket",
		"--replSet", replicaSet,
		"--oplogSize", oplogMiB,
		"--wiredTigerCacheSizeGB", cacheGiB,
		"--quiet", "--logappend", "--logpath", filepath.Join(options.Dir, "mongod.log"),
		"--setParameter", "diagnosticDataCollectionEnabled=false",
		// A primary would wait 15 s for its electors; this one has none.
		"--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100",
	}, options.ExtraArgs...)
}

// keepOneLog sets the log of the last run aside, so that a start's faults are read from its own log.
func keepOneLog(dir string) error {
	path := filepath.Join(dir, "mongod.log")
	if err := os.Rename(path, path+".1"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("set the old log aside: %w", err)
	}
	return nil
}

// stop ends the process cleanly, by force after the timeout, and waits until it is gone.
func (c *child) stop(timeout time.Duration) {
	_ = c.signal(syscall.SIGTERM) // already gone is as good
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-c.done:
	case <-timer.C:
		c.kill()
	}
}

// kill ends the process by force and waits until it is gone.
func (c *child) kill() {
	_ = c.process.Kill() // already gone is as good
	<-c.done
}

func (c *child) signal(signal syscall.Signal) error { return c.process.Signal(signal) }
