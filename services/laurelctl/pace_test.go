package laurelctl_test

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/house"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
	"github.com/laurel-loyalty/laurel/services/laurelctl"
)

// publish publishes orders 1 to n of a series, order i of account mi, and returns the exit code and what was said.
func (h *standing) publish(ctx context.Context, series string, n int, flags ...string) (int, string) {
	h.t.Helper()
	var file, said bytes.Buffer
	file.WriteString("order_id,account,occurred_at,amount\n")
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&file, "%s%d,m%d,2026-01-05,1.00\n", series, i, i)
	}
	path := filepath.Join(h.t.TempDir(), "house.json")
	require.NoError(h.t, house.Write(path, h.place))
	args := append([]string{"--house", path, "--timeout", "1m", "orders", "publish", "-"}, flags...)
	code := laurelctl.Main(ctx, args, laurelctl.Streams{In: &file, Out: &said, Err: &said})
	return code, said.String()
}

// opened is a house with a programme, that has nothing to do, and where EVENTS ends in it.
func opened(t *testing.T) (*standing, uint64) {
	t.Helper()
	h := raise(t)
	require.NoError(t, h.apply("tea.yaml", []byte("programme: tea\nzone: UTC\ncurrency: USD\nunit: points\nearning: {points: 1, per: 1.00}\nexpiry: {rule: never}\nreturns: {wait_days: 30}\n")))
	h.drain()
	return h, h.end()
}

func (h *standing) end() uint64 {
	h.t.Helper()
	end, err := h.bus.End(h.t.Context(), bus.Events)
	require.NoError(h.t, err)
	return end
}

// block keeps the ledger from committing until it is called off.
func (h *standing) block() (release func()) {
	h.t.Helper()
	var session *mongo.Session
	hold, done := make(chan struct{}), make(chan error, 1)
	held := make(chan struct{})
	go func() {
		done <- h.mongo(func(ctx context.Context, db *mongo.Database) error {
			var err error
			if session, err = db.Client().StartSession(); err != nil {
				return err
			}
			defer session.EndSession(context.WithoutCancel(ctx))
			if err := session.StartTransaction(); err != nil {
				return err
			}
			_, err = db.Collection("partitions").UpdateMany(mongo.NewSessionContext(ctx, session), bson.M{}, bson.M{"$set": bson.M{"owner": "somebody"}})
			if err != nil {
				return err
			}
			close(held)
			<-hold
			return session.AbortTransaction(context.WithoutCancel(ctx))
		})
	}()
	select {
	case <-held:
	case err := <-done:
		require.NoError(h.t, err)
	}
	return func() {
		close(hold)
		require.NoError(h.t, <-done)
	}
}

// TestAPublisherKeepsWithinWhatTheLedgerHasTaken: while the ledger stands still no more stands on the bus than may; once it goes on, all
// comes, each order once.
func TestAPublisherKeepsWithinWhatTheLedgerHasTaken(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		flags []string
		n     int
		ahead uint64
	}{
		{"fewer than a batch", []string{"--ahead", "40"}, 150, 40},
		{"two batches", []string{"--ahead", "1200"}, 2300, 1000},
		{"by default", nil, 2600, 2000},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, began := opened(t)
			release := h.block()
			code, said := h.publish(t.Context(), "o", c.n, slices.Concat(c.flags, []string{"--wait", "3s"})...)
			require.Equal(t, 1, code, said)
			require.Contains(t, said, "laurelctl: DEADLINE_EXCEEDED: ")
			require.Contains(t, said, "run it again")
			require.Equal(t, began+c.ahead, h.end())
			release()
			code, said = h.publish(t.Context(), "o", c.n, c.flags...)
			require.Zero(t, code, said)
			require.Equal(t, began+uint64(c.n), h.end()) //nolint:gosec // a count
			h.drain()
			require.NoError(t, h.mongo(func(ctx context.Context, db *mongo.Database) error {
				n, err := db.Collection("entries").CountDocuments(ctx, bson.M{})
				require.EqualValues(t, c.n, n)
				return err
			}))
		})
	}
}

// TestAPublisherThatWaitsCanBeStopped: what is published stays, and nothing more is.
func TestAPublisherThatWaitsCanBeStopped(t *testing.T) {
	t.Parallel()
	h, began := opened(t)
	release := h.block()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	type outcome struct {
		code int
		said string
	}
	ended := make(chan outcome, 1)
	go func() {
		code, said := h.publish(ctx, "o", 100, "--ahead", "30")
		ended <- outcome{code, said}
	}()
	testkit.Eventually(t, func() bool { return h.end() == began+30 }, "what may be ahead is published")
	stop()
	end := <-ended
	require.Equal(t, 1, end.code, end.said)
	require.Contains(t, end.said, "laurelctl: stopped")
	require.Equal(t, began+30, h.end())
	release()
}

// TestAPublisherGoesOnWhereTheLedgerDoesNotSay how far it is: the bus takes orders though the ledger is away.
func TestAPublisherGoesOnWhereTheLedgerDoesNotSay(t *testing.T) {
	t.Parallel()
	const told = "the ledger does not say how far it is, and is not waited for: "
	for _, c := range []struct {
		name    string
		ahead   string
		prepare func(h *standing) func()
		told    string
	}{
		{"there is no limit", "0", func(h *standing) func() { return h.block() }, ""},
		{"the house names no ledger", "100", func(h *standing) func() {
			h.place.GRPC.Accrual = ""
			return h.block()
		}, ""},
		{"nothing is there", "100", func(h *standing) func() {
			h.place.GRPC.Accrual = testkit.Address(h.t)
			return func() {}
		}, "UNAVAILABLE: nothing answers at "},
		{"it has stopped", "100", func(h *standing) func() {
			code, said := h.publish(h.t.Context(), "before", 1)
			require.Zero(h.t, code, said)
			h.drain()
			require.NoError(h.t, h.tamper("m1"))
			return func() {}
		}, "NOT_READY (after): "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, _ := opened(t)
			release := c.prepare(h)
			began := h.end()
			code, said := h.publish(t.Context(), "o", 300, "--ahead", c.ahead)
			release()
			require.Zero(t, code, said)
			require.Equal(t, began+300, h.end())
			if c.told == "" {
				require.NotContains(t, said, told)
				return
			}
			require.Equal(t, 1, strings.Count(said, told), said)
			require.Contains(t, said, told+c.told)
		})
	}
}

// TestAPublisherWithoutALedgerWaitsForRoom, as in an intake that is full; who knows the ledger is told at once.
func TestAPublisherWithoutALedgerWaitsForRoom(t *testing.T) {
	t.Parallel()
	h, began := opened(t)
	fills, err := h.bus.Fills(t.Context())
	require.NoError(t, err)
	const room, n = 400 << 10, 2000                                                      // some batches of 500, and not all
	require.NoError(t, h.bus.Limit(t.Context(), bus.Events, int64(fills[0].Bytes)+room)) //nolint:gosec // some KiB
	merchant := *h
	merchant.place.GRPC.Accrual = ""
	ended := make(chan string, 1)
	go func() {
		code, said := merchant.publish(t.Context(), "o", n)
		ended <- fmt.Sprint(code, said)
	}()
	testkit.Eventually(t, func() bool { return h.end() >= began+500 }, "the first orders are there")
	code, said := h.publish(t.Context(), "other", n, "--ahead", "0")
	require.Equal(t, 1, code, said)
	require.Contains(t, said, "laurelctl: OVERLOADED: the bus is full")
	code, said = merchant.publish(t.Context(), "third", n, "--wait", "1s") // longer than the first one takes to meet it
	require.Equal(t, 1, code, said)
	require.Contains(t, said, "laurelctl: OVERLOADED: the bus is full")
	require.Empty(t, ended, "it waits")
	require.NoError(t, h.bus.OpenEvents(t.Context(), streamBytes))
	said = <-ended
	require.True(t, strings.HasPrefix(said, "0"), said)
}
