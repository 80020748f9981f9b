package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestObjectsAreClosed: what is known of an object is kept with all that it is made of, what only explains is dropped, and
// nothing else may be said of it.
func TestObjectsAreClosed(t *testing.T) {
	t.Parallel()
	all := map[string]any{
		"io.k8s.apimachinery.pkg.api.resource.Quantity": map[string]any{"type": "string"},
		"spec": map[string]any{
			"type": "object", "required": []string{"selector"}, "description": "explains", "x-kubernetes-map-type": "atomic",
			"properties": map[string]any{
				"selector":    map[string]any{"type": "object", "additionalProperties": map[string]any{"type": "string"}, "default": map[string]any{}},
				"description": map[string]any{"type": "string", "description": "a field that is called so"},
				"amounts":     map[string]any{"type": "array", "items": map[string]any{"$ref": "#/definitions/io.k8s.apimachinery.pkg.api.resource.Quantity"}},
				"again":       map[string]any{"$ref": "#/definitions/spec"},
				"free":        map[string]any{"type": "object"},
			},
		},
		"state":  map[string]any{"type": "object"},
		"unused": map[string]any{"type": "object"},
	}
	for _, k := range kinds() {
		all[k.definition] = map[string]any{"type": "object", "properties": map[string]any{
			"spec": map[string]any{"$ref": "#/definitions/spec"}, "status": map[string]any{"$ref": "#/definitions/state"},
		}}
	}
	text, err := json.Marshal(map[string]any{"definitions": all})
	require.NoError(t, err)
	files, err := generate(text)
	require.NoError(t, err)
	require.Len(t, files, len(kinds())+1)
	for _, k := range kinds() {
		require.Contains(t, string(files[k.file]), `"$ref": "definitions.json#/definitions/`+k.definition+`"`)
	}
	var found struct{ Definitions map[string]json.RawMessage }
	require.NoError(t, json.Unmarshal(files[shared], &found))
	require.Len(t, found.Definitions, len(kinds())+2)
	require.JSONEq(t, `{"oneOf": [{"type": "string"}, {"type": "number"}]}`, string(found.Definitions["io.k8s.apimachinery.pkg.api.resource.Quantity"]))
	require.JSONEq(t, `{"type": "object", "required": ["selector"], "additionalProperties": false, "properties": {
		"selector": {"type": "object", "additionalProperties": {"type": "string"}},
		"description": {"type": "string"},
		"amounts": {"type": "array", "items": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.api.resource.Quantity"}},
		"again": {"$ref": "#/definitions/spec"},
		"free": {"type": "object"}}}`, string(found.Definitions["spec"]))
	require.JSONEq(t, `{"type": "object", "required": ["apiVersion", "kind", "metadata", "spec"], "additionalProperties": false, "properties": {
		"apiVersion": {"type": "string", "enum": ["v1"]}, "kind": {"type": "string", "enum": ["Service"]}, "spec": {"$ref": "#/definitions/spec"}}}`,
		string(found.Definitions["io.k8s.api.core.v1.Service"]))

	delete(all, "spec")
	text, err = json.Marshal(map[string]any{"definitions": all})
	require.NoError(t, err)
	_, err = generate(text)
	require.ErrorContains(t, err, "spec is not defined")
	_, err = generate([]byte(`{"definitions": {}}`))
	require.ErrorContains(t, err, "io.k8s.api.apps.v1.Deployment is not defined")
}
