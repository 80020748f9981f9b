// Package natsd runs nats-server as a child process of this very binary: a damaged stream can make it hang or eat all
// memory at start, and that must not take the services with it. The child has a memory limit, is started again when
// it dies, and ends with its parent.
// It owns the process and its directory; streams and connections are bus's.
package natsd

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// Command is the hidden subcommand under which the binary must call Main.
const Command = "nats-server"

// Limits of the child.
const (
	readyMax     = 30 * time.Second // until it must be ready; then it is started again, and then the store is set aside
	stopMax      = 10 * time.Second // until a stop is made a kill
	softLimitMiB = 2048             // the garbage collector works harder from here on; a million accounts are some 1.1 GiB
	hardLimitMiB = 8192             // address space, two GiB of which are only reserved; beyond it the child dies, not the machine
	again        = time.Second      // between two tries to bring it back, once it has been up
)

// ErrRefused says that nats-server cannot run as asked (the port is taken, the directory cannot be written): starting
// again would not help, and the store is left as it is.
var ErrRefused = errors.New("nats-server refused to start")

// Options say where a server lives.
type Options struct {
	Self   string // path of this executable: os.Executable()
	Dir    string // made when absent; one server at a time
	Port   int    // 0: a free one, kept over restarts
	Token  string // what clients must show; empty: a random one
	Logger *slog.Logger

	patience time.Duration // instead of readyMax, in tests
}

// Server is a nats-server that is kept running until Stop. It is safe for many.
type Server struct {
	options Options
	lock    *os.File
	cancel  context.CancelFunc
	ended   chan struct{} // closed when the keeper has ended and the child with it

	mu    sync.Mutex
	child *child // the latest; it may have died
	port  int
}

// Start returns when the server is ready. If it is not within 30 s it is started again; if it then is not either, its
// store is set aside (renamed, kept) and it begins with an empty one, which readers notice as a bus that went back.
// ctx bounds the start only; the caller must Stop.
func Start(ctx context.Context, options Options) (*Server, error) {
	if options.patience == 0 {
		options.patience = readyMax
	}
	if options.Token == "" {
		options.Token = rand.Text()
	}
	if err := prepare(options); err != nil {
		return nil, err
	}
	lock, err := lockDir(ctx, options.Dir)
	if err != nil {
		return nil, err
	}
	keeping, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s := &Server{options: options, lock: lock, cancel: cancel, ended: make(chan struct{}), port: options.Port}
	if err := s.bringUp(ctx); err != nil {
		cancel()
		return nil, errors.Join(err, lock.Close())
	}
	go func() {
		defer close(s.ended)
		s.keep(keeping)
	}()
	return s, nil
}

// prepare makes the directory and writes the token where only this user can read it: a command line is public.
func prepare(options Options) error {
	if err := os.MkdirAll(options.Dir, 0o700); err != nil {
		return fmt.Errorf("make the directory of nats-server: %w", err)
	}
	if err := os.WriteFile(tokenPath(options.Dir), []byte(options.Token), 0o600); err != nil {
		return fmt.Errorf("write the token of nats-server: %w", err)
	}
	return nil
}

func tokenPath(dir string) string { return filepath.Join(dir, "token") }
func readyPath(dir string) string { return filepath.Join(dir, "ready.json") }
func storePath(dir string) string { return filepath.Join(dir, "jetstream") }

// URL is where clients connect; it stays the same over restarts.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return "nats://127.0.0.1:" + strconv.Itoa(s.port)
}

// Token is what clients must show.
func (s *Server) Token() string { return s.options.Token }

// PID is the process id of the latest child.
func (s *Server) PID() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.child.pid()
}

// Kill ends the child with SIGKILL, as a crash would, and waits until it is gone. It is started again. For tests.
func (s *Server) Kill() {
	s.mu.Lock()
	c := s.child
	s.mu.Unlock()
	c.kill()
}

// Stop ends the server, by force after 10 s, and frees the directory. A second call does nothing.
func (s *Server) Stop() error {
	s.cancel()
	<-s.ended
	if err := s.lock.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("free the directory of nats-server: %w", err)
	}
	return nil
}

// keep starts the child again whenever it dies, until ctx ends; then it stops it.
func (s *Server) keep(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			s.child.stop(stopMax)
			return
		case <-s.child.done:
		}
		s.options.Logger.Error("nats-server died; starting it again", "outcome", s.child.outcome())
		for {
			err := s.bringUp(ctx)
			if err == nil || ctx.Err() != nil {
				break
			}
			s.options.Logger.Error("nats-server does not come back", "error", err)
			pause(ctx, again)
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// bringUp starts the child, once more if it did not become ready, and a third time with an empty store.
func (s *Server) bringUp(ctx context.Context) error {
	var failed error
	for _, before := range []func() error{nothing, nothing, s.setAside} {
		if err := before(); err != nil {
			return errors.Join(failed, err)
		}
		err := s.startOnce(ctx)
		if err == nil || ctx.Err() != nil || errors.Is(err, ErrRefused) {
			return err
		}
		s.options.Logger.Error("nats-server did not become ready", "error", err)
		failed = errors.Join(failed, err)
	}
	return failed
}

func nothing() error { return nil }

// startOnce starts the child and waits until it is ready; if it is not in time it is killed.
func (s *Server) startOnce(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.options.patience)
	defer cancel()
	s.mu.Lock()
	port := s.port
	s.mu.Unlock()
	c, err := spawn(ctx, s.options, port, s.lock)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	port, err = c.awaitReady(ctx, readyPath(s.options.Dir))
	if err != nil {
		c.kill()
	}
	s.mu.Lock()
	s.child = c
	if err == nil {
		s.port = port
	}
	s.mu.Unlock()
	if err == nil {
		s.options.Logger.Info("nats-server is ready", "port", port, "pid", c.pid())
	}
	return err
}

// setAside renames the store, so that nothing is lost and somebody can look.
func (s *Server) setAside() error {
	store := storePath(s.options.Dir)
	for n := 1; ; n++ {
		aside := store + ".set-aside-" + strconv.Itoa(n)
		if _, err := os.Lstat(aside); err == nil {
			continue
		}
		if err := os.Rename(store, aside); err != nil {
			return fmt.Errorf("set the store of nats-server aside: %w", err)
		}
		s.options.Logger.Error("nats-server begins with an empty store; the damaged one is kept", "kept", aside)
		return nil
	}
}
