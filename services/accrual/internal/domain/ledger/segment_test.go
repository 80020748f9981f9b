package ledger_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// segment lets the account enter or leave one, and posts what the ledger says.
func (h *house) segment(name string, number int64, entered bool, t time.Time) (ledger.Entry, error) {
	h.pass(t)
	change := ledger.SegmentChange{
		SegmentPart: ledger.SegmentPart{Name: name, Entered: entered, Number: number, Revision: 1, AsOf: calendar.DayOf(t, time.UTC)},
		ToldAt:      t, EventID: fmt.Sprint(name, number), EventSource: "laurel/analytics",
	}
	v, err := ledger.TakeSegment(h.account, change, h.schedule, later(h.account.Clock, h.clock))
	if err == nil {
		h.post(v.Entry)
		requireSame(h.t, h.account, v.Account)
	}
	return v.Entry, err
}

func TestASegmentMultipliesWhatIsPaidInIt(t *testing.T) {
	h := newHouse(t, rules(t, "earning: {points: 1, per: 1.00, multipliers: {segment: {slipping: 2, cold: 3/2}}}", "expiry: {rule: never}"))
	h.tell("2025-01-10 paid o1: 10.00 cd")
	e, err := h.segment("slipping", 1, true, instant(t, "2025-01-11"))
	require.NoError(t, err)
	require.Equal(t, ledger.FormatSegments, e.Format)
	require.Equal(t, "segment/anna/slipping/1", e.Key)
	require.Equal(t, []string{"As of 2025-01-11 the account entered segment slipping."}, ledger.Explain(e, h.schedule[0].Program)[:1])
	_, err = h.segment("cold", 1, true, instant(t, "2025-01-11"))
	require.NoError(t, err)
	_, err = h.segment("other", 1, true, instant(t, "2025-01-11"))
	require.NoError(t, err)
	require.Equal(t, []string{"cold", "other", "slipping"}, h.account.Segments)
	h.tell("2025-01-12 paid o2: 2 x 10.00 cd")
	paid := h.entries[len(h.entries)-1]
	require.Equal(t, "slipping", paid.Order.Segment)
	require.Equal(t, ledger.FormatSegments, paid.Format)
	require.EqualValues(t, 20, paid.Order.Target)
	require.Contains(t, fmt.Sprint(ledger.Explain(paid, h.schedule[0].Program)), "times 2 for segment slipping")

	// It is the order's for good: what comes back later is taken back as it was given.
	_, err = h.segment("slipping", 2, false, instant(t, "2025-01-13"))
	require.NoError(t, err)
	h.tell(`
		2025-01-14 returned o2/r1: 1 x cd
		2025-01-15 paid o3: 10.00 cd`)
	back, third := h.entries[len(h.entries)-2], h.entries[len(h.entries)-1]
	require.EqualValues(t, 10, back.Order.Target)
	require.Equal(t, "cold", third.Order.Segment)
	require.EqualValues(t, 15, third.Order.Target)

	// Who leaves what they are not in, or enters what they are in, changes nothing; each is an entry.
	before := h.account.Segments
	for n, entered := range []bool{false, true, true} {
		_, err = h.segment("other", int64(n+2), entered, instant(t, "2025-01-16"))
		require.NoError(t, err)
	}
	require.Equal(t, before, h.account.Segments)
	_, err = h.segment("forgotten", 8, false, instant(t, "2025-01-16"))
	require.NoError(t, err)
	require.Equal(t, before, h.account.Segments)
	h.rebuild()
}

func TestAnAccountIsInSixtyFourSegmentsAtMost(t *testing.T) {
	h := newHouse(t, rules(t))
	at := instant(t, "2025-01-11")
	for n := range 64 {
		_, err := h.segment(fmt.Sprint("s", n), 1, true, at)
		require.NoError(t, err)
	}
	_, err := h.segment("one-more", 1, true, at)
	refusedWith(t, err, reason.TooManySegments)
	_, err = h.segment("s7", 3, true, at)
	require.NoError(t, err, "it is in that one")
	_, err = h.segment("s7", 4, false, at)
	require.NoError(t, err)
	_, err = h.segment("one-more", 1, true, at)
	require.NoError(t, err)
	h.rebuild()
}
