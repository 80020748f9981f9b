package bench

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

func TestAFigureIsHeldAgainstItsTarget(t *testing.T) {
	t.Parallel()
	r := Result{Size: "small"}
	r.add("informs", 1e9, "ms")
	r.hold(Figure{Name: "fast", Value: 20, Unit: "s", Relation: atMost, Target: 20})
	r.hold(Figure{Name: "much", Value: 5, Unit: "entries/s", Relation: atLeast, Target: 5})
	require.True(t, r.Met())
	r.hold(Figure{Name: "slow", Value: 20.01, Unit: "s", Relation: atMost, Target: 20})
	require.False(t, r.Met())
	require.Contains(t, r.Table(), "MISSED")
	r = Result{}
	r.hold(Figure{Name: "little", Value: 4.9, Unit: "entries/s", Relation: atLeast, Target: 5})
	require.False(t, r.Met())
}

// TestTheShopTellsWhatALedgerWould: the same facts each time, each account's entries without a gap, in the order of days.
func TestTheShopTellsWhatALedgerWould(t *testing.T) {
	t.Parallel()
	const orders = 2*bus.BatchMessagesMax + 1
	told := func() []bus.Outgoing {
		var all []bus.Outgoing
		require.NoError(t, newShop(50, calendar.Date(2023, time.January, 1)).facts(orders, func(batch []bus.Outgoing) error {
			require.LessOrEqual(t, len(batch), bus.BatchMessagesMax)
			all = append(all, batch...)
			return nil
		}))
		return all
	}
	facts := told()
	require.Equal(t, facts, told())
	require.Len(t, facts, orders)
	seqs, day := map[string]int64{}, ""
	for _, f := range facts {
		var posted accrualv1.EntryPosted
		require.NoError(t, proto.Unmarshal(f.Data, &posted))
		e := posted.GetEntry()
		seqs[e.GetAccount()]++
		require.Equal(t, seqs[e.GetAccount()], e.GetSeq())
		require.LessOrEqual(t, day, posted.GetEffectiveDay())
		day = posted.GetEffectiveDay()
		sum := int64(0)
		for _, l := range posted.GetOrder().GetLines() {
			sum += l.GetBaseMinor()
		}
		require.Equal(t, e.GetOrder().GetBaseMinor(), sum)
	}
	require.Greater(t, len(seqs), 40)
}

func TestRoundsAreHeldByTheirMedian(t *testing.T) {
	t.Parallel()
	var r Result
	r.ratio("scale", []float64{2.9, 1.5, 2.3}, atLeast, 2.2)
	require.Equal(t, map[string]Rounds{"scale": {Relation: ">=", Target: 2.2, Rounds: 3, Min: 1.5, Median: 2.3, Max: 2.9}}, r.Ratios)
	require.InDelta(t, 1.0, median([]float64{3, 1}), 0, "the lower of two")
	text, err := json.Marshal(r)
	require.NoError(t, err)
	require.Contains(t, string(text), `"ratios":{"scale":{"relation":"\u003e=","target":2.2,"rounds":3,"min":1.5,"median":2.3,"max":2.9}}`)
}

// TestTheFileSaysWhatWasFound, by the names by which others read it.
func TestTheFileSaysWhatWasFound(t *testing.T) {
	t.Parallel()
	var r Result
	text, err := json.Marshal(r)
	require.NoError(t, err)
	require.NotContains(t, string(text), "latency_ms")
	require.NotContains(t, string(text), "rss_mib")
	r.latency("order_to_balance", Latency{P50: rounds([]float64{9, 8, 30}, atMost, 15), P99: rounds([]float64{40}, "", 0)})
	r.resident("laurel", 151, 300)
	text, err = json.Marshal(r)
	require.NoError(t, err)
	var found map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(text, &found))
	require.JSONEq(t, `{"order_to_balance": {
		"p50": {"relation": "<=", "target": 15, "rounds": 3, "min": 8, "median": 9, "max": 30},
		"p99": {"rounds": 1, "min": 40, "median": 40, "max": 40}}}`, string(found["latency_ms"]))
	require.JSONEq(t, `{"laurel": {"relation": "<=", "target": 300, "rounds": 1, "min": 151, "median": 151, "max": 151}}`, string(found["rss_mib"]))
}

func TestAPartIsWhatSoManyDoNotExceed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		n    int
		half float64
		most float64
	}{{"one", 1, 1, 1}, {"two", 2, 1, 2}, {"a hundred", 100, 50, 99}, {"a thousand", 1000, 500, 990}, {"a hundred and one", 101, 51, 100}} {
		var sorted []float64
		for i := range c.n {
			sorted = append(sorted, float64(i+1))
		}
		require.InDelta(t, c.half, part(sorted, middle), 0, c.name)
		require.InDelta(t, c.most, part(sorted, tail), 0, c.name)
	}
}

// TestASlowWayIsLateBothWays: an answer is late by both ways, all bytes arrive in order, and the end of one side ends the other.
func TestASlowWayIsLateBothWays(t *testing.T) {
	t.Parallel()
	server, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() {
		for {
			conn, err := server.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(conn, conn) // says again what it hears
				_ = conn.Close()
			}()
		}
	}()
	const late = 30 * time.Millisecond
	s, err := newSlow(t.Context(), server.Addr().String(), late)
	require.NoError(t, err)
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.address())
	require.NoError(t, err)
	said := bytes.Repeat([]byte("0123456789"), 40_000)
	begun := time.Now()
	go func() { _, _ = conn.Write(said) }()
	heard := make([]byte, len(said))
	_, err = io.ReadFull(conn, heard)
	require.NoError(t, err)
	require.True(t, bytes.Equal(said, heard))
	require.GreaterOrEqual(t, time.Since(begun), 2*late)
	require.NoError(t, s.close())
	_, err = conn.Read(heard)
	require.Error(t, err, "it is closed")
	require.NoError(t, server.Close())
}
