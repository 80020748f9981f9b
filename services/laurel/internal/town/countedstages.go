package town

import (
	"slices"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// stageNames are the stages of life, and those of which it is counted who came to them within the last twelve whole months.
var stageNames, reached = []string{"prospect", "new", "active", "growing", "won back", "at risk", "lapsed", "lost"}, //nolint:gochecknoglobals // tables
	[]string{"won back", "lapsed", "lost"}

// stages is at which stage of life all stand, those included who have done something and bought nothing.
func stages(p Params, all []patron) Counted {
	c := Counted{Report: "life-cycle"}
	at, came := map[string]int64{}, map[string]int64{}
	for _, a := range all {
		at[a.stage(p.End())]++
		for k := range yearMonths {
			end := p.End().FirstOfMonth().AddMonths(-k)
			from, to := a.stage(end.AddMonths(-1)), a.stage(end)
			if from != to && slices.Contains(reached, to) {
				came[to]++
			}
		}
	}
	for _, name := range stageNames {
		c.add(name, at[name])
	}
	for _, name := range reached {
		c.add("came to: "+name, came[name])
	}
	return c
}

// rhythm is the mean of days between purchase days, as a sum of days and how many they are: 7 at least, 90 of who has bought on
// two days at most.
func rhythm(days []calendar.Day) (sum, n int64) { //nolint:nonamedreturns // which is which
	n = int64(len(days) - 1)
	if n < 2 { //nolint:mnd // see above
		return 90, 1 //nolint:mnd // see above
	}
	return max(int64(days[n]-days[0]), 7*n), n //nolint:mnd // see above
}

// stage is where somebody stands when a day begins, by how long they have been silent beside their rhythm; empty: unknown.
func (a patron) stage(day calendar.Day) string {
	days := a.days(day)
	if len(days) == 0 {
		if len(a.deeds) > 0 && a.deeds[0].Day < day {
			return "prospect"
		}
		return ""
	}
	last := len(days) - 1
	sum, n := rhythm(days)
	silent := int64(day-days[last]) * n
	switch {
	case silent > 6*sum: //nolint:mnd // rhythms
		return "lost"
	case silent > 3*sum: //nolint:mnd // rhythms
		return "lapsed"
	case 2*silent > 3*sum: //nolint:mnd // one and a half
		return "at risk"
	case last == 0:
		return "new"
	}
	if sum, n = rhythm(days[:last]); int64(days[last]-days[last-1])*n > 3*sum { //nolint:mnd // had lapsed
		return "won back"
	}
	later := day.AddMonths(-halfMonths)
	earlier := later.AddMonths(-halfMonths)
	before, after := a.spent(earlier, later), a.spent(later, day)
	if days[0] <= earlier && before > 0 && 100*after >= 120*before { //nolint:mnd // a fifth more
		return "growing"
	}
	return "active"
}
