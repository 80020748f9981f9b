package booking

import (
	"context"
	"fmt"
	"math/big"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/lane"
	"github.com/laurel-loyalty/laurel/services/partner/internal/contract"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/clearing"
	"github.com/laurel-loyalty/laurel/services/partner/internal/storage"
)

// accrual is whose facts the books are kept from.
const accrual = "accrual"

// unreadable stops at a fact of the ledger that cannot be read: books that leave it out would be wrong.
func (b *batch) unreadable(ctx context.Context, m follow.Message) error {
	if m.Merchant == accrual {
		return stop(m, "it cannot be read: %s", m.Refusal)
	}
	b.keeper.Log.WarnContext(ctx, "a fact of another service cannot be read", "service", m.Merchant, "sequence", m.Sequence, "error", m.Refusal)
	return nil
}

func stop(m follow.Message, format string, args ...any) error {
	return &lane.Stop{Err: fmt.Errorf("fact %d of FACTS (%s), account %s/%s: %s",
		m.Sequence, m.EventID, m.Program, m.Account, fmt.Sprintf(format, args...))}
}

// entry books one entry. Its seq tells a fact that was told before and a gap.
func (b *batch) entry(m follow.Message, posted *accrualv1.EntryPosted) error {
	e := posted.GetEntry()
	if e.GetProgram() != m.Program || e.GetAccount() != m.Account {
		return stop(m, "it tells of account %s/%s", e.GetProgram(), e.GetAccount())
	}
	known := b.accounts[storage.Account{Program: m.Program, ID: m.Account}]
	switch {
	case e.GetSeq() <= known.seq:
		b.outcome.Repeats++
		return nil
	case e.GetSeq() != known.seq+1:
		return stop(m, "entry %d does not follow %d: what lies between was never told", e.GetSeq(), known.seq)
	}
	day, err := calendar.Parse(posted.GetEffectiveDay())
	if err != nil {
		return stop(m, "it took effect on %q, which is no day", posted.GetEffectiveDay())
	}
	if err := b.book(m, e, clearing.PeriodOf(day)); err != nil {
		return err
	}
	known.seq++
	b.outcome.Entries++
	return nil
}

// book adds an entry to the books of its period or, where that is closed, of the one after the last that is.
func (b *batch) book(m follow.Message, e *accrualv1.Entry, effective clearing.Period) error {
	stands := clearing.Books(b.closed[m.Program], effective, m.Partition, m.Sequence)
	late := clearing.Period{}
	if stands != effective {
		late = effective
		b.outcome.Late++
	}
	captured, err := b.captured(m, e)
	if err != nil {
		return err
	}
	sums := b.sums(storage.Book{Program: m.Program, Partition: m.Partition, Period: stands})
	sums.Entries[effective]++
	for _, movement := range e.GetMovements() {
		move, known := contract.Move(movement.GetKind())
		row := clearing.Row{
			Cell:     clearing.Cell{Move: move, Unit: movement.GetUnit(), Issuer: movement.GetIssuer(), Redeemer: contract.Redeemer(movement.GetKind(), movement.GetRedeemer())},
			Revision: int(e.GetRevision()), Late: late,
		}
		switch {
		case !known || movement.GetPoints() <= 0:
			return stop(m, "a movement of %d points of kind %s is not known here", movement.GetPoints(), movement.GetKind())
		case move == clearing.MoveUnset:
			continue
		case move == clearing.MoveRefund:
			row.Revision = captured
		}
		if sums.Points[row] == nil {
			sums.Points[row] = new(big.Int)
		}
		sums.Points[row].Add(sums.Points[row], big.NewInt(movement.GetPoints()))
	}
	return nil
}

// captured is the revision under which the points of a refund had been spent, so that it takes back what was owed. That of
// a capture is noted for the refund that may come.
func (b *batch) captured(m follow.Message, e *accrualv1.Entry) (int, error) {
	id := storage.Account{Program: m.Program, ID: m.Account}
	switch e.GetKind() {
	case accrualv1.EntryKind_ENTRY_KIND_CAPTURE:
		capture := storage.Capture{Account: id, Seq: e.GetSeq()}
		b.captures[capture] = int(e.GetRevision())
		b.writes.Captures[capture] = int(e.GetRevision())
	case accrualv1.EntryKind_ENTRY_KIND_REFUND:
		seq := e.GetRefund().GetCaptureSeq()
		revision, ok := b.captures[storage.Capture{Account: id, Seq: seq}]
		if !ok {
			return 0, stop(m, "it refunds entry %d, which is no capture that was told", seq)
		}
		return revision, nil
	default:
	}
	return 0, nil
}
