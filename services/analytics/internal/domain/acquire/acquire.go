// Package acquire sets what winning a customer costs against what one brings in a period.
package acquire

import (
	"math"
	"math/big"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/profit"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Deed is the type of the own events that tell what winning customers cost, in the field amount_minor of their data.
const Deed = "acquisition_cost"

// Months is how long the period is, unless said otherwise.
const Months = 12

// Params are what is stated; zero where it is to be measured.
type Params struct {
	Spend   money.Minor
	Won     int64
	Value   money.Minor
	Keeping money.Ratio // part of the CAC that keeping a customer costs
}

// Defaults states nothing, and puts keeping at a fifth.
func Defaults() Params {
	return Params{Keeping: money.MustRatio(1, 5)}
}

// Check refuses a part beyond all. The error is a reason.InvalidArgument.
func (p Params) Check() error {
	if p.Keeping.Cmp(money.MustRatio(1, 1)) > 0 {
		return reason.New(reason.InvalidArgument, "keeping_share", "%s is more than all; write a share from 0 to 1, for example 1/5", p.Keeping)
	}
	return nil
}

// Report is the comparison. What is nil does not come out: nobody was won, nobody bought, or the margin is not known.
type Report struct {
	Spend                       money.Minor
	Won, Existing               int64
	CAC, Value, Margin          *money.Minor
	Net, MarginNet              *money.Minor
	Ratio, MarginRatio          history.Share
	Payback, MarginPayback      history.Share
	Gap, GapCAC, Keeping        *money.Minor
	SpendStated, WonStated, Own bool // Own: the value is measured
}

// Builder makes a Report. Not safe for many goroutines.
type Builder struct {
	from, asOf calendar.Day
	params     Params
	economics  *program.Economics
	told       money.Minor // by own events
	won        int64
	spends     []money.Minor
	revenue    money.Minor
	margin     money.Minor
	uncosted   money.Minor
}

// New makes a builder for a period. The parameters have been checked.
func New(from, asOf calendar.Day, p Params, e *program.Economics) *Builder {
	return &Builder{from: from, asOf: asOf, params: p, economics: e}
}

// Add takes a customer. The error is a reason.AmountOutOfRange.
func (b *Builder) Add(c history.Customer) error {
	c = c.Before(b.asOf)
	if first := c.First(); first != calendar.None && first >= b.from {
		b.won++
	}
	c = c.From(b.from)
	var err error
	for _, d := range c.Deeds {
		if b.told, err = history.Add(b.told, cost(d)); err != nil {
			return err
		}
	}
	if len(c.Orders) == 0 {
		return nil
	}
	line, err := profit.Of(c, b.economics)
	if err != nil {
		return err
	}
	b.spends = append(b.spends, line.Revenue)
	b.uncosted = min(b.uncosted, math.MaxInt64-line.Uncosted) + line.Uncosted
	if b.revenue, err = history.Add(b.revenue, line.Revenue); err != nil {
		return err
	}
	b.margin, err = history.Sum(b.margin, line.Revenue-line.Uncosted-line.Goods)
	return err
}

// cost is what an own event tells; 0 where it tells nothing that can be read.
func cost(d history.Deed) money.Minor {
	if d.Type != Deed {
		return 0
	}
	amount, _ := d.Amount("amount_minor") // zero where it is none
	return amount
}

// Report ends the collection. The error is a reason.AmountOutOfRange.
func (b *Builder) Report() (Report, error) {
	n := int64(len(b.spends))
	r := Report{Spend: b.told, Won: b.won, Existing: n}
	if b.params.Spend > 0 {
		r.Spend, r.SpendStated = b.params.Spend, true
	}
	if b.params.Won > 0 {
		r.Won, r.WonStated = b.params.Won, true
	}
	switch {
	case b.params.Value > 0:
		r.Value = &b.params.Value
	case n > 0:
		value := b.revenue / money.Minor(n)
		r.Value, r.Own = &value, true
	}
	if n > 0 && b.uncosted == 0 {
		margin := b.margin / money.Minor(n)
		if !r.Own && b.revenue > 0 { // the stated value at the margin that is measured
			margin = scaled(b.params.Value, b.margin, b.revenue)
		}
		r.Margin = &margin
	}
	if r.Won == 0 {
		return r, b.gap(&r)
	}
	cac := r.Spend / money.Minor(r.Won)
	keeping := scaled(cac, money.Minor(b.params.Keeping.Num()), money.Minor(b.params.Keeping.Den()))
	r.CAC, r.Keeping = &cac, &keeping
	r.Net, r.Ratio, r.Payback = against(r, r.Value)
	r.MarginNet, r.MarginRatio, r.MarginPayback = against(r, r.Margin)
	return r, b.gap(&r)
}

// against is value − CAC, value ÷ CAC, and CAC ÷ value; by the exact cost per customer, not the rounded one.
func against(r Report, value *money.Minor) (net *money.Minor, ratio, payback history.Share) {
	if value == nil {
		return nil, history.Share{}, history.Share{}
	}
	whole := new(big.Int).Mul(big.NewInt(int64(*value)), big.NewInt(r.Won))
	spend := big.NewInt(int64(r.Spend))
	return new(*value - *r.CAC), history.NewShare(whole, spend), history.NewShare(spend, whole)
}

// gap is what existing customers would spend more if each spent the value, and what winning as much would cost.
func (b *Builder) gap(r *Report) error {
	if r.Value == nil {
		return nil
	}
	gap := money.Minor(0)
	for _, spend := range b.spends {
		var err error
		if gap, err = history.Add(gap, max(0, *r.Value-spend)); err != nil {
			return err
		}
	}
	r.Gap = &gap
	if r.CAC != nil && *r.Value > 0 {
		r.GapCAC = new(scaled(gap, *r.CAC, *r.Value))
	}
	return nil
}

// scaled is amount × num ÷ den, rounded toward zero; cut to what fits.
func scaled(amount, num, den money.Minor) money.Minor {
	product := new(big.Int).Mul(big.NewInt(int64(amount)), big.NewInt(int64(num)))
	product.Quo(product, big.NewInt(int64(den)))
	if !product.IsInt64() {
		return math.MaxInt64
	}
	return money.Minor(product.Int64())
}
