package program

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Operator is the partner that every programme has without an agreement: it runs the programme, and owes for the points
// of every merchant that belongs to nobody else.
const Operator = "operator"

// Partner is the agreement with a partner company. It is not changed after Parse.
type Partner struct {
	ID string
	// Name is for people. It is the ID where the file gives none.
	Name  string
	Roles Roles
	// Category is the trade of the company. Two agreements that hold on one day share none, unless both say that theirs
	// is not Exclusive.
	Category  string
	Exclusive bool
	// Merchants are the sources of orders whose points the partner issues, sorted. A merchant has one partner at a time.
	Merchants []string
	// IssuePrice and RedemptionPrice are in minor units per point: what a point costs its issuer when it is given (with
	// FundingOnIssue), and what a redeemer is owed for a point that is spent there. Exact; 0.008 EUR is 4/5.
	IssuePrice, RedemptionPrice money.Ratio
	// Fee is the part of what a redeemer is owed that the operator keeps: 2.5 per cent is 1/40.
	Fee        money.Ratio
	Funding    Funding
	Settlement Settlement
	// From is the first day on which the agreement holds and Until the first on which it no longer does, in the
	// programme's zone; calendar.None: without end.
	From, Until calendar.Day
	Limits      PartnerLimits
}

// Roles is what a partner may do.
type Roles struct {
	Issue  bool // give points, and owe for them
	Redeem bool // take points for goods, and be owed for them
}

// PartnerLimits bound what a partner may move by its own calls, points given and points taken apart. 0: without limit.
type PartnerLimits struct {
	PointsPerCall money.Points
	PointsPerDay  money.Points // all calls of a day in the programme's zone
}

// Funding says when an issuer pays for its points.
type Funding uint8

// Times at which an issuer pays.
const (
	FundingUnset    Funding = iota
	FundingOnRedeem         // when they are spent, to the redeemer
	FundingOnIssue          // when they are given, to the operator, who pays the redeemer
)

// Settlement is how long a period is that is settled as one.
type Settlement uint8

// Periods of settlement.
const (
	SettlementUnset   Settlement = iota
	SettlementMonthly            // a calendar month in the programme's zone
)

// Partner returns an agreement by the id of the partner; false: there is none.
func (p *Program) Partner(id string) (*Partner, bool) {
	i, ok := slices.BinarySearchFunc(p.Partners, id, func(a *Partner, id string) int { return strings.Compare(a.ID, id) })
	if !ok {
		return nil, false
	}
	return p.Partners[i], true
}

// Issuer returns who owes for the points of an order: the partner to which the merchant belongs on the day of the order,
// or Operator.
func (p *Program) Issuer(merchant string, day calendar.Day) string {
	for _, a := range p.Partners {
		if _, ok := slices.BinarySearch(a.Merchants, merchant); ok && a.HoldsOn(day) {
			return a.ID
		}
	}
	return Operator
}

// HoldsOn tells whether the agreement is in force on a day.
func (a *Partner) HoldsOn(day calendar.Day) bool {
	return (a.From == calendar.None || a.From <= day) && (a.Until == calendar.None || day < a.Until)
}

// meets tells whether there is a day on which both agreements hold.
func (a *Partner) meets(b *Partner) bool {
	return (a.Until == calendar.None || b.From < a.Until) && (b.Until == calendar.None || a.From < b.Until)
}

// String lists the roles in the words of the file.
func (r Roles) String() string {
	var words []string
	if r.Issue {
		words = append(words, "issue")
	}
	if r.Redeem {
		words = append(words, "redeem")
	}
	return strings.Join(words, ", ")
}

// String is the word of the file.
func (f Funding) String() string {
	switch f {
	case FundingOnRedeem:
		return "on_redeem"
	case FundingOnIssue:
		return "on_issue"
	case FundingUnset:
	}
	return "unset"
}

// String is the word of the file.
func (s Settlement) String() string {
	if s == SettlementMonthly {
		return "monthly"
	}
	return "unset"
}

// String says what the limits are, in words.
func (l PartnerLimits) String() string {
	var words []string
	if l.PointsPerCall > 0 {
		words = append(words, fmt.Sprintf("%d a call", l.PointsPerCall))
	}
	if l.PointsPerDay > 0 {
		words = append(words, fmt.Sprintf("%d a day", l.PointsPerDay))
	}
	if len(words) == 0 {
		return "without limit"
	}
	return strings.Join(words, ", ")
}

func (p *Program) partnerFields() []Field {
	var list []Field
	for _, a := range p.Partners {
		path := keyed("partners", a.ID) + "."
		list = append(list, Field{path + "name", a.Name}, Field{path + "roles", a.Roles.String()}, Field{path + "category", a.categoryInWords()})
		for _, m := range a.Merchants {
			list = append(list, Field{keyed(path+"merchants", m), "its points are issued by " + a.ID})
		}
		for _, price := range []struct {
			key   string
			value money.Ratio
		}{{"issue_price", a.IssuePrice}, {"redemption_price", a.RedemptionPrice}} {
			if text := p.PriceText(price.value); text != "" {
				list = append(list, Field{path + price.key, text + " a point"})
			}
		}
		list = append(list, Field{path + "fee", PercentText(a.Fee) + " %"}, Field{path + "funding", a.Funding.String()},
			Field{path + "settlement", a.Settlement.String()}, Field{path + "from", dayOr(a.From, "from the beginning")},
			Field{path + "until", dayOr(a.Until, "without end")}, Field{path + "limits", a.Limits.String()})
	}
	return list
}

func (a *Partner) categoryInWords() string {
	if a.Exclusive {
		return a.Category
	}
	return a.Category + ", not exclusive"
}

// PriceText writes a price per point in major units, as the file has it; empty for none.
func (p *Program) PriceText(price money.Ratio) string {
	if price == (money.Ratio{}) {
		return ""
	}
	return inUnits(price, p.Currency.Exponent())
}

// PercentText writes a part of a whole in per cents.
func PercentText(part money.Ratio) string { return inUnits(part, -percentDigits) }

// inUnits writes a ratio as a decimal with the point moved to the left by so many digits.
func inUnits(r money.Ratio, digits int) string {
	scale := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(digits, -digits))), nil))
	if digits > 0 {
		scale.Inv(scale)
	}
	return decimal(scale.Mul(scale, big.NewRat(r.Num(), r.Den())))
}

func dayOr(d calendar.Day, none string) string {
	if d == calendar.None {
		return none
	}
	return d.String()
}
