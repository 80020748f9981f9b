package tier_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	tierv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/tier/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// asked calls one method and returns why it was refused.
type asked func(ctx context.Context, c tierv1.TierServiceClient) error

func get(in *tierv1.GetMemberTierRequest) asked {
	return func(ctx context.Context, c tierv1.TierServiceClient) error {
		_, err := c.GetMemberTier(ctx, in)
		return err
	}
}

func history(in *tierv1.ListTierHistoryRequest) asked {
	return func(ctx context.Context, c tierv1.TierServiceClient) error {
		_, err := c.ListTierHistory(ctx, in)
		return err
	}
}

func count(in *tierv1.CountTiersRequest) asked {
	return func(ctx context.Context, c tierv1.TierServiceClient) error {
		_, err := c.CountTiers(ctx, in)
		return err
	}
}

func list(in *tierv1.ListTiersRequest) asked {
	return func(ctx context.Context, c tierv1.TierServiceClient) error {
		_, err := c.ListTiers(ctx, in)
		return err
	}
}

func describe(in *tierv1.DescribeLadderRequest) asked {
	return func(ctx context.Context, c tierv1.TierServiceClient) error {
		_, err := c.DescribeLadder(ctx, in)
		return err
	}
}

// grant asks for a good grant with something changed.
func grant(change func(in *tierv1.GrantTierRequest)) asked {
	in := &tierv1.GrantTierRequest{
		IdempotencyKey: "k", Program: "tea", Account: "ann", Tier: "gold", FromDay: "2025-01-11", UntilDay: "2025-02-11", Reason: "why",
	}
	change(in)
	return func(ctx context.Context, c tierv1.TierServiceClient) error {
		_, err := c.GrantTier(ctx, in)
		return err
	}
}

func end(change func(in *tierv1.EndTierGrantRequest)) asked {
	in := &tierv1.EndTierGrantRequest{IdempotencyKey: "e", Program: "tea", Account: "ann", GrantId: "none", Reason: "why"}
	change(in)
	return func(ctx context.Context, c tierv1.TierServiceClient) error {
		_, err := c.EndTierGrant(ctx, in)
		return err
	}
}

func TestBadInputGivesItsReason(t *testing.T) {
	t.Parallel()
	p := open(t, events)
	s := p.run(p.database(), size{})
	p.pays("ann", "o1", "2025-01-10", 10_00)
	s.drained()
	require.NoError(t, grant(func(in *tierv1.GrantTierRequest) { in.IdempotencyKey = "used" })(t.Context(), s.grpc))

	long, bad := strings.Repeat("x", 300), &timestamppb.Timestamp{Nanos: -1}
	for name, c := range map[string]struct {
		call asked
		want reason.Reason
	}{
		"get: no programme":           {get(&tierv1.GetMemberTierRequest{Account: "ann"}), reason.InvalidArgument},
		"get: no account":             {get(&tierv1.GetMemberTierRequest{Program: "tea"}), reason.InvalidArgument},
		"get: account too long":       {get(&tierv1.GetMemberTierRequest{Program: "tea", Account: long}), reason.InvalidArgument},
		"get: no time":                {get(&tierv1.GetMemberTierRequest{Program: "tea", Account: "ann", At: bad}), reason.InvalidArgument},
		"get: unknown programme":      {get(&tierv1.GetMemberTierRequest{Program: "tee", Account: "ann"}), reason.UnknownProgram},
		"get: unknown account":        {get(&tierv1.GetMemberTierRequest{Program: "tea", Account: "bob"}), reason.AccountNotFound},
		"get: not yet at that time":   {get(&tierv1.GetMemberTierRequest{Program: "tea", Account: "ann", At: timestamppb.New(moment("2024-01-01"))}), reason.AccountNotFound},
		"history: no account":         {history(&tierv1.ListTierHistoryRequest{Program: "tea"}), reason.InvalidArgument},
		"history: no programme":       {history(&tierv1.ListTierHistoryRequest{Account: "ann"}), reason.InvalidArgument},
		"history: unknown programme":  {history(&tierv1.ListTierHistoryRequest{Program: "tee", Account: "ann"}), reason.UnknownProgram},
		"history: account too long":   {history(&tierv1.ListTierHistoryRequest{Program: "tea", Account: long}), reason.InvalidArgument},
		"history: unknown account":    {history(&tierv1.ListTierHistoryRequest{Program: "tea", Account: "bob"}), reason.AccountNotFound},
		"history: page too long":      {history(&tierv1.ListTierHistoryRequest{Program: "tea", Account: "ann", PageSize: 201}), reason.InvalidArgument},
		"history: page below zero":    {history(&tierv1.ListTierHistoryRequest{Program: "tea", Account: "ann", PageSize: -1}), reason.InvalidArgument},
		"history: no token of ours":   {history(&tierv1.ListTierHistoryRequest{Program: "tea", Account: "ann", PageToken: "nonsense"}), reason.InvalidArgument},
		"count: no programme":         {count(&tierv1.CountTiersRequest{}), reason.InvalidArgument},
		"count: unknown programme":    {count(&tierv1.CountTiersRequest{Program: "tee"}), reason.UnknownProgram},
		"count: no time":              {count(&tierv1.CountTiersRequest{Program: "tea", At: bad}), reason.InvalidArgument},
		"list: no programme":          {list(&tierv1.ListTiersRequest{}), reason.InvalidArgument},
		"list: unknown programme":     {list(&tierv1.ListTiersRequest{Program: "tee"}), reason.UnknownProgram},
		"list: page too long":         {list(&tierv1.ListTiersRequest{Program: "tea", PageSize: 2001}), reason.InvalidArgument},
		"list: no token of ours":      {list(&tierv1.ListTiersRequest{Program: "tea", PageToken: "nonsense"}), reason.InvalidArgument},
		"ladder: no programme":        {describe(&tierv1.DescribeLadderRequest{}), reason.InvalidArgument},
		"ladder: unknown programme":   {describe(&tierv1.DescribeLadderRequest{Program: "tee"}), reason.UnknownProgram},
		"ladder: no time":             {describe(&tierv1.DescribeLadderRequest{Program: "tea", At: bad}), reason.InvalidArgument},
		"grant: no key":               {grant(func(in *tierv1.GrantTierRequest) { in.IdempotencyKey = "" }), reason.InvalidArgument},
		"grant: key too long":         {grant(func(in *tierv1.GrantTierRequest) { in.IdempotencyKey = long }), reason.InvalidArgument},
		"grant: no reason":            {grant(func(in *tierv1.GrantTierRequest) { in.Reason = "" }), reason.InvalidArgument},
		"grant: no end":               {grant(func(in *tierv1.GrantTierRequest) { in.UntilDay = "" }), reason.InvalidArgument},
		"grant: no date":              {grant(func(in *tierv1.GrantTierRequest) { in.UntilDay = "2025-02-30" }), reason.InvalidArgument},
		"grant: the wrong way round":  {grant(func(in *tierv1.GrantTierRequest) { in.UntilDay = "2025-01-11" }), reason.InvalidField},
		"grant: over already":         {grant(func(in *tierv1.GrantTierRequest) { in.FromDay, in.UntilDay = "2025-01-01", "2025-01-10" }), reason.EventTooLate},
		"grant: unknown tier":         {grant(func(in *tierv1.GrantTierRequest) { in.Tier = "platinum" }), reason.UnknownTier},
		"grant: unknown account":      {grant(func(in *tierv1.GrantTierRequest) { in.Account = "bob" }), reason.AccountNotFound},
		"grant: unknown programme":    {grant(func(in *tierv1.GrantTierRequest) { in.Program = "tee" }), reason.UnknownProgram},
		"grant: key of another grant": {grant(func(in *tierv1.GrantTierRequest) { in.IdempotencyKey, in.Tier = "used", "silver" }), reason.IdempotencyKeyReused},
		"end: key of a grant":         {end(func(in *tierv1.EndTierGrantRequest) { in.IdempotencyKey = "used" }), reason.IdempotencyKeyReused},
		"end: no id":                  {end(func(in *tierv1.EndTierGrantRequest) { in.GrantId = "" }), reason.InvalidArgument},
		"end: no reason":              {end(func(in *tierv1.EndTierGrantRequest) { in.Reason = "" }), reason.InvalidArgument},
		"end: no key":                 {end(func(in *tierv1.EndTierGrantRequest) { in.IdempotencyKey = "" }), reason.InvalidArgument},
		"end: key too long":           {end(func(in *tierv1.EndTierGrantRequest) { in.IdempotencyKey = long }), reason.InvalidArgument},
		"end: no programme":           {end(func(in *tierv1.EndTierGrantRequest) { in.Program = "" }), reason.InvalidArgument},
		"end: unknown programme":      {end(func(in *tierv1.EndTierGrantRequest) { in.Program = "tee" }), reason.UnknownProgram},
		"end: account too long":       {end(func(in *tierv1.EndTierGrantRequest) { in.Account = long }), reason.InvalidArgument},
		"end: reason too long":        {end(func(in *tierv1.EndTierGrantRequest) { in.Reason = long }), reason.InvalidArgument},
		"end: unknown grant":          {end(func(*tierv1.EndTierGrantRequest) {}), reason.GrantNotFound},
		"end: unknown account":        {end(func(in *tierv1.EndTierGrantRequest) { in.Account = "bob" }), reason.AccountNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorIs(t, rpc.FromStatus(c.call(t.Context(), s.grpc)), c.want)
		})
	}
}

func TestAnAccountHasOnlySoManyGrants(t *testing.T) {
	t.Parallel()
	p := open(t, events)
	s := p.run(p.database(), size{})
	p.pays("ann", "o1", "2025-01-10", 10_00)
	s.drained()
	for n := range 16 {
		require.NoError(t, grant(func(in *tierv1.GrantTierRequest) { in.IdempotencyKey = strings.Repeat("k", n+1) })(t.Context(), s.grpc))
	}
	s.drained()
	err := grant(func(in *tierv1.GrantTierRequest) { in.IdempotencyKey = "one more" })(t.Context(), s.grpc)
	require.ErrorIs(t, rpc.FromStatus(err), reason.Overloaded)
}

// A call that the bus does not answer in time ends with its deadline; the same call again, and the grant is there once.
func TestAGrantIsGivenWhenTheBusIsBack(t *testing.T) {
	t.Parallel()
	p := open(t, events)
	s := p.run(p.database(), size{})
	p.pays("ann", "o1", "2025-01-10", 10_00)
	s.drained()
	p.nats.Kill(t)
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	in := func(in *tierv1.GrantTierRequest) { in.IdempotencyKey = "k7" }
	require.Error(t, grant(in)(ctx, s.grpc))
	p.nats.Restart(t)
	require.NoError(t, grant(in)(t.Context(), s.grpc))
	require.NoError(t, grant(in)(t.Context(), s.grpc))
	s.drained()
	require.Len(t, s.member("ann", "").GetGrants(), 1)
	require.Len(t, s.history("ann"), 1, "it begins tomorrow")
}
