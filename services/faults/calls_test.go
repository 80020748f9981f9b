package faults

import (
	"context"
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	rewardv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/reward/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

const (
	// callMax is the deadline of one attempt.
	callMax = 5 * time.Second
	// Waits between two attempts of one call.
	againMin = 100 * time.Millisecond
	againMax = time.Second
	// What partners move.
	awardPoints   = 10
	capturePoints = 5
)

// tryAgain are the codes after which a caller makes the same call again. The last two come of this suite itself: doors that are
// opened anew, and the token of a house that was there before.
var tryAgain = []codes.Code{codes.Unavailable, codes.DeadlineExceeded, codes.ResourceExhausted, codes.Canceled, codes.Unauthenticated}

// calls is what is known of the calls that were made.
type calls struct {
	attempts int
	answered int             // with a result or a refusal
	codes    map[string]int  // of the attempts that were not
	overrun  time.Duration   // beyond its deadline, the longest
	took     []time.Duration // of the attempts that were answered
	last     time.Time       // when the latest answered call began
}

// insist makes a call until it is answered: with a result, or with a refusal, which it returns.
func (l *load) insist(call func(ctx context.Context, d *doors) error) error {
	wait := againMin
	for {
		began := time.Now()
		err := l.attempt(call)
		if over := time.Since(began) - callMax; err != nil && over > 0 {
			l.mu.Lock()
			l.calls.overrun = max(l.calls.overrun, over)
			l.mu.Unlock()
		}
		code := status.Code(err)
		trouble := slices.Contains(tryAgain, code)
		l.mu.Lock()
		l.calls.attempts++
		if trouble {
			l.calls.codes[code.String()]++
		} else {
			l.calls.answered++
			l.calls.last = began
			l.calls.took = append(l.calls.took, time.Since(began))
		}
		l.mu.Unlock()
		if !trouble {
			return rpc.FromStatus(err)
		}
		if l.ctx.Err() != nil {
			return fmt.Errorf("never answered: %w", err)
		}
		pause(l.ctx, wait)
		wait = min(2*wait, againMax)
	}
}

func (l *load) attempt(call func(ctx context.Context, d *doors) error) error {
	d := l.w.open()
	if d == nil {
		return status.Error(codes.Unavailable, "there is no house")
	}
	ctx, cancel := context.WithTimeout(l.ctx, callMax)
	defer cancel()
	return call(ctx, d)
}

// refused counts a refusal by its reason. What is none is an error that nobody may see.
func (l *load) refused(err error) error {
	refusal, ok := reason.Of(err)
	if !ok {
		return fmt.Errorf("neither a result nor a refusal: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.oracle.refused[string(refusal.Reason)]++
	return nil
}

// count adds to the oracle.
func (l *load) count(f func(o *oracle)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(&l.oracle)
}

// redeem redeems mugs until nobody wants any more; some want what is sold out, and some give theirs back.
func (l *load) redeem() error {
	for j := range l.jobs {
		reward, id := mug, ""
		if j.gone {
			reward = soldOut
		}
		err := l.insist(func(ctx context.Context, d *doors) error {
			answer, err := rewardv1.NewRewardServiceClient(d.operator["reward"]).RedeemReward(ctx, &rewardv1.RedeemRewardRequest{
				Program: programme, Account: j.account, Reward: reward, IdempotencyKey: j.key,
			})
			id = answer.GetRedemption().GetRedemptionId()
			return err
		})
		switch {
		case err == nil && j.gone:
			return fmt.Errorf("%s was redeemed, of which there is none", reward)
		case err == nil:
			l.count(func(o *oracle) { o.redeemed++; o.points[j.account] -= mugPoints })
			if err := l.cancel(j, id); err != nil {
				return err
			}
		case l.ctx.Err() != nil:
			return err
		default:
			if err := l.refused(err); err != nil {
				return err
			}
			l.count(func(o *oracle) { o.lapsed++ })
		}
	}
	return nil
}

// cancel gives a redemption back, where the job says so.
func (l *load) cancel(j job, id string) error {
	if !j.cancels {
		return nil
	}
	err := l.insist(func(ctx context.Context, d *doors) error {
		_, err := rewardv1.NewRewardServiceClient(d.operator["reward"]).CancelRedemption(ctx, &rewardv1.CancelRedemptionRequest{
			Program: programme, RedemptionId: id, IdempotencyKey: "cancel-" + j.key,
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("cancel redemption %s: %w", id, err)
	}
	l.count(func(o *oracle) { o.cancelled++; o.points[j.account] += mugPoints })
	return nil
}

// partner is one who calls: the first two give points, the others take them.
func (l *load) partner(n int, over <-chan struct{}) error {
	for call := 0; ; call++ {
		select {
		case <-over:
			return nil
		case <-l.ctx.Done():
			return l.ctx.Err()
		default:
		}
		account, key := member((call*7+n*131)%l.v.members), fmt.Sprintf("%d-%d-%d", l.round, n, call)
		var err error
		if n < partnerCallers/2 {
			err = l.award([]string{"a", "b"}[n], account, key)
		} else {
			err = l.take([]string{"a", "c"}[n-partnerCallers/2], account, key, call%4 == 3)
		}
		if err != nil {
			return err
		}
		pause(l.ctx, partnerPause)
	}
}

func (l *load) award(partner, account, key string) error {
	err := l.insist(func(ctx context.Context, d *doors) error {
		_, err := partnerv1.NewPartnerServiceClient(d.partners[partner]).AwardPoints(ctx, &partnerv1.AwardPointsRequest{Account: account, Points: awardPoints, IdempotencyKey: "award-" + key})
		return err
	})
	if err != nil {
		return l.refused(err)
	}
	l.count(func(o *oracle) { o.awarded++; o.points[account] += awardPoints })
	return nil
}

// take authorises a redemption, and captures it or lets it go.
func (l *load) take(partner, account, key string, letGo bool) error {
	var held string
	err := l.insist(func(ctx context.Context, d *doors) error {
		answer, err := partnerv1.NewPartnerServiceClient(d.partners[partner]).AuthorizeRedemption(ctx, &partnerv1.AuthorizeRedemptionRequest{
			Account: account, Points: capturePoints, IdempotencyKey: "authorize-" + key,
		})
		held = answer.GetTransaction().GetId()
		return err
	})
	if err != nil {
		return l.refused(err)
	}
	err = l.insist(func(ctx context.Context, d *doors) error {
		client := partnerv1.NewPartnerServiceClient(d.partners[partner])
		if letGo {
			_, err := client.VoidRedemption(ctx, &partnerv1.VoidRedemptionRequest{AuthorizationId: held, IdempotencyKey: "void-" + key})
			return err
		}
		_, err := client.CaptureRedemption(ctx, &partnerv1.CaptureRedemptionRequest{AuthorizationId: held, IdempotencyKey: "capture-" + key})
		return err
	})
	if err != nil {
		l.count(func(o *oracle) { o.lapsed++ })
		return l.refused(err)
	}
	l.count(func(o *oracle) {
		if letGo {
			o.voided++
			return
		}
		o.captured++
		o.points[account] -= capturePoints
	})
	return nil
}

// answeredSince tells whether a call that began after a time has been answered.
func (l *load) answeredSince(at time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.calls.last.After(at)
}
