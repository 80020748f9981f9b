package api_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	typev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/type/v1"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// TestReadsWaitForTheirPosition looks at what is waited for; waiting is follow's.
func TestReadsWaitForTheirPosition(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	type asked struct {
		sequence uint64
		accounts []follow.Account
	}
	var waits []asked
	d.after = func(to *typev1.Position, accounts []follow.Account) error {
		waits = append(waits, asked{to.GetSequence(), accounts})
		return reason.New(reason.NotYetApplied, "after", "not yet")
	}
	after := &typev1.Position{Stream: "EVENTS", Sequence: 7}
	_, err := d.client.GetAccount(t.Context(), &accrualv1.GetAccountRequest{Program: "tea", Account: "ann", After: after})
	requireReason(t, reason.NotYetApplied, err)
	_, err = d.client.ListEntries(t.Context(), &accrualv1.ListEntriesRequest{Program: "tea", Account: "ann", After: after})
	requireReason(t, reason.NotYetApplied, err)
	_, err = d.client.GetEventStatus(t.Context(), &accrualv1.GetEventStatusRequest{Program: "tea", Merchant: "shop", OrderId: "1", After: after})
	requireReason(t, reason.NotYetApplied, err)
	ann := []follow.Account{{Program: "tea", ID: "ann"}}
	require.Equal(t, []asked{{7, ann}, {7, ann}, {7, nil}}, waits, "an order's account is not known before it is applied")

	for field, position := range map[string]*typev1.Position{
		"after.sequence": {Stream: "EVENTS"}, "after.stream": {Stream: "DEAD", Sequence: 7},
	} {
		_, err := d.client.GetAccount(t.Context(), &accrualv1.GetAccountRequest{Program: "tea", Account: "ann", After: position})
		requireField(t, field, err)
	}
	require.Len(t, waits, 3)
}
