package standing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/tier/internal/domain/standing"
)

func TestStories(t *testing.T) {
	for _, c := range []struct {
		name, rules string
		story       func(*house)
		want        string
	}{
		{
			name: "D: the example of domain.md", rules: domainD,
			story: func(h *house) {
				h.pays("o1", "2025-01-10", 600_00)
				h.pays("o2", "2025-03-05", 1500_00)
				h.returns("o2", "2025-03-20", 200_00)
				h.pass(at("2027-01-01"))
			},
			want: `
				2025-01-10 >silver, 600.00 of 500.00 (first)
				2025-03-05 silver>gold, 2100.00 of 2000.00 (reached)
				2025-03-20 notice: gold>silver on 2025-04-01, 100.00 missing
				2025-04-01 gold>silver, 1900.00 of 2000.00 (review)
				2026-03-02 notice: silver>bronze on 2026-04-01, 500.00 missing
				2026-04-01 silver>bronze, 0.00 of 500.00 (review)`,
		}, {
			name: "no notice where the programme wants none", rules: strings.Replace(domainD, "{window", "{notice_days: 0, window", 1),
			story: func(h *house) {
				h.pays("o1", "2025-01-10", 600_00)
				h.pass(at("2027-01-01"))
			},
			want: `
				2025-01-10 >silver, 600.00 of 500.00 (first)
				2026-02-01 silver>bronze, 0.00 of 500.00 (review)`,
		}, {
			name: "one notice for each fall that comes in sight, also for one that is prevented", rules: domainD,
			story: func(h *house) {
				h.pays("o1", "2025-01-10", 600_00)
				h.pays("o2", "2026-01-15", 500_00)
				h.pass(at("2026-12-31"))
				h.returns("o2", "2026-12-31", 1_00)
				h.pass(at("2027-12-31"))
			},
			want: `
				2025-01-10 >silver, 600.00 of 500.00 (first)
				2026-01-02 notice: silver>bronze on 2026-02-01, 500.00 missing
				2026-12-31 notice: silver>bronze on 2027-01-01, 1.00 missing
				2027-01-01 silver>bronze, 499.00 of 500.00 (review)`,
		}, {
			name: "a grant that runs out is a fall like any other", rules: domainD,
			story: func(h *house) {
				h.pays("o1", "2025-01-10", 1_00)
				_, err := h.grant(grant("g1", "gold", "2025-01-11", "2025-04-10"), at("2025-01-11"))
				require.NoError(h.t, err)
				h.pass(at("2027-01-01"))
			},
			want: `
				2025-01-10 >bronze, 1.00 of 0.00 (first)
				2025-01-11 bronze>gold, 1.00 of 2000.00 (granted)
				2025-03-11 notice: gold>bronze on 2025-04-10, 1999.00 missing
				2025-04-10 gold>bronze, 1.00 of 2000.00 (grant_ended)`,
		}, {
			name: "a return that waited too long lapses, and the order counts whole", rules: domainD,
			story: func(h *house) {
				h.returns("o1", "2025-01-10", 100_00)
				h.pass(at("2025-02-09"))
				h.pays("o1", "2025-02-10", 600_00)
			},
			want: `2025-02-10 >silver, 600.00 of 500.00 (first)`,
		}, {
			name: "a return that came before its order", rules: domainD,
			story: func(h *house) {
				h.returns("o1", "2025-01-10", 200_00)
				h.pays("o1", "2025-02-08", 600_00)
			},
			want: `2025-02-08 >bronze, 400.00 of 0.00 (first)`,
		}, {
			name: "a programme without a ladder has no tiers", rules: "",
			story: func(h *house) {
				h.pays("o1", "2025-01-10", 600_00)
				h.pass(at("2027-01-01"))
			},
			want: ``,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t, rules(t, c.rules))
			c.story(h)
			require.Equal(t, trimmed(c.want), strings.Join(h.told, "\n"))
		})
	}
}

func TestLinesSayWhatCausedThem(t *testing.T) {
	h := newHouse(t, rules(t, domainD))
	h.pays("o1", "2025-01-10", 600_00)
	_, err := h.grant(grant("g1", "gold", "2025-01-11", "2025-04-10"), at("2025-01-11"))
	require.NoError(t, err)
	require.Equal(t, orders.Ref{Merchant: "till", Order: "o1"}, h.lines[0].Ref)
	require.Equal(t, "paid", h.lines[0].Event)
	require.Equal(t, 1, h.lines[0].Revision)
	require.Equal(t, "g1", h.lines[1].Grant)
	require.Equal(t, "silver", h.lines[1].Earned)
}

func TestWhatIsKnownDoesNothing(t *testing.T) {
	h := newHouse(t, rules(t, domainD))
	noon := at("2025-01-10T12:00")
	_, err := h.take("o1", paid(noon, 600_00), noon)
	require.NoError(t, err)
	before := h.account
	again, err := h.take("o1", paid(noon, 600_00), noon)
	require.NoError(t, err)
	require.True(t, again.Repeats)
	_, err = h.take("o1", paid(noon, 700_00), noon)
	require.ErrorIs(t, err, reason.ConflictingDuplicate)
	require.Equal(t, before, h.account)

	_, err = h.grant(standing.Grant{Given: grant("g1", "gold", "2025-01-11", "2025-04-10").Given, Ends: true}, noon)
	require.ErrorIs(t, err, reason.GrantNotFound)
	_, err = h.grant(grant("g1", "gold", "2025-01-11", "2025-04-10"), noon)
	require.NoError(t, err)
	again, err = h.grant(grant("g1", "gold", "2025-01-11", "2025-04-10"), noon)
	require.NoError(t, err)
	require.True(t, again.Repeats)
	_, err = h.grant(grant("g2", "tin", "2025-01-11", "2025-04-10"), noon)
	require.ErrorIs(t, err, reason.UnknownTier)
}

// A notice knows no more of the future than the revision in force when it falls due, so it does not matter whether the
// next one was known when a sweep came by.
func TestANoticeDoesNotDependOnWhenARevisionBecameKnown(t *testing.T) {
	old := rules(t, domainD)
	steep := program.Known{Revision: 2, Effective: at("2025-06-15T09:00"), Program: programme(t, strings.Replace(domainD, "from: 500", "from: 700", 1))}
	early, late := newHouse(t, append(rules(t, domainD), steep)), newHouse(t, old)
	for _, h := range []*house{early, late} {
		h.pays("o1", "2025-01-10", 600_00)
	}
	late.pass(steep.Effective.Add(-time.Millisecond))
	late.schedule = early.schedule
	for _, h := range []*house{early, late} {
		h.pass(at("2026-12-31"))
	}
	require.Equal(t, early.told, late.told)
	require.Equal(t, trimmed(`
		2025-01-10 >silver, 600.00 of 500.00 (first)
		2025-06-15 notice: silver>bronze on 2025-07-01, 100.00 missing
		2025-07-01 silver>bronze, 600.00 of 700.00 (review)`), strings.Join(early.told, "\n"))
}
