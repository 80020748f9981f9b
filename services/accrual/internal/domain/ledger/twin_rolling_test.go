package ledger_test

import (
	"fmt"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// rolls says that points follow what the account does.
func (p policy) rolls() bool { return p.rollMonths > 0 || p.rollDays > 0 }

func (p policy) rollingYAML() string {
	life := fmt.Sprintf("days: %d", p.rollDays)
	if p.rollMonths > 0 {
		life = fmt.Sprintf("months: %d", p.rollMonths)
	}
	activity := "[earn]"
	switch {
	case p.rollEarn && p.rollSpend:
		activity = "[spend, earn]"
	case p.rollSpend:
		activity = "[spend]"
	}
	return fmt.Sprintf("expiry: {rule: rolling, %s, activity: %s}", life, activity)
}

// until is the day on which all rolling points are gone: the latest of all that their account's doings gave them.
func (w *twin) until() calendar.Day {
	latest := calendar.None
	for _, day := range w.rolled {
		latest = max(latest, day)
	}
	return latest
}

// roll notes something that the account did on a day: what counts, and what comes in where no rolling points can be.
func (w *twin) roll(p policy, day calendar.Day, counts bool) {
	switch {
	case !p.rolls() || !counts && w.until() > w.today:
	case p.rollMonths > 0:
		w.rolled = append(w.rolled, day.AddMonths(p.rollMonths))
	default:
		w.rolled = append(w.rolled, day.AddDays(p.rollDays))
	}
}

// life is the number that a policy gives to points which come in now: one more than the highest that has lapsed.
func (w *twin) life(p policy) int {
	if !p.rolls() {
		return 0
	}
	highest := 0
	for _, x := range w.points {
		if x.hasLapsed {
			highest = max(highest, x.life)
		}
	}
	return highest + 1
}

// lapses is the day a point is gone, far away for one that stays.
func (w *twin) lapses(p *point) calendar.Day {
	switch {
	case p.life > 0:
		return w.until()
	case p.gone == calendar.None:
		return 1 << 30
	}
	return p.gone
}

func (w *twin) past(p *point) bool { return w.lapses(p) <= w.today }

func (w *twin) lapsed(p *point) { p.state, p.hasLapsed = "lapsed", true }

// compareLapsing holds what is said to lapse soon against the twin's points.
func (m *machine) compareLapsing() {
	soon, until := map[calendar.Day]int{}, m.twin.today+40
	for _, p := range m.twin.points {
		if day := m.twin.lapses(p); (p.state == "active" || p.state == "pending") && day <= until {
			soon[day]++
		}
	}
	said := map[calendar.Day]int{}
	for _, l := range m.lazy.account.Lapsing(until) {
		if l.Unit != "points" {
			continue
		}
		said[l.Expiry] += int(l.Points)
	}
	require.Equal(m.t, soon, said, "what lapses within 40 days")
}
