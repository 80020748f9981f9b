package reason_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// declared reads the constants of type Reason out of table.go, by their names in Go.
func declared(t *testing.T) map[string]reason.Reason {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "table.go", nil, 0)
	require.NoError(t, err)
	constants := map[string]reason.Reason{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); !ok || kind.Name != "Reason" {
			return false
		}
		require.Len(t, spec.Values, len(spec.Names), "each reason says what it is")
		for i, name := range spec.Names {
			literal, ok := spec.Values[i].(*ast.BasicLit)
			require.True(t, ok, "%s is written out", name)
			text, err := strconv.Unquote(literal.Value)
			require.NoError(t, err)
			constants[name.Name] = reason.Reason(text)
		}
		return false
	})
	require.NotEmpty(t, constants)
	return constants
}

func TestEveryReasonHasItsRow(t *testing.T) {
	form := regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$`)
	named := map[reason.Reason]string{}
	for name, r := range declared(t) {
		require.Regexp(t, form, string(r), name)
		require.Empty(t, named[r], "%s and %s are both %s", name, named[r], r)
		named[r] = name

		info, ok := reason.Lookup(r)
		require.True(t, ok, "%s has no row", name)
		require.Greater(t, info.Kind, reason.KindUnset, name)
		require.LessOrEqual(t, info.Kind, reason.Unavailable, "%s: a kind that is not one", name)
		require.True(t, strings.HasSuffix(info.Doc, ".") && len(info.Doc) > len("."), "%s: doc is a sentence", name)
	}
	for _, info := range reason.Table() {
		require.NotEmpty(t, named[info.Reason], "row %s is no constant of table.go", info.Reason)
	}
	require.Len(t, reason.Table(), len(named), "a reason has two rows")
}

func TestTableIsSortedByName(t *testing.T) {
	table := reason.Table()
	require.True(t, slices.IsSortedFunc(table, func(a, b reason.Info) int {
		return strings.Compare(string(a.Reason), string(b.Reason))
	}))
	table[0].Doc = "changed"
	require.NotEqual(t, "changed", reason.Table()[0].Doc, "a caller cannot change the table")
}

func TestAReasonThatIsNotKnown(t *testing.T) {
	_, ok := reason.Lookup("NEVER_HEARD_OF")
	require.False(t, ok)
}
