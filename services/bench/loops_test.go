package bench

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

// opened are loops on a nats-server and a database of the test.
func opened(t *testing.T) *loops {
	t.Helper()
	server := testkit.NATS(t)
	uri, database := testkit.Mongo(t)
	b, err := bus.Connect(t.Context(), bus.Config{URL: server.URL, Token: server.Token}, testkit.Logger(t))
	require.NoError(t, err)
	require.NoError(t, b.EnsureStreams(t.Context(), bus.Layout{MaxBytesEvents: streamBytes, MaxBytesFacts: streamBytes, MaxBytesDead: streamBytes}))
	l := &loops{bus: b}
	require.NoError(t, l.connect(t.Context(), server.URL, server.Token, uri, database))
	t.Cleanup(func() { require.NoError(t, l.close(context.WithoutCancel(t.Context()))) })
	return l
}

func (l *loops) count(t *testing.T, collection string) int {
	t.Helper()
	n, err := l.db.Collection(collection).CountDocuments(t.Context(), bson.M{})
	require.NoError(t, err)
	return int(n)
}

func (l *loops) accounts(t *testing.T) map[string]naiveAccount {
	t.Helper()
	cursor, err := l.db.Collection(naiveAccounts).Find(t.Context(), bson.M{})
	require.NoError(t, err)
	var list []naiveAccount
	require.NoError(t, cursor.All(t.Context(), &list))
	found := map[string]naiveAccount{}
	for _, a := range list {
		found[a.Account] = a
	}
	return found
}

// TestTheBareLoopKeepsEachOrderOnce: what it is measured by is what it has done.
func TestTheBareLoopKeepsEachOrderOnce(t *testing.T) {
	t.Parallel()
	const orders = 2*bareBatch + 7
	l, r := opened(t), &run{clock: clock.System()}
	seconds, err := r.looped(t.Context(), l, given{program: "cdnow", until: orders, who: uniform(10)}, bareBatch, l.bare("bare"))
	require.NoError(t, err)
	require.Positive(t, seconds)
	require.Equal(t, orders, l.count(t, "bare"))
	seconds, err = r.again(t.Context(), l, orders)
	require.NoError(t, err)
	require.Positive(t, seconds)
	require.Equal(t, orders, l.count(t, "again"))
	_, err = l.take(t.Context(), 1, orders, bareBatch, l.bare("bare"))
	require.Error(t, err, "it had them all")
}

// TestTheNaiveLoopKeepsALedger: an entry and a fact for each order, an account for each customer with the points of all of them; and
// nothing changes when it reads them again.
func TestTheNaiveLoopKeepsALedger(t *testing.T) {
	t.Parallel()
	const orders, customers, each = 60, 7, 35 // points: 35.00 in two lines
	l, r := opened(t), &run{clock: clock.System()}
	_, err := r.looped(t.Context(), l, given{program: "cdnow", until: orders, who: uniform(customers)}, 1, l.naive("cdnow"))
	require.NoError(t, err)
	for range 2 {
		require.Equal(t, orders, l.count(t, naiveEntries))
		require.Equal(t, orders, l.count(t, naiveOutbox))
		accounts := l.accounts(t)
		require.Len(t, accounts, customers)
		for n := range customers {
			theirs := int64(orders/customers + min(1, max(0, orders%customers-n)))
			a := accounts[account(n)]
			require.Equal(t, theirs, a.Version)
			require.Equal(t, theirs*each, a.Balances[0].Active)
			require.Equal(t, a.Balances[0].Active, a.Lots[0].Points)
		}
		_, err = l.take(t.Context(), 1, orders, 1, l.naive("cdnow"))
		require.NoError(t, err)
	}
}

// TestNaiveDealsMeetOnAnAccount: many callers at once, on few accounts, and each point is spent once.
func TestNaiveDealsMeetOnAnAccount(t *testing.T) {
	t.Parallel()
	const customers, deals = 3, 30
	l := opened(t)
	require.NoError(t, l.openAccounts(t.Context(), "cdnow", customers))
	var group errgroup.Group
	for n := range deals {
		group.Go(func() error { return l.redeem(t.Context(), "cdnow", account(n%customers), n) })
	}
	require.NoError(t, group.Wait())
	require.Equal(t, 2*deals, l.count(t, naiveEntries))
	require.Equal(t, 2*deals, l.count(t, "trades"))
	for id, a := range l.accounts(t) {
		require.EqualValues(t, openedPoints-deals/customers, a.Balances[0].Active, id)
		require.Zero(t, a.Balances[0].Held, id)
		require.EqualValues(t, openedAt+2*deals/customers, a.Version, id)
	}
}

// TestDealsAreCountedOnce: so many as are asked for, by as many callers as there are, and the first that fails ends all.
func TestDealsAreCountedOnce(t *testing.T) {
	t.Parallel()
	const deals = 200
	r := &run{size: size{Deals: deals}}
	seen := make(chan int, deals)
	rate, took, err := r.dealt(t.Context(), 2, func(_ context.Context, n int) error {
		seen <- n
		return nil
	})
	require.NoError(t, err)
	require.Positive(t, rate)
	require.Len(t, took, deals)
	close(seen)
	numbers := map[int]bool{}
	for n := range seen {
		require.GreaterOrEqual(t, n, 2*deals)
		require.Less(t, n, 3*deals)
		numbers[n] = true
	}
	require.Len(t, numbers, deals)
	_, _, err = r.dealt(t.Context(), 0, func(_ context.Context, n int) error {
		if n == 5 {
			return fmt.Errorf("deal %d", n)
		}
		return nil
	})
	require.EqualError(t, err, "deal 5")
}

// TestSkewedCustomersAreAllThere: some have far more orders than others, and nobody is drawn who does not exist.
func TestSkewedCustomersAreAllThere(t *testing.T) {
	t.Parallel()
	const customers, draws = 100, 20_000
	count := make([]int, customers)
	who, same := skewed(customers), skewed(customers)
	for n := range draws {
		c := who(n)
		require.Equal(t, c, same(n), "the same each time")
		count[c]++
	}
	require.Greater(t, count[0], draws/10)
	require.Greater(t, count[0], 20*count[customers/2])
	for n := range customers {
		require.Equal(t, n, uniform(customers)(n+3*customers))
	}
}

// TestASideIsWhatItsRoundsWere: cores are a mean over time, phases add up, and the text says all of it.
func TestASideIsWhatItsRoundsWere(t *testing.T) {
	t.Parallel()
	s := Side{Name: "accrual", Orders: 100, Rate: rounds([]float64{10, 30, 20}, "", 0)}
	s.spent(1, map[string]float64{"mongod": 1, "accrual": 0.5})
	s.spent(3, map[string]float64{"mongod": 1, "accrual": 0.5})
	require.InDeltaMapValues(t, map[string]float64{"mongod": 0.5, "accrual": 0.25}, s.Cores, 1e-9)
	for range 2 {
		s.worked(map[string]float64{`laurel_accrual_phase_seconds_total{phase="commit"}`: 3, `laurel_accrual_phase_seconds_total{phase="load"}`: 1,
			`laurel_accrual_phase_seconds_total{phase="wait"}`: 99, `laurel_accrual_phase_seconds_total{phase="outbox"}`: 4}, 6)
	}
	require.Equal(t, map[string]map[string]float64{"accrual": {"commit": 6, "load": 2, "outbox": 8, "wait": 4}}, s.Phases)
	require.Contains(t, s.text(), "20.00 orders/s (10.00 to 30.00)")
	require.Contains(t, s.text(), "cores: mongod 0.50, accrual 0.25")
	require.Contains(t, s.text(), "accrual: outbox 67 %, commit 50 %, wait 33 %, load 17 %")
}

func TestRatiosAreOfTheSameRound(t *testing.T) {
	t.Parallel()
	require.Equal(t, []float64{2, 0.5}, quotients([]float64{4, 5}, []float64{2, 10}))
	for n, want := range map[int]string{500: "500", 1500: "1500", 10_000: "10k", 1_000_000: "1m"} {
		require.Equal(t, want, short(n))
	}
}

// TestTheDrawingIsWellFormed, and has every side and phase.
func TestTheDrawingIsWellFormed(t *testing.T) {
	t.Parallel()
	r := Result{Size: "small", Sides: []Side{
		{Name: "bare <loop>", Rate: rounds([]float64{300, 100, 200}, "", 0)},
		{Name: "accrual", Rate: rounds([]float64{50}, "", 0), Phases: map[string]map[string]float64{"accrual": {"commit": 3, "wait": 1}, "tier": {}}},
	}}
	d := xml.NewDecoder(strings.NewReader(r.svg()))
	texts, bars := "", 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		switch at := token.(type) {
		case xml.CharData:
			texts += string(at) + "|"
		case xml.StartElement:
			if at.Name.Local == "rect" {
				bars++
			}
		}
	}
	require.Contains(t, texts, "bare <loop>|")
	require.Contains(t, texts, "200|")
	require.Contains(t, texts, "commit 75 %|")
	require.Contains(t, texts, "accrual: accrual|")
	require.NotContains(t, texts, "tier", "it has done nothing")
	require.Equal(t, 1+2+6+6, bars, "the ground, a bar for each side, the phases, the legend")
}
