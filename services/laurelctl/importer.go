package laurelctl

import (
	"context"
	"hash/fnv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	memberv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/member/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

const (
	// importWaiting is how many rows wait for each of those that are asked for at once.
	importWaiting = 16
	// importTold is after how many rows it is told how far it is.
	importTold = 50_000
	// importTries is how often a row is tried while the house has too much to do, importPause how long it is waited at least before
	// the second time, and importPauseMost at most.
	importTries     = 60
	importPause     = 100 * time.Millisecond
	importPauseMost = 5 * time.Second
)

// importer asks the ledger for each row of a file.
type importer struct {
	world   *world
	file    string
	program string
	address string
	ledger  accrualv1.AccrualServiceClient
	members memberv1.MemberServiceClient // nil: the rows name accounts
	atOnce  int

	mu      sync.Mutex // guards what follows; a refused row is written under it, there are few
	outcome *importOutcome
	refused refusedRows
}

// run sends the rows of one account in their order, those of others beside them. The first that neither comes over nor is refused for
// its own sake ends it.
func (i *importer) run(ctx context.Context, zone *time.Location) error {
	group, ctx := errgroup.WithContext(ctx)
	lanes := make([]chan importRow, i.atOnce)
	for n := range lanes {
		lane := make(chan importRow, importWaiting)
		lanes[n] = lane
		group.Go(func() error {
			for row := range lane {
				if err := i.one(ctx, row); err != nil {
					return err
				}
			}
			return nil
		})
	}
	group.Go(func() error {
		defer func() {
			for _, lane := range lanes {
				close(lane)
			}
		}()
		return readLots(i.file, zone, func(f *importFile, row importRow) error {
			i.read(f, row)
			where := fnv.New32a()
			_, _ = where.Write([]byte(row.who))
			select {
			case lanes[where.Sum32()%uint32(len(lanes))] <- row: //nolint:gosec // at most importAtOnceMost
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	})
	return group.Wait()
}

// read counts a row that was read.
func (i *importer) read(f *importFile, row importRow) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.refused.header = f.header
	i.outcome.Read.add(row.points)
	if n := i.outcome.Read.Rows; n%importTold == 0 {
		i.world.tell("%d rows read", n)
	}
}

// one asks for a row.
func (i *importer) one(ctx context.Context, row importRow) error {
	if row.wrong != nil {
		i.refuse(row, row.wrong)
		return nil
	}
	entry, already, err := i.ask(ctx, row)
	if err == nil {
		i.mu.Lock()
		defer i.mu.Unlock()
		when := &i.outcome.New
		if already {
			when = &i.outcome.Already
		}
		i.outcome.took(entry, when)
		return nil
	}
	if refusal, ok := reason.Of(err); ok && ofRow(refusal) {
		i.refuse(row, refusal)
		return nil
	}
	return err
}

func (i *importer) refuse(row importRow, why *reason.Error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.outcome.Refused.add(row.points)
	i.refused.hear(i.world, i.file, row, why)
}

// ofRow tells whether a refusal is about a row alone, so that others may come over.
func ofRow(r *reason.Error) bool {
	switch r.Reason {
	case reason.AccountNotEnrolled, reason.AccountFrozen, reason.MemberNotFound, reason.InvalidArgument, reason.AmountOutOfRange, reason.TooManyLots,
		reason.IdempotencyKeyReused, reason.AdjustmentLimit:
		return true
	}
	return false
}

// ask has a row come over, and tells whether it had before. While the house has too much to do it asks again, after as long as that says.
func (i *importer) ask(ctx context.Context, row importRow) (*accrualv1.Entry, bool, error) {
	for try, pause := 1, importPause; ; try, pause = try+1, min(2*pause, importPauseMost) {
		entry, already, err := i.call(ctx, row)
		if err == nil {
			return entry, already, nil
		}
		wait, again := rpc.AskedToWait(err)
		if !again || try == importTries || ctx.Err() != nil {
			if ctx.Err() != nil { // it is over; what the call says of that is of no use
				err = ctx.Err()
			}
			return nil, false, i.world.reached(i.address, err)
		}
		timer := time.NewTimer(max(wait, pause))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

func (i *importer) call(ctx context.Context, row importRow) (*accrualv1.Entry, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, i.world.root.Timeout)
	defer cancel()
	request := row.request
	request.Program, request.Account, request.Source, request.ValidateOnly = i.program, row.who, i.outcome.Source, i.outcome.DryRun
	if i.members != nil {
		answer, err := i.members.GetMember(ctx, &memberv1.GetMemberRequest{Program: i.program, Member: row.who})
		if err != nil {
			return nil, false, err
		}
		request.Account = answer.GetMember().GetAccount()
	}
	var trailer metadata.MD
	answer, err := i.ledger.ImportPoints(ctx, request, grpc.Trailer(&trailer))
	return answer.GetEntry(), len(trailer.Get(rpc.TrailerReplayed)) > 0, err
}
