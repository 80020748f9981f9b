package fault_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/fault"
)

// TestListsHoldEachConstantInItsOrder reads the source, so that a new point cannot be left out of the tests that
// visit all of them.
func TestListsHoldEachConstantInItsOrder(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "fault.go", nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	var declared []string
	for _, d := range file.Decls {
		group, ok := d.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, s := range group.Specs {
			for _, v := range s.(*ast.ValueSpec).Values {
				name, err := strconv.Unquote(v.(*ast.BasicLit).Value)
				require.NoError(t, err)
				declared = append(declared, name)
			}
		}
	}
	require.NotEmpty(t, declared)
	require.Equal(t, declared, slices.Concat(fault.Points(), fault.RedemptionPoints(), fault.SettlementPoints(), fault.TradePoints()))
}
