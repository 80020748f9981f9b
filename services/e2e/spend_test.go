package e2e

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/fault"
)

// TestWhatIsSpentIsSpentOnce replays the slice and has members and partners spend on it. The figures before are those of a
// replay that spends nothing. Another house, killed while partners call and while the month is closed, and then run twice to its end, has the same
// entries and the same settlement.
func TestWhatIsSpentIsSpentOnce(t *testing.T) {
	t.Parallel()
	want := undisturbed(t).summary
	r := sliceReplay(t)
	r.flags = append(slices.Clip(r.flags), "--spend")
	h := newHouse(t)
	reported := r
	reported.flags = append(slices.Clip(r.flags), "--report", h.reportFile())
	first := h.spent(h.replay(reported))
	requireMatrix(t, h.page(), first.Settlements)
	require.Equal(t, want.After, first.Before)
	require.Equal(t, want.At, first.At)
	require.Equal(t, string(want.Analytics), string(first.Analytics))
	requireSpent(t, first)
	clean := h.open()
	hashes := clean.hashes(t)
	requireOneFactPerEntry(t, clean)

	other := newHouse(t)
	for _, point := range []string{fault.AfterTradeAsked + ":40", fault.AfterSettlementInsert + ":1"} {
		crash := r
		crash.fault = point
		o := other.replay(crash)
		require.Equal(t, syscall.SIGKILL, o.signal, "%s was not met: untested\n%v", point, o)
	}
	for range 2 {
		again := other.spent(other.replay(r))
		require.Equal(t, first.ledger(), again.ledger())
		require.Equal(t, first.Before.Points, again.Before.Points)
		require.Equal(t, first.Before.Digests, again.Before.Digests)
		require.Equal(t, first.Redemptions, again.Redemptions)
		require.Equal(t, first.Settlements, again.Settlements)
		require.Equal(t, first.Closing, again.Closing)
	}
	l := other.open()
	requireSameHashes(t, hashes, l.hashes(t))
	requireOneFactPerEntry(t, l)
}

// requireMatrix asserts that the page shows the settlement: who owes whom, and a net for each that is in the summary.
func requireMatrix(t *testing.T, page string, settlements []settlement) {
	t.Helper()
	require.Len(t, settlements, 1)
	_, matrix, found := strings.Cut(page, `<caption id="matrix-table">`)
	require.True(t, found, "the page has a matrix")
	matrix, _, _ = strings.Cut(matrix, "</table>")
	require.Contains(t, matrix, "who owes whom for what was given and spent in February 1998")
	nets := ""
	for _, p := range settlements[0].Net {
		require.Contains(t, matrix, `<th scope="row"><bdi>`+p.Partner+` owes</bdi></th>`)
		net := fmt.Sprintf("%d.%02d", max(p.Net, -p.Net)/100, max(p.Net, -p.Net)%100)
		if p.Net < 0 {
			net = "−" + net
		}
		nets += "<td>" + net + "</td>"
	}
	require.Contains(t, matrix, `<th scope="row"><bdi>net</bdi></th>`+nets)
}

// requireSpent holds what was spent against the figures before and after, and the settlement against itself.
func requireSpent(t *testing.T, s summary) {
	t.Helper()
	points, refused := map[string]int64{}, int64(0)
	for _, r := range s.Redemptions {
		points[r.Kind] += r.Points
		for _, n := range r.Refused {
			refused += n
		}
		require.Equal(t, r.Asked, r.Done+sum(r.Refused), "%+v", r)
	}
	require.Positive(t, points["reward"])
	require.Positive(t, refused, "some ask for more than they have")
	require.Equal(t, points["award"], s.After.Points.Earned-s.Before.Points.Earned)
	require.Equal(t, points["reward"]+points["capture"], s.After.Points.Redeemed)
	require.Equal(t, s.Before.Points.Active+points["award"]-points["reward"]-points["capture"], s.After.Points.Active)
	require.Zero(t, s.After.Points.Held, "nothing stays set aside")
	require.Equal(t, s.Before.Points.Expired, s.After.Points.Expired, "what lapsed behind the replay is in neither")
	require.Equal(t, s.Before.Tiers, s.After.Tiers)

	require.Len(t, s.Settlements, 1)
	month := s.Settlements[0]
	require.Equal(t, "1998-02", month.Period)
	require.Equal(t, time.Date(1998, 3, 1, 0, 0, 0, 0, time.UTC), s.Closing.Time)
	require.Positive(t, s.Closing.Entries)
	net, gross := int64(0), int64(0)
	for i, p := range month.Net {
		require.Equal(t, p.Owed-p.Owes, p.Net)
		require.EqualValues(t, i+1, p.Statement)
		net, gross = net+p.Net, gross+p.Owes
	}
	for _, g := range month.Gross {
		gross -= g.Amount
	}
	require.Zero(t, net)
	require.Zero(t, gross)
	require.GreaterOrEqual(t, len(month.Gross), 4)
}

func sum(counts map[string]int64) int64 {
	n := int64(0)
	for _, c := range counts {
		n += c
	}
	return n
}

// TestNothingIsSpentWithoutPartners: it is said in a line, and the replay ends as it would have.
func TestNothingIsSpentWithoutPartners(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	o := h.replay(replay{
		programme: write(t, "tea.yaml", tea), orders: write(t, "orders.csv", "order_id,account,occurred_at,amount\n1,ann,2026-01-05,60.50\n"),
		flags: []string{"--spend"},
	})
	require.EqualValues(t, 60, h.figures(o).After.Points.Earned)
	require.Contains(t, o.err, "programme tea names no partner that takes points: nothing is spent, and no month is closed")
}
