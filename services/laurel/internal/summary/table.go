package summary

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
)

// Table is what a replay prints at its end: the figures, the verdict, what was spent and who owes whom for it, and below
// them the digests and whatever does not hold. It has a second column of figures only if the run itself has spent something.
func Table(s Summary) string {
	both := differ(s.Before, s.After)
	t := newTable(fmt.Sprintf("Programme %s, revision %d", safe(s.Program.ID), s.Program.Revision))
	t.SetColumnConfigs([]table.ColumnConfig{number(2), number(3)})
	if both {
		t.AppendHeader(table.Row{"", "after the replay", "after spending"})
	}
	for i, section := range sections(s) {
		if i > 0 && len(section) > 0 {
			t.AppendSeparator()
		}
		for _, l := range section {
			row := table.Row{l.name, l.before, l.after}
			if !both {
				row = table.Row{l.name, l.after}
			}
			t.AppendRow(row)
		}
	}
	t.AppendSeparator()
	for _, row := range verdict(s) {
		if both {
			row = table.Row{row[0], "", row[1]}
		}
		t.AppendRow(row)
	}
	return t.Render() + "\n" + spentTables(s) + below(s)
}

// line is one row of the table; a row that names no single figure has no text in before.
type line struct{ name, before, after string }

func sections(s Summary) [][]line {
	b, a := s.Before, s.After
	return [][]line{
		slices.Concat([]line{
			counts("Orders", b.Orders, a.Orders),
			counts("Lines", b.Lines, a.Lines),
			counts("Accounts", b.Accounts, a.Accounts),
		}, amounts(b, a), []line{
			counts("Ledger entries", b.Entries, a.Entries),
		}),
		points(b.Points, a.Points),
		append(tiers(b, a), people(s.People)...),
		customers(s.Analytics),
		{
			counts("Known already, changed nothing", b.Duplicates, a.Duplicates),
			counts("Refused, kept with the reason", b.Refused, a.Refused),
		},
	}
}

func counts(name string, before, after int64) line {
	return line{name: name, before: Count(before), after: Count(after)}
}

func amounts(b, a Figures) []line {
	var lines []line
	for _, c := range slices.Sorted(maps.Keys(a.Amount)) {
		lines = append(lines, line{"Amount", Amount(b.Amount[c], c), Amount(a.Amount[c], c)})
	}
	return lines
}

// points leaves out what is 0 both before and after, except for the three figures that everybody looks for.
func points(b, a Points) []line {
	lines := []line{counts("Points earned", int64(b.Earned), int64(a.Earned))}
	for _, r := range []struct {
		name          string
		before, after int64
	}{
		{"  taken back by returns", int64(b.Reversed), int64(a.Reversed)},
		{"  redeemed", int64(b.Redeemed), int64(a.Redeemed)},
		{"  adjusted", int64(b.Adjusted), int64(a.Adjusted)},
	} {
		if r.before != 0 || r.after != 0 {
			lines = append(lines, counts(r.name, r.before, r.after))
		}
	}
	lines = append(lines,
		counts("  expired", int64(b.Expired), int64(a.Expired)),
		counts("Points alive", int64(b.Outstanding()), int64(a.Outstanding())))
	for _, r := range []struct {
		name          string
		before, after int64
	}{
		{"  of these pending", int64(b.Pending), int64(a.Pending)},
		{"  of these held", int64(b.Held), int64(a.Held)},
		{"Points owed by members", int64(b.Debt), int64(a.Debt)},
	} {
		if r.before != 0 || r.after != 0 {
			lines = append(lines, counts(r.name, r.before, r.after))
		}
	}
	return lines
}

// tiers come with the fullest first: the summary does not know the ladder's order.
func tiers(b, a Figures) []line {
	names := slices.SortedFunc(maps.Keys(a.Tiers), func(x, y string) int {
		return cmp.Or(cmp.Compare(a.Tiers[y], a.Tiers[x]), cmp.Compare(x, y))
	})
	lines := make([]line, len(names))
	for i, name := range names {
		lines[i] = counts("In tier "+safe(name), b.Tiers[name], a.Tiers[name])
	}
	return lines
}

// people name one figure, that of the end; none where nobody was enrolled by name or told of a drop.
func people(p People) []line {
	var lines []line
	if p.Warned > 0 {
		lines = append(lines, line{name: "Told that their tier will drop", after: Count(p.Warned)})
	}
	for _, kind := range slices.Sorted(maps.Keys(p.Enrolled)) {
		lines = append(lines, line{name: "Enrolled by name, " + safe(kind), after: Count(p.Enrolled[kind])})
	}
	return lines
}

// customers are the figures of analytics that everybody asks for first; none where nobody has bought. They name one figure:
// redeeming points makes no customer another one.
func customers(a Analytics) []line {
	if a.Customers == 0 {
		return nil
	}
	lines := []line{
		{name: "Customers", after: Count(a.Customers)},
		{name: "  bought again on another day", after: ofAll(a.Repeat, a.Customers)},
	}
	for _, g := range a.Segments {
		if g.Name == "champions" {
			lines = append(lines, line{name: "  champions, by RFM", after: Count(g.Customers)})
		}
	}
	for _, g := range a.Classes {
		if g.Name == "A" && a.Spend > 0 {
			lines = append(lines, line{name: "  in class A, who brought", after: Count(g.Customers) + ", " + Percent(int64(g.Spend), int64(a.Spend))})
		}
	}
	if a.Gini != "" {
		lines = append(lines, line{name: "  Gini of what they spent", after: Thousandths(a.Gini)})
	}
	return lines
}

// ofAll is a number, and its share where there is one.
func ofAll(part, whole int64) string {
	if share := Percent(part, whole); share != "" {
		return Count(part) + ", " + share
	}
	return Count(part)
}

func verdict(s Summary) []table.Row {
	held := 0
	for _, c := range s.Verify.Checks {
		if c.OK {
			held++
		}
	}
	word := fmt.Sprintf("%d of %d checks hold", held, len(s.Verify.Checks))
	if !s.Verify.OK {
		word = "DOES NOT HOLD: " + word
	}
	return []table.Row{
		{"Ledger verified", word},
		{"Time", fmt.Sprintf("%.1f s, %s events/s", s.Seconds, Count(int64(s.EventsPerSecond)))},
	}
}

// below holds what is too wide for a column, and each check that fails.
func below(s Summary) string {
	var b strings.Builder
	digests := []struct{ name, digest string }{{"balances", s.Before.Digests.Balances}, {"tiers", s.After.Digests.Tiers}}
	if s.After.Digests.Balances != s.Before.Digests.Balances {
		digests = append(digests, struct{ name, digest string }{"spent", s.After.Digests.Balances})
	}
	for _, d := range digests {
		if d.digest != "" {
			fmt.Fprintf(&b, "  %-9s %s\n", d.name, safe(d.digest))
		}
	}
	for _, c := range s.Verify.Checks {
		if !c.OK {
			fmt.Fprintf(&b, "✗ %s: %s\n", safe(c.Name), safe(c.Detail))
		}
	}
	return b.String()
}

// differ compares what the table shows.
func differ(b, a Figures) bool {
	return b.Orders != a.Orders || b.Lines != a.Lines || b.Accounts != a.Accounts || b.Entries != a.Entries ||
		b.Points != a.Points || b.Duplicates != a.Duplicates || b.Refused != a.Refused ||
		!maps.Equal(b.Tiers, a.Tiers) || !maps.Equal(b.Amount, a.Amount)
}
