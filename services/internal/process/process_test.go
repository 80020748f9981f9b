package process_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/laurel-loyalty/laurel/services/internal/process"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type settings struct {
	Color   string `yaml:"color" default:"green" help:"The color."`
	Key     string `yaml:"key" help:"What opens it." secret:"true"`
	Metrics string `yaml:"metrics" default:"127.0.0.1:0" help:"Where the page is."`
}

// lamp is a service that is on until it is told to end, or breaks.
type lamp struct {
	broken error
	closed chan struct{}
}

func (l *lamp) Run(ctx context.Context) error {
	if l.broken != nil {
		return l.broken
	}
	<-ctx.Done()
	return nil
}

func (l *lamp) Close(context.Context) error {
	close(l.closed)
	return nil
}

func (*lamp) Address() string { return "127.0.0.1:1" }

func specOf(l *lamp, made error) process.Spec[settings] {
	return process.Spec[settings]{
		Name: "lamp", About: "It is on.", Environ: "LAUREL_LAMP", Metrics: func(s settings) string { return s.Metrics },
		New: func(context.Context, settings, process.Deps) (process.Service, error) { return l, made },
	}
}

// page is a buffer that is read while somebody writes.
type page struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *page) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *page) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

func TestWhatEndsAtOnce(t *testing.T) {
	for _, c := range []struct {
		name      string
		args, env []string
		made      error
		broken    error
		code      int
		out, err  string
	}{
		{name: "help", args: []string{"--help"}, out: "begin with LAUREL_LAMP_"},
		{name: "a flag that is none", args: []string{"--lunch"}, code: 2, err: "laurel-lamp: unknown flag --lunch"},
		{name: "settings, without secrets", args: []string{"--print-config"}, env: []string{"LAUREL_LAMP_KEY=hush"}, out: "color: green"},
		{name: "a setting that is none", env: []string{"LAUREL_LAMP_COLOUR=red"}, code: 1, err: "LAUREL_LAMP_COLOUR"},
		{name: "a port that is none", env: []string{"LAUREL_LAMP_METRICS=nowhere"}, code: 1, err: "listen on nowhere"},
		{name: "a service that cannot be made", made: errors.New("no bulb"), code: 1, err: "laurel-lamp: no bulb"},
		{name: "a service that breaks", broken: errors.New("dark"), code: 1, err: "laurel-lamp: dark"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out, errs page
			l := &lamp{broken: c.broken, closed: make(chan struct{})}
			require.Equal(t, c.code, process.Main(t.Context(), specOf(l, c.made), process.World{Args: c.args, Environ: c.env, Out: &out, Err: &errs}), &errs)
			require.Contains(t, out.String(), c.out)
			require.Contains(t, errs.String(), c.err)
			require.NotContains(t, out.String()+errs.String(), "hush")
			if c.broken != nil {
				<-l.closed
			}
		})
	}
}

// TestAServiceRunsUntilItsContextEnds: meanwhile its page answers; it is closed and the code is 0.
func TestAServiceRunsUntilItsContextEnds(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var errs page
	l := &lamp{closed: make(chan struct{})}
	code := make(chan int)
	go func() { code <- process.Main(ctx, specOf(l, nil), process.World{Out: io.Discard, Err: &errs}) }()
	address := regexp.MustCompile(`"metrics":"([^"]+)"`)
	testkit.Eventually(t, func() bool { return address.MatchString(errs.String()) }, "it says where it is")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address.FindStringSubmatch(errs.String())[1]+"/metrics", nil)
	require.NoError(t, err)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Do(request)
	require.NoError(t, err)
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, errors.Join(err, answer.Body.Close()))
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.Contains(t, string(text), "laurel_build_info")
	stop()
	require.Zero(t, <-code)
	<-l.closed
}

// TestAServiceWaitsForItsServers: it says so, is alive and not ready meanwhile, and ends when it is told to.
func TestAServiceWaitsForItsServers(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var errs page
	l := &lamp{closed: make(chan struct{})}
	spec := specOf(l, errors.New("made too early"))
	spec.Servers = func(settings) process.Servers {
		return process.Servers{MongoURI: "mongodb://127.0.0.1:1/?directConnection=true&serverSelectionTimeoutMS=100"}
	}
	code := make(chan int)
	go func() { code <- process.Main(ctx, spec, process.World{Out: io.Discard, Err: &errs}) }()
	testkit.Eventually(t, func() bool { return strings.Contains(errs.String(), `"waiting_for":"MongoDB"`) }, "it says what it waits for")
	address := regexp.MustCompile(`"metrics":"([^"]+)"`).FindStringSubmatch(errs.String())[1]
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	ask := func(path string) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+path, nil)
		require.NoError(t, err)
		answer, err := client.Do(request)
		require.NoError(t, err)
		text, err := io.ReadAll(answer.Body)
		require.NoError(t, errors.Join(err, answer.Body.Close()))
		return answer.StatusCode, string(text)
	}
	testkit.Eventually(t, func() bool {
		status, text := ask("/readyz")
		return status == http.StatusServiceUnavailable && strings.Contains(text, "waiting for MongoDB")
	}, "readiness says what it waits for")
	status, _ := ask("/healthz")
	require.Equal(t, http.StatusOK, status)
	stop()
	require.Zero(t, <-code)
}
