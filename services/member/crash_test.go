package member_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	memberv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/member/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// TestAnEnrolmentIsToldAtTheNextStart: the bus is away while somebody is enrolled, and the process ends before it is back.
func TestAnEnrolmentIsToldAtTheNextStart(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.run()
	h.enrol(s, "ann")
	require.Len(t, h.told(s), 1)
	h.nats.Kill(t)
	bob := h.enrol(s, "bob", "ann")
	h.enrol(s, "eve")
	progress, err := s.Progress(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 2, progress.Outbox)
	_, err = s.EnrolMember(t.Context(), &memberv1.EnrolMemberRequest{Program: "wine", Member: "ann", Kind: consumer, IdempotencyKey: "wine"})
	require.ErrorIs(t, rpc.FromStatus(err), reason.NotReady, "whether there is such a programme only the bus can say")
	s.stop()

	h.nats.Restart(t)
	s = h.run()
	told := h.told(s)
	require.Len(t, told, 3)
	accounts := map[string]string{}
	for _, m := range told {
		accounts[m.GetMember()] = m.GetAccount()
	}
	require.Equal(t, map[string]string{"ann": "ann", "bob": bob.GetAccount(), "eve": "eve"}, accounts)
}

// TestAnEnrolmentThatWasToldIsNotToldAgain: the process ended after telling, before it had noted so.
func TestAnEnrolmentThatWasToldIsNotToldAgain(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.run()
	h.enrol(s, "ann")
	h.told(s)
	h.nats.Kill(t)
	h.enrol(s, "bob")
	waiting := h.documents("outbox")
	require.Len(t, waiting, 1)
	h.nats.Restart(t)
	require.Len(t, h.told(s), 2)
	s.stop()

	_, err := h.db.Collection("outbox").InsertMany(t.Context(), waiting)
	require.NoError(t, err)
	s = h.run()
	require.Len(t, h.told(s), 2)
}
