package trade

import (
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Allowance is what an agreement leaves a partner for a day.
type Allowance struct {
	Day    calendar.Day
	PerDay money.Points // 0: without limit
}

// Allow holds an award or an authorisation against the agreement that is in force at a time. What builds on one that was
// taken before needs no agreement any more. Refusals: NO_AGREEMENT, ROLE_NOT_AGREED, PARTNER_LIMIT_EXCEEDED.
func (a Ask) Allow(schedule program.Schedule, at time.Time) (Allowance, error) {
	p := schedule.In(at).Program
	day := calendar.DayOf(at, p.Zone)
	agreement, ok := p.Partner(a.Partner)
	if !ok || !agreement.HoldsOn(day) {
		return Allowance{}, reason.New(reason.NoAgreement, "", "programme %s has no agreement with partner %s that holds on %s", p.ID, a.Partner, day)
	}
	role, agreed := "issue", agreement.Roles.Issue
	if a.Kind == Authorization {
		role, agreed = "redeem", agreement.Roles.Redeem
	}
	if !agreed {
		refusal := reason.New(reason.RoleNotAgreed, "", "the agreement with partner %s has not the role %s", a.Partner, role)
		return Allowance{}, refusal.With("role", role)
	}
	if most := agreement.Limits.PointsPerCall; most > 0 && a.Points > most {
		refusal := reason.New(reason.PartnerLimitExceeded, "points", "%d points asked, %d agreed for one call", a.Points, most)
		return Allowance{}, refusal.With("asked", a.Points).With("limit", most)
	}
	return Allowance{Day: day, PerDay: agreement.Limits.PointsPerDay}, nil
}

// Room refuses an ask that goes beyond what is left of the day: PARTNER_LIMIT_EXCEEDED.
func (w Allowance) Room(asked, used money.Points) error {
	if w.PerDay == 0 || asked <= w.PerDay-used {
		return nil
	}
	refusal := reason.New(reason.PartnerLimitExceeded, "points", "%d points asked, %d of the %d agreed for %s are left; the rest from the next day on",
		asked, max(w.PerDay-used, 0), w.PerDay, w.Day)
	return refusal.With("asked", asked).With("left", max(w.PerDay-used, 0)).With("limit", w.PerDay).With("day", w.Day)
}
