package accrual_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
)

// changed publishes that an account enters a segment or leaves it, in a message of its own however often it is sent.
func (h *standing) changed(message, account, segment string, number int64, entered bool) {
	h.t.Helper()
	h.controlFor(account, "segment", message, &controlv1.SegmentChanged{
		Program: "tea", Account: account, Segment: segment, Number: number, Entered: entered, Revision: 1, AsOf: "2026-03-01",
		ToldAt: timestamppb.New(moment("2026-02-28")),
	})
}

// TestWhoIsInASegmentEarnsByIt: from its place in the log on, told once or often; what comes late, of a segment that is forgotten or
// of an account that is not there, holds nothing up.
func TestWhoIsInASegmentEarnsByIt(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(`
programme: tea
zone: UTC
currency: USD
unit: points
earning: {points: 1, per: 1.00, multipliers: {segment: {slipping: 2}}}
expiry: {rule: end_of_month, months: 12}
`)
	s := h.run(size{})
	h.pass("2026-03-01T00:00:00Z")
	h.send(paid("ann", "o1", moment("2026-03-01"), 10_00))
	h.changed("m1", "ann", "slipping", 1, true)
	h.send(paid("ann", "o2", moment("2026-03-02"), 10_00))
	h.changed("m1 again", "ann", "slipping", 1, true)
	h.changed("m2", "ann", "slipping", 2, false)
	h.changed("m1 late", "ann", "slipping", 1, true)
	h.changed("m3", "ann", "forgotten", 2, false)
	h.changed("m4", "nobody", "slipping", 2, false)
	h.send(paid("ann", "o3", moment("2026-03-03"), 10_00))
	h.changed("m5", "ann", "quiet", 1, true)
	s.drained()
	require.EqualValues(t, 40, s.active("ann"))
	var told []string
	for _, e := range s.entries("ann") {
		told = append(told, fmt.Sprint(e.GetKey(), " ", e.GetSegment().GetEntered(), " ", e.GetOrder().GetSegment(), " ", e.GetOrder().GetTargetPoints()))
	}
	require.Equal(t, []string{
		"order/shop/o1/1 false  10", "segment/ann/slipping/1 true  0", "order/shop/o2/1 false slipping 20", "segment/ann/slipping/2 false  0",
		"segment/ann/forgotten/2 false  0", "order/shop/o3/1 false  10", "segment/ann/quiet/1 true  0",
	}, told)
	require.Zero(t, s.Counts().Refused)
	answer, err := s.grpc.GetAccount(t.Context(), &accrualv1.GetAccountRequest{Program: "tea", Account: "ann"})
	require.NoError(t, err)
	require.Equal(t, []string{"quiet"}, answer.GetAccount().GetSegments())
	said, err := s.grpc.ExplainEntry(t.Context(), &accrualv1.ExplainEntryRequest{Program: "tea", Key: "order/shop/o2/1"})
	require.NoError(t, err)
	require.Contains(t, fmt.Sprint(said.GetSentences()), "times 2 for segment slipping")
	s.requireSound()

	before := h.documents("accounts")
	s.stop()
	_, err = s.Rebuild(t.Context())
	require.NoError(t, err)
	require.Equal(t, before, h.documents("accounts"))
}
