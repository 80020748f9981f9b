// Package spend spends on replayed balances: members redeem rewards, partners give and take points through their own door,
// and the month is closed. Who does what follows from the balances, and each call has a fixed key, so that the same run again
// makes the same calls and changes nothing.
package spend

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	rewardv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/reward/v1"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/parts"
)

const (
	// sideBySide is how many members spend at once.
	sideBySide = 32
	// callMax is how long one call may take, tries together, on a machine that does much else.
	callMax = 3 * time.Minute
	// tryMax is how long one try of it may.
	tryMax = 30 * time.Second
	// tryAgain is the wait between two.
	tryAgain = 50 * time.Millisecond
)

// Options say where is spent and as of when.
type Options struct {
	House   *parts.House
	Program *program.Program
	At      time.Time // where the clocks of the house stand
	Members []Member
}

// Can tells whether a programme has a partner that takes points on a day.
func Can(p *program.Program, day calendar.Day) bool {
	return slices.ContainsFunc(p.Partners, func(a *program.Partner) bool { return a.Roles.Redeem && a.HoldsOn(day) })
}

// runner makes the calls.
type runner struct {
	house    *parts.House
	program  string
	rewards  rewardv1.RewardServiceClient
	keys     partnerv1.PartnerKeyServiceClient
	partners map[string]partnerv1.PartnerServiceClient
	conns    []*grpc.ClientConn
	tally    tally
}

// Run spends, and returns what came of it. Refusals are no error: they are told.
func Run(ctx context.Context, o Options) ([]Done, error) {
	r := &runner{house: o.House, program: o.Program.ID, partners: map[string]partnerv1.PartnerServiceClient{}}
	defer r.close()
	p := &planner{shelf: shelf(highest(o.Program))}
	if err := r.open(ctx, o, p); err != nil {
		return nil, err
	}
	if err := r.stock(ctx, p.shelf); err != nil {
		return nil, err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(sideBySide)
	for _, v := range p.plan(o.Members) {
		group.Go(func() error {
			for _, d := range v.deeds {
				if err := r.do(ctx, v.account, d); err != nil {
					return fmt.Errorf("%s of %s: %w", d.key, v.account, err)
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return r.tally.list(), nil
}

func highest(p *program.Program) string {
	if p.Ladder == nil || len(p.Ladder.Tiers) == 0 {
		return ""
	}
	return p.Ladder.Tiers[len(p.Ladder.Tiers)-1].Name
}

// open connects to the services, and lets each partner of the day in by its certificate.
func (r *runner) open(ctx context.Context, o Options, p *planner) error {
	reward, err := r.dial(r.house.Reward.Address())
	if err != nil {
		return err
	}
	partner, err := r.dial(r.house.Partner.Address())
	if err != nil {
		return err
	}
	r.rewards, r.keys = rewardv1.NewRewardServiceClient(reward), partnerv1.NewPartnerKeyServiceClient(partner)
	if err := r.house.Certify(o.Program); err != nil {
		return err
	}
	day := calendar.DayOf(o.At, o.Program.Zone)
	for _, a := range o.Program.Partners {
		if !a.HoldsOn(day) {
			continue
		}
		if err := r.admit(ctx, a); err != nil {
			return fmt.Errorf("let partner %s in: %w", a.ID, err)
		}
		t := &till{id: a.ID, issues: a.Roles.Issue, takes: a.Roles.Redeem, perDay: a.Limits.PointsPerDay}
		if t.issues {
			p.issuers = append(p.issuers, t)
		}
		if t.takes {
			p.tills = append(p.tills, t)
		}
	}
	return nil
}

func (r *runner) dial(address string) (*grpc.ClientConn, error) {
	conn, err := rpc.Dial(address, r.house.Secrets[rpc.Operator])
	if err == nil {
		r.conns = append(r.conns, conn)
	}
	return conn, err
}

// admit says that a partner's certificate counts, and connects with it.
func (r *runner) admit(ctx context.Context, a *program.Partner) error {
	err := r.ask(ctx, func(ctx context.Context) error {
		_, err := r.keys.AddPartnerKey(ctx, &partnerv1.AddPartnerKeyRequest{
			Program: r.program, Partner: a.ID, IdempotencyKey: "run/key/" + a.ID,
			Scopes:     []partnerv1.PartnerScope{partnerv1.PartnerScope_PARTNER_SCOPE_AWARD, partnerv1.PartnerScope_PARTNER_SCOPE_REDEEM},
			Credential: &partnerv1.AddPartnerKeyRequest_CertificateSan{CertificateSan: parts.CertificateName(r.program, a.ID)},
		})
		return err
	})
	if err != nil {
		return err
	}
	conn, err := r.house.DialPartner(a.ID)
	if err != nil {
		return err
	}
	r.conns = append(r.conns, conn)
	r.partners[a.ID] = partnerv1.NewPartnerServiceClient(conn)
	return nil
}

func (r *runner) close() {
	for _, conn := range r.conns {
		_ = conn.Close() // everything is answered
	}
}

// ask makes a call until it has an answer: a call with its key is the same call, however often it is made.
func (r *runner) ask(ctx context.Context, call func(ctx context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, callMax)
	defer cancel()
	for {
		try, stop := context.WithTimeout(ctx, tryMax)
		err := rpc.FromStatus(call(try))
		stop()
		if err == nil || !again(err) {
			return err
		}
		timer := time.NewTimer(tryAgain)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return errors.Join(ctx.Err(), err)
		}
	}
}

// again tells whether nobody has decided on a call yet.
func again(err error) bool {
	if refusal, ok := reason.Of(err); ok {
		return refusal.Reason == reason.NotReady || refusal.Reason == reason.Overloaded || refusal.Reason == reason.RateLimited
	}
	code := status.Code(err)
	return code == codes.Unavailable || code == codes.DeadlineExceeded
}
