package follow_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	ordersv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/orders/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/lane"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

const theTeaClub = "programme: tea\nzone: UTC\ncurrency: USD\nunit: points\nearning: {points: 1, per: 1.00}\nexpiry: {rule: end_of_month, months: 12}\n"

func revision(n int32) proto.Message {
	text := theTeaClub + fmt.Sprintf("name: Tea club %d\n", n)
	return &controlv1.ProgramRevised{
		Program: "tea", Revision: n, Files: []*controlv1.ProgramFile{{Name: "tea.yaml", Content: []byte(text)}},
	}
}

// order publishes an order that was paid.
func (p *place) order(account, id string) {
	p.t.Helper()
	body, err := proto.Marshal(&ordersv1.OrderPaid{
		OrderId: id, Merchant: "shop", Account: account, Currency: "USD", OccurredAt: timestamppb.New(time.Unix(1_700_000_000, 0)),
		Lines: []*ordersv1.Line{{Sku: "tea", Quantity: 1, AmountMinor: 500}},
	})
	require.NoError(p.t, err)
	p.tell(bus.OrderSubject("tea", "shop", "paid", account), "laurel.orders.v1.OrderPaid", "event/"+id, body)
}

// TestTimesOfRecordingNeverGoBack within a partition, though the next who writes has a clock that is behind.
func TestTimesOfRecordingNeverGoBack(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.control("house", "opened", "opened", opened())
	ahead := time.Date(2026, 11, 27, 14, 0, 0, 0, time.UTC)
	behind := ahead.Add(-4 * time.Hour)
	for _, c := range []struct {
		partition int
		clock     time.Time
		recorded  time.Time
	}{
		{partition: 3, clock: ahead, recorded: ahead},
		{partition: 3, clock: behind, recorded: ahead},
		{partition: 3, clock: ahead.Add(time.Minute), recorded: ahead.Add(time.Minute)},
		{partition: 2, clock: behind, recorded: ahead}, // opened by the first
	} {
		p.clock = clock.At(c.clock)
		r := p.run(bus.Events, nil)
		r.drained(t)
		what := c.clock.Format(time.RFC3339)
		require.NoError(t, r.Call(t.Context(), follow.Asked{Partition: c.partition, Payload: what}))
		r.stop()
		var l line
		id := fmt.Sprintf("%d/work/%s", c.partition, what)
		require.NoError(t, p.open().Collection("lines").FindOne(t.Context(), bson.M{"_id": id}).Decode(&l))
		require.Equal(t, c.recorded, l.At.UTC(), id)
	}
	parts, err := p.open().ReadPartitions(t.Context(), []int{2, 3})
	require.NoError(t, err)
	require.Equal(t, []time.Time{ahead, ahead.Add(time.Minute)}, []time.Time{parts[2].Recorded.UTC(), parts[3].Recorded.UTC()})
}

// TestACallIsAnsweredOnceItIsDurable, or refused while the queue is full.
func TestACallIsAnsweredOnceItIsDurable(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.control("house", "opened", "opened", opened())
	r := p.run(bus.Events, nil)
	r.drained(t)
	require.NoError(t, r.Call(t.Context(), follow.Asked{Partition: 3, Payload: "first"}))
	require.Equal(t, 1, p.lines()["work"])
	r.stop() // nobody works any more: what is submitted waits

	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for n := range 32 { // half of the queue
		require.ErrorIs(t, r.Call(gone, follow.Asked{Partition: 3, Payload: fmt.Sprint("waiting ", n)}), context.Canceled)
	}
	require.ErrorIs(t, r.Call(t.Context(), follow.Asked{Partition: 3, Payload: "one too many"}), reason.Overloaded)
	require.Equal(t, 1, p.lines()["work"])
}

// TestEachMessageCountsOnce: whatever kind it is, over two processes one after the other and two at once.
func TestEachMessageCountsOnce(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.control("house", "opened", "opened", opened())
	p.control("tea", "revised", "revised/1", revision(1))
	p.control("tea", "revised", "revised/3", revision(3)) // leaves a gap
	p.control("tea", "revised", "again/1", revision(1))
	p.control("house", "lunch", "lunch", &controlv1.ClockPassed{Time: timestamppb.New(time.Unix(1, 0))}) // nobody knows it
	first := p.run(bus.Events, nil)
	first.drained(t)
	first.stop()
	for i := range 40 {
		p.order(fmt.Sprint("member-", i), fmt.Sprint("o-", i))
	}
	p.tell(bus.OrderSubject("tea", "shop", "paid", "bob"), "laurel.orders.v1.OrderPaid", "broken", []byte{0xff})
	a, b := p.run(bus.Events, nil), p.run(bus.Events, nil)
	a.drained(t)
	b.drained(t)

	want := map[string]int{
		"opened": partitions, "revision 1": partitions, "refused " + string(reason.UnsupportedRevision): partitions,
		"known revision 1": partitions, "nothing of ours": partitions, "refused MALFORMED_EVENT": 1,
	}
	for i := range 40 {
		want[fmt.Sprint("order o-", i)] = 1
	}
	require.Equal(t, want, p.lines())
	told, err := p.bus.LastSequences(t.Context(), bus.Facts, partitions)
	require.NoError(t, err)
	most := uint64(0)
	for _, n := range told {
		most = max(most, n)
	}
	require.EqualValues(t, 5*partitions+41, most, "one fact per message")
}

// TestFactsAreFollowedByType: a fact is decoded by the type it names; one that this program was built without only moves
// the mark, one that does not decode is refused.
func TestFactsAreFollowedByType(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	body, err := proto.Marshal(&accrualv1.EventRefused{Program: "tea", Reason: "X"})
	require.NoError(t, err)
	subject := bus.FactSubject("tea", "accrual", "refused", "ann")
	p.tell(subject, "laurel.accrual.v1.EventRefused", "1", body)
	p.tell(subject, "laurel.tomorrow.v1.SomethingNew", "2", body)
	p.tell(subject, "laurel.accrual.v1.EventRefused", "3", []byte{0xff})
	p.run(bus.Facts, nil).drained(t)
	require.Equal(t, map[string]int{"fact EventRefused": 1, "nothing of ours": 1, "refused MALFORMED_EVENT": 1}, p.lines())
}

// TestTroubleIsTriedAgainAndABreachStops: an error undoes the batch until it passes; a Stop ends the applying for good, and
// the service says so.
func TestTroubleIsTriedAgainAndABreachStops(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.control("house", "opened", "opened", opened())
	p.order("ann", "o-1")
	breach := errors.New("the diary is torn")
	tries := make(chan struct{}, 3)
	r := p.run(bus.Events, func(m follow.Message) error {
		switch {
		case m.Order == nil:
			return nil
		case m.Order.Ref.Order == "o-2":
			return &lane.Stop{Err: breach}
		}
		select {
		case tries <- struct{}{}:
			return errors.New("not now")
		default:
			return nil
		}
	})
	r.drained(t)
	require.Equal(t, map[string]int{"opened": partitions, "order o-1": 1}, p.lines())
	require.Len(t, tries, 3)
	require.NoError(t, r.Broken())
	p.order("ann", "o-2")
	testkit.Eventually(t, func() bool { return errors.Is(r.Broken(), breach) }, "the service says that it is broken")
	require.Equal(t, map[string]int{"opened": partitions, "order o-1": 1}, p.lines())
}

// TestWorkIsDurableWhenItIsDone: done is called once what was submitted is in the store.
func TestWorkIsDurableWhenItIsDone(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.control("house", "opened", "opened", opened())
	r := p.run(bus.Events, nil, func(ctx context.Context) error {
		<-ctx.Done()
		return nil
	})
	done := make(chan struct{})
	for i := range partitions {
		require.NoError(t, r.Submit(t.Context(), i, i, func() { done <- struct{}{} }))
	}
	for range partitions {
		<-done
	}
	require.Equal(t, partitions, p.lines()["work"])
	r.drained(t)
	require.True(t, r.Behind(time.Now()), "a replay's clock is no wall clock")
	require.Len(t, r.Applied(), partitions)
}

// TestStoppedBeforeItBegan: somebody changes their mind while a service starts. That is no failure.
func TestStoppedBeforeItBegan(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.run(bus.Events, nil)
	r.stop()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	require.NoError(t, r.Run(ctx))
}
