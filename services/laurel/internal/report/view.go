package report

import (
	"maps"
	"slices"
	"strings"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/summary"
)

// view is the page in words and drawings, in the order in which the templates use it.
type view struct {
	Name, Eyebrow, Title, Lead string
	Tiles                      []tile
	Many                       bool // more tiles than have room for great figures
	Notes                      []string
	Rules                      []string
	Cut                        string // says so if not all months are shown
	Flow, Alive                figure
	Legend                     []legend
	MonthHead                  []string
	MonthYears                 []yearRows
	Broad                      bool // the table has no room beside the charts
	Tiers                      *tierView
	Customers                  *customersView
	Spent                      *spentView
	Story                      *storyView
	Turn                       turnView
	Proof                      proofView
}

type tile struct{ Figure, Word, Note string }

// figure is a chart with the sentence that it shows, and what it draws.
type figure struct {
	Finding, Detail, Shows string
	Plots                  pair
}

type legend struct{ Class, Word string }

// yearRows are the months of one year in a table.
type yearRows struct {
	Year string
	Span int // columns of the table
	Rows []row
}

type row struct {
	Head  string
	Cells []string
}

type tierView struct {
	figure
	Head   []string
	Years  []yearRows
	Broad  bool
	Warned string // how many were told of a drop; empty: nobody
	Sparks []spark
}

type spark struct {
	Tier, Class, Now, Most string
	Plot                   plot
}

type turnView struct{ Currency, Rejected, RejectedFile string }

func newView(p Page) view {
	if p.Unit == "" {
		p.Unit = "points"
	}
	if p.Name == "" {
		p.Name = p.Summary.Program.ID
	}
	cut := ""
	if n := len(p.Months); n > monthsMax {
		cut = "Shown are the last " + summary.Count(monthsMax) + " of " + summary.Count(int64(n)) + " months."
		p.Months = p.Months[n-monthsMax:]
	}
	v := view{
		Name: p.Name, Eyebrow: eyebrow(p), Title: title(p.Summary.After), Lead: lead(p),
		Tiles: tiles(p), Notes: notes(p), Cut: cut,
		Rules:     p.Rules[:min(len(p.Rules), rulesMax)],
		Customers: newCustomers(p), Spent: newSpent(p), Story: newStory(p), Proof: newProof(p),
		Turn: turnView{Currency: string(p.Currency), RejectedFile: p.Rejected.File},
	}
	v.Many = len(v.Tiles) > 6
	if p.Rejected.Rows > 0 {
		v.Turn.Rejected = summary.Plural(p.Rejected.Rows, "row", "rows")
	}
	if len(p.Months) > 0 {
		v.addMonths(p)
		v.Tiers = newTiers(p)
	}
	return v
}

// addMonths makes the charts by month and the table beside them.
func (v *view) addMonths(p Page) {
	v.Flow = figure{Finding: flowFinding(p.Months, p.Unit), Detail: flowDetail(p.Months, p.Unit),
		Shows: upperFirst(p.Unit) + " by month: earned above the line, gone below it"}
	v.Flow.Plots = both(v.Flow.words(), func(s size) plot { return drawFlow(p.Months, p.Unit, s) })
	v.Alive = figure{Finding: aliveFinding(p.Months, p.Unit), Detail: aliveDetail(p.Months),
		Shows: upperFirst(p.Unit) + " that members own at the end of each month"}
	v.Alive.Plots = both(v.Alive.words(), func(s size) plot { return drawAlive(p.Months, p.Unit, s) })
	v.Legend = []legend{{"earned", "earned"}}
	v.MonthHead = []string{"Orders", strings.TrimSpace("Amount " + string(p.Currency)), "Earned"}
	ways := seen(p.Months)
	for _, way := range ways {
		v.Legend = append(v.Legend, legend{way.class, way.word})
		v.MonthHead = append(v.MonthHead, upperFirst(strings.TrimSuffix(way.word, " by returns")))
	}
	v.MonthHead = append(v.MonthHead, "Alive")
	v.Broad = len(v.MonthHead) > 6
	v.MonthYears = byYear(p.Months, func(m Month) []string {
		cells := []string{summary.Count(m.Orders), summary.Amount(m.Amount, p.Currency), count(m.Earned)}
		cells[1] = strings.TrimSuffix(cells[1], " "+string(p.Currency))
		for _, way := range ways {
			cells = append(cells, count(way.of(m)))
		}
		return append(cells, count(m.Alive))
	})
}

// words are what a screen reader says of a chart.
func (f figure) words() string {
	return strings.TrimSpace(f.Finding + ". " + f.Detail + " The figures stand in the table that follows.")
}

func byYear(list []Month, cells func(Month) []string) []yearRows {
	var years []yearRows
	for _, m := range list {
		t := m.Month.Start(utc)
		if n := len(years); n == 0 || years[n-1].Year != t.Format("2006") {
			years = append(years, yearRows{Year: t.Format("2006")})
		}
		y := &years[len(years)-1]
		r := row{Head: t.Format("Jan"), Cells: cells(m)}
		y.Rows, y.Span = append(y.Rows, r), 1+len(r.Cells)
	}
	return years
}

func newTiers(p Page) *tierView {
	tiers := ladderOf(p)
	if len(tiers) == 0 {
		return nil
	}
	v := &tierView{Warned: warned(p.Summary.People.Warned), figure: figure{Finding: tierFinding(p.Months, tiers), Detail: tierDetail(p.Months, tiers),
		Shows: "Members in each tier at the end of each month"}, Head: tiers, Broad: len(tiers) > 5}
	v.Plots = both(v.words(), func(s size) plot { return drawTiers(p.Months, tiers, s) })
	v.Years = byYear(p.Months, func(m Month) []string {
		cells := make([]string, len(tiers))
		for i, t := range tiers {
			cells[i] = summary.Count(m.Tiers[t])
		}
		return cells
	})
	if len(p.Months) == 1 { // a course of one point is none
		return v
	}
	for i, t := range tiers {
		of := func(m Month) int64 { return drawn(m.Tiers[t]) }
		last, most := p.Months[len(p.Months)-1], p.Months[greatest(p.Months, of)]
		v.Sparks = append(v.Sparks, spark{Tier: t, Class: shade(i, len(tiers)), Now: summary.Count(of(last)),
			Most: summary.Count(of(most)) + " in " + monthName(most.Month),
			Plot: drawSpark(p.Months, t, i, len(tiers))})
	}
	return v
}

func eyebrow(p Page) string {
	parts := []string{p.Name}
	if p.Source != "" {
		parts = append(parts, p.Source)
	}
	if n := len(p.Months); n > 0 {
		from, to := monthName(p.Months[0].Month), monthName(p.Months[n-1].Month)
		if from != to {
			from += " to " + to
		}
		parts = append(parts, from)
	}
	return strings.Join(parts, " · ")
}

func tiles(p Page) []tile {
	f := p.Summary.After
	all := []tile{
		{Figure: summary.Count(f.Orders), Word: "orders", Note: summary.Plural(f.Lines, "line", "lines")},
		{Figure: summary.Count(f.Accounts), Word: "members", Note: perMember(f)},
		{Figure: count(f.Points.Earned), Word: p.Unit + " earned", Note: earnedBy(p)},
		{Figure: count(f.Points.Expired), Word: "expired", Note: ofEarned(f.Points.Expired, f)},
	}
	if f.Points.Reversed > 0 {
		all = append(all, tile{Figure: count(f.Points.Reversed), Word: "taken back", Note: ofEarned(f.Points.Reversed, f)})
	}
	if f.Points.Redeemed > 0 {
		all = append(all, tile{Figure: count(f.Points.Redeemed), Word: "redeemed", Note: ofEarned(f.Points.Redeemed, f)})
	}
	return append(all, tile{Figure: count(f.Points.Outstanding()), Word: "alive", Note: ofEarned(f.Points.Outstanding(), f)})
}

func ofEarned(n money.Points, f summary.Figures) string {
	if p := summary.Percent(int64(n), int64(f.Points.Earned)); p != "" {
		return p + " of earned"
	}
	return ""
}

func perMember(f summary.Figures) string {
	if f.Accounts == 0 {
		return ""
	}
	tenths := (f.Orders*10 + f.Accounts/2) / f.Accounts
	return summary.Count(tenths/10) + "." + summary.Count(tenths%10) + " orders each"
}

// earnedBy says where points came from.
func earnedBy(p Page) string {
	if given := given(p.Summary); given > 0 {
		return count(given) + " given by partners"
	}
	return perAmount(p.Summary.After, p.Currency)
}

func perAmount(f summary.Figures, c money.Currency) string {
	if f.Amount[c] == 0 {
		return ""
	}
	return "on " + summary.Amount(f.Amount[c], c)
}

// notes are what a reader must know before trusting the figures.
func notes(p Page) []string {
	f := p.Summary.After
	var notes []string
	if f.Duplicates > 0 {
		notes = append(notes, summary.Plural(f.Duplicates, "event was", "events were")+" known already and changed nothing.")
	}
	if f.Refused > 0 {
		notes = append(notes, summary.Plural(f.Refused, "event was", "events were")+
			" refused; laurelctl dead list shows each with its reason.")
	}
	if p.Rejected.Rows > 0 {
		notes = append(notes, summary.Plural(p.Rejected.Rows, "row", "rows")+" of the file could not be read; see "+p.Rejected.File+".")
	}
	for _, c := range slices.Sorted(maps.Keys(f.Amount)) {
		if c != p.Currency && f.Amount[c] != 0 {
			notes = append(notes, "Not in the charts: "+summary.Amount(f.Amount[c], c)+".")
		}
	}
	return notes
}
