package replay

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
)

// rules says in sentences what the programme does.
func rules(p *program.Program) []string {
	rate := p.Earning.Rate
	list := []string{fmt.Sprintf("%s for every %s %s paid, rounded down once per order.",
		counted(rate.Num(), p.Unit), money.Format(money.Minor(rate.Den()), p.Currency), p.Currency)}
	for _, c := range slices.Sorted(maps.Keys(p.Earning.CategoryMultipliers)) {
		list = append(list, fmt.Sprintf("Goods of category %s count %s times.", c, p.Earning.CategoryMultipliers[c]))
	}
	for _, c := range p.Earning.ExcludeCategories {
		list = append(list, fmt.Sprintf("Goods of category %s earn nothing.", c))
	}
	if p.Earning.ActivationDays > 0 {
		list = append(list, fmt.Sprintf("Points can be spent %d days after the order.", p.Earning.ActivationDays))
	}
	list = append(list, lapse(p.Expiry))
	if p.Ladder == nil {
		return list
	}
	for _, t := range p.Ladder.Tiers[1:] {
		text := fmt.Sprintf("%s from %s %s spent within %d months", t.Name, money.Format(t.Reach, p.Currency), p.Currency, p.Ladder.WindowMonths)
		if m, ok := p.Earning.TierMultipliers[t.Name]; ok {
			text += fmt.Sprintf("; points count %s times", m)
		}
		list = append(list, text+".")
	}
	if p.Ladder.SoftLanding {
		return append(list, "Up at once; reviewed on the first of each month, then down by one tier at most.")
	}
	return append(list, "Up at once; reviewed on the first of each month.")
}

func baseNames(paths []string) []string {
	names := make([]string, len(paths))
	for i, path := range paths {
		names[i] = filepath.Base(path)
	}
	return names
}

// counted names a number of things: 1 point, 2 points.
func counted(n int64, unit string) string {
	if n == 1 {
		unit = strings.TrimSuffix(unit, "s")
	}
	return fmt.Sprintf("%d %s", n, unit)
}

// lapse says when points are gone.
func lapse(e program.Expiry) string {
	switch {
	case e.EndOfMonthAfterMonths > 0:
		return fmt.Sprintf("Points live to the end of the %dth month after the month in which they were earned.", e.EndOfMonthAfterMonths)
	case e.AfterDays > 0:
		return fmt.Sprintf("Points lapse %d days after the day on which they were earned.", e.AfterDays)
	case e.Rolling.On():
		return fmt.Sprintf("All points of an account lapse if it does nothing that counts: %s.", e)
	case e.Date != program.YearDay{} && e.AfterYears > 0:
		return fmt.Sprintf("Points lapse on %s, %d years after the year in which they were earned.", e.Date, e.AfterYears)
	case e.Date != program.YearDay{}:
		return fmt.Sprintf("Points lapse on the next %s.", e.Date)
	}
	return "Points do not lapse."
}
