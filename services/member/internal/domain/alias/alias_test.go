package alias_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/member/internal/domain/alias"
)

var (
	day   = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	later = day.Add(time.Hour)
	hash  = strings.Repeat("0123456789abcdef", 4)
)

func TestWhatAnAliasMayBe(t *testing.T) {
	for name, c := range map[string]struct {
		kind         alias.Kind
		scope, value string
		field        string // that breaks its rule; empty: it may be
	}{
		"a card":                              {kind: alias.Card, value: "4711-0815"},
		"a token in base64":                   {kind: alias.Token, value: "aGVsbG8+/w=="},
		"a customer number of a shop":         {kind: alias.CustomerNumber, scope: "shop", value: "12"},
		"a keyed hash":                        {kind: alias.EmailHash, value: hash},
		"an account":                          {kind: alias.Account, value: "ann"},
		"no kind":                             {value: "1", field: "alias.kind"},
		"a kind that there is not":            {kind: 99, value: "1", field: "alias.kind"},
		"a card without a number":             {kind: alias.Card, field: "alias.value"},
		"a number that is too long":           {kind: alias.Card, value: strings.Repeat("1", 129), field: "alias.value"},
		"an e-mail address as it is":          {kind: alias.EmailHash, value: "ann@example.com", field: "alias.value"},
		"an e-mail address as a card":         {kind: alias.Card, value: "ann@example.com", field: "alias.value"},
		"a telephone number as it is":         {kind: alias.PhoneHash, value: "+49170123456", field: "alias.value"},
		"a hash of 31 bytes":                  {kind: alias.PhoneHash, value: hash[2:], field: "alias.value"},
		"a hash in capitals":                  {kind: alias.EmailHash, value: strings.ToUpper(hash), field: "alias.value"},
		"a blank":                             {kind: alias.Card, value: "47 11", field: "alias.value"},
		"a customer number of no shop":        {kind: alias.CustomerNumber, value: "12", field: "alias.scope"},
		"a card of a shop":                    {kind: alias.Card, scope: "shop", value: "12", field: "alias.scope"},
		"a shop whose name is too long":       {kind: alias.CustomerNumber, scope: strings.Repeat("x", 65), value: "12", field: "alias.scope"},
		"a shop with an e-mail address in it": {kind: alias.CustomerNumber, scope: "a@b", value: "12", field: "alias.scope"},
	} {
		t.Run(name, func(t *testing.T) {
			ref, err := alias.ParseRef(c.kind, c.scope, c.value)
			if c.field == "" {
				require.NoError(t, err)
				require.Equal(t, alias.Ref{Kind: c.kind, Scope: c.scope, Value: c.value}, ref)
				return
			}
			refusal, ok := reason.Of(err)
			require.True(t, ok, "%v", err)
			require.Equal(t, reason.InvalidArgument, refusal.Reason)
			require.Equal(t, c.field, refusal.Field)
			if strings.Contains(c.value, "@") {
				require.NotContains(t, refusal.Message, c.value, "what is personal is not repeated")
			}
		})
	}
}

func TestNamesAreReadAsTheyAreWritten(t *testing.T) {
	for k := alias.KindUnset; k <= alias.Account; k++ {
		require.Equal(t, k, alias.ParseKind(k.String()))
	}
	for c := alias.CauseUnset; c <= alias.Misused; c++ {
		require.Equal(t, c, alias.ParseCause(c.String()))
	}
	require.Equal(t, alias.KindUnset, alias.ParseKind("passport"))
	require.Equal(t, alias.CauseUnset, alias.ParseCause("eaten"))
	require.Equal(t, "unset", alias.Kind(99).String())
	require.Equal(t, "unset", alias.Cause(99).String())
}

func card(value string) alias.Ref { return alias.Ref{Kind: alias.Card, Value: value} }

// held is ann's card number 1: active, lost, and replaced.
func held() (alias.Alias, alias.Alias, alias.Alias) {
	active := alias.Alias{Ref: card("1"), Member: "ann", LinkedAt: day}
	lost := active
	lost.Cause, lost.BlockedAt = alias.Lost, later
	replaced := lost
	replaced.ReplacedBy = "2"
	return active, lost, replaced
}

func TestLinking(t *testing.T) {
	active, lost, _ := held()
	for name, c := range map[string]struct {
		found alias.Alias
		by    alias.Linking
		fresh bool
		want  error
	}{
		"a new card":                 {by: alias.Linking{Member: "ann", At: day}, fresh: true},
		"the card that one has":      {found: active, by: alias.Linking{Member: "ann", Has: alias.MemberMax, At: later}},
		"somebody else's card":       {found: active, by: alias.Linking{Member: "bob", At: later}, want: reason.AliasTaken},
		"a card that one has lost":   {found: lost, by: alias.Linking{Member: "ann", At: later}, want: reason.AliasBlocked},
		"a card that somebody lost":  {found: lost, by: alias.Linking{Member: "bob", At: later}, want: reason.AliasTaken},
		"the last card that one may": {by: alias.Linking{Member: "ann", Has: alias.MemberMax - 1, At: day}, fresh: true},
		"one more than one may have": {by: alias.Linking{Member: "ann", Has: alias.MemberMax, At: day}, want: reason.TooManyAliases},
	} {
		t.Run(name, func(t *testing.T) {
			linked, fresh, err := alias.Link(card("1"), c.found, c.by)
			if c.want != nil {
				require.ErrorIs(t, err, c.want)
				return
			}
			require.NoError(t, err)
			require.Equal(t, active, linked)
			require.Equal(t, c.fresh, fresh)
		})
	}
	_, _, err := alias.Link(alias.Ref{Kind: alias.Account, Value: "ann"}, alias.Alias{}, alias.Linking{Member: "ann"})
	require.ErrorIs(t, err, reason.InvalidArgument, "an account takes no link")
}

func TestBlocking(t *testing.T) {
	active, lost, replaced := held()
	blocked, err := active.Block(alias.Lost, later)
	require.NoError(t, err)
	require.Equal(t, lost, blocked)
	_, err = active.Block(alias.CauseUnset, later)
	require.ErrorIs(t, err, reason.InvalidArgument)
	for _, a := range []alias.Alias{lost, replaced} {
		same, err := a.Block(alias.Stolen, later.Add(time.Hour))
		require.ErrorIs(t, err, reason.AliasBlocked)
		require.Equal(t, a, same)
	}
	require.NoError(t, active.UsableAt(later))
	require.NoError(t, lost.UsableAt(later.Add(-time.Millisecond)), "what was done before still counts")
	require.ErrorIs(t, lost.UsableAt(later), reason.AliasBlocked)
}

func TestReplacing(t *testing.T) {
	active, lost, replaced := held()
	two := alias.Alias{Ref: card("2"), Member: "ann", LinkedAt: later}
	has := func(n int) alias.Linking { return alias.Linking{Has: n, At: later} }
	old, next, err := active.Replace(card("2"), alias.Alias{}, alias.Lost, has(1))
	require.NoError(t, err)
	require.Equal(t, replaced, old)
	require.Equal(t, two, next)
	old, next, err = lost.Replace(card("2"), alias.Alias{}, alias.Damaged, has(1))
	require.NoError(t, err)
	require.Equal(t, replaced, old, "what is blocked keeps its cause and its time")
	require.Equal(t, two, next)

	for name, c := range map[string]struct {
		old   alias.Alias
		by    alias.Ref
		found alias.Alias
		cause alias.Cause
		has   int
		want  reason.Reason
	}{
		"by itself":            {active, card("1"), active, alias.Lost, 1, reason.InvalidArgument},
		"by another kind":      {active, alias.Ref{Kind: alias.Token, Value: "2"}, alias.Alias{}, alias.Lost, 1, reason.InvalidArgument},
		"for no reason":        {active, card("2"), alias.Alias{}, alias.CauseUnset, 1, reason.InvalidArgument},
		"a second time":        {replaced, card("3"), alias.Alias{}, alias.Lost, 2, reason.AliasReplaced},
		"by one that is there": {active, card("2"), two, alias.Lost, 2, reason.AliasTaken},
		"by one too many":      {active, card("2"), alias.Alias{}, alias.Lost, alias.MemberMax, reason.TooManyAliases},
	} {
		t.Run(name, func(t *testing.T) {
			old, _, err := c.old.Replace(c.by, c.found, c.cause, has(c.has))
			require.ErrorIs(t, err, c.want)
			require.Equal(t, c.old, old)
		})
	}
}
