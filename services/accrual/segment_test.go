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

// TestACampaignIsDecidedWhenAnOrderIsPaid: by the segments before it and by its day, for good; a restart in the middle, a late return,
// a revision without the campaign, and a ledger that is made again change nothing.
func TestACampaignIsDecidedWhenAnOrderIsPaid(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	club := func(campaigns string) string {
		return `
programme: tea
zone: Europe/Berlin
currency: USD
unit: points
earning: {points: 1, per: 1.00, multipliers: {segment: {quiet: 2}}` + campaigns + `}
expiry: {rule: end_of_month, months: 12}
`
	}
	h.apply(club(`, campaigns: {back: {factor: 3, from: 2026-03-02, until: 2026-03-04, when: "'slipping' in segments && !('staff' in segments)"}}`))
	s := h.run(size{})
	h.pass("2026-03-01T00:00:00Z")
	h.send(paid("ann", "o1", moment("2026-03-02"), 10_00)) // in no segment yet
	h.changed("m1", "ann", "slipping", 1, true)
	h.changed("m2", "ann", "quiet", 1, true)
	h.changed("m3", "bob", "slipping", 1, true)
	h.changed("m4", "bob", "staff", 1, true)
	h.send(paid("ann", "o2", moment("2026-03-01"), 10_00)) // before its days: the segment's factor
	h.send(paid("ann", "o3", moment("2026-03-02"), 10_00))
	h.send(paid("bob", "o4", moment("2026-03-02"), 10_00))
	h.send(paid("ann", "o5", moment("2026-03-04"), 10_00)) // its days are over
	s.drained()
	preview, err := s.grpc.PreviewOrder(t.Context(), previewOf("ann", purchase("basket", moment("2026-03-02"), 10_00)))
	require.NoError(t, err)
	require.EqualValues(t, 30, preview.GetPoints())

	s.stop()
	s = h.run(size{})
	h.changed("m5", "ann", "slipping", 2, false)
	h.pass("2026-03-10T00:00:00Z")
	h.send(returned("ann", "o3", "r1", moment("2026-03-10"), 2)) // in the segment and within the days no more
	s.drained()
	h.apply(club(""))
	h.send(returned("ann", "o3", "r2", moment("2026-03-11"), 1))
	h.send(paid("bob", "o6", moment("2026-03-11"), 10_00))
	s.drained()
	require.Zero(t, s.Counts().Refused)
	var told []string
	for _, account := range []string{"ann", "bob"} {
		for _, e := range s.entries(account) {
			if o := e.GetOrder(); o != nil {
				told = append(told, fmt.Sprint(e.GetKey(), " ", o.GetSegment(), " ", o.GetTargetPoints()))
			}
		}
	}
	require.Equal(t, []string{
		"order/shop/o1/1  10", "order/shop/o2/1 quiet 20", "order/shop/o3/1 campaign/back 30", "order/shop/o5/1 quiet 20",
		"order/shop/o3/2 campaign/back 15", "order/shop/o3/3 campaign/back 7", "order/shop/o4/1  10", "order/shop/o6/1  10",
	}, told)
	said, err := s.grpc.ExplainEntry(t.Context(), &accrualv1.ExplainEntryRequest{Program: "tea", Key: "order/shop/o3/1"})
	require.NoError(t, err)
	require.Contains(t, fmt.Sprint(said.GetSentences()), "times 3 for campaign back")
	s.requireSound()

	before := h.documents("accounts")
	s.stop()
	_, err = s.Rebuild(t.Context())
	require.NoError(t, err)
	require.Equal(t, before, h.documents("accounts"))
}
