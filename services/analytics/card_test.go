package analytics_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// card asks for the card of an account, as of all that was read.
func (s *service) card(account string) *analyticsv1.CustomerReport {
	s.h.t.Helper()
	return s.ask(&analyticsv1.GetReportRequest{Program: "tea", Name: "customer", Parameters: &analyticsv1.GetReportRequest_Customer{
		Customer: &analyticsv1.CustomerParameters{Account: account},
	}}).GetCustomer()
}

// ticking is a clock that goes on by a second whenever somebody looks: all takes long.
type ticking struct {
	mu  sync.Mutex
	now time.Time
}

func (c *ticking) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Second)
	return c.now
}

// TestACardIsComparedWithAllThatIsKnownWhereThatIsQuick: as soon as something is copied, the others are measured anew.
func TestACardIsComparedWithAllThatIsKnownWhereThatIsQuick(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.run(size{clock: clock.At(time.Date(2025, 1, 20, 0, 0, 0, 0, time.UTC))})
	h.tell(h.ledger.paid("m0", "a", date("2025-01-10"), 1000))
	s.drained()
	one := s.card("m0")
	require.Equal(t, "A", one.GetClass())
	require.EqualValues(t, 1, one.GetComparedEntries())
	for i, account := range []string{"m1", "m2", "m3", "m4"} {
		h.tell(h.ledger.paid(account, account, date("2025-01-10"), 100_000))
		s.drained()
		require.EqualValues(t, i+2, s.card("m0").GetComparedEntries())
	}
	require.Equal(t, "C", s.card("m0").GetClass())
}

// TestACardOfALargeCopyIsComparedWithWhatWasMeasuredBefore: what the customer has done is as new as ever, and it is said how much
// was read of the others, who are measured anew meanwhile.
func TestACardOfALargeCopyIsComparedWithWhatWasMeasuredBefore(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.run(size{clock: &ticking{now: time.Date(2025, 1, 20, 0, 0, 0, 0, time.UTC)}})
	h.tell(h.ledger.paid("m0", "a", date("2025-01-10"), 1000), h.ledger.paid("m1", "b", date("2025-01-10"), 1000))
	s.drained()
	require.EqualValues(t, 2, s.card("m0").GetComparedEntries())
	h.tell(h.ledger.paid("m0", "c", date("2025-01-10"), 1000))
	s.drained()
	require.EqualValues(t, 2, s.card("m0").GetOrders(), "the customer's own orders are all there")
	testkit.Eventually(t, func() bool { return s.card("m0").GetComparedEntries() == 3 }, "the others are measured anew")
}
