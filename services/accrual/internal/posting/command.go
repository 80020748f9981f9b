package posting

import (
	"context"
	"time"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// Command is what a caller asks for, and the answer. The lane writes the answer, maybe several times, until the item is
// done; whoever waits for that may read it then, and only then.
type Command struct {
	Account storage.AccountRef
	Request ledger.Request

	// Entry is what the command made, now or when it came first. It is unset when Refusal is not.
	Entry   ledger.Entry
	Refusal *reason.Error
	// Repeated tells that the entry was there before. After a commit of which nobody knew the outcome it is told of the call
	// that made the entry too.
	Repeated bool
}

// keys name the entries that decide on the command: its own, and the capture that it undoes.
func (c *Command) keys() []storage.KeyRef {
	keys := []storage.KeyRef{c.key()}
	if refund, ok := c.Request.Deed.(ledger.Refund); ok {
		keys = append(keys, storage.KeyRef{Program: c.Account.Program, Key: refund.Capture})
	}
	return keys
}

func (c *Command) key() storage.KeyRef {
	return storage.KeyRef{Program: c.Account.Program, Key: c.Request.EntryKey()}
}

// answer notes what is to be told. The time of recording is left out: the entry tells the same whenever it is asked for.
func (c *Command) answer(e ledger.Entry, err error) error {
	c.Entry, c.Refusal, c.Repeated = ledger.Entry{}, nil, false
	if refusal, refused := reason.Of(err); refused {
		c.Refusal = refusal
		return nil
	}
	if err == nil {
		c.Entry = e
		c.Entry.RecordedAt = time.Time{}
	}
	return err
}

// command lets the ledger decide on a command. What was due before it is posted first, also when it is refused. A repeated
// one is answered from its entry.
func (b *batch) command(ctx context.Context, partition int, c *Command) error {
	if e, ok := b.commands[c.key()]; ok {
		err := c.answer(e, c.Request.Repeats(e, c.Account.ID))
		c.Repeated = c.Refusal == nil
		return err
	}
	schedule := b.parts.Schedule(partition, c.Account.Program)
	if schedule == nil {
		return c.answer(ledger.Entry{}, reason.New(reason.UnknownProgram, "program", "no revision of programme %s is known", c.Account.Program))
	}
	h := b.accounts[c.Account]
	h.partition = partition
	request := c.Request
	if refund, ok := request.Deed.(ledger.Refund); ok {
		refund.Captured = b.commands[storage.KeyRef{Program: c.Account.Program, Key: refund.Capture}]
		request.Deed = refund
	}
	var t time.Time
	t, request.Now = Moment(b.parts.Get(partition), schedule, b.poster.Clock.Now())
	if t = later(h.account.Clock, t); t.IsZero() {
		return c.answer(ledger.Entry{}, reason.New(reason.NotReady, "", "no event has told the house what time it is"))
	}
	err := b.bringUp(ctx, h, schedule, t)
	if err != nil {
		return err
	}
	if request.Deed, err = b.informed(ctx, h, request.Deed, schedule.In(t), t); err != nil {
		return c.answer(ledger.Entry{}, err)
	}
	e, account, err := ledger.Do(h.account, request, schedule, t)
	if err != nil {
		return c.answer(e, err)
	}
	h.account = account
	b.commands[c.key()] = e
	if err := b.post(h, storage.EntryWrite{Entry: e}, told{}); err != nil {
		return err
	}
	b.sent(e)
	return c.answer(e, nil)
}

// Moment is when a command takes effect: now, but not past the day of the partition's clock, for days end in the log
// alone. The other time is now itself; zero in a house that lives in past days.
func Moment(part store.Partition, schedule program.Schedule, wall time.Time) (time.Time, time.Time) {
	if part.Events {
		return part.Clock, time.Time{}
	}
	now := calendar.Millis(wall)
	zone := schedule.Latest().Program.Zone
	end := (calendar.DayOf(part.Clock, zone) + 1).Start(zone).Add(-time.Millisecond)
	if now.After(end) {
		return later(part.Clock, end), now
	}
	return later(part.Clock, now), now
}
