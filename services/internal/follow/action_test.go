package follow_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/actions"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func TestAnActionIsDecoded(t *testing.T) {
	d, err := follow.NewDecoder()
	require.NoError(t, err)
	stored := time.Date(2026, 1, 5, 9, 0, 0, 123_000_000, time.UTC)
	said := stored.Add(-time.Hour)
	decode := func(change func(*cloudevent.Event, *bus.Message)) follow.Message {
		e := cloudevent.Event{ID: "r-1", Source: "app/reviews", Type: "laurel.actions.v1.review", ContentType: "application/json", Data: []byte(`{"stars": 5}`)}
		raw := bus.Message{
			Class: bus.ClassActions, Program: "tea", Merchant: "app", Kind: "review", Account: "ann", Time: stored,
			Subject: bus.ActionSubject("tea", "app", "review", "ann"),
		}
		change(&e, &raw)
		raw.Header, raw.Data = nats.Header(e.Headers()), e.Data
		return d.Decode(raw)
	}
	m := decode(func(e *cloudevent.Event, _ *bus.Message) { e.Time = said })
	require.Nil(t, m.Refusal)
	require.Equal(t, actions.Ref{Source: "app", ID: "r-1"}, m.Action.Ref, "the subject says who published it")
	require.Equal(t, said, m.Action.Event.OccurredAt)
	require.True(t, m.Action.Event.Dated)
	require.True(t, m.Refusable())
	m = decode(func(*cloudevent.Event, *bus.Message) {})
	require.Equal(t, stored, m.Action.Event.OccurredAt)
	require.False(t, m.Action.Event.Dated)

	for name, c := range map[string]struct{ id, of, want string }{
		"redriven":                     {"r-1/redrive/1", "r-1", "r-1"},
		"redriven again":               {"r-1/redrive/1/redrive/2", "r-1/redrive/1", "r-1"},
		"an id that only looks so":     {"r-1/redrive/1", "", "r-1/redrive/1"},
		"the name of another event":    {"r-1/redrive/1", "r-2", "r-1/redrive/1"},
		"its own name without a count": {"r-1", "r-1", "r-1"},
		"a count that is none":         {"r-1/redrive/x", "r-1", "r-1/redrive/x"},
	} {
		m = decode(func(e *cloudevent.Event, _ *bus.Message) {
			e.ID = c.id
			if c.of != "" {
				e.Extensions = map[string]string{follow.ExtensionRedriveOf: c.of}
			}
		})
		require.Nil(t, m.Refusal, name)
		require.Equal(t, c.want, m.Action.Ref.ID, name)
		require.Equal(t, c.id, m.EventID, name)
	}
	for name, c := range map[string]struct {
		want   reason.Reason
		change func(*cloudevent.Event, *bus.Message)
	}{
		"another type":      {reason.UnknownEventType, func(e *cloudevent.Event, _ *bus.Message) { e.Type = "laurel.actions.v1.visit" }},
		"the type alone":    {reason.UnknownEventType, func(e *cloudevent.Event, _ *bus.Message) { e.Type = "review" }},
		"protobuf":          {reason.MalformedEvent, func(e *cloudevent.Event, _ *bus.Message) { e.ContentType = "application/protobuf" }},
		"broken JSON":       {reason.MalformedEvent, func(e *cloudevent.Event, _ *bus.Message) { e.Data = []byte("{") }},
		"an e-mail address": {reason.InvalidField, func(_ *cloudevent.Event, m *bus.Message) { m.Account = "ann@example.com" }},
		"no account":        {reason.MalformedEvent, func(_ *cloudevent.Event, m *bus.Message) { m.Account = "" }},
		"a faulty subject": {reason.MalformedEvent, func(_ *cloudevent.Event, m *bus.Message) {
			m.Malformed = reason.New(reason.MalformedEvent, "subject", "x")
		}},
	} {
		m = decode(c.change)
		require.NotNil(t, m.Refusal, name)
		require.Equal(t, c.want, m.Refusal.Reason, name)
		require.Nil(t, m.Action, name)
		require.NotContains(t, m.Refusal.Error(), "ann@example.com", "the refusal is kept")
	}
}
