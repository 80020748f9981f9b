package program

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestShippedProgrammesTakeNoFreeText: what an action says is kept for ever (docs/decisions/0022), so the schemas that people
// copy from are closed and bound every text.
func TestShippedProgrammesTakeNoFreeText(t *testing.T) {
	files, err := filepath.Glob("../../../deploy/programmes/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	checked := 0
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		p, faults := Parse([]File{{Name: filepath.Base(file), Content: content}})
		require.Empty(t, faults)
		for _, action := range p.Actions {
			var schema map[string]any
			require.NoError(t, json.Unmarshal([]byte(action.Schema), &schema))
			requireClosed(t, filepath.Base(file)+": "+action.Type, schema)
			checked++
		}
	}
	require.Positive(t, checked)
}

func requireClosed(t *testing.T, place string, schema map[string]any) {
	t.Helper()
	switch schema["type"] {
	case "object":
		require.Equal(t, false, schema["additionalProperties"], "%s takes what it does not name", place)
		properties, _ := schema["properties"].(map[string]any)
		for name, property := range properties {
			inner, ok := property.(map[string]any)
			require.True(t, ok, "%s.%s says nothing of itself", place, name)
			requireClosed(t, place+"."+name, inner)
		}
	case "array":
		inner, ok := schema["items"].(map[string]any)
		require.True(t, ok, "%s takes anything in a list", place)
		requireClosed(t, place+"[]", inner)
	case "string":
		_, enum := schema["enum"]
		_, long := schema["maxLength"]
		_, pattern := schema["pattern"]
		require.True(t, enum || long || pattern, "%s takes any text", place)
	case "integer", "number", "boolean":
	default:
		require.Failf(t, "an open place", "%s has the type %v", place, schema["type"])
	}
}
