package ladder_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// domainD is the ladder of the example of domain.md D.
var domainD = steps(500_00, 2000_00, true)

// grant is one to a tier, from a day to a day.
func grant(t testing.TB, id, tier, from, until string) ladder.Grant {
	t.Helper()
	return ladder.Grant{ID: id, Tier: tier, From: day(t, from), Until: day(t, until), Reason: "goodwill", Actor: "anna"}
}

// standing is an account on a ladder to which time and grants happen; what moves is told.
type standing struct {
	t      *testing.T
	ladder ladder.Ladder
	state  ladder.State
	now    calendar.Day
	moves  []string
}

func stand(t *testing.T, l ladder.Ladder, now string) *standing {
	t.Helper()
	return &standing{t: t, ladder: l, now: day(t, now)}
}

func (s *standing) note(change ladder.Change) {
	if change.To != "" {
		s.moves = append(s.moves, s.now.String()+" "+told(change))
	}
}

// until passes every boundary up to a day, each found by NextPass.
func (s *standing) until(text string) {
	s.t.Helper()
	until := day(s.t, text)
	for {
		on, ok := s.ladder.NextPass(s.state, s.now)
		if !ok || on > until {
			s.now = until
			return
		}
		next, change, moved := s.ladder.Pass(s.state, on)
		require.True(s.t, moved, "nothing is due on %s", on)
		s.state, s.now = next, on
		s.note(change)
	}
}

func (s *standing) spends(amount int64) {
	s.t.Helper()
	next, climb := s.ladder.Climb(s.state, ladder.Spend{Day: s.now, Amount: money.Minor(amount)}, s.now)
	s.state = next
	s.note(climb.Change)
}

func (s *standing) gives(id, tier, from, until string) {
	s.t.Helper()
	g := grant(s.t, id, tier, from, until)
	require.NoError(s.t, s.ladder.Admit(s.state, g, s.now))
	next, change := s.ladder.Give(s.state, g, s.now)
	s.state = next
	s.note(change)
}

func (s *standing) ends(id string) {
	s.t.Helper()
	next, change, ok := s.ladder.EndGrant(s.state, id, s.now)
	require.True(s.t, ok)
	s.state = next
	s.note(change)
}

func TestGrants(t *testing.T) {
	for _, c := range []struct {
		name  string
		start string
		story func(*standing)
		want  []string
	}{
		{
			name: "it lifts at once, and when it is over the account stands where it would without it", start: "2025-01-10",
			story: func(s *standing) {
				s.spends(10_00)
				s.gives("g", "gold", "2025-01-10", "2025-04-10")
				s.until("2025-05-01")
			},
			want: []string{"2025-01-10 first >bronze 10.00", "2025-01-10 granted bronze>gold 10.00", "2025-04-10 grant_ended gold>bronze 10.00"},
		}, {
			name: "it is ended before its time", start: "2025-01-10",
			story: func(s *standing) {
				s.spends(10_00)
				s.gives("g", "gold", "2025-01-10", "2025-04-10")
				s.until("2025-01-20")
				s.ends("g")
				s.until("2025-05-01")
			},
			want: []string{"2025-01-10 first >bronze 10.00", "2025-01-10 granted bronze>gold 10.00", "2025-01-20 grant_ended gold>bronze 10.00"},
		}, {
			name: "one for later begins at its day", start: "2025-01-10",
			story: func(s *standing) {
				s.spends(10_00)
				s.gives("g", "silver", "2025-02-10", "2025-03-10")
				s.until("2025-05-01")
			},
			want: []string{"2025-01-10 first >bronze 10.00", "2025-02-10 granted bronze>silver 10.00", "2025-03-10 grant_ended silver>bronze 10.00"},
		}, {
			name: "what it earns meanwhile is kept", start: "2025-01-10",
			story: func(s *standing) {
				s.spends(10_00)
				s.gives("g", "gold", "2025-01-10", "2025-03-15")
				s.until("2025-02-10")
				s.spends(600_00)
				s.until("2025-05-01")
			},
			want: []string{"2025-01-10 first >bronze 10.00", "2025-01-10 granted bronze>gold 10.00", "2025-03-15 grant_ended gold>silver 610.00"},
		}, {
			name: "the tier beneath is reviewed with its soft landing all along", start: "2024-01-10",
			story: func(s *standing) {
				s.spends(2000_00)
				s.until("2025-01-31")
				s.gives("g", "gold", "2025-01-31", "2025-06-15")
				s.until("2025-12-01") // silver beneath from February, bronze from March
			},
			want: []string{"2024-01-10 first >gold 2000.00", "2025-06-15 grant_ended gold>bronze 0.00"},
		}, {
			name: "over in the midst of a landing: one step at a time goes on", start: "2024-01-10",
			story: func(s *standing) {
				s.spends(2000_00)
				s.until("2025-01-31")
				s.gives("g", "gold", "2025-01-31", "2025-02-15")
				s.until("2025-12-01")
			},
			want: []string{"2024-01-10 first >gold 2000.00", "2025-02-15 grant_ended gold>silver 0.00", "2025-03-01 review silver>bronze 0.00"},
		}, {
			name: "it rises above its grant by itself", start: "2025-01-10",
			story: func(s *standing) {
				s.gives("g", "silver", "2025-01-10", "2025-03-15")
				s.spends(2000_00)
				s.until("2025-12-01")
			},
			want: []string{"2025-01-10 granted >silver 0.00", "2025-01-10 reached silver>gold 2000.00"},
		}, {
			name: "the higher of two holds while it lasts, then the other", start: "2025-01-10",
			story: func(s *standing) {
				s.gives("b", "silver", "2025-01-10", "2025-06-15")
				s.gives("a", "gold", "2025-01-10", "2025-03-15")
				s.until("2025-12-01")
			},
			want: []string{"2025-01-10 granted >silver 0.00", "2025-01-10 granted silver>gold 0.00", "2025-03-15 grant_ended gold>silver 0.00", "2025-06-15 grant_ended silver>bronze 0.00"},
		}, {
			name: "a grant that lies below moves nothing", start: "2025-01-10",
			story: func(s *standing) {
				s.spends(2000_00)
				s.gives("a", "silver", "2025-01-10", "2025-03-15")
				s.until("2025-12-01")
			},
			want: []string{"2025-01-10 first >gold 2000.00"},
		}, {
			name: "a review falls no lower than the grant", start: "2024-01-10",
			story: func(s *standing) {
				s.spends(2000_00)
				s.gives("a", "silver", "2024-01-10", "2025-07-15")
				s.until("2025-12-01")
			},
			want: []string{"2024-01-10 first >gold 2000.00", "2025-02-01 review gold>silver 0.00", "2025-07-15 grant_ended silver>bronze 0.00"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := stand(t, domainD, c.start)
			c.story(s)
			require.Equal(t, c.want, s.moves)
			require.Empty(t, s.state.Grants, "what is over is forgotten")
			require.Empty(t, s.state.Below)
		})
	}
}

func TestAGrantIsNotLetIn(t *testing.T) {
	s := stand(t, domainD, "2025-01-10")
	refused := func(r reason.Reason, tier, from, until string) {
		t.Helper()
		require.ErrorIs(t, s.ladder.Admit(s.state, grant(t, "x", tier, from, until), s.now), r)
	}
	refused(reason.UnknownTier, "platinum", "2025-01-10", "2025-02-10")
	refused(reason.UnknownTier, "", "2025-01-10", "2025-02-10")
	refused(reason.InvalidField, "gold", "2025-02-10", "2025-02-10")
	refused(reason.EventTooLate, "gold", "2025-01-01", "2025-01-10")
	var none *ladder.Ladder
	require.ErrorIs(t, none.Admit(s.state, grant(t, "x", "gold", "2025-01-10", "2025-02-10"), s.now), reason.UnknownTier)
	for n := range ladder.GrantsMax {
		s.gives(string(rune('a'+n)), "gold", "2025-01-10", "2025-02-10")
	}
	refused(reason.Overloaded, "gold", "2025-01-10", "2025-02-10")
	s.until("2025-02-10")
	s.gives("x", "gold", "2025-02-10", "2025-02-11")
}

func TestAGrantIsKnownUntilItIsOver(t *testing.T) {
	s := stand(t, domainD, "2025-01-10")
	s.gives("g", "gold", "2025-01-10", "2025-02-10")
	again, change := s.ladder.Give(s.state, grant(t, "g", "silver", "2025-01-10", "2025-03-10"), s.now)
	require.Equal(t, s.state, again, "told again, it is the same grant")
	require.Zero(t, change)
	s.ends("g")
	known, ok := s.state.Grant("g")
	require.True(t, ok)
	require.True(t, known.Ended)
	require.Empty(t, s.state.Live(s.now))
	_, _, ok = s.ladder.EndGrant(s.state, "g", s.now)
	require.False(t, ok, "it has ended")
	_, _, ok = s.ladder.EndGrant(s.state, "h", s.now)
	require.False(t, ok, "nobody knows it")
	again, _ = s.ladder.Give(s.state, grant(t, "g", "gold", "2025-01-10", "2025-02-10"), s.now)
	require.Equal(t, s.state, again, "told late of its beginning, the end holds")
	s.until("2025-02-10")
	_, ok = s.state.Grant("g")
	require.False(t, ok)
}

func TestOutlook(t *testing.T) {
	s := stand(t, domainD, "2025-01-10")
	_, ok := s.ladder.Next(s.state, s.now)
	require.False(t, ok, "it is not on the ladder")
	_, ok = s.ladder.NextDrop(s.state, s.now)
	require.False(t, ok)
	s.spends(600_00)
	goal, ok := s.ladder.Next(s.state, s.now)
	require.True(t, ok)
	require.Equal(t, ladder.Goal{Tier: "gold", Reach: 2000_00, Holds: 600_00, Missing: 1400_00, Until: day(t, "2026-01-10")}, goal)
	drop, ok := s.ladder.NextDrop(s.state, s.now)
	require.True(t, ok)
	require.Equal(t, ladder.Drop{On: day(t, "2026-02-01"), From: "silver", To: "bronze", Cause: ladder.CauseReview, Reach: 500_00}, drop)
	require.EqualValues(t, 500_00, drop.Missing())

	s.until("2025-03-05")
	s.spends(1500_00)
	_, ok = s.ladder.Next(s.state, s.now)
	require.False(t, ok, "nothing is above")
	drop, _ = s.ladder.NextDrop(s.state, s.now)
	require.Equal(t, ladder.Drop{On: day(t, "2026-02-01"), From: "gold", To: "silver", Cause: ladder.CauseReview, Holds: 1500_00, Reach: 2000_00}, drop)
	require.EqualValues(t, 500_00, drop.Missing())

	s.gives("g", "gold", "2025-03-05", "2026-05-20")
	drop, _ = s.ladder.NextDrop(s.state, s.now)
	require.Equal(t, ladder.Drop{On: day(t, "2026-05-20"), From: "gold", To: "bronze", Cause: ladder.CauseGrantEnded, Reach: 2000_00}, drop,
		"silver beneath from February, bronze from April")
}

func TestAGoalNamesTheFirstDayWithoutItsOldestOrder(t *testing.T) {
	l := ladder.Ladder{Tiers: domainD.Tiers, WindowMonths: 1}
	for _, c := range []struct{ ordered, until string }{
		{"2025-01-10", "2025-02-10"}, {"2025-01-29", "2025-03-01"}, {"2025-01-31", "2025-03-01"}, {"2025-02-28", "2025-03-28"},
	} {
		s := stand(t, l, c.ordered)
		s.spends(10_00)
		goal, ok := l.Next(s.state, s.now)
		require.True(t, ok)
		require.Equal(t, c.until, goal.Until.String())
		require.EqualValues(t, 10_00, l.Qualifying(s.state, goal.Until-1))
		require.Zero(t, l.Qualifying(s.state, goal.Until))
		goal, _ = l.Next(s.state, goal.Until)
		require.Equal(t, calendar.None, goal.Until)
	}
}
