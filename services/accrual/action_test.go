package accrual_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"google.golang.org/protobuf/types/known/timestamppb"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	memberv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/member/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// theActions are the tea club's own events.
const theActions = `
actions:
  review:
    name: Review
    schema:
      type: object
      required: [stars]
      properties: {stars: {type: integer, minimum: 1, maximum: 5}}
      additionalProperties: false
    earn: {points: 50, per_day: 120}
  tasting:
    schema: {type: object, required: [minutes], properties: {minutes: {type: number, minimum: 0}}}
    earn: {field: minutes, rate: 0.5}
  visit: {schema: {type: object}}
`

// action is the letter of an own event of the tea club, published by the app.
func action(account, kind, id, data string, at time.Time) letter {
	m := publish.Action(publish.ActionEvent{
		Program: "tea", Source: "app", Type: kind, Account: account, ID: id, At: at, Data: []byte(data),
	})
	return letter{m.Subject, m.Header, m.Data}
}

// enrolment is the letter in which the member service enrols a member by name.
func enrolment(account, member string, at time.Time) letter {
	l := write(account, "enrolled", "enrolled/"+account+"/"+member, &controlv1.MemberEnrolled{
		Program: "tea", Account: account, Member: member, Kind: memberv1.MemberKind_MEMBER_KIND_CONSUMER, EnrolledAt: timestamppb.New(at),
	})
	return l.on(bus.ControlSubject("tea", "member", "enrolled", account))
}

// letters are the dead letters of the tea club.
func (s *service) letters() []*accrualv1.DeadLetter {
	s.h.t.Helper()
	answer, err := s.grpc.ListDeadLetters(s.h.t.Context(), &accrualv1.ListDeadLettersRequest{Program: "tea", PageSize: 200})
	require.NoError(s.h.t, err)
	return answer.GetDeadLetters()
}

func TestAnActionEarnsOnceHoweverOftenItComes(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub + theActions)
	s := h.run(size{})
	now := time.Now().UTC()
	review := action("ann", "review", "r-1", `{"stars": 5}`, now)
	undated := action("ann", "visit", "v-1", `{"at": "home"}`, time.Time{})
	h.publish(review, review, undated)
	s.drained()
	h.publish(review, undated, action("ann", "review", "r-1", `{ "stars" : 5.0 }`, now), action("ann", "tasting", "t-1", `{"minutes": 45.5}`, now))
	s.drained()
	h.publish(action("bob", "review", "r-1", `{"stars": 5}`, now), action("ann", "review", "r-1", `{"stars": 4}`, now))
	s.drained()
	entries := s.entries("ann")
	require.Len(t, entries, 3)
	require.EqualValues(t, 50+22, s.active("ann"))
	require.Equal(t, accrualv1.EntryKind_ENTRY_KIND_ACTION, entries[0].GetKind())
	require.Equal(t, "action/app/r-1", entries[0].GetKey())
	require.Equal(t, "source/app", entries[0].GetActor())
	part := entries[0].GetAction()
	require.Equal(t, "review", part.GetType())
	require.Equal(t, "app", part.GetSource())
	require.Equal(t, "r-1", part.GetActionId())
	require.EqualValues(t, 50, part.GetPoints())
	require.EqualValues(t, 120, part.GetPerDayPoints())
	require.Equal(t, "action/app/v-1", entries[1].GetKey())
	require.Zero(t, entries[1].GetAction().GetPoints(), "it is counted alone")
	require.Equal(t, []string{"minutes 45.5 x1/2"}, entries[2].GetAction().GetRules())
	var reasons []string
	for _, l := range s.letters() {
		reasons = append(reasons, l.GetReason())
		require.Equal(t, "app", l.GetMerchant())
		require.Equal(t, "review", l.GetKind())
		require.NotContains(t, l.GetMessage(), "ann")
	}
	require.Equal(t, []string{string(reason.ConflictingDuplicate), string(reason.ConflictingDuplicate)}, reasons)
	require.Equal(t, []string{
		"EVENT_STATE_TAKEN review action/app/r-1 ", "EVENT_STATE_REFUSED review  CONFLICTING_DUPLICATE", "EVENT_STATE_REFUSED review  CONFLICTING_DUPLICATE",
	}, s.actionStatus("r-1"))
	require.Equal(t, []string{"EVENT_STATE_TAKEN tasting action/app/t-1 "}, s.actionStatus("t-1"))
	require.Empty(t, s.actionStatus("t-2"))
	explained, err := s.grpc.ExplainEntry(t.Context(), &accrualv1.ExplainEntryRequest{Program: "tea", Key: "action/app/r-1"})
	require.NoError(t, err)
	require.Contains(t, explained.GetSentences()[1], "It earned 50 points")
	for _, d := range h.documents("entries") {
		require.NotContains(t, fmt.Sprint(d), "home", "what an action says stays outside the ledger")
	}
	s.requireSound()
	kinds := map[string]int{}
	for _, m := range h.stored(bus.Facts) {
		kinds[strings.Split(m.Subject, ".")[5]]++
	}
	require.Equal(t, map[string]int{"action": 3, "refused": 2}, kinds)
}

// actionStatus tells what became of an action of the app.
func (s *service) actionStatus(id string) []string {
	s.h.t.Helper()
	answer, err := s.grpc.GetEventStatus(s.h.t.Context(), &accrualv1.GetEventStatusRequest{Program: "tea", Merchant: "app", ActionId: id})
	require.NoError(s.h.t, err)
	var list []string
	for _, e := range answer.GetEvents() {
		list = append(list, fmt.Sprint(e.GetState(), " ", e.GetKind(), " ", e.GetEntryKey(), " ", e.GetReason()))
	}
	return list
}

// badActions are all that a source can get wrong, each for an account of its own.
func badActions(now time.Time) []bad {
	var list []bad
	add := func(name string, want reason.Reason, field string, l func(account string) letter) {
		list = append(list, bad{name: name, want: want, field: field, letter: l(fmt.Sprint("bad-", len(list)))})
	}
	data := func(kind, text string) func(string) letter {
		return func(account string) letter { return action(account, kind, account, text, now) }
	}
	add("a type that is not declared", reason.UnknownEventType, "type", data("jump", `{}`))
	add("another type in the envelope", reason.UnknownEventType, "type", func(a string) letter {
		return data("review", `{"stars": 5}`)(a).head("ce-type", "laurel.actions.v1.visit")
	})
	add("data that do not fit", reason.InvalidActionData, "data.stars", data("review", `{"stars": 6}`))
	add("data of another kind", reason.InvalidActionData, "data.stars", data("review", `{"stars": "5"}`))
	add("data that are missing", reason.InvalidActionData, "data", data("review", `{}`))
	add("data beside", reason.InvalidActionData, "data", data("review", `{"stars": 5, "name": "Ann"}`))
	add("broken JSON", reason.MalformedEvent, "data", data("visit", `{"stars": `))
	add("no JSON object", reason.MalformedEvent, "data", data("visit", `[]`))
	add("a key twice", reason.MalformedEvent, "data", data("visit", `{"a": 1, "a": 2}`))
	add("invalid UTF-8", reason.MalformedEvent, "data", data("visit", "{\"a\": \"\xff\"}"))
	add("more than 16 KiB", reason.TooLarge, "data", data("visit", `{"a": "`+strings.Repeat("x", 16<<10)+`"}`))
	add("protobuf", reason.MalformedEvent, "datacontenttype", func(a string) letter {
		return data("visit", `{}`)(a).head("ce-datacontenttype", "application/protobuf").head("content-type", "application/protobuf")
	})
	add("a number that fills the memory", reason.InvalidField, "data", data("visit", `{"a": 1e999999999}`))
	add("points beyond 64 bits", reason.AmountOutOfRange, "data.minutes", data("tasting", `{"minutes": 1e40}`))
	add("points for which there is no room", reason.AmountOutOfRange, "data", func(a string) letter {
		return action("full", "tasting", a, `{"minutes": 18446744073709551614}`, now)
	})
	add("an e-mail address as account", reason.InvalidField, "account", func(a string) letter { return data("visit", `{}`)(a + "@example.com") })
	add("an id too long", reason.InvalidField, "id", func(a string) letter { return data("visit", `{}`)(a).as(strings.Repeat("x", 201)) })
	add("no id", reason.MalformedEvent, "id", func(a string) letter { return data("visit", `{}`)(a).as("") })
	add("more than five minutes ahead", reason.EventInFuture, "occurred_at", func(a string) letter {
		return action(a, "visit", a, `{}`, now.Add(10*time.Minute))
	})
	add("two years late", reason.EventTooLate, "time", func(a string) letter { return action(a, "visit", a, `{}`, now.AddDate(-2, 0, 0)) })
	add("two months late for a cap", reason.EventTooLate, "time", func(a string) letter {
		return action(a, "review", a, `{"stars": 5}`, now.AddDate(0, -2, 0))
	})
	add("a programme that nobody has applied", reason.UnknownProgram, "programme", func(a string) letter {
		return data("visit", `{}`)(a).on(bus.ActionSubject("coffee", "app", "visit", a))
	})
	return list
}

func TestABadActionIsRefusedAndItsNeighboursAreNot(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub + theActions)
	s := h.run(size{})
	now := time.Now().UTC()
	h.publish(action("full", "tasting", "first", `{"minutes": 18446744073709551614}`, now))
	s.drained()
	list := badActions(now)
	for i, c := range list {
		h.send(action("ann", "visit", fmt.Sprint("before-", i), `{}`, now))
		h.send(c.letter)
	}
	h.send(action("ann", "visit", "last", `{}`, now))
	s.drained()
	require.Len(t, s.entries("ann"), len(list)+1)
	answer, err := s.grpc.ListDeadLetters(t.Context(), &accrualv1.ListDeadLettersRequest{PageSize: 200})
	require.NoError(t, err)
	dead := map[string]*accrualv1.DeadLetter{}
	for _, l := range answer.GetDeadLetters() {
		dead[l.GetSubject()+string(l.GetBody())] = l
	}
	require.Len(t, dead, len(list))
	for _, c := range list {
		l := dead[c.letter.subject+string(c.letter.body)]
		require.NotNil(t, l, c.name)
		require.Equal(t, []string{string(c.want), c.field}, []string{l.GetReason(), l.GetField()}, "%s: %s", c.name, l.GetMessage())
		require.NotEmpty(t, l.GetMessage(), c.name)
	}
	require.Len(t, h.stored(bus.Dead), len(list))
	s.requireSound()
}

func TestARefusedActionIsMendedAndRedriven(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub)
	s := h.run(size{})
	now := time.Now().UTC()
	h.publish(action("ann", "review", "r-1", `{"stars": 5}`, now))
	s.drained()
	letters := s.letters()
	require.Len(t, letters, 1)
	require.Equal(t, string(reason.UnknownEventType), letters[0].GetReason())
	redrive := func() {
		_, err := s.grpc.RedriveDeadLetter(t.Context(), &accrualv1.RedriveDeadLetterRequest{Id: letters[0].GetId()})
		require.NoError(t, err)
		s.drained()
	}
	redrive()
	require.Len(t, s.letters(), 2, "nothing has changed")
	h.apply(theTeaClub + theActions)
	s.drained()
	redrive()
	require.EqualValues(t, 50, s.active("ann"))
	entries := s.entries("ann")
	require.Equal(t, "action/app/r-1", entries[0].GetKey(), "it is the same action")
	require.Equal(t, "r-1/redrive/2", entries[0].GetEventId())
	redrive()
	h.publish(action("ann", "review", "r-1", `{"stars": 4}`, now))
	s.drained()
	require.EqualValues(t, 50, s.active("ann"), "nor can it earn beside itself")
	require.Len(t, s.entries("ann"), 1)
	s.requireSound()
}

// The same actions in batches of 1 and of 512, on 1 and 4 lanes, from the log or rebuilt from the entries: the same books.
func TestActionsGiveTheSameBooksHoweverTheyAreApplied(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub + theActions)
	const seed = 3
	random := rand.New(rand.NewPCG(seed, seed))
	at := moment("2026-01-05T09:00:00Z")
	var letters []letter
	for i := range 120 {
		at = at.Add(time.Duration(random.IntN(9)) * time.Hour)
		account := fmt.Sprint("member-", random.IntN(5))
		switch random.IntN(5) {
		case 0:
			letters = append(letters, paid(account, fmt.Sprint("o", i), at, random.Int64N(9000)))
		case 1:
			letters = append(letters, action(account, "tasting", fmt.Sprint("t", i), fmt.Sprintf(`{"minutes": %d.%d}`, random.IntN(90), random.IntN(10)), at))
		case 2:
			letters = append(letters, action(account, "visit", fmt.Sprint("v", i), `{}`, at))
		default:
			letters = append(letters, action(account, "review", fmt.Sprint("r", i), fmt.Sprintf(`{"stars": %d}`, random.IntN(7)), at.Add(-time.Duration(random.IntN(72))*time.Hour)))
		}
		if random.IntN(4) == 0 {
			letters = append(letters, letters[random.IntN(len(letters))])
		}
	}
	h.publish(letters...)
	h.pass("2027-06-01")
	first := h.run(size{batch: 1})
	first.drained()
	first.requireSound()
	require.Equal(t, map[string]int64{"bronze": 5}, first.audit().Figures.Tiers)
	require.Positive(t, first.audit().Figures.Points.Expired)
	want, accounts := h.documents("entries"), h.documents("accounts")
	require.Greater(t, len(want), 120)
	days := map[string]int64{}
	for account := range 5 {
		for _, e := range first.entries(fmt.Sprint("member-", account)) {
			if a := e.GetAction(); a.GetType() == "review" {
				days[e.GetAccount()+a.GetDay()] += a.GetPoints()
				require.LessOrEqual(t, days[e.GetAccount()+a.GetDay()], int64(120), "the cap holds")
			}
		}
	}
	_, err := first.Rebuild(t.Context())
	require.NoError(t, err)
	require.Equal(t, accounts, h.documents("accounts"), "rebuilt from the entries")
	first.stop()

	h.database += "-again"
	h.db = h.db.Client().Database(h.database)
	t.Cleanup(func() { require.NoError(t, h.db.Drop(context.WithoutCancel(t.Context()))) })
	again := h.run(size{lanes: 4})
	again.drained()
	again.requireSound()
	require.Equal(t, want, h.documents("entries"))
	require.Equal(t, accounts, h.documents("accounts"))
	again.stop()
}

// An action without a time has no place in past days.
func TestAReplayTakesNoActionWithoutATime(t *testing.T) {
	t.Parallel()
	h := open(t, events)
	h.apply(theTeaClub + theActions)
	s := h.run(size{})
	h.publish(action("ann", "visit", "v", `{}`, moment("2026-01-05")), action("ann", "visit", "w", `{}`, time.Time{}))
	s.drained()
	require.Len(t, s.entries("ann"), 1)
	require.Equal(t, string(reason.InvalidField), s.letters()[0].GetReason())
	require.Equal(t, "time", s.letters()[0].GetField())
	for _, d := range h.documents("partitions") {
		require.False(t, d["clock"].(bson.DateTime).Time().After(moment("2026-01-05")), "it has not moved the clock")
	}
}
