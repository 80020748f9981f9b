package registry

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func logged(t require.TestingT, programme string, number int, text string) Logged {
	r := Revision{Program: programme, Number: number, Files: file(text), Digest: DigestOf(file(text))}
	return Logged{Revision: r, Says: says(t, text)}
}

func TestAcceptedIsWhatReadersOfTheLogKnow(t *testing.T) {
	got := Accepted([]Logged{
		logged(t, "tea", 1, tea), logged(t, "coffee", 1, tea), logged(t, "tea", 1, tea), logged(t, "tea", 3, tea),
		logged(t, "tea", 2, with("USD", "EUR")), logged(t, "tea", 2, tea), logged(t, "coffee", 3, tea), logged(t, "tea", 3, tea),
	})
	var names []string
	for _, r := range got {
		names = append(names, fmt.Sprint(r.Program, "/", r.Number))
	}
	require.Equal(t, []string{"tea/1", "coffee/1", "tea/2", "tea/3"}, names)
}

func TestRepairOf(t *testing.T) {
	rev := func(number int, digest byte, published bool) Revision {
		return Revision{Program: "tea", Number: number, Digest: Digest{digest}, Published: published}
	}
	at := rev(1, 1, true)
	at.Effective = now
	cases := []struct {
		name           string
		kept, accepted []Revision
		want           Repair
		split          int
	}{
		{name: "nothing"},
		{name: "all is well", kept: []Revision{rev(1, 1, true)}, accepted: []Revision{rev(1, 1, false)}},
		{name: "a house that was there before", accepted: []Revision{rev(1, 1, false), rev(2, 2, false)},
			want: Repair{Adopt: []Revision{rev(1, 1, true), rev(2, 2, true)}}},
		{name: "an older copy", kept: []Revision{rev(1, 1, true)}, accepted: []Revision{rev(1, 1, false), rev(2, 2, false)},
			want: Repair{Adopt: []Revision{rev(2, 2, true)}}},
		{name: "died before it was published", kept: []Revision{rev(1, 1, true), rev(2, 2, false)}, accepted: []Revision{rev(1, 1, false)}},
		{name: "died before that was noted", kept: []Revision{rev(1, 1, false)}, accepted: []Revision{rev(1, 1, false)},
			want: Repair{Stand: []Revision{rev(1, 1, false)}}},
		{name: "the bus went back", kept: []Revision{rev(1, 1, true), rev(2, 2, true), rev(3, 3, false)}, accepted: []Revision{rev(1, 1, false)},
			want: Repair{Publish: []Revision{rev(2, 2, true)}}},
		{name: "other files", kept: []Revision{rev(1, 1, true)}, accepted: []Revision{rev(1, 2, false)}, split: 1},
		{name: "another time", kept: []Revision{at}, accepted: []Revision{rev(1, 1, false)}, split: 1},
		{name: "one written to an older copy", kept: []Revision{rev(1, 1, true), rev(2, 9, false)}, accepted: []Revision{rev(1, 1, false), rev(2, 2, false)}, split: 2},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := RepairOf(c.kept, c.accepted)
			if c.split > 0 {
				split := &SplitError{}
				require.ErrorAs(t, err, &split)
				require.Equal(t, SplitError{"tea", c.split}, *split)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

// TestRepairMakesRegistryAndLogAgree cuts a history anywhere on both sides: after the repair, and after what is unpublished
// has been published in its order, both hold all of it.
func TestRepairMakesRegistryAndLogAgree(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		n := rapid.IntRange(0, 6).Draw(r, "revisions")
		var all []Revision
		for i := range n {
			all = append(all, Revision{Program: "tea", Number: i + 1, Digest: Digest{byte(i)}, Effective: time.UnixMilli(int64(i))})
		}
		kept := append([]Revision(nil), all[:rapid.IntRange(0, n).Draw(r, "kept")]...)
		inLog := all[:rapid.IntRange(0, n).Draw(r, "logged")]
		for i := range kept {
			kept[i].Published = rapid.Bool().Draw(r, "published")
		}
		repair, err := RepairOf(kept, inLog)
		require.NoError(r, err)
		published := map[int]bool{}
		for _, k := range kept {
			published[k.Number] = k.Published
		}
		for _, a := range repair.Adopt {
			require.NotContains(r, published, a.Number)
			published[a.Number] = a.Published
		}
		for _, s := range repair.Stand {
			published[s.Number] = true
		}
		for _, p := range repair.Publish {
			published[p.Number] = false
		}
		for number, is := range published {
			require.Equal(r, number <= len(inLog), is, "revision %d", number)
		}
		require.Len(r, published, max(len(kept), len(inLog)))
	})
}
