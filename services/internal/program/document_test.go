package program

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"
)

// hint ends every message about broken YAML.
const hint = "; look at the indentation, quotes and brackets before this place"

func TestParseRefusesWhatIsNoYAML(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"empty file", "", []string{"p.yaml:1:1: the file is empty; write the programme's sections or leave the file out"}},
		{"comments alone", "# soon\n", []string{"p.yaml:1:1: the file is empty; write the programme's sections or leave the file out"}},
		{"a text", "hello", []string{`p.yaml:1:1: the file holds text; write keys with values, for example "programme: shop"`}},
		{"a list", "- programme: shop", []string{`p.yaml:1:1: the file holds a list; write keys with values, for example "programme: shop"`}},
		{"nothing after a document mark", "---\n", []string{`p.yaml:2:1: the file holds nothing; write keys with values, for example "programme: shop"`}},
		{"two documents", "a: 1\n---\nb: 2\n", []string{"p.yaml:2:1: a second YAML document begins here; keep one to a file"}},
		{"second document broken", "a: 1\n---\nb: [\n", []string{"p.yaml:4:1: broken YAML: did not find expected node content, while parsing a flow node" + hint}},
		{"bracket left open", "zone: [UTC\nunit: points\n", []string{
			"p.yaml:2:5: broken YAML: did not find expected ',' or ']', while parsing a flow sequence that begins at 1:7" + hint}},
		{"quote left open", "zone: 'UTC\n", []string{
			"p.yaml:2:1: broken YAML: found unexpected end of stream, while scanning a quoted scalar that begins at 1:7" + hint}},
		{"two colons in a line", "zone: a: b\n", []string{"p.yaml:1:8: broken YAML: mapping values are not allowed in this context" + hint}},
		{"indented by a tab", "earning:\n\tpoints: 1\n", []string{"p.yaml:2:1: broken YAML: a tab cannot indent; use blanks"}},
		{"alias of nothing", "zone: *utc\n", []string{"p.yaml:1:7: broken YAML: unknown anchor 'utc' referenced" + hint}},
		{"not UTF-8", "zone: UTC\nname: Caf\xe9\n", []string{"p.yaml:2:10: byte 0xe9 is not UTF-8; save the file as UTF-8"}},
		{"UTF-16", "\xff\xfez\x00", []string{"p.yaml:1:1: byte 0xff is not UTF-8; save the file as UTF-8"}},
		{"control character", "name: ü\x00", []string{"p.yaml:1:8: control character U+0000; delete it"}},
		{"nested too deep", "zone: " + strings.Repeat("[", 100_000), []string{
			"p.yaml:1:39: broken YAML: nested deeper than 32 levels, while increasing flow level" + hint}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, faults := parseText(c.text)
			require.Nil(t, p)
			require.Equal(t, c.want, lines(faults))
		})
	}
}

func TestParseTakesAByteOrderMarkAndWindowsLines(t *testing.T) {
	p, faults := parseText("\ufeff" + strings.ReplaceAll(whole("name: Café"), "\n", "\r\n"))
	require.Empty(t, faults)
	require.Equal(t, "Café", p.Name)
}

// bomb stands for 10^levels values.
func bomb(levels int) string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n")
	for i := 1; i <= levels; i++ {
		alias := fmt.Sprintf("*a%d", i-1)
		fmt.Fprintf(&b, "a%d: &a%d [%s%s]\n", i, i, strings.Repeat(alias+",", 9), alias)
	}
	return b.String()
}

func TestParseRefusesAnAliasBombAtOnce(t *testing.T) {
	var out any
	require.ErrorContains(t, yaml.Unmarshal([]byte(bomb(9)), &out), "excessive aliasing", "the YAML reader by itself")

	p, faults := parseText(bomb(9))
	require.Nil(t, p)
	require.Contains(t, lines(faults), "p.yaml:1:5: anchor &a0: delete it; anchors and aliases are not read")
	require.Contains(t, lines(faults), "p.yaml:2:10: alias *a0: write the value out here; aliases are not read")
}

func TestParseOfSeveralFiles(t *testing.T) {
	file := func(name, text string) File { return File{Name: name, Content: []byte(text)} }
	base, club, ladder := file("a.yaml", "programme: shop\nzone: UTC\ncurrency: EUR\nunit: points\n"),
		file("b.yaml", "earning: {points: 1, per: 1.00, multipliers: {tier: {gold: 2}}}\nexpiry: {rule: never}\n"),
		file("c.yaml", "ladder: {window_months: 12, tiers: [{name: bronze, from: 0}, {name: gold, from: 9}]}\n")

	t.Run("in any order", func(t *testing.T) {
		one, faults := Parse([]File{base, club, ladder})
		require.Empty(t, faults)
		two, faults := Parse([]File{ladder, club, base})
		require.Empty(t, faults)
		require.Equal(t, one, two)
	})
	for _, c := range []struct {
		name  string
		files []File
		want  []string
	}{
		{"none", nil, []string{"programme:1:1: there is no file; name at least one"}},
		{"a section in two files", []File{file("d.yaml", "unit: miles\n\nexpiry: {rule: never}"), club, base, ladder}, []string{
			"d.yaml:1:1: unit: is defined twice, first at a.yaml:4:1; keep one of the two",
			"d.yaml:3:1: expiry: is defined twice, first at b.yaml:2:1; keep one of the two"}},
		{"one file named twice", []File{base, base}, []string{"a.yaml:1:1: the same file is named twice; name it once"}},
		{"sections missing", []File{base}, []string{
			`a.yaml:1:1: earning: is missing; add it, for example "earning: {points: 1, per: 1.00}"`,
			`a.yaml:1:1: expiry: is missing; add it, for example "expiry: {rule: end_of_month, months: 12}"`}},
		{"a broken file hides no faults of others and makes no new ones", []File{base, file("b.yaml", "}"), file("c.yaml",
			"earning: {points: 0, per: 1, multipliers: {tier: {gold: 2}}}")}, []string{
			"b.yaml:1:1: broken YAML: did not find expected node content, while parsing a block node" + hint,
			"c.yaml:1:19: earning.points: 0 is out of range; write 1 to 10000"}},
		{"a misspelt section is not missing too", []File{base, club, file("c.yaml", "lader: {}")}, []string{
			`c.yaml:1:1: lader: unknown key; did you mean "ladder"?`}},
		{"no ladder", []File{base, club}, []string{
			"b.yaml:1:54: earning.multipliers.tier.gold: there is no ladder; add one with a tier of this name, or delete the line"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, faults := Parse(c.files)
			require.Nil(t, p)
			require.Equal(t, c.want, lines(faults))
		})
	}
}

func TestParseNeverPanicsAndPlacesEveryFaultInTheText(t *testing.T) {
	examples := []string{string(readFile(t, cdnowTiersFile)), referenceExamples(t)[0]}
	letters := rapid.SampledFrom([]string{":", " ", "\n", "-", "[", "]", "{", "}", "&a ", "*a", "<<", "\"", "'", "0", "9", "x", "ü", "#", "\t", "|", ">", "!", "~", "%", "\x00", "\xff"})
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom(examples).Draw(t, "example")
		for range rapid.IntRange(1, 5).Draw(t, "changes") {
			at := rapid.IntRange(0, len(text)).Draw(t, "at")
			until := min(len(text), at+rapid.IntRange(0, 4).Draw(t, "cut"))
			text = text[:at] + letters.Draw(t, "new") + text[until:]
		}
		p, faults := parseText(text)
		require.Equal(t, p == nil, len(faults) > 0, text)
		for _, f := range faults {
			require.True(t, 1 <= f.Line && f.Line <= strings.Count(text, "\n")+1 && 1 <= f.Column && f.Message != "", "%s\n%s", f, text)
		}
		if p != nil {
			require.NotNil(t, p.Zone)
			require.NotEqual(t, time.Local, p.Zone)
		}
	})
}
