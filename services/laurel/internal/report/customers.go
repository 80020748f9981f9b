package report

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/laurel-loyalty/laurel/services/laurel/internal/summary"
)

// Customers is what analytics says beside the summary: the curves, which summary.json has at a few days only.
type Customers struct {
	// Lorenz is the poorest customers up to each point and what they spent together, from nobody to all.
	Lorenz []LorenzPoint
	// Repeat and Loss are how many have not come back, and how many are not lost, by day.
	Repeat, Loss Curve
}

// LorenzPoint is a place on the Lorenz curve.
type LorenzPoint struct{ Customers, Sum int64 }

// Curve is a survival curve: a share from 0 to 1 from each day on, until the longest observation.
type Curve struct {
	Longest int
	Steps   []CurveStep
}

// CurveStep is where the curve falls.
type CurveStep struct {
	Day   int
	Share float64
}

// customersView is the section on customers.
type customersView struct {
	Spread, Survival figure
	Legend           []legend
	Classes          pair
	ClassWords       string
	SegmentWords     string
	SegmentPlots     pair
	Segments, Soon   []row
	Compared         string // the day, in words
	MoveHead         []string
	Moves            []row
	Months           []string
	Cohorts          []cohortRow
}

type cohortRow struct {
	Head  string
	Cells []cohortCell
}

type cohortCell struct{ Text, Class, Tip string }

// cohortsMax and cohortMonthsMax bound the triangle on the page; summary.json has all of it.
const (
	cohortsMax      = 24
	cohortMonthsMax = 18
)

func newCustomers(p Page) *customersView {
	a := p.Summary.Analytics
	if a.Customers == 0 {
		return nil
	}
	v := &customersView{Legend: []legend{{"c0", "have not come back"}, {"c1", "are not lost"}}}
	v.Spread = figure{
		Finding: spreadFinding(a),
		Detail: fmt.Sprintf("%s make 80%% of it, %s make half. Gini %s, where 0 is all alike and 1 is one who has it all.",
			summary.Plural(a.Most.Customers, "customer", "customers"), summary.Count(a.Half.Customers), summary.Thousandths(a.Gini)),
		Shows: "Revenue of the customers up to each one, the poorest first, beside all alike (Lorenz curve)",
	}
	v.Spread.Plots = both(v.Spread.Finding+". "+v.Spread.Detail, func(s size) plot { return drawLorenz(p.Customers.Lorenz, s) })
	v.ClassWords = "Classes " + groupWords(a, a.Classes)
	v.Classes = both(v.ClassWords, func(s size) plot {
		return drawShares(shares{"classes", "Classes A, B and C by customers and by revenue", a, a.Classes}, s)
	})
	v.addSegments(a)
	v.Survival = figure{
		Finding: fmt.Sprintf("%s of the customers came back on another day", upperFirst(orNone(summary.Percent(a.Repeat, a.Customers)))),
		Detail:  "An estimate by Kaplan and Meier, which counts those who came late for as long as they were seen.",
		Shows:   "Customers who have not come back, and who are not lost, by days since their first purchase",
	}
	v.Survival.Plots = both(v.Survival.Finding+". "+v.Survival.Detail, func(s size) plot { return drawSurvival(p.Customers, s) })
	for _, g := range a.Segments {
		v.Segments = append(v.Segments, row{g.Name, []string{
			summary.Count(g.Customers), summary.Percent(g.Customers, a.Customers), summary.Amount(g.Spend, p.Currency), summary.Percent(int64(g.Spend), int64(a.Spend)),
		}})
	}
	for _, w := range a.Within {
		v.Soon = append(v.Soon, row{fmt.Sprintf("%d days", w.Days), []string{
			summary.Count(w.Customers), summary.Count(w.Second), summary.Percent(w.Second, w.Customers), most(w.Second, w.Customers),
		}})
	}
	v.Soon = append(v.Soon, row{"ever", []string{
		summary.Count(a.Customers), summary.Count(a.Repeat), summary.Percent(a.Repeat, a.Customers), most(a.Repeat, a.Customers),
	}})
	v.addCohorts(a.Cohorts)
	return v
}

// addSegments draws the segments, and where their customers came from.
func (v *customersView) addSegments(a summary.Analytics) {
	if len(a.Segments) == 0 {
		return
	}
	v.SegmentWords = "Segments by recency, frequency and monetary value: " + groupWords(a, a.Segments)
	v.SegmentPlots = both(v.SegmentWords, func(s size) plot {
		return drawShares(shares{"segments", "Segments by customers and by revenue", a, a.Segments}, s)
	})
	v.addMoves(a)
}

// addMoves makes the table of who stood in which segment half a year before.
func (v *customersView) addMoves(a summary.Analytics) {
	if a.ComparedWith == "" {
		return
	}
	v.Compared = a.ComparedWith
	counts := map[[2]string]int64{}
	for _, m := range a.Moves {
		counts[[2]string{m.From, m.To}] = m.Customers
	}
	for _, to := range a.Segments {
		v.MoveHead = append(v.MoveHead, to.Name)
	}
	for _, from := range append(slices.Clone(v.MoveHead), "") {
		r := row{Head: from}
		if from == "" {
			r.Head = "had not bought yet"
		}
		for _, to := range v.MoveHead {
			r.Cells = append(r.Cells, summary.Count(counts[[2]string{from, to}]))
		}
		v.Moves = append(v.Moves, r)
	}
}

func (v *customersView) addCohorts(cohorts []summary.Cohort) {
	cohorts = cohorts[max(0, len(cohorts)-cohortsMax):]
	longest := 0
	for _, c := range cohorts {
		longest = max(longest, min(len(c.Active), cohortMonthsMax))
	}
	for k := range longest {
		v.Months = append(v.Months, strconv.Itoa(k))
	}
	for _, c := range cohorts {
		r := cohortRow{Head: c.Month}
		for k, n := range c.Active[:min(len(c.Active), cohortMonthsMax)] {
			cell := cohortCell{Text: summary.Count(n)}
			if k > 0 {
				// Each twentieth that comes back is a shade; the darkest ones are left out, for figures stand on them.
				cell.Class = fmt.Sprintf("t%d", min(n*20/max(c.Active[0], 1), 3))
				cell.Tip = orNone(summary.Percent(n, c.Active[0])) + " of the month's newcomers"
			}
			r.Cells = append(r.Cells, cell)
		}
		v.Cohorts = append(v.Cohorts, r)
	}
}

func spreadFinding(a summary.Analytics) string {
	share := summary.Percent(int64(a.Top.Spend), int64(a.Spend))
	if share == "" {
		return "Nobody has spent anything yet"
	}
	return "The best fifth of the customers brought " + share + " of the revenue"
}

// groupWords tells how many customers of each group brought how much.
func groupWords(a summary.Analytics, groups []summary.CustomerGroup) string {
	var parts []string
	for _, c := range groups {
		parts = append(parts, fmt.Sprintf("%s: %s who brought %s", c.Name, summary.Plural(c.Customers, "customer", "customers"), orNone(summary.Percent(int64(c.Spend), int64(a.Spend)))))
	}
	return listed(parts)
}

// most tells whether most newcomers become regulars: the 50 % mark.
func most(part, whole int64) string {
	switch {
	case whole == 0:
		return "not seen for so long yet"
	case part*2 >= whole:
		return "most do"
	default:
		return "most do not"
	}
}

func orNone(share string) string {
	if share == "" {
		return "none"
	}
	return share
}

// unit is a square of shares: both axes go from nothing to all.
type unit struct{ left, right, top, base float64 }

func unitOf(s size) unit { return unit{left: leftEdge, right: s.w - 10, top: 12, base: s.h - 34} }

func (u unit) x(share float64) px { return px(u.left + (u.right-u.left)*share) }
func (u unit) y(share float64) px { return px(u.base - (u.base-u.top)*share) }

// quarters draws the lines of the vertical axis.
func (u unit) quarters() []mark {
	var marks []mark
	for i := range 5 {
		class := "rule"
		if i == 0 {
			class = "zero"
		}
		y := u.y(float64(i) / 4)
		marks = append(marks, mark{Class: class, D: fmt.Sprintf("M%v,%vH%v", px(u.left), y, px(u.right))},
			mark{Class: "tick", X: leftEdge - 8, Y: y + 4, Text: fmt.Sprintf("%d%%", i*25)})
	}
	return marks
}

func drawLorenz(points []LorenzPoint, s size) plot {
	u := unitOf(s)
	p := plot{ID: "lorenz-" + s.name, Title: "Share of revenue by share of customers, the poorest first", W: px(s.w), H: px(s.h), Marks: u.quarters()}
	for i := range 5 {
		p.Marks = append(p.Marks, mark{Class: "month", X: u.x(float64(i) / 4), Y: px(s.h - 14), Text: fmt.Sprintf("%d%%", i*25)})
	}
	p.Marks = append(p.Marks, mark{Class: "equal", D: fmt.Sprintf("M%v,%vL%v,%v", u.x(0), u.y(0), u.x(1), u.y(1))})
	if len(points) == 0 || points[len(points)-1].Sum == 0 {
		return p
	}
	all := points[len(points)-1]
	line := ""
	for i, at := range points {
		sign := "L"
		if i == 0 {
			sign = "M"
		}
		line += fmt.Sprintf("%s%v,%v", sign, u.x(float64(at.Customers)/float64(all.Customers)), u.y(float64(at.Sum)/float64(all.Sum)))
	}
	p.Marks = append(p.Marks, mark{Class: "under", D: line + "Z"}, mark{Class: "curve c0", D: line})
	return p
}

// shares are groups of customers to be drawn.
type shares struct {
	id, title string
	all       summary.Analytics
	groups    []summary.CustomerGroup
}

// letterWidth is about how wide a letter on a band is.
const letterWidth = 9.0

// drawShares draws groups twice: by their customers and by what these brought.
func drawShares(of shares, s size) plot {
	const rowHeight, gap = 26.0, 12.0
	a := of.all
	p := plot{ID: of.id + "-" + s.name, Title: of.title, W: px(s.w), H: 2*rowHeight + gap + 8}
	shades := []string{"t3", "t2", "t1"} // figures stand on them
	left, width := 74.0, s.w-84
	for i, bar := range []struct {
		word string
		of   func(summary.CustomerGroup) int64
		all  int64
	}{
		{"customers", func(g summary.CustomerGroup) int64 { return g.Customers }, a.Customers},
		{"revenue", func(g summary.CustomerGroup) int64 { return int64(g.Spend) }, int64(a.Spend)},
	} {
		y, x := px(float64(i)*(rowHeight+gap)), left
		p.Marks = append(p.Marks, mark{Class: "tick", X: px(left - 8), Y: y + 17, Text: bar.word})
		for k, g := range of.groups {
			w := width * float64(bar.of(g)) / float64(max(bar.all, 1))
			if w <= 0 {
				continue
			}
			p.Marks = append(p.Marks, mark{Class: "band " + shades[k%len(shades)], D: box(px(x), y, px(w), rowHeight),
				Tip: fmt.Sprintf("%s: %s of %s", g.Name, orNone(summary.Percent(bar.of(g), bar.all)), bar.word)})
			if w > max(40, letterWidth*float64(len(g.Name))) {
				p.Marks = append(p.Marks, mark{Class: "peak", X: px(x + w/2), Y: y + 17, Text: g.Name})
			}
			x += w
		}
	}
	return p
}

func drawSurvival(c Customers, s size) plot {
	u := unitOf(s)
	p := plot{ID: "survival-" + s.name, Title: "Customers who have not come back, and who are not lost, by days", W: px(s.w), H: px(s.h), Marks: u.quarters()}
	longest := max(c.Repeat.Longest, c.Loss.Longest, 1)
	by := int(step(int64(longest), 6))
	for day := 0; day <= longest; day += by {
		p.Marks = append(p.Marks, mark{Class: "month", X: u.x(float64(day) / float64(longest)), Y: px(s.h - 14), Text: strconv.Itoa(day)})
	}
	for i, curve := range []Curve{c.Repeat, c.Loss} {
		line := fmt.Sprintf("M%v,%v", u.x(0), u.y(1))
		for _, at := range thin(curve.Steps) {
			line += fmt.Sprintf("H%vV%v", u.x(float64(at.Day)/float64(longest)), u.y(at.Share))
		}
		line += fmt.Sprintf("H%v", u.x(float64(curve.Longest)/float64(longest)))
		p.Marks = append(p.Marks, mark{Class: fmt.Sprintf("curve c%d", i), D: line})
	}
	return p
}

// stepsMax is how many steps of a curve are drawn: more cannot be seen.
const stepsMax = 400

// thin leaves out steps between others where there are too many to see.
func thin(steps []CurveStep) []CurveStep {
	if len(steps) <= stepsMax {
		return steps
	}
	every := (len(steps) + stepsMax - 1) / stepsMax
	var kept []CurveStep
	for i := 0; i < len(steps); i += every {
		kept = append(kept, steps[i])
	}
	return slices.Clip(append(kept, steps[len(steps)-1]))
}
