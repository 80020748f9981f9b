package ledger_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/actions"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// theActions are a fixed one with a cap, a rate, and one that is only counted.
const theActions = `actions: {
  review: {name: Review, schema: {required: [stars], properties: {stars: {type: integer, maximum: 5}}}, earn: {points: 50, per_day: 80}},
  workout: {schema: {required: [minutes], properties: {minutes: {type: number, minimum: 0}}}, earn: {field: minutes, rate: 1/3}},
  run: {schema: {required: [km], properties: {km: {type: number, minimum: 0}}}, earn: {field: km, rate: 2.5, per_day: 20}},
  visit: {schema: {}}}`

func (h *house) action(kind, id, data string, at time.Time) ledger.ActionCommand {
	d, err := actions.Parse([]byte(data))
	require.NoError(h.t, err, data)
	return ledger.ActionCommand{
		Ref: actions.Ref{Source: "app", ID: id}, Event: actions.Event{Type: kind, OccurredAt: at, Dated: true, Data: d}, EventID: id,
		EventSource: "//app", Position: ledger.Position{Epoch: 1, Sequence: 9},
	}
}

// act brings the account up to t and lets the ledger decide on an action.
func (h *house) act(c ledger.ActionCommand, t time.Time) (ledger.Verdict, error) {
	h.pass(t)
	var taken ledger.Taken
	for _, e := range h.entries {
		if e.Key == ledger.ActionKey(c.Ref) {
			taken = ledger.TakenBy(e)
		}
	}
	before := h.account
	v, err := ledger.TakeAction(h.account, taken, c, h.schedule, later(h.account.Clock, h.clock))
	requireSame(h.t, before, h.account)
	if err != nil || v.Repeats != "" {
		return v, err
	}
	h.post(v.Entry)
	requireSame(h.t, h.account, v.Account)
	return v, nil
}

// done lets an action happen and says what it gave: "40 of 50".
func (h *house) done(kind, id, data string, at time.Time) string {
	v, err := h.act(h.action(kind, id, data, at), at)
	switch refusal, refused := reason.Of(err); {
	case refused:
		return string(refusal.Reason) + " " + refusal.Field
	case v.Repeats != "":
		return "repeats " + v.Repeats
	}
	require.NoError(h.t, err)
	require.Equal(h.t, ledger.KindAction, v.Entry.Kind)
	require.Equal(h.t, ledger.FormatParts, v.Entry.Format)
	return fmt.Sprintf("%d of %d", v.Entry.Action.Points, v.Entry.Action.Rule)
}

func TestActionsEarnByTheirRule(t *testing.T) {
	h := newHouse(t, rules(t, theActions))
	at := noon(calendar.Date(2025, 1, 10))
	for _, c := range []struct{ kind, id, data, want string }{
		{"review", "r1", `{"stars": 5}`, "50 of 50"},
		{"review", "r1", `{"stars": 5.0}`, "repeats action/app/r1"},
		{"review", "r1", `{"stars": 4}`, "CONFLICTING_DUPLICATE id"},
		{"visit", "r1", `{"stars": 5}`, "CONFLICTING_DUPLICATE id"},
		{"review", "r2", `{"stars": 6}`, "INVALID_ACTION_DATA data.stars"},
		{"review", "r2", `{}`, "INVALID_ACTION_DATA data"},
		{"review", "r2", `{"stars": 1}`, "30 of 50"},
		{"review", "r3", `{"stars": 1}`, "0 of 50"},
		{"workout", "w1", `{"minutes": 45.5}`, "15 of 15"},
		{"workout", "w2", `{"minutes": 0}`, "0 of 0"},
		{"workout", "w3", `{"minutes": 2.9999999999999999999}`, "0 of 0"},
		{"workout", "w4", `{"minutes": 3.0000000000000000000}`, "1 of 1"},
		{"workout", "w5", `{"minutes": 1e40}`, "AMOUNT_OUT_OF_RANGE data.minutes"},
		{"run", "k1", `{"km": 5.1}`, "12 of 12"},
		{"run", "k2", `{"km": 5.1}`, "8 of 12"},
		{"visit", "v1", `{"anything": [1]}`, "0 of 0"},
		{"jump", "j1", `{}`, "UNKNOWN_EVENT_TYPE type"},
	} {
		require.Equal(t, c.want, h.done(c.kind, c.id, c.data, at), "%s %s", c.kind, c.id)
	}
	require.Equal(t, "50 of 50", h.done("review", "r4", `{"stars": 1}`, at.AddDate(0, 0, 1)), "another day")
	require.EqualValues(t, 80+16+20+50, h.account.Balance("points").Active)
	require.Empty(t, h.account.Ladder.Tier)
	h.rebuild()
}

func TestACapCountsTheDayOnWhichItHappened(t *testing.T) {
	h := newHouse(t, rules(t, "zone: Pacific/Auckland", theActions))
	day := time.Date(2025, 1, 10, 10, 59, 0, 0, time.UTC) // the last minute of 10 January there
	require.Equal(t, "50 of 50", h.done("review", "a", `{"stars": 1}`, day))
	require.Equal(t, "50 of 50", h.done("review", "b", `{"stars": 1}`, day.Add(time.Minute)))
	late := func(id string, at, now time.Time) string {
		v, err := h.act(h.action("review", id, `{"stars": 1}`, at), now)
		if err != nil {
			refusal, ok := reason.Of(err)
			require.True(t, ok)
			return string(refusal.Reason)
		}
		return fmt.Sprint(v.Entry.Action.Points)
	}
	require.Equal(t, "30", late("c", day, day.AddDate(0, 0, 31)), "its day is still counted")
	require.Equal(t, "0", late("d", day, day.AddDate(0, 0, 31)))
	require.Equal(t, "EVENT_TOO_LATE", late("e", day, day.AddDate(0, 0, 32)))
	require.Len(t, h.account.Counters, 2)
	require.Equal(t, "50", late("f", day.AddDate(0, 0, 40), day.AddDate(0, 0, 40)))
	require.Equal(t, []ledger.Counter{{Day: calendar.Date(2025, 2, 19), Type: "review", Points: 50}}, h.account.Counters,
		"days on which nothing can come any more are forgotten")
	v, err := h.act(h.action("visit", "g", `{}`, day), day.AddDate(0, 0, 40))
	require.NoError(t, err, "without a cap the limit of orders holds")
	require.Equal(t, calendar.Date(2025, 1, 10), v.Entry.Action.Day)
	h.rebuild()
}

func TestPointsOfActionsWaitPayDebtsAndLapseLikeThoseOfOrders(t *testing.T) {
	h := newHouse(t, rules(t, theActions, "earning: {points: 1, per: 1.00, pending_days: 3}", "expiry: {rule: end_of_month, months: 1}"))
	h.tell("2025-01-01 paid o1: 30.00 cd\n2025-01-05 spends 30\n2025-01-06 returned o1/r1: #1")
	require.Equal(t, "50 of 50", h.done("review", "r1", `{"stars": 5}`, noon(calendar.Date(2025, 1, 10))))
	b := h.account.Balance("points")
	require.Equal(t, []money.Points{50, 0, 30}, []money.Points{b.Pending, b.Active, b.Debt})
	h.pass(calendar.Date(2025, 1, 13).Start(time.UTC))
	b = h.account.Balance("points")
	require.Equal(t, []money.Points{0, 20, 0}, []money.Points{b.Pending, b.Active, b.Debt})
	h.pass(calendar.Date(2025, 3, 1).Start(time.UTC))
	require.Zero(t, h.account.Balance("points").Active)
	h.rebuild()
}

func TestAnActionOfAnotherAccountIsRefused(t *testing.T) {
	h := newHouse(t, rules(t, theActions))
	at := noon(calendar.Date(2025, 1, 10))
	c := h.action("visit", "v", `{}`, at)
	v, err := h.act(c, at)
	require.NoError(t, err)
	other := ledger.NewAccount("shop", "bert")
	_, err = ledger.TakeAction(other, ledger.TakenBy(v.Entry), c, h.schedule, at)
	require.ErrorIs(t, err, reason.ConflictingDuplicate)
	require.NotContains(t, err.Error(), "anna")
}

func TestATypeThatIsDeclaredLaterTakesARedrive(t *testing.T) {
	h := newHouse(t, rules(t))
	at := noon(calendar.Date(2025, 1, 10))
	require.Equal(t, "UNKNOWN_EVENT_TYPE type", h.done("visit", "v", `{}`, at))
	h.schedule = append(h.schedule, program.Known{Revision: 2, Effective: at.Add(time.Hour), Program: programme(t, theActions)})
	require.Equal(t, "UNKNOWN_EVENT_TYPE type", h.done("visit", "v", `{}`, at), "it has not begun")
	v, err := h.act(h.action("visit", "v", `{}`, at), at.Add(time.Hour))
	require.NoError(t, err)
	require.Equal(t, 2, v.Entry.Revision)
}

func TestEnrolmentByName(t *testing.T) {
	h := newHouse(t, rules(t, theActions, "enrolment: explicit"))
	at := noon(calendar.Date(2025, 1, 10))
	paid := orders.Event{Kind: orders.Paid, OccurredAt: at, Currency: "USD", Lines: []orders.Line{{SKU: "cd", Amount: 1000}}}
	_, err := h.take(command("o1", paid), at)
	require.ErrorIs(t, err, reason.AccountNotEnrolled)
	_, err = h.take(command("o2", orders.Event{Kind: orders.Canceled, OccurredAt: at}), at)
	require.ErrorIs(t, err, reason.AccountNotEnrolled, "nor does anything wait there")
	require.Equal(t, "ACCOUNT_NOT_ENROLLED account", h.done("visit", "v", `{}`, at))

	enrol := func(member string) ledger.Entry {
		v, err := ledger.Enrol(h.account, ledger.Enrolment{
			EnrolmentPart: ledger.EnrolmentPart{Member: member, Kind: "consumer"}, EnrolledAt: at, Source: "member", EventID: member,
		}, h.schedule, at)
		require.NoError(t, err)
		h.post(v.Entry)
		requireSame(t, h.account, v.Account)
		return v.Entry
	}
	e := enrol("anna")
	require.Equal(t, "enrol/anna/anna", e.Key)
	require.Equal(t, ledger.KindState, e.Kind)
	require.Empty(t, e.Postings)
	require.Equal(t, "enrol/anna/ben", enrol("ben").Key, "one more member of the account")
	_, err = h.take(command("o1", paid), at)
	require.NoError(t, err)
	require.Equal(t, "0 of 0", h.done("visit", "v", `{}`, at))
	h.rebuild()
	require.Equal(t, []string{
		"On 10 January 2025 the account was opened for anna.", "The account has no points yet.",
	}, ledger.Explain(h.entries[0], h.schedule[0].Program))
	require.Equal(t, []string{
		"On 10 January 2025 ben was enrolled in the account.", "The account has no points yet.",
	}, ledger.Explain(h.entries[1], h.schedule[0].Program))
}

// Whoever folds orders but not actions must come to the same answer.
func TestActionsAloneOpenNoAccount(t *testing.T) {
	h := newHouse(t, rules(t, theActions, "expiry: {rule: end_of_month, months: 1}"))
	at := noon(calendar.Date(2025, 1, 10))
	require.Equal(t, "50 of 50", h.done("review", "r", `{"stars": 1}`, at))
	at = at.AddDate(0, 3, 0)
	h.schedule = append(h.schedule, program.Known{Revision: 2, Effective: at.Add(-time.Hour), Program: programme(t, theActions, "enrolment: explicit", "expiry: {rule: end_of_month, months: 1}")})
	h.pass(at) // the points lapse: that opens nothing either
	require.Equal(t, "ACCOUNT_NOT_ENROLLED account", h.done("visit", "v", `{}`, at))
	_, err := h.take(command("o1", orders.Event{Kind: orders.Paid, OccurredAt: at, Currency: "USD", Lines: []orders.Line{{Amount: 1}}}), at)
	require.ErrorIs(t, err, reason.AccountNotEnrolled)
	h.rebuild()
}

func TestActionsAreExplained(t *testing.T) {
	h := newHouse(t, rules(t, theActions))
	at := noon(calendar.Date(2025, 1, 10))
	for i, kind := range []string{"review", "review", "review", "workout", "visit"} {
		data := map[string]string{"review": `{"stars": 5}`, "workout": `{"minutes": 45.5}`, "visit": `{}`}[kind]
		_, err := h.act(h.action(kind, fmt.Sprint(kind, i), data, at), at.AddDate(0, 0, i/3))
		require.NoError(t, err)
	}
	var told []string
	for _, e := range h.entries {
		sentences := ledger.Explain(e, h.schedule[0].Program)
		told = append(told, strings.Join(sentences[:len(sentences)-1], " "))
	}
	require.Equal(t, []string{
		"On 10 January 2025 came Review (review0 of app). It earned 50 points: as each does. 50 points were added; they can be spent until 31 January 2026.",
		"On 10 January 2025 came Review (review1 of app). It earned 30 points: it would have given 50 points (as each does), but actions of this kind give at most 80 points a day. 30 points were added; they can be spent until 31 January 2026.",
		"On 10 January 2025 came Review (review2 of app). It earned nothing: it would have given 50 points (as each does), but actions of this kind give at most 80 points a day, and that was reached.",
		"On 10 January 2025 came workout (workout3 of app). It came in later and took effect on 11 January 2025. It earned 15 points: 45.5 minutes, at 1/3 points for each. 15 points were added; they can be spent until 31 January 2026.",
		"On 10 January 2025 came visit (visit4 of app). It came in later and took effect on 11 January 2025. It is counted, and gives nothing.",
	}, told)
}

// What somebody writes who alters an action and knows the encoding is still found.
func TestAnAlteredActionIsFound(t *testing.T) {
	h := newHouse(t, rules(t, theActions))
	at := noon(calendar.Date(2025, 1, 10))
	require.Equal(t, "50 of 50", h.done("review", "r", `{"stars": 5}`, at))
	for name, alter := range map[string]func(*ledger.Entry){
		"more points than moved":  func(e *ledger.Entry) { e.Action.Points = 60; e.Action.Rule = 60 },
		"more than its rule":      func(e *ledger.Entry) { e.Action.Rule = 40 },
		"more than its cap":       func(e *ledger.Entry) { e.Action.PerDay = 40 },
		"another key":             func(e *ledger.Entry) { e.Action.Ref.ID = "x" },
		"another kind":            func(e *ledger.Entry) { e.Kind = ledger.KindState },
		"without its part":        func(e *ledger.Entry) { e.Action, e.Format = nil, ledger.Format },
		"in a format without it":  func(e *ledger.Entry) { e.Format = ledger.Format },
		"an enrolment beside it":  func(e *ledger.Entry) { e.Enrolment = &ledger.EnrolmentPart{Member: "m"} },
		"a step of the ladder":    func(e *ledger.Entry) { e.Ladder = &ledger.LadderPart{Window: 12} },
		"another type, same hash": func(e *ledger.Entry) { e.Action.Type = "visit" },
	} {
		e := h.entries[0]
		part := *e.Action
		e.Action = &part
		alter(&e)
		if name != "another type, same hash" {
			e = ledger.Rehashed(e, ledger.Hash{})
		}
		_, err := ledger.NewAccount("shop", "anna").Apply(e)
		require.Error(t, err, name)
	}
}

// Random actions of capped types never give more on a day than the cap, whatever order they come in, and the counters are
// what the entries give.
func TestNoDayGivesMoreThanItsCap(t *testing.T) {
	schedule := rules(t, theActions, "orders: {accept_late_days: 60}")
	rapid.Check(t, func(t *rapid.T) {
		h := newHouse(t, schedule)
		now := noon(calendar.Date(2025, 1, 10))
		given := map[string]money.Points{}
		for i := range rapid.IntRange(1, 40).Draw(t, "actions") {
			now = now.Add(time.Duration(rapid.IntRange(0, 72).Draw(t, "hours")) * time.Hour)
			at := now.Add(-time.Duration(rapid.IntRange(-0, 35*24).Draw(t, "late")) * time.Hour)
			kind := rapid.SampledFrom([]string{"review", "run", "workout"}).Draw(t, "type")
			data := fmt.Sprintf(`{"stars": 1, "km": %d.%d, "minutes": 1}`, rapid.IntRange(0, 9).Draw(t, "km"), rapid.IntRange(0, 9).Draw(t, "m"))
			v, err := h.act(h.action(kind, fmt.Sprint(i), data, at), now)
			if err != nil {
				require.ErrorIs(t, err, reason.EventTooLate)
				continue
			}
			given[kind+v.Entry.Action.Day.String()] += v.Entry.Action.Points
		}
		for key, points := range given {
			if most, capped := map[string]money.Points{"rev": 80, "run": 20}[key[:3]]; capped {
				require.LessOrEqual(t, points, most, key)
			}
		}
		for _, c := range h.account.Counters {
			require.Equal(t, given[c.Type+c.Day.String()], c.Points)
		}
		require.LessOrEqual(t, len(h.account.Counters), 2*33)
		h.rebuild()
	})
}
