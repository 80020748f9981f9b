// Package mongod runs a private MongoDB server: a one-node replica set on a loopback port, as a child of this process.
// It owns the finding of the binary, the data directory's lock, start, stop and restart. What is stored there is the
// business of others; a deployment gives its own MONGODB_URI and never comes here.
package mongod

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Limits of a private server.
const (
	startTimeout = 5 * time.Minute // after a crash it replays its journal first, and a busy machine is slow
	stopTimeout  = 20 * time.Second
	startTries   = 3
	cacheGiB     = "1"
	oplogMiB     = "1024"
	replicaSet   = "laurel"
)

// ErrStopped answers Restart after Stop.
var ErrStopped = errors.New("mongod was stopped")

// Options say where a server lives.
type Options struct {
	Binary    string   // path of mongod; empty: Find
	Dir       string   // data directory, made when absent; one server at a time
	ExtraArgs []string // further flags, for tests: fail points, a smaller cache
	Logger    *slog.Logger

	patience time.Duration // how long a server may take to stop before it is killed
}

// Server is a running mongod. It is safe for use by many goroutines.
type Server struct {
	options Options
	lock    *os.File

	mu      sync.Mutex // guards what follows; held over start and stop, so that they do not overlap
	port    int
	child   *child // nil: not running
	stopped bool
}

// Start brings up a one-node replica set in options.Dir and returns when it is primary. A server that an earlier
// process left behind in that directory is stopped first; a directory that a living process holds is refused.
// The caller must call Stop. On Linux the server also ends when this process dies.
func Start(ctx context.Context, options Options) (*Server, error) {
	options, err := complete(options)
	if err != nil {
		return nil, err
	}
	lock, err := lockDir(options.Dir)
	if err != nil {
		return nil, err
	}
	s := &Server{options: options, lock: lock}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return s, nil
}

// complete fills in defaults and makes the directory.
func complete(options Options) (Options, error) {
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	if options.patience == 0 {
		options.patience = stopTimeout
	}
	if options.Binary == "" {
		binary, err := Find()
		if err != nil {
			return options, err
		}
		options.Binary = binary
	}
	dir, err := filepath.Abs(options.Dir)
	if err != nil {
		return options, fmt.Errorf("name the data directory %s: %w", options.Dir, err)
	}
	options.Dir = dir
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return options, fmt.Errorf("make the data directory: %w", err)
	}
	return options, nil
}

// open clears what an earlier process left and starts, on the recorded port if it is still free.
func (s *Server) open(ctx context.Context) error {
	last := readRecord(s.options.Dir)
	if err := stopOrphan(ctx, last, s.options); err != nil {
		return err
	}
	var errs []error
	for try := range startTries {
		port, err := freePort(last.Port, try)
		if err != nil {
			return err
		}
		s.port = port
		err = s.start(ctx)
		if err == nil {
			return nil
		}
		errs = append(errs, err)
		if ctx.Err() != nil || !errors.Is(err, errPortTaken) && !errors.Is(err, errTooEarly) {
			break
		}
	}
	return errors.Join(errs...)
}

// start runs the binary on s.port and waits until it is primary.
func (s *Server) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	child, err := spawn(ctx, s.options, s.port)
	if err != nil {
		return err
	}
	ready, stopWaiting := context.WithCancelCause(ctx)
	defer stopWaiting(nil)
	go func() { // ends with the wait: child.done or the deferred cancel
		select {
		case <-child.done:
			stopWaiting(errDied)
		case <-ready.Done():
		}
	}()
	if err := writeRecord(s.options.Dir, record{PID: child.pid, Port: s.port}); err != nil {
		child.kill()
		return err
	}
	if err := awaitPrimary(ready, child.pid, s.port); err != nil {
		died := errors.Is(context.Cause(ready), errDied)
		child.kill()
		if died {
			return diagnose(ctx, s.options)
		}
		return fmt.Errorf("start mongod in %s: %w", s.options.Dir, err)
	}
	s.child = child
	s.options.Logger.Info("mongod started", "port", s.port, "dir", s.options.Dir)
	return nil
}

// URI is the connection string; it stays the same over Kill and Restart.
func (s *Server) URI() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("mongodb://127.0.0.1:%d/?replicaSet=%s", s.port, replicaSet)
}

// Done is closed when the process that runs now has ended, whoever ended it.
func (s *Server) Done() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.child == nil {
		ended := make(chan struct{})
		close(ended)
		return ended
	}
	return s.child.done
}

// Stop ends the server cleanly, by force after 20 s, and frees the directory. A second call does nothing.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return nil
	}
	s.stopped = true
	if s.child != nil {
		s.child.stop(s.options.patience)
		s.child = nil
	}
	s.options.Logger.Info("mongod stopped", "dir", s.options.Dir)
	// The port is kept, so that a connection string in somebody's notes stays good.
	return errors.Join(writeRecord(s.options.Dir, record{Port: s.port}), s.lock.Close())
}

// Kill ends the server with SIGKILL, as a crash would, and waits until it is gone. For tests.
func (s *Server) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.child != nil {
		s.child.kill()
		s.child = nil
	}
}

// Signal sends a signal to the server, to pause it (SIGSTOP, SIGCONT) in tests.
func (s *Server) Signal(signal syscall.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.child == nil {
		return os.ErrProcessDone
	}
	return s.child.signal(signal)
}

// Restart stops the server if it runs, starts it again on the same port and returns when it is primary.
func (s *Server) Restart(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return ErrStopped
	}
	if s.child != nil {
		s.child.stop(s.options.patience)
		s.child = nil
	}
	return s.start(ctx)
}
