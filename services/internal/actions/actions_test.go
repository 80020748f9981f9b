package actions_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/actions"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func parse(t require.TestingT, text string) actions.Data {
	d, err := actions.Parse([]byte(text))
	require.NoError(t, err, text)
	return d
}

func TestDataThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want reason.Reason
	}{
		"nothing":                        {"", reason.MalformedEvent},
		"broken":                         {`{"a":`, reason.MalformedEvent},
		"a bracket that is not its own":  {`{"a":1]`, reason.MalformedEvent},
		"a comma too many":               {`{"a":1,}`, reason.MalformedEvent},
		"a list":                         {`[1]`, reason.MalformedEvent},
		"a text":                         {`"a"`, reason.MalformedEvent},
		"null":                           {`null`, reason.MalformedEvent},
		"two objects":                    {`{}{}`, reason.MalformedEvent},
		"rubbish behind":                 {`{} x`, reason.MalformedEvent},
		"no UTF-8":                       {"{\"a\":\"\xff\"}", reason.MalformedEvent},
		"a key twice":                    {`{"a":1,"a":2}`, reason.MalformedEvent},
		"a key twice further in":         {`{"a":[{"b":1,"b":1}]}`, reason.MalformedEvent},
		"NaN":                            {`{"a":NaN}`, reason.MalformedEvent},
		"too deep":                       {strings.Repeat(`{"a":`, 17) + "1" + strings.Repeat("}", 17), reason.MalformedEvent},
		"too long":                       {`{"a":"` + strings.Repeat("x", 16<<10) + `"}`, reason.TooLarge},
		"41 digits":                      {`{"a":` + strings.Repeat("1", 41) + `}`, reason.InvalidField},
		"an exponent that fills the RAM": {`{"a":1e999999999}`, reason.InvalidField},
		"an exponent beyond all":         {`{"a":1e99999999999999999999}`, reason.InvalidField},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := actions.Parse([]byte(c.text))
			require.ErrorIs(t, err, c.want)
			refusal, ok := reason.Of(err)
			require.True(t, ok)
			require.Equal(t, "data", refusal.Field)
		})
	}
	parse(t, strings.Repeat(`{"a":`, 16)+"1"+strings.Repeat("}", 16))
	parse(t, `{"a":`+strings.Repeat("1", 40)+`,"b":-1.5E-40,"c":[true,false,null,"x"]}`)
}

func TestContentIsThatOfWhatIsSaid(t *testing.T) {
	at := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	event := func(text string) actions.Event {
		return actions.Event{Type: "visit", OccurredAt: at, Dated: true, Data: parse(t, text)}
	}
	one := event(`{"b": [1, 2.50, {"x": null}], "a": "ä"}`)
	for _, same := range []string{
		`{"a":"ä","b":[1,2.5,{"x":null}]}`, `{"a":"\u00e4","b":[1.0,25e-1,{"x":null}]}`, `{"b":[10E-1,0.25e+1,{"x":null}],"a":"ä"}`,
	} {
		require.Equal(t, one.Content(), event(same).Content(), same)
	}
	for _, other := range []string{
		`{"a":"ä","b":[2.5,1,{"x":null}]}`, `{"a":"ä","b":["1",2.5,{"x":null}]}`, `{"a":"ä","b":[1,2.5,{}]}`,
		`{"a":"ä","b":[1,2.5,{"x":false}]}`, `{"a":"ä","b":[1,2.5,{"x":null}],"c":1}`, `{"a":"ä","b":[-1,2.5,{"x":null}]}`, `{}`,
	} {
		require.NotEqual(t, one.Content(), event(other).Content(), other)
	}
	undated, later, typed := one, one, one
	undated.Dated, later.OccurredAt, typed.Type = false, at.Add(time.Second), "call"
	require.NotEqual(t, one.Content(), undated.Content())
	require.NotEqual(t, one.Content(), later.Content())
	require.NotEqual(t, one.Content(), typed.Content())
	undatedLater := undated
	undatedLater.OccurredAt = at.Add(time.Hour)
	require.Equal(t, undated.Content(), undatedLater.Content(), "the log's own time is no content")
	// Pinned: a change breaks the duplicates of every ledger that stands.
	require.Equal(t, "0d30086521ca1477cf81", fmt.Sprintf("%x", one.Content())[:20])
}

func TestNumbersAreExact(t *testing.T) {
	for written, want := range map[string]string{
		"0": "0", "-0": "0", "0.00": "0", "0e40": "0", "100": "1e2", "1e2": "1e2", "1.0": "1", "0.1": "1e-1", "-12.340": "-1234e-2",
		"9007199254740993": "9007199254740993", "1E-40": "1e-40",
	} {
		n, err := actions.ParseNumber(written)
		require.NoError(t, err, written)
		require.Equal(t, want, n.String(), written)
	}
	for written, want := range map[string]string{
		"0": "0", "1e2": "100", "12.340": "12.34", "5e-3": "0.005", "-0.5": "-0.5", "12": "12", "-1200e-2": "-12",
	} {
		n, err := actions.ParseNumber(written)
		require.NoError(t, err, written)
		require.Equal(t, want, n.Decimal(), written)
	}
	d := parse(t, `{"a": 0.1, "b": "0.1"}`)
	n, ok := d.Number("a")
	require.True(t, ok)
	require.Equal(t, "0.1", n.Decimal())
	_, ok = d.Number("b")
	require.False(t, ok)
}

func TestFloorTimesIsThatOfFractions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		written := fmt.Sprintf("%d.%0*d", rapid.Int64Range(0, 1e9).Draw(t, "whole"), rapid.IntRange(1, 9).Draw(t, "places"), rapid.Int64Range(0, 999_999_999).Draw(t, "fraction"))
		rate, err := money.NewRatio(rapid.Int64Range(0, 1e6).Draw(t, "over"), rapid.Int64Range(1, 1e4).Draw(t, "under"))
		require.NoError(t, err)
		n, err := actions.ParseNumber(written)
		require.NoError(t, err)
		again, err := actions.ParseNumber(n.String())
		require.NoError(t, err)
		require.Equal(t, n, again)
		exact, ok := new(big.Rat).SetString(written)
		require.True(t, ok)
		decimal, ok := new(big.Rat).SetString(n.Decimal())
		require.True(t, ok)
		require.Zero(t, exact.Cmp(decimal))
		if rate.Num() > 0 {
			exact.Mul(exact, big.NewRat(rate.Num(), rate.Den()))
		} else {
			exact.SetInt64(0)
		}
		want := new(big.Int).Quo(exact.Num(), exact.Denom()).Int64()
		got, ok := n.FloorTimes(rate)
		require.True(t, ok)
		require.EqualValues(t, want, got)
	})
	one, err := money.NewRatio(1, 1)
	require.NoError(t, err)
	for _, beyond := range []string{"9223372036854775808", "1e40", "-1"} {
		n, err := actions.ParseNumber(beyond)
		require.NoError(t, err)
		_, ok := n.FloorTimes(one)
		require.False(t, ok, beyond)
	}
}

func TestAnIDIsBounded(t *testing.T) {
	require.NoError(t, actions.Ref{Source: "app", ID: strings.Repeat("x", 200)}.Check())
	require.ErrorIs(t, actions.Ref{Source: "app", ID: strings.Repeat("x", 201)}.Check(), reason.InvalidField)
}

// Whatever the standard library takes and this room takes means the same to both.
func FuzzDataAreThoseOfTheStandardLibrary(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":[1,2.5e3,"x",null,true,{"b":{}}]}`, `{"a":1,"a":2}`, `{"a":1}]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := actions.Parse(raw)
		if err != nil {
			_, refused := reason.Of(err)
			require.True(t, refused, "%v", err)
			return
		}
		var want map[string]any
		decoder := json.NewDecoder(strings.NewReader(string(raw)))
		decoder.UseNumber()
		require.NoError(t, decoder.Decode(&want))
		require.Equal(t, any(want), d.Value())
		actions.Event{Data: d}.Content()
	})
}
