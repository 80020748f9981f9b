package parts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	programmev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/programme/v1"
	"github.com/laurel-loyalty/laurel/services/internal/house"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// Limits of applying a programme while the house comes up.
const (
	// applyMax is how long it may take in all; bus and store are up by then.
	applyMax = 2 * time.Minute
	// applyAgain is the wait between tries.
	applyAgain = 100 * time.Millisecond
)

// Apply makes a programme the newest revision, unless it is, and returns its number once it is published. The house must
// run.
func (h *House) Apply(ctx context.Context, p *program.Program, files []program.File) (int, error) {
	return h.revise(ctx, p, files, func(*programmev1.PlanProgramResponse) bool { return true })
}

// Offered is what became of a programme that was offered.
type Offered struct {
	Newest int // the newest revision
	These  int // the revision that has the files
}

// Offer applies a programme that this house has never had, as Apply does. Files that were a revision before are not applied
// again, so that a restart does not undo what was applied since: going back is a rollback, which somebody asks for.
func (h *House) Offer(ctx context.Context, p *program.Program, files []program.File) (Offered, error) {
	known := 0
	newest, err := h.revise(ctx, p, files, func(plan *programmev1.PlanProgramResponse) bool {
		known = int(plan.GetKnownRevision())
		return known == 0
	})
	return Offered{newest, cmp.Or(known, newest)}, err
}

// revise plans, and applies where the plan is wanted, until the newest revision is published. Whoever was faster is planned
// on.
func (h *House) revise(
	ctx context.Context, p *program.Program, files []program.File, wanted func(*programmev1.PlanProgramResponse) bool,
) (int, error) {
	conn, err := rpc.Dial(h.Programme.Address(), h.Secrets[rpc.Laurel], rpc.WithTracing(h.tracing))
	if err != nil {
		return 0, err
	}
	defer conn.Close() //nolint:errcheck // there is nothing left to lose
	ctx, cancel := context.WithTimeout(ctx, applyMax)
	defer cancel()
	r := &reviser{client: programmev1.NewProgrammeServiceClient(conn), program: p.ID, key: house.NewToken()}
	for _, f := range files {
		r.files = append(r.files, &programmev1.File{Name: f.Name, Content: f.Content})
	}
	for {
		revision, err := r.try(ctx, wanted)
		if err == nil && revision.GetPublished() {
			return int(revision.GetNumber()), nil
		}
		if err != nil && !again(err) {
			return 0, fmt.Errorf("apply programme %s: %w", p.ID, rpc.FromStatus(err))
		}
		timer := time.NewTimer(applyAgain)
		select {
		case <-timer.C:
		case failed := <-h.failed:
			timer.Stop()
			return 0, failed
		case <-ctx.Done():
			timer.Stop()
			return 0, errors.Join(fmt.Errorf("apply programme %s: %w", p.ID, ctx.Err()), err)
		}
	}
}

// reviser brings one programme into the registry.
type reviser struct {
	client       programmev1.ProgrammeServiceClient
	program, key string
	files        []*programmev1.File
}

// try plans and applies once, and returns the newest revision.
func (r *reviser) try(ctx context.Context, wanted func(*programmev1.PlanProgramResponse) bool) (*programmev1.Revision, error) {
	plan, err := r.client.PlanProgram(ctx, &programmev1.PlanProgramRequest{Program: r.program, Files: r.files})
	if err != nil {
		return nil, err
	}
	if plan.GetUnchanged() || !wanted(plan) {
		answer, err := r.client.GetRevision(ctx, &programmev1.GetRevisionRequest{Program: r.program})
		return answer.GetRevision(), err
	}
	answer, err := r.client.ApplyProgram(ctx, &programmev1.ApplyProgramRequest{
		Program: r.program, IdempotencyKey: r.key, BaseRevision: plan.GetBaseRevision(), Files: r.files,
	})
	return answer.GetRevision(), err
}

// again tells whether the next try may succeed: the registry has not read the log yet, or somebody else was faster.
func again(err error) bool {
	if refusal, ok := reason.Of(rpc.FromStatus(err)); ok {
		return refusal.Reason == reason.NotReady || refusal.Reason == reason.PlanOutdated
	}
	code := status.Code(err)
	return code == codes.Unavailable || code == codes.DeadlineExceeded
}
