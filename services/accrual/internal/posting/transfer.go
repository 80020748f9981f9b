package posting

import (
	"context"
	"fmt"
	"time"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// recentMost is how many entries of an account a transfer reads at most: others wait for the lane meanwhile.
const recentMost = 1000

// informed tells a transfer what has happened to the account in the days that its limits speak of: what is stored, and
// what this batch has added. It refuses with TRANSFER_LIMIT where that is too much.
func (b *batch) informed(ctx context.Context, h *holding, deed ledger.Deed, known program.Known, t time.Time) (ledger.Deed, error) {
	transfer, ok := deed.(ledger.Transfer)
	if !ok {
		return deed, nil
	}
	ref := storage.AccountRef{Program: h.account.Program, ID: h.account.ID}
	since := ledger.RecentSince(known.Program, calendar.DayOf(t, known.Program.Zone))
	var err error
	if transfer.Recent, err = b.poster.Storage.EntriesSince(ctx, ref, since, storage.Newest{Last: h.from, Most: recentMost + 1}); err != nil {
		return nil, err
	}
	if len(transfer.Recent) > recentMost {
		return nil, reason.New(reason.TransferLimit, "account", "the account has more than %d entries since %s, too many to tell how old its points are; "+
			"the programme may write a smaller older_than_days", recentMost, since)
	}
	for _, w := range b.changes.Entries {
		if w.Entry.Program == ref.Program && w.Entry.Account == ref.ID && w.Entry.Day >= since {
			transfer.Recent = append(transfer.Recent, w.Entry)
		}
	}
	return transfer, nil
}

// sent puts what an entry has sent on its way, in the transaction of the entry.
func (b *batch) sent(e ledger.Entry) {
	if e.Kind != ledger.KindTransferOut {
		return
	}
	to := e.Transfer.To
	passage := storage.NewPassage(e, to, bus.Partition(e.Program, string(to), b.poster.Partitions))
	b.changes.Transit = append(b.changes.Transit, storage.Passing{Now: &passage})
}

// arrive lets an account take points that are on their way to it. If it refuses them they go back: its partition is fenced,
// so that it cannot take them after all. What has arrived already is let be.
func (b *batch) arrive(ctx context.Context, partition int, p storage.Passage) error {
	was, there := b.transit[p.ID]
	if !there || was.Partition != partition || was.Account != p.Account {
		return nil
	}
	out, ok := b.commands[storage.KeyRef{Program: p.Program, Key: p.Key}]
	if !ok || out.Kind != ledger.KindTransferOut {
		return &ledger.BrokenError{Program: p.Program, Account: p.Ref().ID, What: fmt.Sprintf("points are in transit that entry %s has not sent", p.Key)}
	}
	schedule := b.parts.Schedule(partition, p.Program)
	h := b.accounts[p.Ref()]
	t, _ := Moment(b.parts.Get(partition), schedule, b.poster.Clock.Now())
	if t = later(h.account.Clock, t); t.IsZero() {
		return nil // the next sweep asks again
	}
	h.partition = partition
	if err := b.bringUp(ctx, h, schedule, t); err != nil {
		return err
	}
	e, account, err := b.ended(h.account, out, was, schedule, t)
	refusal, refused := reason.Of(err)
	switch {
	case refused && was.Refused != "":
		return nil // it has no room at present
	case refused:
		back := storage.NewPassage(out, out.Transfer.From, bus.Partition(p.Program, string(out.Transfer.From), b.poster.Partitions))
		back.Refused = string(refusal.Reason)
		b.parts.Touch(partition)
		b.pass(storage.Passing{Was: &was, Now: &back})
		return nil
	case err != nil:
		return err
	}
	h.account = account
	b.pass(storage.Passing{Was: &was})
	return b.post(h, storage.EntryWrite{Entry: e}, told{})
}

func (b *batch) ended(a ledger.Account, out ledger.Entry, p storage.Passage, schedule program.Schedule, t time.Time) (ledger.Entry, ledger.Account, error) {
	if p.Refused != "" {
		return ledger.GiveBack(a, out, reason.Reason(p.Refused), schedule, t)
	}
	return ledger.Receive(a, out, schedule, t)
}

// pass notes what became of a passage.
func (b *batch) pass(p storage.Passing) {
	delete(b.transit, p.Was.ID)
	b.changes.Transit = append(b.changes.Transit, p)
}
