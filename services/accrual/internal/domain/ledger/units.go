package ledger

import (
	"fmt"
	"slices"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/earning"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// UnitPoints are points of a unit beside the programme's own.
type UnitPoints struct {
	Unit   string
	Points money.Points
}

// others posts target minus posted of an order in every unit of its revision beside the programme's own. Points of such a unit are
// the operator's, whoever sold: nobody spends them, so that nobody is ever owed for any, and what a return does not find is let go.
func (d *draft) others(p *program.Program, state orders.State, posted []UnitPoints, counted []program.Counted) error {
	d.Order.Others = nil
	for _, u := range p.Units {
		target := UnitPoints{Unit: u.Name}
		if !state.Canceled() && !d.Order.Frozen {
			var err error
			if target.Points, err = earning.RateUnit(p, u, d.Order.Tier, d.Order.Segment, counted); err != nil {
				return reason.New(reason.AmountOutOfRange, "lines", "%s", err)
			}
		}
		d.Order.Others = append(d.Order.Others, target)
		key, more := otherLot(p, u, state), target.Points-pointsOf(posted, u.Name)
		var err error
		if more < 0 {
			err = d.takeBack(key, -more, 0)
		} else {
			err = d.earn(key, more)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// otherLot is the lot of an order's points of a unit.
func otherLot(p *program.Program, u *program.Unit, state orders.State) LotKey {
	day := calendar.DayOf(state.PaidAt(), p.Zone)
	key := LotKey{Unit: u.Name, Issuer: Operator, Activation: calendar.None, Expiry: u.ExpiryDay(day)}
	if u.ActivationDays > 0 {
		key.Activation = day.AddDays(u.ActivationDays)
	}
	return key
}

func pointsOf(list []UnitPoints, unit string) money.Points {
	i := slices.IndexFunc(list, func(o UnitPoints) bool { return o.Unit == unit })
	if i < 0 {
		return 0
	}
	return list[i].Points
}

// checkOthers holds the targets of an order in other units against themselves. Empty: they are as they should be.
func (e Entry) checkOthers() string {
	if e.Order == nil {
		return ""
	}
	for i, o := range e.Order.Others {
		switch {
		case o.Unit == "" || o.Points < 0 || i > 0 && o.Unit <= e.Order.Others[i-1].Unit:
			return fmt.Sprintf("its order is to have %d of %q, which is below zero or stands at the wrong place", o.Points, o.Unit)
		case e.Order.Revision == 0:
			return "its order is to have points of other units, and is not paid"
		}
	}
	return ""
}

// units is all that an entry can hold beside what format 1 has, with the targets of its order in other units.
func (w *writer) units(e Entry) {
	w.rolling(e)
	w.int(int64(len(e.Order.Others)))
	for _, o := range e.Order.Others {
		w.str(o.Unit)
		w.int(int64(o.Points))
	}
}
