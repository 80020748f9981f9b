package ledger

import (
	"fmt"
	"slices"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// TransferPart is the transfer that an entry begins, ends or undoes.
type TransferPart struct {
	ID     string // key of the entry that sent the points
	From   AccountID
	To     AccountID
	Points money.Points // that the receiver gets
	Fee    money.Points // that the sender has paid on top
	// Rolled is the day on which the sender's rolling points would have been gone, if it sent some: the receiver's keep it, and roll
	// no more. calendar.None: it sent none.
	Rolled calendar.Day
	// Refused is the reason for which the points came back to the sender; empty: they did not.
	Refused string
}

// Transfer sends active points to another account. They leave at once, and arrive by an entry of the receiver; if it refuses
// them they come back, the fee with them. Refusals: TRANSFERS_NOT_ALLOWED, INVALID_ARGUMENT, TRANSFER_LIMIT,
// TRANSFER_NEEDS_APPROVAL, ACCOUNT_FROZEN, INSUFFICIENT_POINTS, POINTS_TOO_YOUNG, AMOUNT_OUT_OF_RANGE.
type Transfer struct {
	To     AccountID
	Points money.Points
	Reason string // UPPER_SNAKE code; may be empty
	// Recent are the account's entries from RecentSince on.
	Recent []Entry
}

func (s Transfer) content(w *writer) {
	w.str("transfer")
	w.str(string(s.To))
	w.int(int64(s.Points))
	w.str(s.Reason)
}

// RecentSince is the first day whose entries a transfer must know on a day.
func RecentSince(p *program.Program, today calendar.Day) calendar.Day {
	if p.Transfers == nil {
		return today
	}
	return today.AddDays(-max(p.Transfers.OlderThanDays-1, 0))
}

func (s Transfer) do(d *draft, r Request, known program.Known) error {
	d.Kind, d.Command.Points, d.Command.Reason = KindTransferOut, s.Points, s.Reason
	rules := known.Program.Transfers
	switch {
	case rules == nil:
		return reason.New(reason.TransfersNotAllowed, "", "programme %s does not let members send points; write a section transfers", d.Program)
	case s.Points <= 0:
		return positive(s.Points)
	case s.To == d.Account:
		return reason.New(reason.InvalidArgument, "to", "the account would send points to itself")
	}
	if err := d.work.maySpend(); err != nil {
		return err
	}
	if err := s.within(d, r, rules); err != nil {
		return err
	}
	fee, err := rules.Fee.Of(s.Points)
	if err != nil || fee > s.Points+fee {
		return reason.New(reason.AmountOutOfRange, "points", "%d points and their fee do not fit", s.Points)
	}
	d.Transfer = &TransferPart{ID: d.Key, From: d.Account, To: s.To, Points: s.Points, Fee: fee, Rolled: calendar.None}
	unit := known.Program.Unit
	if active := d.work.Balance(unit).Active; s.Points+fee > active {
		return d.insufficient(unit, s.Points+fee)
	}
	return d.send(unit, s.Points+fee, s.young(d.Day.AddDays(1-rules.OlderThanDays)))
}

// within refuses what the programme's limits do not allow.
func (s Transfer) within(d *draft, r Request, rules *program.Transfers) error {
	limit := func(what string, limit money.Points) error {
		return reason.New(reason.TransferLimit, "points", "%d points are to be sent; %s %d", s.Points, what, limit).
			With("asked", s.Points).With("limit", limit)
	}
	sent := s.sent(d.Day)
	switch {
	case s.Points < rules.Min:
		return limit("the least of a transfer is", rules.Min)
	case rules.Max > 0 && s.Points > rules.Max:
		return limit("the most of a transfer is", rules.Max)
	case rules.PerDay > 0 && s.Points > rules.PerDay-min(sent, rules.PerDay):
		return reason.New(reason.TransferLimit, "points", "%d points are to be sent; an account may send %d a day, of which %d are used", s.Points, rules.PerDay, sent).
			With("asked", s.Points).With("per_day", rules.PerDay).With("used", sent)
	case rules.ApproveAbove > 0 && s.Points > rules.ApproveAbove && r.Approver == "":
		return reason.New(reason.TransferNeedsApproval, "points", "%d points are to be sent, and above %d a second person must approve; propose it", s.Points, rules.ApproveAbove).
			With("asked", s.Points).With("limit", rules.ApproveAbove)
	}
	return nil
}

// sent is what the account has sent on a day and did not get back on it.
func (s Transfer) sent(day calendar.Day) money.Points {
	sum, today := money.Points(0), map[string]bool{}
	for _, e := range s.Recent {
		if e.Kind == KindTransferOut && e.Day == day {
			sum, today[e.Key] = sum+e.Transfer.Points, true
		}
	}
	for _, e := range s.Recent {
		if e.Kind == KindTransferIn && e.Transfer.Refused != "" && today[e.Transfer.ID] {
			sum -= e.Transfer.Points
		}
	}
	return sum
}

// young is how many points came into each lot from a day on. They are taken to be what is left of it.
func (s Transfer) young(since calendar.Day) map[LotKey]money.Points {
	sums := map[LotKey]money.Points{}
	for _, e := range s.Recent {
		if e.Day < since || e.Transfer != nil && e.Transfer.Refused != "" {
			continue // what came back had been there before
		}
		for _, m := range e.Movements {
			if m.Move == MoveImport && e.Import.Issued != calendar.None && e.Import.Issued < since {
				continue // it had them before they came over
			}
			if m.Move == MoveImport || m.Move == MoveEarn || m.Move == MoveCredit || m.Move == MoveReceive || m.Move == MoveExtend {
				key := m.Lot
				key.Activation = calendar.None
				sums[key] += m.Points
			}
		}
	}
	return sums
}

// send takes points out of active lots in the order in which they are consumed, but for what is young in each.
func (d *draft) send(unit string, points money.Points, young map[LotKey]money.Points) error {
	left := points
	for _, l := range d.work.consumed() {
		if l.Pending() || l.Unit != unit {
			continue
		}
		n := min(left, l.Left-min(l.Left, young[l.LotKey]))
		if err := d.add(Movement{Move: MoveSend, Lot: l.LotKey, Points: n}); err != nil {
			return err
		}
		if n > 0 && l.Life > 0 {
			d.Transfer.Rolled = d.work.Rolling.Until
		}
		left -= n
	}
	if left > 0 {
		return reason.New(reason.PointsTooYoung, "points", "%d points are to leave, and %d have been on the account for long enough", points, points-left).
			With("asked", points).With("old", points-left)
	}
	return nil
}

// TransferKey is the key of the entry by which points of a transfer arrive, and BackKey of that by which they come back.
func TransferKey(id string) string { return "transfer/" + id }

// BackKey is the key of the entry by which points of a transfer come back.
func BackKey(id string) string { return TransferKey(id) + "/back" }

// checkTransfer holds the entry of a transfer against itself. Empty: it is as it should be.
func (e Entry) checkTransfer() string {
	transfers := e.Kind == KindTransferOut || e.Kind == KindTransferIn
	p := e.Transfer
	if p == nil || !transfers {
		if transfers || p != nil {
			return "a transfer without its part, or the part of one on another entry"
		}
		return ""
	}
	sums := map[Move]money.Points{}
	for _, m := range e.Movements {
		sums[m.Move] += m.Points
	}
	whole := p.Points + p.Fee
	switch {
	case p.Points <= 0 || p.Fee < 0 || whole < p.Points || p.From == p.To || p.ID == "":
		return "its transfer has no points, or goes nowhere"
	case e.Order != nil || e.Ladder != nil || e.Action != nil || e.Enrolment != nil || e.Segment != nil || e.Hold != nil || e.Refund != nil || e.Frozen != nil || e.Extension != nil:
		return "a transfer with the part of something else"
	case e.Kind == KindTransferOut && (e.Command == nil || p.ID != e.Key || p.From != e.Account || p.Refused != "" || sums[MoveSend] != whole):
		return "it sends other points than its transfer, or not its own"
	case e.Kind == KindTransferOut && (p.Rolled != calendar.None) != slices.ContainsFunc(e.Movements, func(m Movement) bool { return m.Lot.Life > 0 }):
		return "it sends rolling points without their day, or the day of none"
	case e.Kind == KindTransferOut:
	case e.Command != nil || e.dueByTime():
		return "points arrive by a command, or by the clock"
	case p.Refused == "" && (e.Key != TransferKey(p.ID) || p.To != e.Account || sums[MoveReceive] != p.Points || sums[MoveFee] != p.Fee):
		return "other points arrive than were sent"
	case p.Refused != "" && (e.Key != BackKey(p.ID) || p.From != e.Account || sums[MoveReceive] != whole || sums[MoveFee] != 0):
		return "other points come back than were sent"
	}
	return ""
}

// transferred says what arrived, or came back.
func (x explainer) transferred(p *TransferPart) string {
	if p.Refused != "" {
		return fmt.Sprintf("On %s %s came back that were sent to account %s: it could not take them (%s).", x.day(x.e.EffectiveAt), x.points(p.Points+p.Fee), p.To, p.Refused)
	}
	return fmt.Sprintf("On %s account %s sent %s.", x.day(x.e.OccurredAt), p.From, x.points(p.Points))
}

func (w *writer) transfer(e Entry) {
	w.command(e.Command)
	approver := ""
	if e.Command != nil {
		approver = e.Command.Approver
	}
	w.str(approver)
	w.bool(e.Transfer != nil)
	if p := e.Transfer; p != nil {
		w.str(p.ID)
		w.str(string(p.From))
		w.str(string(p.To))
		w.int(int64(p.Points))
		w.int(int64(p.Fee))
		w.str(p.Refused)
	}
	w.extension(e.Extension)
}
