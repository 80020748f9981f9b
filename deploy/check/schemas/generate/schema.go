package main

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// schema is what is kept of a definition: descriptions, defaults and what only servers need are left out.
type schema struct {
	Ref        string             `json:"$ref,omitempty"`
	Type       string             `json:"type,omitempty"`
	Format     string             `json:"format,omitempty"`
	Enum       []string           `json:"enum,omitempty"`
	OneOf      []*schema          `json:"oneOf,omitempty"`
	Items      *schema            `json:"items,omitempty"`
	Required   []string           `json:"required,omitempty"`
	Properties map[string]*schema `json:"properties,omitempty"`
	Others     *schema            `json:"additionalProperties,omitempty"`

	never bool // nothing is this
}

// MarshalJSON writes false for what nothing is.
func (s *schema) MarshalJSON() ([]byte, error) {
	if s.never {
		return []byte("false"), nil
	}
	type plain schema
	return json.Marshal((*plain)(s))
}

const local = "#/definitions/"

// close lets objects have no properties but those that are known, and returns which definitions are referred to.
func (s *schema) close() []string {
	if s == nil {
		return nil
	}
	refs := slices.Concat(s.Items.close(), s.Others.close())
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		refs = append(refs, s.Properties[name].close()...)
	}
	if len(s.Properties) > 0 && s.Others == nil {
		s.Others = &schema{never: true}
	}
	if s.Ref != "" {
		refs = append(refs, strings.TrimPrefix(s.Ref, local))
	}
	return refs
}

// only fixes of what kind an object is. What a cluster says of its state is nothing that a chart may say.
func (s *schema) only(k kind) {
	delete(s.Properties, "status")
	s.Properties["apiVersion"] = &schema{Type: "string", Enum: []string{k.version}}
	s.Properties["kind"] = &schema{Type: "string", Enum: []string{k.name}}
	s.Required = []string{"apiVersion", "kind", "metadata", "spec"}
}

// written is how people write what the specification calls a string and reads from numbers, too.
func (s *schema) written(name string) {
	switch name {
	case "io.k8s.apimachinery.pkg.api.resource.Quantity":
		*s = schema{OneOf: []*schema{{Type: "string"}, {Type: "number"}}}
	case "io.k8s.apimachinery.pkg.util.intstr.IntOrString":
		*s = schema{OneOf: []*schema{{Type: "string"}, {Type: "integer"}}}
	}
}
