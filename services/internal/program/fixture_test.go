package program

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	cdnowFile      = "../../../deploy/programmes/cdnow.yaml"
	cdnowTiersFile = "../../../deploy/programmes/cdnow-tiers.yaml"
	clubFile       = "../../../deploy/programmes/club.yaml"
	schemaFile     = "../../../proto/schema/programme.schema.json"
	referenceFile  = "../../../docs/reference/programme.md"
)

// plain holds a small programme without faults, section by section.
var plain = []struct{ key, text string }{
	{"programme", "programme: shop"},
	{"zone", "zone: UTC"},
	{"currency", "currency: EUR"},
	{"unit", "unit: points"},
	{"earning", "earning: {points: 1, per: 1.00}"},
	{"expiry", "expiry: {rule: end_of_month, months: 12}"},
	{"ladder", "ladder: {window_months: 12, tiers: [{name: bronze, from: 0}, {name: gold, from: 500}]}"},
}

// whole puts the sections under test first, so that their lines count from 1, and the plain ones
// that they lack below.
func whole(sections string) string {
	var b strings.Builder
	b.WriteString(sections)
	if !strings.HasSuffix(sections, "\n") {
		b.WriteString("\n")
	}
	for _, s := range plain {
		if !strings.HasPrefix(sections, s.key+":") && !strings.Contains(sections, "\n"+s.key+":") {
			b.WriteString(s.text + "\n")
		}
	}
	return b.String()
}

func parseText(text string) (*Program, []Fault) {
	return Parse([]File{{Name: "p.yaml", Content: []byte(text)}})
}

// mustParse parses sections laid over the plain programme.
func mustParse(t require.TestingT, sections string) *Program {
	p, faults := parseText(whole(sections))
	require.Empty(t, faults, sections)
	require.NotNil(t, p)
	return p
}

func lines(faults []Fault) []string {
	var out []string
	for _, f := range faults {
		out = append(out, f.String())
	}
	return out
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	_ = os.Getenv("LAUREL_FILES_ARE") // what lies outside the module makes a kept result stale by this alone
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return content
}

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// referenceExamples returns the YAML of the reference page.
func referenceExamples(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, m := range yamlBlock.FindAllStringSubmatch(string(readFile(t, referenceFile)), -1) {
		out = append(out, m[1])
	}
	require.NotEmpty(t, out)
	return out
}
