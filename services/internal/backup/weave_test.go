package backup

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/journal"
)

// list reads a list of messages, each "<sequence><what>": the same sequence and what is the same message.
func list(t require.TestingT, text string) []journal.Message {
	var all []journal.Message
	for word := range strings.FieldsSeq(text) {
		var m journal.Message
		_, err := fmt.Sscanf(word, "%d%s", &m.Sequence, &m.Subject)
		require.NoError(t, err)
		m.Time = m.Sequence*10 + int64(len(m.Subject)) // what came later under the same sequence has a longer name
		all = append(all, m)
	}
	return all
}

func reading(messages []journal.Message) func() (journal.Message, error) {
	return func() (journal.Message, error) {
		if len(messages) == 0 {
			return journal.Message{}, io.EOF
		}
		m := messages[0]
		messages = messages[1:]
		return m, nil
	}
}

// wove weaves, and returns what stands where.
func wove(t require.TestingT, ledger, other, stream []journal.Message) (woven, []journal.Message) {
	sources := []*source{{service: "accrual", next: reading(ledger)}, {service: "tier", next: reading(other)}, {next: reading(stream)}}
	last := int64(0)
	if len(stream) > 0 {
		last = stream[len(stream)-1].Sequence
	}
	var out, aside []journal.Message
	w, err := weave(sources, last,
		func(m journal.Message) error { out = append(out, m); return nil },
		func(m journal.Message) error { aside = append(aside, m); return nil },
		func() (func() (journal.Message, error), error) { return reading(aside), nil })
	require.NoError(t, err)
	return w, out
}

func TestWhatAStreamHasToHold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ledger, other, stream string
		want                  string
		back, moved           uint64
		again                 string
	}{
		"nothing is lost":                    {"1a 2b 3c", "1a 2b", "1a 2b 3c 4d", "1a 2b 3c 4d", 0, 0, ""},
		"the end is lost":                    {"1a 2b 3c", "1a 2b 3c", "1a", "1a 2b 3c", 2, 0, ""},
		"all is lost":                        {"1a 2b", "1a 2b 3c", "", "1a 2b 3c", 3, 0, ""},
		"something in the midst is lost":     {"1a 2b 3c 4d", "1a 2b", "1a 4d 5e", "1a 2b 3c 4d 5e", 2, 0, ""},
		"what nobody had applied is lost":    {"1a 2b", "1a", "1a 5e", "1a 2b 5e", 1, 0, ""},
		"sequences were given out again":     {"1a 2b 3c", "1a 2b 3c", "1a 2nn 3oo", "1a 2b 3c 4nn 5oo", 2, 2, ""},
		"and the stream has grown past them": {"1a 2b 3c", "1a", "1a 2nn 3oo 4pp", "1a 2b 3c 5nn 6oo 7pp", 2, 3, ""},
		"only another had applied it":        {"1a", "1a 2b", "1a 2nn 3oo", "1a 2b 4nn 5oo", 1, 2, ""},
		"the ledger has read on, another had been ahead": {
			"1a 2nn", "1a 2b 3c", "1a 2nn 3oo", "1a 2nn 3oo 4b 5c", 0, 2, "tier",
		},
		"another has read on, the ledger had been ahead": {
			"1a 2b 3c", "1a 2nn", "1a 2nn 3oo", "1a 2b 3c 4nn 5oo", 2, 2, "tier",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, out := wove(t, list(t, c.ledger), list(t, c.other), list(t, c.stream))
			var got []string
			var before int64
			for _, m := range out {
				got = append(got, fmt.Sprintf("%d%s", m.Sequence, m.Subject))
				require.LessOrEqual(t, before, m.Time, "times never go back")
				before = m.Time
			}
			require.Equal(t, c.want, strings.Join(got, " "))
			require.Equal(t, c.back, w.PutBack)
			require.Equal(t, c.moved, w.Moved)
			require.Equal(t, c.again, strings.Join(w.Again, " "))
			require.EqualValues(t, len(out), w.Messages)
		})
	}
}

// TestNothingIsLostAndNothingComesTwice: whatever a stream lost and was given since, and however far each service had read before
// and after.
func TestNothingIsLostAndNothingComesTwice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 20).Draw(t, "before")
		var before []journal.Message
		for i := range n {
			before = append(before, list(t, fmt.Sprintf("%da%d", i+1, i+1))...)
		}
		cut := rapid.IntRange(0, n).Draw(t, "left")
		stream := slices.Clone(before[:cut])
		if cut > 0 && rapid.Bool().Draw(t, "a hole") {
			at := rapid.IntRange(0, cut-1).Draw(t, "where")
			stream = slices.Delete(stream, at, at+1)
		}
		for i := range rapid.IntRange(0, 20).Draw(t, "since") {
			stream = append(stream, list(t, fmt.Sprintf("%dsince%d", cut+i+1, cut+i+1))...)
		}
		read := func(who string) []journal.Message { // either what was there before, or what is there now
			if rapid.Bool().Draw(t, who+" has read on") {
				return stream[:rapid.IntRange(0, len(stream)).Draw(t, who)]
			}
			return before[:rapid.IntRange(0, n).Draw(t, who)]
		}
		ledger, other := read("accrual"), read("tier")
		w, out := wove(t, ledger, other, stream)

		index := func(m journal.Message) int {
			return slices.IndexFunc(out, func(o journal.Message) bool { return o.Subject == m.Subject })
		}
		for _, m := range slices.Concat(ledger, other, stream) {
			require.GreaterOrEqual(t, index(m), 0, "%s is there", m.Subject)
		}
		names := map[string]bool{}
		for i, m := range out {
			require.False(t, names[m.Subject], "%s comes once", m.Subject)
			names[m.Subject] = true
			require.True(t, i == 0 || out[i-1].Sequence < m.Sequence)
		}
		for _, m := range ledger {
			require.Equal(t, m.Sequence, out[index(m)].Sequence, "what the ledger has applied stays where it was")
		}
		if len(w.Again) == 0 {
			for _, m := range other {
				require.Equal(t, m.Sequence, out[index(m)].Sequence, "who need not read again finds all where it was")
			}
		}
		for i := 1; i < len(stream); i++ {
			require.Less(t, index(stream[i-1]), index(stream[i]), "what came since keeps its order")
		}
	})
}
