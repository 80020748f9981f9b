package program

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// badCase is a programme with faults.
type badCase struct {
	name string
	// yaml is laid over the plain programme.
	yaml string
	// want holds each fault without the file: line:column: path: message.
	want []string
	// lax: the JSON Schema cannot see what is wrong.
	lax bool
}

func badCases() []badCase {
	return slices.Concat(badNames, badEarning, badActions, badPartners, badUnits, badRest)
}

func TestParseNamesEveryFault(t *testing.T) {
	for _, c := range badCases() {
		t.Run(c.name, func(t *testing.T) {
			p, faults := parseText(whole(c.yaml))
			require.Nil(t, p, c.yaml)
			require.Equal(t, "p.yaml:"+strings.Join(c.want, "\np.yaml:"), strings.Join(lines(faults), "\n"), c.yaml)
		})
	}
}
