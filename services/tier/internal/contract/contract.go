// Package contract writes what the domain says in the messages of the contract. It is used by the gRPC door and by facts.
package contract

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	tierv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/tier/v1"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/tier/internal/domain/standing"
)

// Line writes a line of history.
func Line(l standing.Line) *tierv1.HistoryLine {
	return &tierv1.HistoryLine{
		Seq: l.Seq, From: l.From, To: l.To, Cause: l.Cause, QualifyingMinor: int64(l.Qualifying), ReachMinor: int64(l.Reach),
		EffectiveAt: timestamppb.New(l.EffectiveAt), Revision: int32(l.Revision), //nolint:gosec // revisions are few
		Merchant: l.Ref.Merchant, OrderId: l.Ref.Order, Event: l.Event, GrantId: l.Grant, EarnedTier: l.Earned,
	}
}

// Drop writes a fall.
func Drop(d ladder.Drop) *tierv1.Drop {
	return &tierv1.Drop{
		Day: d.On.String(), From: d.From, To: d.To, Cause: d.Cause, HoldsMinor: int64(d.Holds), ReachMinor: int64(d.Reach),
		MissingMinor: int64(max(0, d.Missing())),
	}
}

// Goal writes a tier that can be reached.
func Goal(g ladder.Goal) *tierv1.Goal {
	return &tierv1.Goal{
		Tier: g.Tier, ReachMinor: int64(g.Reach), HoldsMinor: int64(g.Holds), MissingMinor: int64(g.Missing), UntilDay: g.Until.String(),
	}
}

// Grant writes a grant.
func Grant(g ladder.Grant) *tierv1.Grant {
	return &tierv1.Grant{
		GrantId: g.ID, Tier: g.Tier, FromDay: g.From.String(), UntilDay: g.Until.String(), Reason: g.Reason, Actor: g.Actor, Ended: g.Ended,
	}
}
