package replay

import (
	"context"

	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	"github.com/laurel-loyalty/laurel/services/accrual"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/spend"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/summary"
)

// spent is what the run itself has spent on the replayed balances; nothing where it has not.
type spent struct {
	done        []summary.Redemption
	settlements []summary.Settlement
	closing     summary.Closing
}

// spend has members and partners spend on what the replay has left, takes the clocks to the end of the month, and closes it.
func (r *run) spend(ctx context.Context) error {
	if !r.Spend {
		return nil
	}
	if !spend.Can(r.program, calendar.DayOf(r.Until, r.program.Zone)) {
		r.stage("programme %s names no partner that takes points: nothing is spent, and no month is closed", r.program.ID)
		r.Spend = false
		return nil
	}
	o := spend.Options{House: r.house, Program: r.program, At: r.Until}
	err := r.house.Accrual.Standings(ctx, r.question(), func(s accrual.Standing) error {
		o.Members = append(o.Members, spend.Member{Account: string(s.Account), Active: s.Active, Tier: s.Tier})
		return nil
	})
	if err != nil {
		return err
	}
	r.stage("members redeem rewards, partners give and take points")
	done, err := spend.Run(ctx, o)
	if err != nil {
		return err
	}
	end := spend.MonthEnd(r.program, r.Until)
	r.stage("closing the month that ends on %s", end.In(r.program.Zone).Format("2 January 2006"))
	if err := r.house.PassClock(ctx, end); err != nil {
		return err
	}
	if err := r.drain(ctx, func(follow.Progress) {}); err != nil {
		return err
	}
	settled, err := spend.Settle(ctx, o)
	if err != nil {
		return err
	}
	r.spent.closing.Time = end
	for _, d := range done {
		r.spent.done = append(r.spent.done, summary.Redemption(d))
	}
	for _, s := range settled {
		r.spent.settlements = append(r.spent.settlements, settlement(s))
	}
	return nil
}

// question is what the ledger is asked for at the end: where something was spent, how it stood before the clocks went on to
// the end of the month.
func (r *run) question() accrual.Question {
	q := accrual.Question{Program: r.program.ID, Unit: r.program.Unit, At: r.At}
	if r.Spend {
		q.Until = r.Until
	}
	return q
}

func settlement(s *partnerv1.Settlement) summary.Settlement {
	names, numbers := map[string]string{}, map[string]int64{}
	for _, n := range s.GetStatements() {
		names[n.GetPartner()], numbers[n.GetPartner()] = n.GetName(), n.GetNumber()
	}
	told := summary.Settlement{Number: s.GetNumber(), Period: s.GetPeriod(), Currency: money.Currency(s.GetCurrency())}
	for _, g := range s.GetGross() {
		told.Gross = append(told.Gross, summary.Owed{Debtor: g.GetDebtor(), Creditor: g.GetCreditor(), Amount: money.Minor(g.GetAmountMinor())})
	}
	for _, n := range s.GetNet() {
		told.Net = append(told.Net, summary.Position{
			Partner: n.GetPartner(), Name: names[n.GetPartner()], Statement: numbers[n.GetPartner()],
			Owes: money.Minor(n.GetOwesMinor()), Owed: money.Minor(n.GetOwedMinor()), Net: money.Minor(n.GetNetMinor()),
		})
	}
	return told
}
