package program

import (
	"strconv"

	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Limits of the section transfers. Each has a test that meets it.
const (
	transferMost             = 1_000_000_000
	transferOlderMost        = 366
	transferOlderDaysDefault = 30
)

// Transfers says how many points a member may send to another account.
type Transfers struct {
	// Min and Max bound one transfer; the fee comes on top. Max 0: without limit.
	Min, Max money.Points
	// PerDay is the most that an account sends on a day in the programme's zone. 0: without limit.
	PerDay money.Points
	// Fee is what the sender pays on top.
	Fee TransferFee
	// OlderThanDays is for how many days points must have been active before they can be sent. 0: none.
	OlderThanDays int
	// ApproveAbove is the most of a transfer that needs no second person. 0: none needs one.
	ApproveAbove money.Points
}

// TransferFee is what a transfer costs: a share of the points, rounded down, and a fixed number of points.
type TransferFee struct {
	Share  money.Ratio
	Points money.Points
}

// Of is the fee for points that are sent. The only error is that of money.Ratio.Floor.
func (f TransferFee) Of(points money.Points) (money.Points, error) {
	share, err := f.Share.Floor(int64(points))
	return f.Points + money.Points(share), err
}

// transfers reads whether and how points may be sent.
func (r *reader) transfers(v value, p *Program) {
	if !v.given() {
		return
	}
	s := r.section(v, nil, []string{"min", "max", "per_day", "fee", "older_than_days", "approve_above"})
	points := func(key string, absent int) money.Points {
		return money.Points(r.whole(s.get(key), span{1, transferMost, absent}))
	}
	t := &Transfers{
		Min: points("min", 1), Max: points("max", 0), PerDay: points("per_day", 0), ApproveAbove: points("approve_above", 0),
		OlderThanDays: r.whole(s.get("older_than_days"), span{0, transferOlderMost, transferOlderDaysDefault}),
	}
	fee := r.section(s.get("fee"), nil, []string{"share", "points"})
	t.Fee.Points = money.Points(r.whole(fee.get("points"), span{0, transferMost, 0}))
	t.Fee.Share, _ = r.share(fee.get("share"))
	for _, most := range []struct {
		key    string
		points money.Points
	}{{"max", t.Max}, {"per_day", t.PerDay}} {
		if most.points > 0 && most.points < t.Min {
			r.fault(s.get(most.key), "%d points, fewer than the %d of the smallest transfer; write at least %d", most.points, t.Min, t.Min)
		}
	}
	p.Transfers = t
}

func (p *Program) transferFields() []Field {
	t := p.Transfers
	if t == nil {
		return nil
	}
	return []Field{
		{"transfers.min", strconv.FormatInt(int64(t.Min), 10)},
		{"transfers.max", orElse(int(t.Max), "without limit")},
		{"transfers.per_day", orElse(int(t.PerDay), "without limit")},
		{"transfers.fee.share", t.Fee.Share.String()},
		{"transfers.fee.points", strconv.FormatInt(int64(t.Fee.Points), 10)},
		{"transfers.older_than_days", strconv.Itoa(t.OlderThanDays)},
		{"transfers.approve_above", orElse(int(t.ApproveAbove), "without limit")},
	}
}
