package spend

import (
	"cmp"
	"context"
	"slices"
	"sync"

	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	rewardv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/reward/v1"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Kinds of what is done, as they are told.
const (
	KindReward  = "reward"  // a reward was redeemed
	KindCapture = "capture" // points were set aside at a partner and taken, all or half of them
	KindVoid    = "void"    // points were set aside at a partner and let go
	KindAward   = "award"   // a partner gave points
)

// Done adds up what was asked for at one place, of one kind.
type Done struct {
	Place, Kind, Reward string
	Asked, Done         int64
	Points              money.Points // spent, let go or given
	Refused             map[string]int64
}

// do does a deed, and counts what came of it.
func (r *runner) do(ctx context.Context, account string, d deed) error {
	points, err := r.carry(ctx, account, d)
	refusal, refused := reason.Of(err)
	if err != nil && !refused {
		return err
	}
	r.tally.add(d, points, refusal)
	return nil
}

// carry makes the calls of a deed, and returns the points that moved.
func (r *runner) carry(ctx context.Context, account string, d deed) (money.Points, error) {
	switch d.kind {
	case redeem:
		return r.redeem(ctx, account, d)
	case award:
		return r.trade(ctx, func(ctx context.Context) (*partnerv1.Transaction, error) {
			answer, err := r.partners[d.place].AwardPoints(ctx, &partnerv1.AwardPointsRequest{
				Account: account, Points: int64(d.points), Reason: "WELCOME_BACK", IdempotencyKey: d.key,
			})
			return answer.GetTransaction(), err
		})
	case capture, letGo:
	}
	held := ""
	_, err := r.trade(ctx, func(ctx context.Context) (*partnerv1.Transaction, error) {
		answer, err := r.partners[d.place].AuthorizeRedemption(ctx, &partnerv1.AuthorizeRedemptionRequest{
			Account: account, Points: int64(d.points), IdempotencyKey: d.key + "/hold",
		})
		held = answer.GetTransaction().GetId()
		return answer.GetTransaction(), err
	})
	if err != nil {
		return 0, err
	}
	return r.trade(ctx, func(ctx context.Context) (*partnerv1.Transaction, error) {
		if d.kind == letGo {
			answer, err := r.partners[d.place].VoidRedemption(ctx, &partnerv1.VoidRedemptionRequest{AuthorizationId: held, IdempotencyKey: d.key + "/void"})
			return answer.GetTransaction(), err
		}
		answer, err := r.partners[d.place].CaptureRedemption(ctx, &partnerv1.CaptureRedemptionRequest{
			AuthorizationId: held, Points: int64(d.take), IdempotencyKey: d.key + "/take",
		})
		return answer.GetTransaction(), err
	})
}

func (r *runner) redeem(ctx context.Context, account string, d deed) (money.Points, error) {
	points := money.Points(0)
	err := r.ask(ctx, func(ctx context.Context) error {
		answer, err := r.rewards.RedeemReward(ctx, &rewardv1.RedeemRewardRequest{
			Program: r.program, Account: account, Reward: d.reward, IdempotencyKey: d.key,
		})
		points = money.Points(answer.GetRedemption().GetPoints())
		return err
	})
	return points, err
}

// trade makes a call of a partner.
func (r *runner) trade(ctx context.Context, call func(ctx context.Context) (*partnerv1.Transaction, error)) (money.Points, error) {
	points := money.Points(0)
	err := r.ask(ctx, func(ctx context.Context) error {
		done, err := call(ctx)
		points = money.Points(done.GetPoints())
		return err
	})
	return points, err
}

// tally adds up what came of deeds. Safe for many goroutines.
type tally struct {
	mu   sync.Mutex
	rows map[[3]string]*Done
}

func (t *tally) add(d deed, points money.Points, refusal *reason.Error) {
	key := [3]string{d.place, "", d.reward}
	switch d.kind {
	case redeem:
		key[0], key[1] = program.Operator, KindReward
	case award:
		key[1] = KindAward
	case capture:
		key[1] = KindCapture
	case letGo:
		key[1] = KindVoid
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.rows == nil {
		t.rows = map[[3]string]*Done{}
	}
	row := t.rows[key]
	if row == nil {
		row = &Done{Place: key[0], Kind: key[1], Reward: key[2], Refused: map[string]int64{}}
		t.rows[key] = row
	}
	row.Asked++
	if refusal != nil {
		row.Refused[string(refusal.Reason)]++
		return
	}
	row.Done++
	row.Points += points
}

// list returns the rows: the operator's first, then the partners by name, each by kind and reward.
func (t *tally) list() []Done {
	var list []Done
	for _, row := range t.rows {
		list = append(list, *row)
	}
	slices.SortFunc(list, func(a, b Done) int {
		if (a.Place == program.Operator) != (b.Place == program.Operator) {
			if a.Place == program.Operator {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(a.Place, b.Place), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Reward, b.Reward))
	})
	return list
}
