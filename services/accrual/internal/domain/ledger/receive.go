package ledger

import (
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orderbook"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Receive decides what an account does with points that another has sent it by the entry out, at effective time t, to which
// the account has been brought up: they arrive in lots of the same issuer and expiry, and pay what it owes; the fee, the
// last of what was sent, becomes the programme's. Refusals are *reason.Error: ACCOUNT_NOT_FOUND, ACCOUNT_NOT_ENROLLED,
// ACCOUNT_FROZEN, TOO_MANY_LOTS, AMOUNT_OUT_OF_RANGE; then the points belong back (GiveBack).
func Receive(a Account, out Entry, schedule program.Schedule, t time.Time) (Entry, Account, error) {
	p := *out.Transfer
	if a.Version == 0 {
		return Entry{}, a, reason.New(reason.AccountNotFound, "to", "there is no account %s in programme %s", a.ID, a.Program)
	}
	if err := orderbook.Enrolled(a.opened(), schedule, t); err != nil {
		return Entry{}, a, err
	}
	if err := a.mayEarn(); err != nil {
		return Entry{}, a, err
	}
	d := a.arrival(out, p, schedule.In(t), t)
	d.Key = TransferKey(p.ID)
	left := p.Points
	for _, m := range out.Movements {
		if m.Lot.Life > 0 {
			m.Lot.Life, m.Lot.Expiry = 0, p.Rolled
		}
		n := min(left, m.Points)
		if n > 0 {
			if err := d.fresh(m.Lot); err != nil {
				return Entry{}, a, err
			}
			if err := d.bring(Movement{Move: MoveReceive, Lot: m.Lot, Points: n}); err != nil {
				return Entry{}, a, err
			}
		}
		if err := d.add(Movement{Move: MoveFee, Lot: m.Lot, Points: m.Points - n, Redeemer: Operator}); err != nil {
			return Entry{}, a, err
		}
		left -= n
	}
	return d.post(a)
}

// GiveBack returns points to the account that has sent them by the entry out, for the reason for which the receiver did not
// take them: each into the lot that it came from. The account has been brought up to t. Its only refusal is
// AMOUNT_OUT_OF_RANGE, where the account has no room: then they stay in transit until it has.
func GiveBack(a Account, out Entry, why reason.Reason, schedule program.Schedule, t time.Time) (Entry, Account, error) {
	p := *out.Transfer
	p.Refused = string(why)
	d := a.arrival(out, p, schedule.In(t), t)
	d.Key = BackKey(p.ID)
	for _, m := range out.Movements {
		if err := d.bring(Movement{Move: MoveReceive, Lot: m.Lot, Points: m.Points}); err != nil {
			return Entry{}, a, err
		}
	}
	return d.post(a)
}

// arrival begins the entry by which points of a transfer come in.
func (a Account) arrival(out Entry, p TransferPart, known program.Known, t time.Time) *draft {
	d := a.begin(known, t)
	d.Kind, d.Actor, d.OccurredAt, d.Transfer = KindTransferIn, out.Actor, out.EffectiveAt, &p
	return d
}

// InTransit is how many points of an entry are on their way from then on: negative when they arrive.
func (e Entry) InTransit() money.Points {
	sum := money.Points(0)
	for _, p := range e.Postings {
		if p.Bucket == bucketTransit {
			sum += p.Points
		}
	}
	return sum
}
