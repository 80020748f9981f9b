package ledger

import (
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orderbook"
	"github.com/laurel-loyalty/laurel/services/internal/program"
)

// Limits that the tests meet.
const (
	LapsedLotsMax   = lapsedLotsMax
	WaitingMax      = orderbook.WaitingMax
	OrderEntriesMax = orderbook.EventsMax
	HoldsMax        = holdsMax
	LotsMax         = lotsMax
	RefundsMax      = refundsMax
	RefundDays      = refundDays
)

// Spend posts an entry that takes points out of the lots in the order of consumption, for the redeemer "cafe": the short
// way to what redemptions leave behind, lots that lack points, and so debt.
func Spend(a Account, known program.Known, t time.Time, points money.Points) (Entry, Account, error) {
	d := a.begin(known, t)
	d.Kind, d.Actor, d.Key, d.OccurredAt = KindState, "merchant/cafe", DueKey(a.ID, d.Seq), t
	for _, l := range a.consumed() {
		if l.Pending() || l.Unit != known.Program.Unit {
			continue
		}
		m := Movement{Move: MoveReverse, Lot: l.LotKey, Points: min(points, l.Left), Redeemer: "cafe"}
		if err := d.add(m); err != nil {
			return Entry{}, a, err
		}
		points -= m.Points
	}
	return d.post(a)
}

// Rehashed returns the entry with the hash that it should have after a predecessor: what somebody who alters an entry
// and knows the encoding would write.
func Rehashed(e Entry, previous Hash) Entry {
	e.Hash = e.hashAfter(previous)
	return e
}
