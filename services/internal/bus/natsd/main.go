package natsd

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// Exit codes of the child. A Go program that panics ends with 2.
const (
	exitDone    = 0
	exitRefused = 78 // it cannot run as asked; see ErrRefused
)

const (
	payloadMax = 1 << 20          // bytes of one message, headers included
	startMax   = 10 * time.Minute // the parent's patience ends long before
)

// Levels are what the child puts before its log lines, and the parent takes off again.
const (
	levelNote  = "[note] "
	levelWarn  = "[warn] "
	levelError = "[error] "
)

// Main is the child: it runs a nats-server in this process until SIGTERM, or until its standard input ends, and
// returns the exit code. The binary calls it for the subcommand Command, with the arguments behind that.
func Main(args []string) int {
	log := lineWriter{os.Stderr}
	if err := serve(args, log); err != nil {
		log.Errorf("%v", err)
		return exitRefused
	}
	return exitDone
}

func serve(args []string, log lineWriter) error {
	flags := flag.NewFlagSet(Command, flag.ContinueOnError)
	dir := flags.String("dir", "", "directory with the token and the store")
	port := flags.Int("port", 0, "port on loopback; 0 is a free one")
	soft := flags.Int64("soft-limit-mib", softLimitMiB, "memory from which on the garbage collector works harder, MiB")
	hard := flags.Uint64("hard-limit-mib", hardLimitMiB, "address space, MiB")
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("read arguments: %w", err)
	}
	debug.SetMemoryLimit(*soft << 20)
	if err := limitAddressSpace(*hard << 20); err != nil {
		return err
	}
	token, err := os.ReadFile(tokenPath(*dir))
	if err != nil {
		return fmt.Errorf("read the token: %w", err)
	}
	// Subscribed before the server starts, so that a stop during a long start is not lost.
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // its end, however it comes about, means that the parent is gone
		stop <- syscall.SIGTERM
	}()
	s, err := server.NewServer(options(*dir, *port, strings.TrimSpace(string(token))))
	if err != nil {
		return fmt.Errorf("make the server: %w", err)
	}
	s.SetLoggerV2(log, false, false, false)
	s.Start() // returns when the streams are recovered; what it cannot do it tells Fatalf
	if !s.ReadyForConnections(startMax) {
		return errors.New("the server does not listen")
	}
	if err := writeReady(*dir, s); err != nil {
		return err
	}
	<-stop
	s.Shutdown()
	s.WaitForShutdown()
	return nil
}

// options are those of a private server: loopback only, a token, and fsync before each ack. By default JetStream
// acknowledges two minutes before it syncs, and a power cut then takes what was acknowledged.
func options(dir string, port int, token string) *server.Options {
	if port == 0 {
		port = server.RANDOM_PORT
	}
	return &server.Options{
		ServerName: "laurel", Host: "127.0.0.1", Port: port, Authorization: token, NoSigs: true,
		MaxPayload: payloadMax, JetStream: true, StoreDir: dir, SyncAlways: true, DisableJetStreamBanner: true,
	}
}

// writeReady tells the parent that clients can connect. The rename makes the file appear whole.
func writeReady(dir string, s *server.Server) error {
	var port int
	if _, err := fmt.Sscanf(s.Addr().String(), "127.0.0.1:%d", &port); err != nil {
		return fmt.Errorf("read the port from %s: %w", s.Addr(), err)
	}
	raw, err := json.Marshal(ready{PID: os.Getpid(), Port: port})
	if err != nil {
		return fmt.Errorf("encode the ready file: %w", err)
	}
	part := readyPath(dir) + ".part"
	if err := os.WriteFile(part, raw, 0o600); err != nil {
		return fmt.Errorf("write the ready file: %w", err)
	}
	if err := os.Rename(part, readyPath(dir)); err != nil {
		return fmt.Errorf("write the ready file: %w", err)
	}
	return nil
}

// lineWriter is the server's logger: one line each, with its level before it.
type lineWriter struct{ out io.Writer }

func (w lineWriter) print(level, format string, args []any) {
	_, _ = fmt.Fprintln(w.out, level+strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", " "))
}

// Noticef prints a line.
func (w lineWriter) Noticef(format string, args ...any) { w.print(levelNote, format, args) }

// Warnf prints a line.
func (w lineWriter) Warnf(format string, args ...any) { w.print(levelWarn, format, args) }

// Errorf prints a line.
func (w lineWriter) Errorf(format string, args ...any) { w.print(levelError, format, args) }

// Fatalf prints a line and ends the process: the server calls it for what starting again does not cure.
func (w lineWriter) Fatalf(format string, args ...any) {
	w.Errorf(format, args...)
	os.Exit(exitRefused) //nolint:revive // the server counts on it: Fatalf does not return
}

// Debugf is switched off.
func (w lineWriter) Debugf(string, ...any) {}

// Tracef is switched off.
func (w lineWriter) Tracef(string, ...any) {}
