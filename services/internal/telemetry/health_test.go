package telemetry

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReadinessFollowsTheAnswers(t *testing.T) {
	t.Parallel()
	bad := errors.New("no answer")
	grave := Grave{errors.New("the bus went back")}
	cases := []struct {
		name    string
		answers []error
		ready   bool
	}{
		{"not polled yet is not ready", nil, false},
		{"the first good answer makes it ready", []error{nil}, true},
		{"one failure is forgiven", []error{nil, bad}, true},
		{"failures that do not follow each other are forgiven", []error{nil, bad, nil, bad}, true},
		{"two failures in a row turn it red", []error{nil, bad, bad}, false},
		{"one good answer does not bring it back", []error{nil, bad, bad, nil}, false},
		{"good answers that do not follow each other do not bring it back", []error{bad, nil, bad, nil}, false},
		{"two good answers bring it back", []error{nil, bad, bad, nil, nil}, true},
		{"a grave error turns it red at once", []error{nil, grave}, false},
		{"after a grave error it comes back as after any other", []error{nil, grave, nil, nil}, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var health Health
			var answer error
			health.Add("store", func(context.Context) error { return answer })
			for _, answer = range c.answers {
				health.Poll(t.Context())
			}
			require.Equal(t, c.ready, health.Ready())
		})
	}
}

func TestAProcessWithoutChecksIsReady(t *testing.T) {
	t.Parallel()
	require.True(t, new(Health).Ready())
}

func TestAddingANameAgainReplacesItsCheck(t *testing.T) {
	t.Parallel()
	var health Health
	health.Add("store", func(context.Context) error { return errors.New("old") })
	health.Add("store", func(context.Context) error { return nil })
	health.Poll(t.Context())
	require.Equal(t, []State{{Name: "store", Ready: true}}, health.States())
}

func get(t *testing.T, handler http.Handler, path string) (code int, body string) {
	t.Helper()
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return answer.Code, answer.Body.String()
}

func TestPageNamesEachCheck(t *testing.T) {
	t.Parallel()
	var health Health
	var down error
	health.Add("store", func(context.Context) error { return nil })
	health.Add("bus", func(context.Context) error { return down })
	page := Page(NewRegistry("laurel", Build{}, &health), &health)

	health.Poll(t.Context())
	code, body := get(t, page, "/readyz")
	require.Equal(t, http.StatusOK, code)
	require.Equal(t, "bus: ok\nstore: ok\nready\n", body)

	down = Grave{errors.New("went back")}
	health.Poll(t.Context())
	code, body = get(t, page, "/readyz")
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.Equal(t, "bus: not ready: went back\nstore: ok\nnot ready\n", body)

	code, _ = get(t, page, "/healthz")
	require.Equal(t, http.StatusOK, code, "a process that is not ready is alive all the same")

	code, body = get(t, page, "/metrics")
	require.Equal(t, http.StatusOK, code)
	require.Contains(t, body, "laurel_build_info")
	require.Contains(t, body, "go_goroutines")
	require.Contains(t, body, `laurel_check_ready{check="store"} 1`)
	require.Contains(t, body, `laurel_check_ready{check="bus"} 0`)
}

func TestServeAnswersUntilItsContextEnds(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	var health Health
	polled := make(chan struct{}, 1)
	health.Add("store", func(context.Context) error {
		select {
		case polled <- struct{}{}:
		default:
		}
		return nil
	})
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() {
		page := Page(NewRegistry("laurel", Build{}, &health), &health)
		served <- Serve(ctx, listener, page, &health, slog.New(slog.DiscardHandler))
	}()
	<-polled

	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listener.Addr().String()+"/healthz", nil)
	require.NoError(t, err)
	answer, err := client.Do(request)
	require.NoError(t, err)
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, "ok\n", string(body))

	stop()
	require.NoError(t, <-served)
	_, err = net.Dial("tcp4", listener.Addr().String())
	require.Error(t, err, "the listener is closed")
}
