package api

import (
	"context"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/contract"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Limits of watching.
const (
	// watchersMax is how many may watch at a replica.
	watchersMax = 1024
	// watchMax is after what time a watcher is sent to call again.
	watchMax = time.Hour
	// watchGap is the least time between two looks: an account that changes all the time is told of in bundles.
	watchGap = 100 * time.Millisecond
	// watchEvery is how often a watcher looks without being told to: a fact that tells of a change may be lost on its way.
	watchEvery = 15 * time.Second
	// watchPage is how many entries one message holds at most.
	watchPage = 200
)

// watchers counts who watches. Safe for many goroutines.
type watchers struct{ open atomic.Int64 }

// enter lets one more in, or refuses with OVERLOADED. Whoever was let in must leave.
func (w *watchers) enter() error {
	if w.open.Add(1) > watchersMax {
		w.leave()
		return reason.New(reason.Overloaded, "", "%d watch already, the most that a replica serves; try again in a while", watchersMax)
	}
	return nil
}

func (w *watchers) leave() { w.open.Add(-1) }

// WatchAccount implements AccrualService. What is told is read from the store; that there is something to read is learnt
// from the facts on the bus, whichever replica has published them.
func (s *Server) WatchAccount(in *accrualv1.WatchAccountRequest, out grpc.ServerStreamingServer[accrualv1.WatchAccountResponse]) error {
	if err := s.watchers.enter(); err != nil {
		return err
	}
	defer s.watchers.leave()
	ctx := out.Context()
	changed := make(chan struct{}, 1)
	stop, err := s.deps.Bus.ListenFacts(ctx, in.GetProgram(), "accrual", in.GetAccount(), func() {
		select {
		case changed <- struct{}{}:
		default: // it is told already
		}
	})
	if err != nil {
		return err
	}
	defer stop()
	w := &watch{server: s, send: out.Send, ref: storage.AccountRef{Program: in.GetProgram(), ID: ledger.AccountID(in.GetAccount())}}
	if err := w.begin(ctx, in.AfterSeq); err != nil {
		return err
	}
	end, look, gap := time.NewTimer(watchMax), time.NewTicker(watchEvery), time.NewTicker(watchGap)
	defer end.Stop()
	defer look.Stop()
	defer gap.Stop()
	for {
		select {
		case <-changed:
		case <-look.C:
		case <-end.C:
			return nil
		case <-s.deps.Stopping:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := w.tell(ctx); err != nil {
			return err
		}
		<-gap.C
	}
}

// watch is one watcher. Seen is the last seq that it was told of.
type watch struct {
	server *Server
	send   func(*accrualv1.WatchAccountResponse) error
	ref    storage.AccountRef
	seen   ledger.Seq
}

// begin tells of the account as it is, or of what has happened after a seq.
func (w *watch) begin(ctx context.Context, after *int64) error {
	account, due, err := w.server.deps.Storage.Account(ctx, w.ref)
	if err != nil {
		return err
	}
	if after == nil {
		w.seen = account.Version
		return w.whole(ctx, account, due, nil)
	}
	if w.seen = ledger.Seq(*after); w.seen > account.Version {
		return reason.New(reason.InvalidArgument, "after_seq", "the account has come to %d, not to %d; watch it from the beginning",
			account.Version, w.seen).With("seq", account.Version)
	}
	if w.seen == account.Version {
		return w.whole(ctx, account, due, nil)
	}
	return w.tell(ctx)
}

// tell sends what has happened since it was last told; nothing if nothing has.
func (w *watch) tell(ctx context.Context) error {
	account, due, err := w.server.deps.Storage.Account(ctx, w.ref)
	if err != nil {
		return err
	}
	for w.seen < account.Version {
		limit := min(watchPage, int(account.Version-w.seen))
		list, err := w.server.deps.Storage.Entries(ctx, w.ref, w.seen, limit)
		if err != nil {
			return err
		}
		entries := make([]*accrualv1.Entry, len(list))
		for i, e := range list {
			entries[i] = contract.Entry(e)
		}
		shown, _ := page(entries, watchPage)
		if len(shown) == 0 {
			return &ledger.BrokenError{Program: w.ref.Program, Account: w.ref.ID, Seq: w.seen + 1, What: "the account is further, and there is no such entry"}
		}
		w.seen = ledger.Seq(shown[len(shown)-1].GetSeq())
		if w.seen == account.Version {
			return w.whole(ctx, account, due, shown)
		}
		if err := w.send(&accrualv1.WatchAccountResponse{Entries: shown}); err != nil {
			return err
		}
	}
	return nil
}

// whole sends entries, and the account behind them.
func (w *watch) whole(ctx context.Context, account ledger.Account, due time.Time, entries []*accrualv1.Entry) error {
	shown, err := w.server.shown(ctx, account, due)
	if err != nil {
		return err
	}
	return w.send(&accrualv1.WatchAccountResponse{Entries: entries, Account: shown})
}
