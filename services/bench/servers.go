package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/bus/natsd"
)

const (
	// pollEvery is how often it is looked whether a service has come further.
	pollEvery = 50 * time.Millisecond
	// startMax is how long a program may take until it answers, stopMax until it has ended.
	startMax = 2 * time.Minute
	stopMax  = 30 * time.Second
)

// program is a program of the house that runs beside this one.
type program struct {
	name    string
	cmd     *exec.Cmd
	done    chan struct{} // closed when it has ended
	ended   error         // how, once it has
	metrics string        // host:port
}

// start starts a program out of bin and waits until it is ready. It ends with this process.
func (r *run) start(ctx context.Context, name string, metrics string, args, environ []string) (*program, error) {
	p := &program{name: name, done: make(chan struct{}), metrics: metrics}
	p.cmd = exec.CommandContext(context.WithoutCancel(ctx), filepath.Join(r.Home, "bin", name), args...)
	p.cmd.Env, p.cmd.SysProcAttr = append(os.Environ(), environ...), attributes()
	var complaint strings.Builder
	p.cmd.Stderr, p.cmd.WaitDelay = &complaint, stopMax
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	go func() {
		p.ended = p.cmd.Wait()
		close(p.done)
	}()
	ctx, cancel := context.WithTimeout(ctx, startMax)
	defer cancel()
	err := poll(ctx, func() (bool, error) {
		select {
		case <-p.done:
			return false, fmt.Errorf("it has ended: %v: %s", p.ended, complaint.String()) //nolint:errorlint // it may be nil
		default:
			return p.ready(ctx), nil
		}
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", name, err), p.stop())
	}
	return p, nil
}

func (p *program) pid() int { return p.cmd.Process.Pid }

func (p *program) ready(ctx context.Context) bool {
	answer, err := get(ctx, "http://"+p.metrics+"/readyz")
	if err != nil {
		return false
	}
	return answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
}

// stop ends the program, by force after a while.
func (p *program) stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // gone already is as good
	timer := time.NewTimer(stopMax)
	defer timer.Stop()
	select {
	case <-p.done:
		return nil
	case <-timer.C:
		err := p.cmd.Process.Kill()
		<-p.done
		return err
	}
}

// metric reads a metric without labels.
func (p *program) metric(ctx context.Context, name string) (float64, error) {
	page, err := p.page(ctx)
	if err != nil {
		return 0, err
	}
	value, ok := page[name]
	if !ok {
		return 0, fmt.Errorf("%s has no metric %s", p.name, name)
	}
	return value, nil
}

// page reads all metrics, by name with labels as they stand there.
func (p *program) page(ctx context.Context) (map[string]float64, error) {
	answer, err := get(ctx, "http://"+p.metrics+"/metrics")
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close() //nolint:errcheck // only read
	page := map[string]float64{}
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		at := strings.LastIndexByte(lines.Text(), ' ')
		if at < 0 || strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		if value, err := strconv.ParseFloat(lines.Text()[at+1:], 64); err == nil {
			page[lines.Text()[:at]] = value
		}
	}
	return page, lines.Err()
}

func get(ctx context.Context, url string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept-Encoding", "identity") // packing the page would cost who is measured
	return http.DefaultClient.Do(request)
}

// poll asks until it is so, or the time is over.
func poll(ctx context.Context, is func() (bool, error)) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if so, err := is(); so || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// freePort finds an address on loopback that nobody listens on.
func freePort(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

// nats starts a nats-server in a directory of its own, and makes streams in which there is room for so many events and facts.
func (r *run) nats(ctx context.Context, dir string, events, facts int) (*natsd.Server, *bus.Bus, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, fmt.Errorf("find this program: %w", err)
	}
	server, err := natsd.Start(ctx, natsd.Options{Self: self, Dir: filepath.Join(r.dir, dir), Logger: r.log})
	if err != nil {
		return nil, nil, fmt.Errorf("start nats-server: %w", err)
	}
	b, err := bus.Connect(ctx, bus.Config{URL: server.URL(), Token: server.Token(), Name: "laurel-bench"}, r.log)
	if err == nil {
		err = b.EnsureStreams(ctx, bus.Layout{MaxBytesEvents: streamBytes + int64(events)*factBytes, MaxBytesFacts: streamBytes + int64(facts)*factBytes, MaxBytesDead: streamBytes})
	}
	if err != nil {
		if b != nil {
			b.Close()
		}
		return nil, nil, errors.Join(err, server.Stop())
	}
	return server, b, nil
}

const (
	streamBytes = 64 << 20
	// factBytes is more than one fact takes, or one order, with what the server keeps beside it.
	factBytes = 1100
)
