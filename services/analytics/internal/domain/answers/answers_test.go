package answers_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/answers"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

func TestWhatAnEventSays(t *testing.T) {
	for name, c := range map[string]struct {
		data       string
		understood bool
		numbers    map[answers.Field]int64
		texts      map[answers.Field]string
		voluntary  bool
	}{
		"nothing":             {"", true, nil, nil, false},
		"an answer":           {`{"satisfaction":4,"recommend":0}`, true, map[answers.Field]int64{"satisfaction": 4, "recommend": 0}, nil, false},
		"however written":     {`{"satisfaction":4.0,"stars":0.5e1}`, true, map[answers.Field]int64{"satisfaction": 4, "stars": 5}, nil, false},
		"out of range":        {`{"satisfaction":6,"stars":1}`, false, map[answers.Field]int64{"stars": 1}, nil, false},
		"below the range":     {`{"recommend":-1}`, false, nil, nil, false},
		"a part of a number":  {`{"satisfaction":4.5}`, false, nil, nil, false},
		"huge":                {`{"alternatives":1e300}`, false, nil, nil, false},
		"a text for a number": {`{"recommend":"9"}`, false, nil, nil, false},
		"null says nothing":   {`{"satisfaction":null}`, true, nil, nil, false},
		"unknown fields":      {`{"mood":"good","Satisfaction":1}`, true, nil, nil, false},
		"words":               {`{"contract":"ended","voluntary":true}`, true, nil, map[answers.Field]string{"contract": "ended"}, true},
		"no such word":        {`{"contract":"lost"}`, false, nil, nil, false},
		"a name":              {`{"topic":"delivery"}`, true, nil, map[answers.Field]string{"topic": "delivery"}, false},
		"too long a name":     {`{"topic":"` + strings.Repeat("é", 65) + `"}`, false, nil, nil, false},
		"an empty name":       {`{"topic":""}`, false, nil, nil, false},
		"a flag that is none": {`{"voluntary":"yes"}`, false, nil, nil, false},
		"no object":           {`[1]`, false, nil, nil, false},
		"no JSON":             {`{"stars":`, false, nil, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			s, understood := answers.Read(history.Deed{Day: 3, Type: "survey", Data: c.data})
			require.Equal(t, c.understood, understood)
			require.EqualValues(t, 3, s.Day)
			for _, m := range answers.Vocabulary() {
				n, ok := s.Number(m.Field)
				want, said := c.numbers[m.Field]
				require.Equal(t, said, ok, m.Field)
				require.Equal(t, want, n, m.Field)
				require.Equal(t, c.texts[m.Field], s.Text(m.Field), m.Field)
			}
			require.Equal(t, c.voluntary, s.Flag(answers.Voluntary))
		})
	}
}

func TestTheLatestCountsFieldByField(t *testing.T) {
	list, unreadable := answers.All([]history.Deed{
		{Day: 1, Type: "survey", Data: `{"satisfaction":2,"recommend":3}`},
		{Day: 2, Type: "call", Data: `{"satisfaction":5}`},
		{Day: 3, Type: "visit"},
		{Day: 4, Type: "survey", Data: `{"recommend":11}`},
	})
	require.EqualValues(t, 1, unreadable)
	last := answers.Latest(list)
	require.EqualValues(t, 2, last.Day)
	for field, want := range map[answers.Field]int64{answers.Satisfaction: 5, answers.Recommend: 3} {
		n, ok := last.Number(field)
		require.True(t, ok)
		require.Equal(t, want, n, field)
	}
	_, ok := answers.Latest(nil).Number(answers.Satisfaction)
	require.False(t, ok)
}

// TestTheVocabularyIsDocumented: each field has its line in the reference, and the line says what may stand there.
func TestTheVocabularyIsDocumented(t *testing.T) {
	_ = os.Getenv("LAUREL_FILES_ARE") // what lies outside the module makes a kept result stale by this alone
	text, err := os.ReadFile("../../../../../docs/reference/answers.md")
	require.NoError(t, err)
	for _, m := range answers.Vocabulary() {
		values := fmt.Sprintf("%d to %d", m.Least, m.Most)
		switch m.Kind {
		case answers.Whole:
		case answers.Word:
			values = "`" + strings.Join(m.Words, "` `") + "`"
		case answers.Name:
			values = "text"
		case answers.Flag:
			values = "true, false"
		}
		require.Contains(t, string(text), fmt.Sprintf("| `%s` | %s | %s |\n", m.Field, values, m.Means))
	}
}

func TestCases(t *testing.T) {
	list, unreadable := answers.All([]history.Deed{
		{Day: 1, Type: "case", Data: `{"case":"c1","about":"r1"}`},
		{Day: 2, Type: "case", Data: `{"case":"c1","state":"answered"}`},
		{Day: 3, Type: "case", Data: `{"case":"c1","state":"answered"}`},
		{Day: 4, Type: "case", Data: `{"case":"c1","state":"solved"}`},
		{Day: 5, Type: "case", Data: `{"case":"c2","state":"answered"}`},
		{Day: 6, Type: "case", Data: `{"case":"c3","state":"solved"}`},
		{Day: 7, Type: "case", Data: `{"case":"c3","state":"opened"}`},
		{Day: 8, Type: "case", Data: `{"state":"opened"}`},
	})
	require.Zero(t, unreadable)
	require.Equal(t, []answers.Trouble{
		{ID: "c1", About: "r1", Opened: 1, Answered: 2, Solved: 4},
		{ID: "c2", Opened: 5, Answered: 5, Solved: calendar.None},
		{ID: "c3", Opened: 6, Answered: calendar.None, Solved: calendar.None},
	}, answers.Cases(list))
	require.EqualValues(t, 2, answers.Open(list))
}
