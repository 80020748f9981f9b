package accrual_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
)

// controlFor publishes a control event for one account, as a message of its own however often it is sent.
func (h *standing) controlFor(account, kind, id string, body proto.Message) {
	h.t.Helper()
	m, err := publish.ControlFor(account, publish.ControlEvent{Program: "tea", Source: "tier", Kind: kind, ID: id, Body: body})
	require.NoError(h.t, err)
	require.NoError(h.t, publish.All(h.t.Context(), h.bus, []bus.Outgoing{m}))
}

func granted(account, id, tier, until string) *controlv1.TierGranted {
	return &controlv1.TierGranted{
		Program: "tea", Account: account, GrantId: id, Tier: tier, FromDay: "2026-03-01", UntilDay: until, Reason: "late delivery",
		Actor: "operator", GrantedAt: timestamppb.New(moment("2026-03-01")),
	}
}

// A granted tier is an entry, its multiplier counts from its place in the log on, and its end falls due.
func TestAGrantedTierMultiplies(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub + "name: Tea club\n")
	h.apply(`
programme: tea
zone: UTC
currency: USD
unit: points
earning: {points: 1, per: 1.00, multipliers: {tier: {silver: 2}}}
expiry: {rule: end_of_month, months: 12}
ladder: {window_months: 12, tiers: [{name: bronze, from: 0}, {name: silver, from: 100.00}]}
`)
	s := h.run(size{})
	h.pass("2026-03-01T00:00:00Z")
	h.controlFor("ann", "granted", "k1", granted("ann", "g1", "silver", "2026-04-15"))
	h.controlFor("ann", "granted", "again", granted("ann", "g1", "silver", "2026-04-15"))
	h.controlFor("ann", "granted", "k2", granted("ann", "g2", "platinum", "2026-04-15"))
	h.controlFor("bob", "grant_ended", "k3", &controlv1.TierGrantEnded{
		Program: "tea", Account: "bob", GrantId: "none", Reason: "by mistake", Actor: "operator", EndedAt: timestamppb.New(moment("2026-03-01")),
	})
	h.send(paid("ann", "o1", moment("2026-03-02"), 10_00))
	h.pass("2026-05-01T00:00:00Z")
	h.send(paid("ann", "o2", moment("2026-05-02"), 10_00))
	s.drained()
	require.EqualValues(t, 30, s.active("ann"))
	var told []string
	for _, e := range s.entries("ann") {
		told = append(told, e.GetKey()+" "+e.GetAfter().GetTier()+" "+e.GetTierChange().GetCause())
	}
	require.Equal(t, []string{
		"grant/ann/g1 silver granted", "order/shop/o1/1 silver ", "due/ann/3 bronze grant_ended", "order/shop/o2/1 bronze ",
	}, told)
	require.EqualValues(t, 2, s.Counts().Refused)
	s.requireSound()
	said, err := s.grpc.ExplainEntry(t.Context(), &accrualv1.ExplainEntryRequest{Program: "tea", Key: "grant/ann/g1"})
	require.NoError(t, err)
	require.Equal(t, "On 1 March 2026 tier silver was granted until the end of 14 April 2026: late delivery.", said.GetSentences()[0])

	before := h.documents("accounts")
	s.stop()
	n, err := s.Rebuild(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	require.Equal(t, before, h.documents("accounts"))
}
