package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/summary"
)

// moment writes a time of day only where it is not midnight.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	if t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 {
		return t.Format("2 January 2006")
	}
	return t.Format("2 January 2006, 15:04")
}

func title(f summary.Figures) string {
	if f.Orders == 0 {
		return "No orders yet"
	}
	return "What " + summary.Plural(f.Orders, "order", "orders") + " earned"
}

// lead is the whole report in two or three sentences.
func lead(p Page) string {
	f := p.Summary.After
	if f.Orders == 0 {
		return "The programme is in force, and no order has come in. Your turn, below, says how to send some."
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s bought for %s", summary.Plural(f.Accounts, "member", "members"),
		summary.Amount(f.Amount[p.Currency], p.Currency))
	if n := trading(p.Months); n > 1 {
		fmt.Fprintf(&b, " in %d months", n)
	}
	fmt.Fprintf(&b, " and earned %s %s", count(p.Summary.Before.Points.Earned), p.Unit)
	if given := given(p.Summary); given > 0 {
		fmt.Fprintf(&b, "; partners gave them %s more", count(given))
	}
	b.WriteString(". ")
	var gone []string
	for _, g := range []struct {
		n    money.Points
		word string
	}{
		{f.Points.Redeemed, "were redeemed"},
		{f.Points.Reversed, "were taken back by returns"},
		{f.Points.Expired, "expired unspent"},
	} {
		if g.n > 0 {
			gone = append(gone, count(g.n)+" "+g.word)
		}
	}
	if len(gone) > 0 {
		b.WriteString("Of these, " + listed(gone) + ". ")
	}
	fmt.Fprintf(&b, "Members own %s at the end.", count(f.Points.Outstanding()))
	return b.String()
}

// trading is how many months it is to the last one with an order.
func trading(list []Month) int {
	n := len(list)
	for n > 0 && list[n-1].Orders == 0 {
		n--
	}
	return n
}

// given is what partners gave in the run itself.
func given(s summary.Summary) money.Points { return s.After.Points.Earned - s.Before.Points.Earned }

func listed(parts []string) string {
	if len(parts) == 1 {
		return parts[0]
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}

func flowFinding(list []Month, unit string) string {
	if len(list) == 0 {
		return ""
	}
	best := list[greatest(list, func(m Month) int64 { return drawn(m.Earned) })]
	if best.Earned == 0 {
		return fmt.Sprintf("No %s have been earned so far", unit)
	}
	if len(list) == 1 {
		return fmt.Sprintf("%s brought members %s %s", monthName(best.Month), count(best.Earned), unit)
	}
	return fmt.Sprintf("%s was the strongest month: %s %s earned", monthName(best.Month), count(best.Earned), unit)
}

// flowDetail says what was lost, when it began, and how much that is.
func flowDetail(list []Month, unit string) string {
	var earned, expired money.Points
	var first, worst *Month
	for i, m := range list {
		earned, expired = earned+m.Earned, expired+m.Expired
		if m.Expired <= 0 {
			continue
		}
		if first == nil {
			first = &list[i]
		}
		if worst == nil || m.Expired > worst.Expired {
			worst = &list[i]
		}
	}
	if first == nil {
		return fmt.Sprintf("No %s have expired so far.", unit)
	}
	text := fmt.Sprintf("The first %s expired at the end of %s", unit, monthName(first.Month))
	if worst != first {
		text += fmt.Sprintf(", most at the end of %s: %s", monthName(worst.Month), count(worst.Expired))
	}
	if p := summary.Percent(int64(expired), int64(earned)); p != "" {
		text += fmt.Sprintf(". In all, %s of what was earned has expired", p)
	}
	return text + "."
}

func aliveFinding(list []Month, unit string) string {
	if len(list) == 0 {
		return ""
	}
	last := list[len(list)-1]
	return fmt.Sprintf("Members own %s %s at the end of %s", count(last.Alive), unit, monthName(last.Month))
}

func aliveDetail(list []Month) string {
	if len(list) < 2 {
		return ""
	}
	peak := greatest(list, func(m Month) int64 { return drawn(m.Alive) })
	if peak == len(list)-1 {
		return "That is the most they have ever owned."
	}
	return fmt.Sprintf("They owned most at the end of %s: %s.", monthName(list[peak].Month), count(list[peak].Alive))
}

func tierFinding(list []Month, tiers []string) string {
	if len(list) == 0 || len(tiers) == 0 {
		return ""
	}
	last := list[len(list)-1]
	all := members(last, tiers)
	if len(tiers) == 1 {
		return fmt.Sprintf("%s in one tier", summary.Plural(all, "member", "members"))
	}
	above := all - drawn(last.Tiers[tiers[0]])
	p := summary.Percent(above, all)
	if p == "" {
		return fmt.Sprintf("Everybody stands in %s", tiers[0])
	}
	return fmt.Sprintf("%s of members stand above %s", upperFirst(p), tiers[0])
}

func tierDetail(list []Month, tiers []string) string {
	if len(list) == 0 || len(tiers) < 2 {
		return ""
	}
	last := list[len(list)-1]
	var parts []string
	for _, tier := range slices.Backward(tiers) {
		parts = append(parts, summary.Count(drawn(last.Tiers[tier]))+" "+tier)
	}
	return fmt.Sprintf("At the end of %s: %s.", monthName(last.Month), listed(parts))
}

// warned is empty where nobody had to be told.
func warned(accounts int64) string {
	switch accounts {
	case 0:
		return ""
	case 1:
		return "One member was told ahead that their tier would drop."
	}
	return summary.Count(accounts) + " members were told ahead that their tier would drop."
}

func storyFinding(s Story, unit string) string {
	var orders int64
	var earned, expired, back, redeemed money.Points
	for _, e := range s.Entries {
		switch kindOf(e.Kind).Class {
		case "k-earn":
			orders++
			earned += e.Delta
		case "k-expire":
			expired -= e.Delta
		case "k-reverse":
			back -= e.Delta
		case "k-redeem":
			redeemed -= e.Delta
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s earned %s %s", summary.Plural(orders, "order", "orders"), count(earned), unit)
	for _, g := range []struct {
		n    money.Points
		word string
	}{{redeemed, "redeemed"}, {back, "taken back"}, {expired, "expired"}} {
		if g.n > 0 {
			fmt.Fprintf(&b, ", %s %s", count(g.n), g.word)
		}
	}
	if n := len(s.Entries); n > 0 {
		fmt.Fprintf(&b, "; %s left", count(s.Entries[n-1].Balance))
	}
	return b.String() + "."
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func count(n money.Points) string { return summary.Count(int64(n)) }
