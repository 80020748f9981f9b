package ledger

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

// dayForm is how people in Britain write a date.
const dayForm = "2 January 2006"

func long(d calendar.Day) string { return d.Start(time.UTC).Format(dayForm) }

// day is the civil day of an instant in the programme's zone.
func (x explainer) day(t time.Time) string { return long(calendar.DayOf(t, x.p.Zone)) }

// dayBefore is the last day before a day boundary.
func (x explainer) dayBefore(t time.Time) string { return long(calendar.DayOf(t, x.p.Zone) - 1) }

// amount writes 1,234.50 USD, in the programme's currency.
func (x explainer) amount(m money.Minor) string { return amountIn(x.p.Currency, m) }

// told writes an amount as the shop told it, in the currency of its event.
func (x explainer) told(m money.Minor) string {
	return amountIn(cmp.Or(x.e.Order.Event.Currency, x.p.Currency), m)
}

func amountIn(c money.Currency, m money.Minor) string {
	text, minus := strings.CutPrefix(money.Format(m, c), "-")
	whole, fraction, cut := strings.Cut(text, ".")
	if text = grouped(whole); cut {
		text += "." + fraction
	}
	if minus {
		text = "-" + text
	}
	return text + " " + string(c)
}

// points writes "1 point", "1,250 points", in the programme's own unit.
func (x explainer) points(n money.Points) string {
	unit := x.p.Unit
	if single, cut := strings.CutSuffix(unit, "s"); n == 1 && cut && !strings.HasSuffix(single, "s") && !strings.HasSuffix(single, "u") {
		unit = single // "points", but not "bonus" or "access"
	}
	return count(n) + " " + unit
}

func count(n money.Points) string {
	if n < 0 {
		return "-" + grouped(strconv.FormatInt(int64(n), 10)[1:])
	}
	return grouped(strconv.FormatInt(int64(n), 10))
}

func grouped(digits string) string {
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// number is how words agree with one point, or with several.
type number struct{ are, were, become, count, they, them, their string }

var (
	single  = number{"is", "was", "it becomes active", "counts", "it", "it", "its"}
	several = number{"are", "were", "they become active", "count", "they", "them", "their"}
)

// spendable says until when points of a lot can be spent.
func (w number) spendable(lot LotKey) string {
	switch {
	case lot.Life > 0:
		return w.their + " last day follows what the account does"
	case lot.Expiry == calendar.None:
		return w.they + " will not expire"
	}
	return w.they + " can be spent until " + long(lot.Expiry-1)
}

// spent says until when points could have been spent.
func (w number) spent(lot LotKey) string {
	switch {
	case lot.Life > 0:
		return w.their + " last day followed what the account did"
	case lot.Expiry == calendar.None:
		return w.they + " would not have expired"
	}
	return w.they + " could have been spent until " + long(lot.Expiry-1)
}

// rate writes points per minor unit as points per unit of the currency: "5/4 points for each 1.00 USD".
func (x explainer) rate(r money.Ratio) string {
	one := int64(1)
	for range x.p.Currency.Exponent() {
		one *= 10
	}
	each, err := money.NewRatio(one, 1)
	if err == nil {
		each, err = r.Mul(each)
	}
	if err != nil {
		return r.String() + " " + x.p.Unit + " for each minor unit"
	}
	if each.Den() == 1 {
		return x.points(money.Points(each.Num())) + " for each " + x.amount(money.Minor(one))
	}
	return each.String() + " " + x.p.Unit + " for each " + x.amount(money.Minor(one))
}

// rulesInWords turns the rules of a line (program.LineRate) into words; the other result is true for a line that is excluded.
func rulesInWords(rules []string) (string, bool) {
	words := make([]string, len(rules))
	for i, rule := range rules {
		if what, ok := strings.CutPrefix(rule, "excluded "); ok {
			return what + " is excluded", true
		}
		words[i] = rule
		if rule == "rate" {
			words[i] = "the base rate"
		} else if cut := strings.LastIndex(rule, " x"); cut > 0 {
			words[i] = fmt.Sprintf("times %s for %s", rule[cut+2:], rule[:cut])
		}
	}
	return strings.Join(words, ", "), false
}

// returned names what came back.
func (x explainer) returned(lines []orders.ReturnedLine) string {
	if len(lines) == 0 {
		return "everything that was left"
	}
	shown := lines[:min(len(lines), linesExplained)]
	parts := make([]string, 0, len(shown)+1)
	for _, l := range shown {
		name := "line " + l.Line
		if l.Line == "" {
			name = "sku " + l.SKU
		}
		switch {
		case l.Quantity > 0 && l.HasAmount:
			parts = append(parts, fmt.Sprintf("%s × %s for %s", count(money.Points(l.Quantity)), name, x.told(l.Amount)))
		case l.Quantity > 0:
			parts = append(parts, fmt.Sprintf("%s × %s", count(money.Points(l.Quantity)), name))
		case l.HasAmount:
			parts = append(parts, fmt.Sprintf("%s of %s", x.told(l.Amount), name))
		default:
			parts = append(parts, "all of "+name)
		}
	}
	if rest := len(lines) - len(shown); rest > 0 {
		parts = append(parts, fmt.Sprintf("%d more", rest))
	}
	return strings.Join(parts, ", ")
}

// waited names the event whose wait has ended.
func waited(o *OrderPart) string {
	if o.Event.LapsedKind == orders.Canceled {
		return fmt.Sprintf("the cancellation of order %s at %s", o.Ref.Order, o.Ref.Merchant)
	}
	return fmt.Sprintf("return %s of order %s at %s", o.Event.Occurrence, o.Ref.Order, o.Ref.Merchant)
}

// after says what the account has now.
func (x explainer) after() []string {
	sentences := []string{"The account has no " + x.p.Unit + " yet."}
	for _, b := range x.e.After.Balances {
		if b.Unit != x.p.Unit {
			sentences = append(sentences, x.hasToo(b))
			continue
		}
		text := x.points(b.Active) + " to spend"
		if b.Pending > 0 {
			text += ", " + count(b.Pending) + " pending"
		}
		if b.Held > 0 {
			text += ", " + count(b.Held) + " held"
		}
		if b.Debt > 0 {
			text += ", and owes " + count(b.Debt)
		}
		sentences[0] = "The account now has " + text + "."
	}
	if x.e.After.Tier != "" {
		sentences = append(sentences, "Its tier is "+x.e.After.Tier+".")
	}
	return sentences
}

func total(lines []orders.Line) money.Minor {
	sum := money.Minor(0)
	for _, l := range lines {
		sum += l.Amount + l.Points // orders.Event.Check has seen that it fits
	}
	return sum
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// granted says what somebody decided about the tier.
func (x explainer) granted() []string {
	if x.e.Ladder == nil || x.e.Ladder.Grants == nil {
		return nil
	}
	g := x.e.Ladder.Grants
	if g.Given == nil {
		return []string{fmt.Sprintf("On %s the grant %s was ended.", x.day(x.e.OccurredAt), g.Ended)}
	}
	return []string{fmt.Sprintf("On %s tier %s was granted until the end of %s: %s.",
		x.day(x.e.OccurredAt), g.Given.Tier, long(g.Given.Until-1), g.Given.Reason)}
}
