package summary

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

const (
	// matrixMax is how many partners a matrix on a terminal has room for.
	matrixMax = 5
	// nameMax is how wide a column of a name may be.
	nameMax = 20
	// reasonMax is how wide one of a reason may be.
	reasonMax = 32
	// matrixNameMax is how wide one of a matrix may be.
	matrixNameMax = 10
)

// spentTables are what the run has spent, and the last month that it closed.
func spentTables(s Summary) string {
	var b strings.Builder
	if len(s.Redemptions) > 0 {
		t := newTable("Spent on what the replay left")
		t.SetColumnConfigs([]table.ColumnConfig{name(1), name(2), number(3), number(4), {Number: 5, WidthMax: reasonMax}})
		t.AppendHeader(table.Row{"at", "what", "done", "points", "refused"})
		for _, r := range s.Redemptions {
			t.AppendRow(table.Row{safe(r.Place), safe(r.What()), Count(r.Done), Count(int64(r.Points)), strings.ReplaceAll(safe(r.Refusals()), ", ", "\n")})
		}
		b.WriteString(t.Render() + "\n")
	}
	if n := len(s.Settlements); n > 0 {
		b.WriteString(settlementTable(s.Settlements[n-1]).Render() + "\n")
	}
	if !s.Closing.Time.IsZero() {
		fmt.Fprintf(&b, "  %s more up to %s, when the month was over: in no figure above\n",
			Plural(s.Closing.Entries, "entry", "entries"), s.Closing.Time.UTC().Format("2006-01-02 15:04Z"))
	}
	return b.String()
}

func settlementTable(s Settlement) table.Writer {
	t := newTable(fmt.Sprintf("Settlement %d: %s, in %s", s.Number, safe(s.Period), safe(string(s.Currency))))
	if len(s.Net) > matrixMax {
		t.SetColumnConfigs([]table.ColumnConfig{name(1), number(2), number(3), number(4), number(5)})
		t.AppendHeader(table.Row{"", "owes", "is owed", "net", "statement"})
		for _, p := range s.Net {
			t.AppendRow(table.Row{safe(p.Partner), s.amount(p.Owes), s.amount(p.Owed), s.amount(p.Net), Count(p.Statement)})
		}
		return t
	}
	m := s.Matrix()
	configs, head := []table.ColumnConfig{name(1)}, table.Row{""}
	for i, h := range m.Head {
		head = append(head, safe(h))
		c := number(i + 2)
		c.WidthMax, c.WidthMaxEnforcer = matrixNameMax, text.Trim
		configs = append(configs, c)
	}
	t.SetColumnConfigs(configs)
	t.AppendHeader(head)
	foot := false
	for _, r := range m.Rows {
		if r.Foot && !foot {
			t.AppendSeparator()
			foot = true
		}
		row := table.Row{safe(r.Head)}
		for _, c := range r.Cells {
			row = append(row, c)
		}
		t.AppendRow(row)
	}
	return t
}

func newTable(title string) table.Writer {
	t := table.NewWriter()
	t.SetStyle(table.StyleRounded)
	t.Style().Options.SeparateRows = false
	t.Style().Title.Align = text.AlignLeft
	t.Style().Format.Header = text.FormatDefault
	t.SetTitle("%s", title)
	return t
}

func name(column int) table.ColumnConfig {
	return table.ColumnConfig{Number: column, WidthMax: nameMax, WidthMaxEnforcer: text.Trim}
}

func number(column int) table.ColumnConfig {
	return table.ColumnConfig{Number: column, Align: text.AlignRight, AlignHeader: text.AlignRight}
}
