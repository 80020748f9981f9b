package rpc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// halfOpenMax is how long a connection may stay whose other end is gone without a word.
const halfOpenMax = 30 * time.Second

// hole is a way to a server that can swallow: nothing arrives at either end any more, and neither is told.
type hole struct {
	addr      string
	swallows  atomic.Bool
	mu        sync.Mutex
	ends      [][2]net.Conn // the client's, the server's
	listener  net.Listener
	forwarded sync.WaitGroup
}

func openHole(t *testing.T, upstream string) *hole {
	t.Helper()
	h := &hole{listener: listen(t)}
	h.addr = h.listener.Addr().String()
	var accepting errgroup.Group
	accepting.Go(func() error {
		for {
			from, err := h.listener.Accept()
			if errors.Is(err, net.ErrClosed) {
				return nil
			}
			if err != nil {
				return err
			}
			to, err := new(net.Dialer).DialContext(t.Context(), "tcp4", upstream)
			if err != nil {
				return from.Close() // the test has ended, and the client has come again
			}
			h.mu.Lock()
			h.ends = append(h.ends, [2]net.Conn{from, to})
			h.mu.Unlock()
			if h.swallows.Load() {
				continue
			}
			h.forwarded.Go(func() { h.forward(from, to) })
			h.forwarded.Go(func() { h.forward(to, from) })
		}
	})
	t.Cleanup(func() {
		require.NoError(t, h.listener.Close())
		require.NoError(t, accepting.Wait())
		h.mu.Lock()
		for _, pair := range h.ends {
			require.NoError(t, pair[0].Close())
			require.NoError(t, pair[1].Close())
		}
		h.mu.Unlock()
		h.forwarded.Wait()
	})
	return h
}

// forward hands on what comes in until it is to swallow, or an end is gone.
func (h *hole) forward(from io.Reader, to io.Writer) {
	buffer := make([]byte, 4096)
	for {
		n, err := from.Read(buffer)
		if err != nil || h.swallows.Load() {
			return
		}
		if _, err = to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// left waits until an end has been closed by whoever holds it.
func left(end net.Conn) error {
	if err := end.SetReadDeadline(time.Now().Add(halfOpenMax)); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, end)
	if timeout, ok := err.(net.Error); ok && timeout.Timeout() { //nolint:errorlint // as it comes from the connection
		return fmt.Errorf("still open after %s", halfOpenMax)
	}
	return nil // closed in order, or reset
}

// TestAHalfOpenConnectionIsLeft by the client and by the server, though no call is under way on it.
func TestAHalfOpenConnectionIsLeft(t *testing.T) {
	t.Parallel()
	house := serve(t, answering(nil))
	way := openHole(t, house.addr)
	ledger := accrualv1.NewAccrualServiceClient(dial(t, way.addr, secrets[rpc.Operator]))
	_, err := ledger.GetAccount(t.Context(), anAccount)
	require.NoError(t, err)

	way.swallows.Store(true)
	way.mu.Lock()
	ends := way.ends[0]
	way.mu.Unlock()
	var watched errgroup.Group
	for i, name := range []string{"client", "server"} {
		watched.Go(func() error {
			if err := left(ends[i]); err != nil {
				return fmt.Errorf("the end of the %s is %w", name, err)
			}
			return nil
		})
	}
	require.NoError(t, watched.Wait())
}

// TestAServerThatSaysNothingIsTriedAnew: an attempt to connect ends by itself, and a call by its deadline.
func TestAServerThatSaysNothingIsTriedAnew(t *testing.T) {
	t.Parallel()
	mute := listen(t)
	t.Cleanup(func() { require.NoError(t, mute.Close()) })
	ledger := accrualv1.NewAccrualServiceClient(dial(t, mute.Addr().String(), secrets[rpc.Operator]))
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := ledger.GetAccount(ctx, anAccount)
	require.Equal(t, codes.DeadlineExceeded, status.Code(err))
	for range 2 {
		end, err := mute.Accept()
		require.NoError(t, err)
		require.NoError(t, end.SetReadDeadline(time.Now().Add(halfOpenMax/3)))
		_, err = io.Copy(io.Discard, end)
		require.NoError(t, err, "the attempt goes on and on")
		require.NoError(t, end.Close())
	}
}

// TestAServerThatFailsIsNotFlooded: where most calls fail they are not tried again, each caller being one more.
func TestAServerThatFailsIsNotFlooded(t *testing.T) {
	t.Parallel()
	const callers, calls = 10, 30
	var attempts atomic.Int64
	house := serve(t, &desk{award: func(context.Context, *accrualv1.AwardPointsRequest) (*accrualv1.AwardPointsResponse, error) {
		attempts.Add(1)
		return nil, reason.New(reason.NotReady, "", "later")
	}})
	ledger := client(t, house)
	var group errgroup.Group
	for caller := range callers {
		group.Go(func() error {
			for call := range calls {
				_, err := ledger.AwardPoints(t.Context(), &accrualv1.AwardPointsRequest{
					Program: "tea", Account: "ann", Points: 50, IdempotencyKey: fmt.Sprint(caller, "-", call),
				})
				if code := status.Code(err); code != codes.Unavailable {
					return fmt.Errorf("call %d of %d ended with %s", call, caller, code)
				}
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())
	require.LessOrEqual(t, attempts.Load(), int64(callers*calls*3/2))
}
