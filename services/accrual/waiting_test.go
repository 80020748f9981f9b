package accrual_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// status is what became of the events of an order: their kinds and states.
func (s *service) status(order string) []string {
	s.h.t.Helper()
	answer, err := s.grpc.GetEventStatus(s.h.t.Context(), &accrualv1.GetEventStatusRequest{Program: "tea", Merchant: "shop", OrderId: order})
	require.NoError(s.h.t, err)
	var list []string
	for _, e := range answer.GetEvents() {
		list = append(list, e.GetKind()+" "+map[accrualv1.EventState]string{
			accrualv1.EventState_EVENT_STATE_TAKEN: "taken", accrualv1.EventState_EVENT_STATE_WAITING: "waiting",
			accrualv1.EventState_EVENT_STATE_REFUSED: "refused " + e.GetReason(),
		}[e.GetState()])
	}
	return list
}

// redrive publishes the only dead letter of the programme again.
func (s *service) redrive() {
	s.h.t.Helper()
	list, err := s.grpc.ListDeadLetters(s.h.t.Context(), &accrualv1.ListDeadLettersRequest{Program: "tea"})
	require.NoError(s.h.t, err)
	require.Len(s.h.t, list.GetDeadLetters(), 1)
	_, err = s.grpc.RedriveDeadLetter(s.h.t.Context(), &accrualv1.RedriveDeadLetterRequest{Id: list.GetDeadLetters()[0].GetId()})
	require.NoError(s.h.t, err)
	s.drained()
}

func TestAReturnWaitsForItsOrder(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub)
	s := h.run(size{})
	h.publish(returned("ann", "o1", "r1", moment("2026-01-10"), 1), cancelled("bob", "o2", moment("2026-01-10")))
	s.drained()
	require.Equal(t, []string{"returned waiting"}, s.status("o1"))
	require.Equal(t, []string{"cancelled waiting"}, s.status("o2"))
	require.Zero(t, s.active("ann"))

	h.publish(paid("ann", "o1", moment("2026-02-08"), 4000), paid("bob", "o2", moment("2026-02-08"), 4000))
	s.drained()
	require.EqualValues(t, 30, s.active("ann"), "three of four pieces are left")
	require.Zero(t, s.active("bob"))
	require.Equal(t, []string{"returned taken", "paid taken"}, s.status("o1"))
	h.pass("2026-06-01T00:00:00Z")
	s.drained()
	require.EqualValues(t, 30, s.active("ann"))
	require.Empty(t, h.stored(bus.Dead))
	s.requireSound()
}

// A trap of domain I: what is paid with points earns nothing, and a return takes back no more than was earned.
func TestThePartThatWasPaidWithPointsEarnsNothing(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub)
	s := h.run(size{})
	at := moment("2026-01-10")
	half, whole := purchase("o1", at, 10_000), purchase("o2", at, 10_000)
	half.Lines[0].PaidWithPointsMinor, whole.Lines[0].PaidWithPointsMinor = 2_000, 10_000
	h.publish(write("ann", "paid", "o1/paid", half), write("bob", "paid", "o2/paid", whole))
	s.drained()
	require.EqualValues(t, 80, s.active("ann"))
	require.Zero(t, s.active("bob"))

	h.publish(returned("ann", "o1", "r1", at, 1), returned("bob", "o2", "r1", at, 1))
	s.drained()
	require.EqualValues(t, 60, s.active("ann"), "three of four pieces are left")
	require.Zero(t, s.active("bob"))
	h.publish(returned("ann", "o1", "r2", at, 0))
	s.drained()
	require.Zero(t, s.active("ann"))
	require.Empty(t, h.stored(bus.Dead))
	s.requireSound()
}

// TestThePartThatWasPaidWithPointsEarnsWhereTheProgrammeSaysSo, and what it earned goes with the goods.
func TestThePartThatWasPaidWithPointsEarnsWhereTheProgrammeSaysSo(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub + "orders: {count_paid_with_points: true}\n")
	s := h.run(size{})
	at := moment("2026-01-10")
	half, whole := purchase("o1", at, 10_000), purchase("o2", at, 10_000)
	half.Lines[0].PaidWithPointsMinor, whole.Lines[0].PaidWithPointsMinor = 2_000, 10_000
	h.publish(write("ann", "paid", "o1/paid", half), write("bob", "paid", "o2/paid", whole))
	s.drained()
	require.EqualValues(t, 100, s.active("ann"))
	require.EqualValues(t, 100, s.active("bob"))
	h.publish(returned("ann", "o1", "r1", at, 1), returned("bob", "o2", "r1", at, 1))
	s.drained()
	require.EqualValues(t, 75, s.active("ann"), "three of four pieces are left")
	require.EqualValues(t, 75, s.active("bob"))
	h.publish(returned("ann", "o1", "r2", at, 0), returned("bob", "o2", "r2", at, 0))
	s.drained()
	require.Zero(t, s.active("ann"))
	require.Zero(t, s.active("bob"))
	require.Empty(t, h.stored(bus.Dead))
	s.requireSound()
}

// TestAReturnWhoseOrderDoesNotComeInTime is dead at its deadline, at 00:00 of the day, once; what is then made of it is
// up to people.
func TestAReturnWhoseOrderDoesNotComeInTime(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub)
	s := h.run(size{})
	early := returned("ann", "o1", "r1", moment("2026-01-10"), 1).head("traceparent", "00-1-2-01")
	h.publish(early)
	h.pass("2026-02-08T23:59:59Z")
	s.drained()
	require.Equal(t, []string{"returned waiting"}, s.status("o1"))
	require.Empty(t, h.stored(bus.Dead))

	h.pass("2026-02-09T00:00:00Z")
	s.drained()
	require.Equal(t, []string{"returned refused RETURN_WITHOUT_ORDER"}, s.status("o1"))
	letters := h.stored(bus.Dead)
	require.Len(t, letters, 1)
	require.Equal(t, string(reason.ReturnWithoutOrder), letters[0].Header.Get("Laurel-Reason"))
	require.Equal(t, early.subject, letters[0].Header.Get("Laurel-Subject"))
	require.Equal(t, original(early.header), original(letters[0].Header))
	require.Equal(t, early.body, letters[0].Data)
	_, refusals := h.facts()
	require.Len(t, refusals, 1)

	h.publish(early)
	s.drained()
	require.EqualValues(t, 1, s.Counts().Duplicates, "the bus delivers it again: it is known")
	h.publish(paid("ann", "o1", moment("2026-02-10"), 4000))
	s.drained()
	require.EqualValues(t, 40, s.active("ann"), "the order counts whole")

	s.redrive()
	require.EqualValues(t, 30, s.active("ann"))
	s.redrive()
	require.EqualValues(t, 30, s.active("ann"), "once")
	require.Equal(t, []string{"paid taken", "returned taken", "returned refused RETURN_WITHOUT_ORDER"}, s.status("o1"))
	require.Len(t, h.stored(bus.Dead), 1)
	s.requireSound()
}

// TestAWaitThatBeginsAndEndsInOneBatch: the dead letter is that of an event which is not stored yet.
func TestAWaitThatBeginsAndEndsInOneBatch(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub)
	early := returned("ann", "o1", "r1", moment("2026-01-10"), 1)
	h.publish(early, cancelled("ann", "o2", moment("2026-01-10")), paid("ann", "o3", moment("2026-03-01"), 500))
	s := h.run(size{})
	s.drained()
	letters := h.stored(bus.Dead)
	require.Len(t, letters, 2)
	require.Equal(t, early.body, letters[0].Data)
	require.Equal(t, original(early.header), original(letters[0].Header))
	require.Equal(t, []string{"cancelled refused RETURN_WITHOUT_ORDER"}, s.status("o2"))
	require.EqualValues(t, 5, s.active("ann"))
	s.requireSound()
}

// TestARefusedEventCountsOnceItIsRight: what was wrong is put right, then the dead letter is published again.
func TestARefusedEventCountsOnceItIsRight(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	s := h.run(size{})
	h.publish(paid("ann", "o1", moment("2026-01-10"), 4000))
	s.drained()
	require.Len(t, h.dead()["orders.tea.shop.paid.ann"], 1, "the programme is not known yet")
	h.apply(theTeaClub)
	s.redrive()
	require.EqualValues(t, 40, s.active("ann"))
	s.requireSound()
}
