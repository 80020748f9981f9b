package registry

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

const tea = `programme: tea
zone: UTC
currency: USD
unit: points
earning: {points: 1, per: 1.00}
expiry: {rule: end_of_month, months: 12}
ladder: {window_months: 12, tiers: [{name: bronze, from: 0}, {name: gold, from: 100}]}
`

// now is the wall clock of these tests.
var now = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func file(text string) []program.File {
	return []program.File{{Name: "tea.yaml", Content: []byte(text)}}
}

func says(t require.TestingT, text string) *program.Program {
	p, faults := program.Parse(file(text))
	require.Empty(t, faults)
	return p
}

// with is the tea club with one text replaced.
func with(old, replacement string) string { return strings.Replace(tea, old, replacement, 1) }

// standing is a newest revision that says a text.
func standing(t require.TestingT, number int, text string, effective time.Time) Newest {
	r := Revision{Program: "tea", Number: number, Effective: effective, Files: file(text), Digest: DigestOf(file(text))}
	return Newest{Revision: r, Says: says(t, text)}
}

func TestNext(t *testing.T) {
	tomorrow := now.AddDate(0, 0, 1)
	two := standing(t, 2, tea, time.Time{})
	cases := []struct {
		name      string
		newest    Newest
		ask       Ask
		unchanged bool
		refused   reason.Reason
		field     string
	}{
		{name: "the first", ask: Ask{Files: file(tea)}},
		{name: "the first for a time", ask: Ask{Files: file(tea), Effective: tomorrow}, refused: reason.InvalidArgument, field: "effective_at"},
		{name: "the first on a base", ask: Ask{Files: file(tea), Base: 1}, refused: reason.PlanOutdated, field: "base_revision"},
		{name: "the next", newest: two, ask: Ask{Files: file(with("points: 1", "points: 2")), Base: 2}},
		{name: "the next for tomorrow", newest: two, ask: Ask{Files: file(with("points: 1", "points: 2")), Base: 2, Effective: tomorrow}},
		{name: "on an old base", newest: two, ask: Ask{Files: file(with("points: 1", "points: 2")), Base: 1}, refused: reason.PlanOutdated, field: "base_revision"},
		{name: "what is there, on an old base", newest: two, ask: Ask{Files: file(tea), Base: 1}, refused: reason.PlanOutdated, field: "base_revision"},
		{name: "what is there", newest: two, ask: Ask{Files: file(tea), Base: 2}, unchanged: true},
		{name: "what is there, from tomorrow on", newest: two, ask: Ask{Files: file(tea), Base: 2, Effective: tomorrow}},
		{name: "what begins tomorrow, tomorrow", newest: standing(t, 2, tea, tomorrow), ask: Ask{Files: file(tea), Base: 2, Effective: tomorrow}, unchanged: true},
		{name: "what begins tomorrow, at once", newest: standing(t, 2, tea, tomorrow), ask: Ask{Files: file(tea), Base: 2}},
		{name: "what began at a time, at once", newest: standing(t, 2, tea, now.AddDate(0, 0, -1)), ask: Ask{Files: file(tea), Base: 2}, unchanged: true},
		{name: "a comment more", newest: two, ask: Ask{Files: file(tea + "# comment\n"), Base: 2}},
		{name: "another zone", newest: two, ask: Ask{Files: file(with("UTC", "Europe/Berlin")), Base: 2}, refused: reason.InvalidProgram, field: "zone"},
		{name: "another programme", newest: two, ask: Ask{Files: file(with("tea", "coffee")), Base: 2}, refused: reason.InvalidProgram, field: "program"},
		{name: "ten years ahead", newest: two, ask: Ask{Files: file(tea), Base: 2, Effective: now.AddDate(10, 0, 0)}},
		{name: "more than ten years ahead", newest: two, ask: Ask{Files: file(tea), Base: 2, Effective: now.AddDate(10, 0, 1)}, refused: reason.InvalidArgument, field: "effective_at"},
		{name: "the last that there may be", newest: standing(t, RevisionsMax-1, tea, time.Time{}), ask: Ask{Files: file(tea + "#"), Base: RevisionsMax - 1}},
		{name: "one more than there may be", newest: standing(t, RevisionsMax, tea, time.Time{}), ask: Ask{Files: file(tea + "#"), Base: RevisionsMax}, refused: reason.TooManyRevisions},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.ask.Program, c.ask.Actor, c.ask.Key = "tea", "ann", "key"
			next, unchanged, err := c.newest.Next(c.ask, says(t, string(c.ask.Files[0].Content)), now)
			if c.refused != "" {
				refusal, ok := reason.Of(err)
				require.True(t, ok, "%v", err)
				require.Equal(t, c.refused, refusal.Reason)
				require.Equal(t, c.field, refusal.Field)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.unchanged, unchanged)
			if unchanged {
				require.Equal(t, c.newest.Revision, next)
				return
			}
			want := Revision{
				Program: "tea", Number: c.newest.Number + 1, Effective: c.ask.Effective, AppliedAt: now, Actor: "ann", Key: "key",
				Asked: c.ask.Digest(), Files: c.ask.Files, Digest: DigestOf(c.ask.Files),
			}
			require.Equal(t, want, next)
			require.NoError(t, next.Answers(c.ask))
		})
	}
}

func TestAKeyStandsForWhatWasAskedFor(t *testing.T) {
	ask := Ask{Program: "tea", Key: "key", Base: 1, Files: file(tea)}
	made := Revision{Program: "tea", Number: 2, Asked: ask.Digest()}
	require.NoError(t, made.Answers(ask))
	ask.Base = 2
	require.NoError(t, made.Answers(ask), "what the actor knew is no part of what it wants")
	for name, change := range map[string]func(*Ask){
		"other files":   func(a *Ask) { a.Files = file(tea + "#") },
		"another name":  func(a *Ask) { a.Files = []program.File{{Name: "t.yaml", Content: []byte(tea)}} },
		"another time":  func(a *Ask) { a.Effective = now },
		"as a rollback": func(a *Ask) { a.RollbackOf = 1 },
	} {
		other := ask
		change(&other)
		require.ErrorIs(t, made.Answers(other), reason.IdempotencyKeyReused, name)
	}
}

func TestDigestsTellFilesApart(t *testing.T) {
	a, b := program.File{Name: "a", Content: []byte("xy")}, program.File{Name: "b", Content: []byte("z")}
	require.Equal(t, DigestOf([]program.File{a, b}), DigestOf([]program.File{b, a}), "their order says nothing")
	seen := map[Digest]string{}
	for name, files := range map[string][]program.File{
		"both": {a, b}, "one": {a}, "none": {}, "swapped": {{Name: "a", Content: b.Content}, {Name: "b", Content: a.Content}},
		"shifted": {{Name: "a", Content: []byte("x")}, {Name: "b", Content: []byte("yz")}}, "joined": {{Name: "axy", Content: nil}, b},
	} {
		d := DigestOf(files)
		require.Empty(t, seen[d], name)
		seen[d] = name
		require.Len(t, d.String(), 64)
	}
}
