package report

import (
	"fmt"
	"strings"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/summary"
)

// days is the axis of a story: days from the first to the last.
type days struct {
	from, to    calendar.Day
	left, width float64
}

func (d days) at(day calendar.Day) px {
	day = min(max(day, d.from), d.to)
	return px(d.left + d.width*float64(day-d.from)/float64(d.to-d.from))
}

// span is what the curve shows: what was asked for, else from the first entry's month to the end of the last one's.
func (s Story) span() (calendar.Day, calendar.Day) {
	from, to := s.From, s.To
	if n := len(s.Entries); n > 0 {
		if from == calendar.None {
			from = s.Entries[0].Day.FirstOfMonth()
		}
		if to == calendar.None {
			to = s.Entries[n-1].Day.NextMonth()
		}
	}
	return from, max(to, from+1)
}

// spell is how long the story is, in words.
func (s Story) spell() string {
	from, to := s.span()
	months := 0
	for d := from; d < to; d = d.NextMonth() {
		months++
	}
	switch {
	case months <= 1:
		return "A month"
	case months == 12:
		return "A year"
	default:
		return summary.Count(int64(months)) + " months"
	}
}

// drawStory draws the balance as steps, a dot for each entry, and below them the tier that was held.
func drawStory(st Story, tiers []string, unit string, s size) plot {
	p := plot{ID: "story-" + s.name, Title: "Balance of " + st.Account + " in " + unit, W: 960, H: 250}
	if s.narrow {
		p.W, p.H = px(s.w), 240
	}
	if len(st.Entries) == 0 {
		return p
	}
	from, to := st.span()
	most := drawn(st.Opening)
	for _, e := range st.Entries {
		most = max(most, drawn(e.Balance))
	}
	const right, top, bottom = 10, 20, 62
	by := step(max(most, 1), 5)
	y := scale{base: float64(p.H) - bottom, height: float64(p.H) - top - bottom, top: by * max((most+by-1)/by, 1)}
	axis := days{from: from, to: to, left: leftEdge, width: float64(p.W) - leftEdge - right}
	p.Marks = rules(y, by, float64(p.W)-right)
	p.Marks = append(p.Marks, storyLine(st, axis, y)...)
	p.Marks = append(p.Marks, tierStrip(st, tiers, axis, px(y.base+12))...)
	p.Marks = append(p.Marks, storyMonths(axis, float64(p.H)-16)...)
	return p
}

func storyLine(st Story, axis days, y scale) []mark {
	var line strings.Builder
	fmt.Fprintf(&line, "M%v,%v", axis.at(axis.from), y.at(drawn(st.Opening)))
	var dots []mark
	for _, e := range st.Entries {
		x, at := axis.at(e.Day), y.at(drawn(e.Balance))
		fmt.Fprintf(&line, "H%vV%v", x, at)
		dots = append(dots, mark{Class: "event " + kindOf(e.Kind).Class, X: x, Y: at, R: 4.5,
			Tip: fmt.Sprintf("%s: %s", longDay(e.Day), e.Sentence)})
	}
	fmt.Fprintf(&line, "H%v", axis.at(axis.to))
	path := line.String()
	return append([]mark{
		{Class: "under", D: fmt.Sprintf("%sV%vH%vZ", path, px(y.base), axis.at(axis.from))},
		{Class: "alive", D: path},
	}, dots...)
}

// tierStrip shows the tier as a ribbon under the curve.
func tierStrip(st Story, tiers []string, axis days, y px) []mark {
	var marks []mark
	for i := 0; i < len(st.Entries); {
		tier, begin := st.Entries[i].Tier, st.Entries[i].Day
		for i < len(st.Entries) && st.Entries[i].Tier == tier {
			i++
		}
		end := axis.to
		if i < len(st.Entries) {
			end = st.Entries[i].Day
		}
		if tier == "" || end <= begin {
			continue
		}
		x, width := axis.at(begin), axis.at(end)-axis.at(begin)
		marks = append(marks, mark{Class: "ribbon " + shadeOf(tier, tiers), D: box(x, y, max(width-1.5, 1), 7), Tip: tier})
		name := short(tier, 14)
		if float64(width) > 7.5*float64(len(name)) {
			marks = append(marks, mark{Class: "held", X: x, Y: y + 19, Text: name})
		}
	}
	return marks
}

func shadeOf(tier string, tiers []string) string {
	for i, t := range tiers {
		if t == tier {
			return shade(i, len(tiers))
		}
	}
	return "t0"
}

// storyMonths writes the months beside their first days, as many as have room.
func storyMonths(axis days, y float64) []mark {
	const letter, gap = 7.5, 12
	var marks []mark
	next, edge := px(0), axis.at(axis.to)+4
	for d := axis.from; d <= axis.to; d = d.NextMonth() {
		t := d.Start(utc)
		if t.Day() != 1 { // the axis begins inside a month
			continue
		}
		text := t.Format("Jan")
		if t.Month() == 1 || len(marks) == 0 {
			text = t.Format("Jan 2006")
		}
		x, width := axis.at(d), px(letter*float64(len(text)))
		if x < next || x+width > edge {
			continue
		}
		marks = append(marks, mark{Class: "begin", X: x, Y: px(y), Text: text})
		next = x + width + gap
	}
	return marks
}

// kind is how an entry's kind is shown: a word, a sign and a colour, so that no reader depends on the colour.
type kind struct{ Class, Sign, Word string }

var kinds = map[string]kind{
	"earn":     {"k-earn", "+", "Earned"},
	"reverse":  {"k-reverse", "↺", "Taken back"},
	"activate": {"k-activate", "▸", "Active"},
	"expire":   {"k-expire", "−", "Expired"},
	"redeem":   {"k-redeem", "★", "Redeemed"},
	"capture":  {"k-redeem", "★", "Redeemed"},
	"park":     {"k-other", "…", "Waiting"},
	"state":    {"k-state", "◆", "Noted"},
}

func kindOf(name string) kind {
	if k, ok := kinds[name]; ok {
		return k
	}
	return kind{"k-other", "·", name}
}

func longDay(d calendar.Day) string { return d.Start(utc).Format("2 January 2006") }

func signed(n int64) string {
	if n > 0 {
		return "+" + summary.Count(n)
	}
	return summary.Count(n)
}
