package analytics_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func date(text string) calendar.Day {
	d, err := calendar.Parse(text)
	if err != nil {
		panic(err)
	}
	return d
}

// requireCopied wants the customers of the copy to be those of the ledger, to the cent and day.
func (s *service) requireCopied(l *ledger) {
	s.h.t.Helper()
	want := map[string]string{}
	for account := range l.seqs {
		first, last, orders, sum := calendar.Day(1<<30), calendar.None, 0, int64(0)
		for _, o := range l.orders {
			if o.account != account || o.cancelled || o.day == calendar.None {
				continue
			}
			first, last, orders, sum = min(first, o.day), max(last, o.day), orders+1, sum+o.base
		}
		if orders > 0 {
			want[account] = fmt.Sprintf("%s to %s: %d orders, %d cents", first, last, orders, sum)
		}
	}
	got := map[string]string{}
	for _, c := range s.customers("2030-01-01", 7) {
		got[c.GetAccount()] = fmt.Sprintf("%s to %s: %d orders, %d cents", c.GetFirstDay(), c.GetLastDay(), c.GetOrders(), c.GetSumMinor())
	}
	require.Empty(s.h.t, cmp.Diff(want, got))
}

// reports are all reports as of a day, as bytes.
func (s *service) reports(asOf string) map[string][]byte {
	s.h.t.Helper()
	list, err := s.grpc.ListReports(s.h.t.Context(), &analyticsv1.ListReportsRequest{})
	require.NoError(s.h.t, err)
	all := map[string][]byte{}
	for _, r := range list.GetReports() {
		all[r.GetName()], err = proto.MarshalOptions{Deterministic: true}.Marshal(s.report(r.GetName(), asOf))
		require.NoError(s.h.t, err)
	}
	require.NotEmpty(s.h.t, all)
	return all
}

func TestAnOrderCountsAsTheLedgerLeavesIt(t *testing.T) {
	t.Parallel()
	h := open(t)
	l := h.ledger
	h.tell(
		l.paid("ann", "o1", date("2025-01-10"), 1000),
		l.placed("bob", "o2", date("2025-01-11")),                         // counts for nothing yet
		l.late("ann", "o3", date("2025-01-05"), date("2025-01-12"), 500),  // happened before o1, told after it
		l.back("o1", date("2025-01-20"), 300),                             // counts at the day of its order
		l.paid("bob", "o2", date("2025-01-21"), 700),                      // now it counts
		l.paid("cid", "o4", date("2025-01-22"), 100),                      //
		l.off("o4", date("2025-01-23")),                                   // and is gone
		l.late("ann", "o1", date("2025-01-10"), date("2025-01-24"), 2000), // an amendment
		l.due("ann", date("2025-02-01")),                                  // what falls due is no order
	)
	s := h.run(size{})
	s.drained()
	s.requireCopied(l)
	require.Len(t, s.customers("2030-01-01", 500), 2, "cid has no order that counts")

	r := s.report("pareto", "")
	require.Equal(t, "2025-02-01", r.GetAsOf(), "what falls due at 00:00 closes the day before")
	require.EqualValues(t, 9, r.GetRead().GetEntries())
	require.Equal(t, "2025-02-01T00:00:00Z", r.GetRead().GetEffectiveAt().AsTime().Format(time.RFC3339))
	require.Equal(t, "USD", r.GetCurrency())
	require.EqualValues(t, 3200, r.GetPareto().GetTotalMinor())
	require.EqualValues(t, 2500, s.report("pareto", "2025-01-15").GetPareto().GetTotalMinor(), "as known now, of that day")
}

func TestAFactThatComesAgainCountsOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	told := h.ledger.makeUp(3, 12, 300)
	h.tell(told...)
	h.again(told[:200]...)
	h.again(told...)
	s := h.run(size{lanes: 2, batch: 64})
	s.drained()
	s.requireCopied(h.ledger)
	require.EqualValues(t, len(told), s.Counts().Entries)
	require.EqualValues(t, len(told)+200, s.Counts().Repeats)
}

// TestStoppedAtAnyMomentItComesOutTheSame is stopped and started while it copies, in other sizes each time, beside a
// second replica for a while.
func TestStoppedAtAnyMomentItComesOutTheSame(t *testing.T) {
	t.Parallel()
	h, alone := open(t), open(t)
	told := h.ledger.makeUp(5, 16, 600)
	for i, part := range slices.Collect(slices.Chunk(told, 100)) {
		s := h.run(size{lanes: 1 + i%2, batch: 8 << (i % 3)})
		h.tell(part...)
		h.again(part[:20]...)
		if i == 3 {
			other := h.run(size{batch: 16})
			other.drained()
			other.stop()
		}
		testkit.Eventually(t, func() bool { return s.Counts().Messages >= 30 || i == 3 }, "some of it copied")
		s.stop()
	}
	s := h.run(size{})
	s.drained()
	s.requireCopied(h.ledger)

	alone.tell(told...)
	once := alone.run(size{lanes: 2})
	once.drained()
	requireSameAnswers(t, once, s)
}

// requireSameAnswers compares all reports but for the marks: the two streams differ in what was told twice.
func requireSameAnswers(t *testing.T, a, b *service) {
	t.Helper()
	for _, name := range []string{"actions", "pareto", "rfm", "cohorts", "survival"} {
		want, got := a.report(name, ""), b.report(name, "")
		want.Read.Marks, got.Read.Marks = nil, nil
		require.Empty(t, cmp.Diff(want, got, protocmp.Transform()))
	}
	require.Empty(t, cmp.Diff(a.customers("", 500), b.customers("", 3), protocmp.Transform()))
}

// TestRebuiltItAnswersInTheSameBytes forgets everything and reads FACTS again.
func TestRebuiltItAnswersInTheSameBytes(t *testing.T) {
	t.Parallel()
	h := open(t)
	told := h.ledger.makeUp(7, 16, 400)
	h.tell(told...)
	h.again(told[100:200]...)
	s := h.run(size{lanes: 2, batch: 32})
	s.drained()
	before, copied := s.reports(""), h.copied()
	s.stop()
	s = h.build(size{lanes: 1})
	require.NoError(t, s.Forget(t.Context()))
	require.Empty(t, h.documents("journal"))
	for name, documents := range h.copied() {
		require.Empty(t, documents, name)
	}
	require.NotEmpty(t, copied["dropped"], "some that were cancelled in the batch that brought them")
	s.start()
	s.drained()
	require.Empty(t, cmp.Diff(before, s.reports("")))
	require.Empty(t, cmp.Diff(copied, h.copied()))
}

// copied are all documents that FACTS is copied into, by collection, as they are stored.
func (h *standing) copied() map[string][]bson.M {
	h.t.Helper()
	names, err := h.db.ListCollectionNames(h.t.Context(), bson.M{})
	require.NoError(h.t, err)
	all := map[string][]bson.M{}
	for _, name := range names {
		switch name {
		case "partitions", "outbox", "revisions": // how far it is, which has a version of its own
		case "journal": // in pages of what was read together
		case "segments", "segment_members", "fits", "champions": // what people have defined
		default:
			all[name] = h.documents(name)
		}
	}
	for _, name := range []string{"accounts", "actions", "deeds", "orders", "positions"} {
		require.Contains(h.t, all, name)
	}
	return all
}

func TestAGapIsLoudAndNothingBehindItIsCopied(t *testing.T) {
	t.Parallel()
	h := open(t)
	l := h.ledger
	h.tell(l.paid("ann", "o1", date("2025-01-10"), 100))
	s := h.run(size{})
	s.drained()
	_ = l.paid("ann", "o2", date("2025-01-11"), 200) // is never told
	h.tell(l.paid("ann", "o3", date("2025-01-12"), 400))
	testkit.Eventually(t, func() bool { return s.Broken() != nil }, "broken")
	require.ErrorContains(t, s.Broken(), "account tea/ann: entry 3 does not follow 1: what lies between was never told")
	require.EqualValues(t, 100, s.customers("2030-01-01", 10)[0].GetSumMinor(), "it still answers what it knows")
	s.health.Poll(t.Context())
	require.False(t, s.health.Ready())
	s.stop()
}

func TestWhatIsNoFactOfTheLedgerIsNothingToTheCopy(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.tell(
		factOf(bus.FactSubject("tea", "accrual", "refused", "ann"), "refused/1", &accrualv1.EventRefused{Program: "tea", Account: "ann"}),
		bus.Outgoing{Subject: bus.FactSubject("tea", "tier", "changed", "ann"), Data: []byte("{"), ID: "broken, and somebody else's"},
		h.ledger.paid("ann", "o1", date("2025-01-10"), 100),
	)
	s := h.run(size{})
	s.drained()
	s.requireCopied(h.ledger)
}

func TestAFactOfTheLedgerThatMakesNoSenseStopsTheCopy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		fact func(l *ledger) bus.Outgoing
		says string
	}{
		{"broken bytes", func(l *ledger) bus.Outgoing {
			f := l.paid("ann", "o1", date("2025-01-10"), 100)
			f.Data = f.Data[:len(f.Data)-3]
			return f
		}, "it cannot be read"},
		{"another account than its subject's", func(l *ledger) bus.Outgoing {
			f := l.paid("ann", "o1", date("2025-01-10"), 100)
			f.Subject = bus.FactSubject("tea", "accrual", "earn", "bob")
			return f
		}, "it tells of account tea/ann"},
		{"an order below nothing", func(l *ledger) bus.Outgoing {
			return l.paid("ann", "o1", date("2025-01-10"), -1)
		}, "has -1 minor units"},
		{"no day", func(l *ledger) bus.Outgoing {
			return l.entry("ann", "earn", date("2025-01-10"), &accrualv1.EntryPosted{
				Entry: &accrualv1.Entry{Key: "order/shop/o1/1", Order: &accrualv1.OrderPart{Number: 1}},
				Order: &accrualv1.OrderStanding{PaidDay: "yesterday"},
			})
		}, `paid on "yesterday"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			h.tell(c.fact(h.ledger))
			s := h.run(size{})
			testkit.Eventually(t, func() bool { return s.Broken() != nil }, "broken")
			require.ErrorContains(t, s.Broken(), c.says)
			s.stop()
		})
	}
}

// TestTheBusAndTheStoreAreAwayForAWhile: it catches up.
func TestTheBusIsAwayForAWhile(t *testing.T) {
	t.Parallel()
	h := open(t)
	told := h.ledger.makeUp(9, 8, 200)
	h.tell(told[:100]...)
	s := h.run(size{})
	testkit.Eventually(t, func() bool { return s.Counts().Messages >= 50 }, "some of it copied")
	h.nats.Restart(t)
	testkit.Eventually(t, func() bool { return h.bus.Connected() }, "the ledger is connected again")
	h.tell(told[100:]...)
	s.drained()
	s.requireCopied(h.ledger)
}

func TestOwnEventsAreCountedByTypeAndMonth(t *testing.T) {
	t.Parallel()
	h := open(t)
	l := h.ledger
	told := []bus.Outgoing{
		l.did("ann", "visit", date("2025-01-31"), 10), l.did("ann", "visit", date("2025-01-31"), 0), l.did("bob", "visit", date("2025-02-01"), 10),
		l.did("bob", "review", date("2025-02-02"), 50), l.paid("bob", "o1", date("2025-02-03"), 100),
	}
	h.tell(told...)
	h.again(told...)
	s := h.run(size{batch: 2})
	s.drained()
	s.requireCopied(l)
	var rows []string
	for _, m := range s.report("actions", "2025-02-02").GetActions().GetMonths() {
		rows = append(rows, fmt.Sprintf("%s %s: %d for %d points", m.GetType(), m.GetMonth(), m.GetActions(), m.GetPoints()))
	}
	require.Equal(t, []string{"visit 2025-01: 2 for 10 points", "visit 2025-02: 1 for 10 points"}, rows)
	require.Len(t, s.report("actions", "").GetActions().GetMonths(), 3)
}

func TestTwoProgrammesDoNotMeet(t *testing.T) {
	t.Parallel()
	h := open(t)
	coffee := newLedger("coffee")
	h.tell(h.ledger.paid("ann", "o1", date("2025-01-10"), 100), coffee.paid("ann", "o1", date("2025-01-11"), 7000))
	s := h.run(size{})
	s.drained()
	s.requireCopied(h.ledger)
	r := s.ask(&analyticsv1.GetReportRequest{Program: "coffee", Name: "pareto"})
	require.EqualValues(t, 7000, r.GetPareto().GetTotalMinor())
	require.EqualValues(t, 1, r.GetRead().GetEntries())
}
