package program

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/actions"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func TestActionsOfTheClub(t *testing.T) {
	p := parseFile(t, clubFile)
	require.Len(t, p.Actions, 3)
	review, ok := p.Action("product-review")
	require.True(t, ok)
	require.Equal(t, "Product review", review.Name)
	require.Equal(t, ActionEarning{Points: 50, PerDay: 100}, review.Earn)
	tasting, ok := p.Action("tasting")
	require.True(t, ok)
	require.Equal(t, ActionEarning{Field: "minutes", Rate: ratio(t, "1/2")}, tasting.Earn)
	visit, ok := p.Action("visit")
	require.True(t, ok)
	require.Zero(t, visit.Earn)
	for _, unknown := range []string{"", "a", "sit-in", "zzz"} {
		_, ok = p.Action(unknown)
		require.False(t, ok, unknown)
	}
	require.Equal(t, EnrolmentExplicit, mustParse(t, "enrolment: explicit").Enrolment)
}

func TestDataAreHeldAgainstTheSchema(t *testing.T) {
	p := mustParse(t, `
actions:
  call:
    schema:
      type: object
      required: [who, minutes]
      properties:
        who: {type: string, pattern: '^[a-z]+$', maxLength: 5}
        minutes: {type: number, minimum: 0, multipleOf: 0.1}
        topics: {type: array, items: {$ref: '#/$defs/topic'}, uniqueItems: true}
        never: false
      additionalProperties: false
      $defs: {topic: {enum: [tea, pots]}}
`)
	call, ok := p.Action("call")
	require.True(t, ok)
	for data, want := range map[string]string{
		`{"who":"ann","minutes":0.3}`:                         "",
		`{"who":"ann","minutes":3e1,"topics":["tea","pots"]}`: "",
		`{}`:                                                           "data: missing properties 'who', 'minutes'",
		`{"who":"ann","minutes":"3"}`:                                  "data.minutes: got string, want number",
		`{"who":"ann","minutes":-3}`:                                   "data.minutes: is -3, not at least 0",
		`{"who":"ann","minutes":0.25}`:                                 "data.minutes: is 0.25, not a multiple of 0.1",
		`{"who":"Ann Miller","minutes":1}`:                             "data.who: does not match the pattern ^[a-z]+$",
		`{"who":"ann","minutes":1,"topics":["tea","tea"]}`:             "data.topics: items at 0 and 1 are equal",
		`{"who":"ann","minutes":1,"topics":["tea","x"]}`:               "data.topics[1]: value must be one of 'tea', 'pots'",
		`{"who":"ann","minutes":1,"mail":"ann@example.org"}`:           "data: additional properties 'mail' not allowed",
		`{"who":"ann","minutes":1,"never":1}`:                          "data.never: nothing may stand here",
		`{"minutes":-1,"topics":["y"],"who":"Ö"}`:                      "data.minutes: is -1, not at least 0",
		`{"who":"ann","minutes":9007199254740993.05}`:                  "data.minutes: is 9007199254740993.05, not a multiple of 0.1",
		`{"who":"ann","minutes":9007199254740993.1,"topics":["pots"]}`: "",
	} {
		for range 5 { // the library walks Go maps: what it finds first differs
			d, err := actions.Parse([]byte(data))
			require.NoError(t, err, data)
			err = call.Check(d)
			if want == "" {
				require.NoError(t, err, data)
				continue
			}
			require.ErrorIs(t, err, reason.InvalidActionData)
			refusal, _ := reason.Of(err)
			require.Equal(t, want, refusal.Message, data)
			field, _, _ := strings.Cut(want, ":")
			require.Equal(t, field, refusal.Field, data)
		}
	}
}

// The longest data against the largest schema end in some milliseconds; no clock is asked.
func TestTheLargestSchemaEndsOnTheLongestData(t *testing.T) {
	var schema, data strings.Builder
	schema.WriteString("actions:\n  big:\n    schema:\n      patternProperties:\n")
	for i := range 240 {
		fmt.Fprintf(&schema, "        '(a|b|ab)*%d$': true\n", i)
	}
	p := mustParse(t, schema.String())
	big, ok := p.Action("big")
	require.True(t, ok)
	data.WriteString(`{"x":0`)
	for i := 0; data.Len() < 16000; i++ {
		fmt.Fprintf(&data, `,"abababab%d":0`, i)
	}
	d, err := actions.Parse([]byte(data.String() + "}"))
	require.NoError(t, err)
	require.NoError(t, big.Check(d))
}
