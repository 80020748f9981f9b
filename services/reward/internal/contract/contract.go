// Package contract writes rewards and redemptions as laurel.reward.v1 has them, and reads terms from there. From may fail,
// to may not.
package contract

import (
	"cmp"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	rewardv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/reward/v1"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/catalogue"
	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/redemption"
)

// operator is the partner where points are spent if no other one is named.
const operator = "operator"

var kinds = map[catalogue.Kind]rewardv1.RewardKind{
	catalogue.Gift:      rewardv1.RewardKind_REWARD_KIND_GIFT,
	catalogue.Voucher:   rewardv1.RewardKind_REWARD_KIND_VOUCHER,
	catalogue.Privilege: rewardv1.RewardKind_REWARD_KIND_PRIVILEGE,
}

var states = map[redemption.State]rewardv1.RedemptionState{
	redemption.Holding:   rewardv1.RedemptionState_REDEMPTION_STATE_PENDING,
	redemption.Capturing: rewardv1.RedemptionState_REDEMPTION_STATE_PENDING,
	redemption.Voiding:   rewardv1.RedemptionState_REDEMPTION_STATE_PENDING,
	redemption.Fulfilled: rewardv1.RedemptionState_REDEMPTION_STATE_FULFILLED,
	redemption.Refused:   rewardv1.RedemptionState_REDEMPTION_STATE_REFUSED,
	redemption.Refunding: rewardv1.RedemptionState_REDEMPTION_STATE_CANCELLING,
	redemption.Canceled:  rewardv1.RedemptionState_REDEMPTION_STATE_CANCELLED,
}

// TermsFrom reads terms; their Check is the domain's.
func TermsFrom(t *rewardv1.Terms) (catalogue.Terms, error) {
	from, err := timeFrom(t.GetValidFrom(), "terms.valid_from")
	if err != nil {
		return catalogue.Terms{}, err
	}
	until, err := timeFrom(t.GetValidUntil(), "terms.valid_until")
	if err != nil {
		return catalogue.Terms{}, err
	}
	terms := catalogue.Terms{
		Name: t.GetName(), Description: t.GetDescription(), Points: money.Points(t.GetPoints()), Tiers: t.GetTiers(), Segments: t.GetSegments(),
		Unlimited: t.GetUnlimited(), From: from, Until: until, CancelDays: int(t.GetCancelDays()), Redeemer: cmp.Or(t.GetRedeemer(), operator),
		Limit: catalogue.Limit{
			InAll: int(t.GetLimit().GetInAll()), PerPeriod: int(t.GetLimit().GetPerPeriod()), PeriodDays: int(t.GetLimit().GetPeriodDays()),
		},
	}
	for kind, p := range kinds {
		if p == t.GetKind() {
			terms.Kind = kind
		}
	}
	for _, p := range t.GetTierPrices() {
		terms.TierPrices = append(terms.TierPrices, catalogue.TierPrice{Tier: p.GetTier(), Points: money.Points(p.GetPoints())})
	}
	return terms, nil
}

// Reward writes a reward. Of one that does not run out the stock is left out.
func Reward(program string, r catalogue.Reward, s catalogue.Stock) *rewardv1.Reward {
	out := &rewardv1.Reward{
		Program: program, Reward: string(r.ID), Version: int32(r.Version), Terms: terms(r.Terms), //nolint:gosec // versions are few
		State: rewardv1.RewardState_REWARD_STATE_ACTIVE, PutAt: moment(r.PutAt),
	}
	if r.Withdrawn {
		out.State = rewardv1.RewardState_REWARD_STATE_WITHDRAWN
	}
	if !r.Terms.Unlimited {
		out.Stock = Stock(s)
	}
	return out
}

// Stock writes how many there are.
func Stock(s catalogue.Stock) *rewardv1.Stock { return &rewardv1.Stock{PutIn: s.PutIn, Left: s.Left} }

func terms(t catalogue.Terms) *rewardv1.Terms {
	out := &rewardv1.Terms{
		Kind: kinds[t.Kind], Name: t.Name, Description: t.Description, Points: int64(t.Points), Tiers: t.Tiers, Segments: t.Segments, Unlimited: t.Unlimited,
		ValidFrom: moment(t.From), ValidUntil: moment(t.Until), CancelDays: int32(t.CancelDays), Redeemer: t.Redeemer, //nolint:gosec // bounded by the contract
	}
	if t.Limit.Any() {
		out.Limit = &rewardv1.MemberLimit{
			InAll: int32(t.Limit.InAll), PerPeriod: int32(t.Limit.PerPeriod), PeriodDays: int32(t.Limit.PeriodDays), //nolint:gosec // bounded by the contract
		}
	}
	for _, p := range t.TierPrices {
		out.TierPrices = append(out.TierPrices, &rewardv1.TierPrice{Tier: p.Tier, Points: int64(p.Points)})
	}
	return out
}

// WhyNot writes a refusal.
func WhyNot(e *reason.Error) *rewardv1.WhyNot {
	return &rewardv1.WhyNot{Reason: string(e.Reason), Message: e.Message, Metadata: e.Metadata}
}

// Redemption writes a redemption, without the code of a voucher.
func Redemption(r redemption.Redemption) *rewardv1.Redemption {
	out := &rewardv1.Redemption{
		Program: r.Program, RedemptionId: r.ID, Account: r.Account, Reward: string(r.Reward), RewardVersion: int32(r.Version), //nolint:gosec // versions are few
		Kind: kinds[r.Kind], Name: r.Name, Points: int64(r.Points), Tier: r.Tier, Redeemer: r.Redeemer, State: states[r.State],
		HoldId: r.Hold, CaptureId: r.Capture, BegunAt: moment(r.BegunAt), FulfilledAt: moment(r.FulfilledAt),
		CancelledAt: moment(r.CanceledAt), RevealedAt: moment(r.RevealedAt),
	}
	if r.State == redemption.Refused && r.Refusal != nil {
		out.Refusal = WhyNot(r.Refusal)
	}
	if until, ever := r.CancellableUntil(); ever && r.State == redemption.Fulfilled && r.RevealedAt.IsZero() {
		out.CancellableUntil = moment(until)
	}
	return out
}

func moment(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

func timeFrom(t *timestamppb.Timestamp, field string) (time.Time, error) {
	if t == nil {
		return time.Time{}, nil
	}
	if err := t.CheckValid(); err != nil {
		return time.Time{}, reason.New(reason.InvalidArgument, field, "%s", err)
	}
	return calendar.Millis(t.AsTime()), nil
}
