package program

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/laurel-loyalty/laurel/services/internal/actions"
)

// schemaNodesMax bounds what a schema asks of data: its keys and values, those behind references counted as often as
// they are used. Together with the limits of data it bounds how long a check takes.
const schemaNodesMax = 500

// schemaURL names a schema inside the library; nothing is ever read from there.
const schemaURL = "urn:laurel:action"

// localRef is the one form of a reference that may stand in a schema.
var localRef = regexp.MustCompile(`^#/\$defs/[A-Za-z0-9_-]{1,64}$`)

// foreign are keywords that would reach outside the schema, or make a reference mean something else.
var foreign = map[string]string{
	"$id": "a schema has no address of its own", "$schema": "it is always draft 2020-12",
	"$anchor": "write references as #/$defs/name", "$dynamicAnchor": "write references as #/$defs/name",
	"$dynamicRef": "write references as #/$defs/name", "$recursiveRef": "write references as #/$defs/name",
	"$vocabulary": "the vocabulary is that of draft 2020-12",
}

// jsonSchema reads the JSON Schema that stands at a value, draft 2020-12, compiles it and writes it as JSON. Nil: it has
// faults.
func (r *reader) jsonSchema(v value) (*jsonschema.Schema, string) {
	if !v.given() || !r.is(v, yaml.MappingNode, "a JSON Schema, for example {type: object}") {
		return nil, ""
	}
	before := len(r.faults)
	doc := r.asJSON(v)
	if len(r.faults) == before && r.nodes(v, v, nil) > schemaNodesMax {
		r.fault(v, "the schema has more than %d keys and values, references followed; make it shorter", schemaNodesMax)
	}
	if len(r.faults) > before {
		return nil, ""
	}
	compiled, err := compile(doc)
	if err != nil {
		r.badSchema(v, err)
		return nil, ""
	}
	text, err := json.Marshal(doc)
	if err != nil {
		r.fault(v, "cannot be written as JSON: %v", err)
	}
	return compiled, string(text)
}

func compile(doc any) (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.UseLoader(noLoader{})
	if err := c.AddResource(schemaURL, doc); err != nil {
		return nil, err
	}
	return c.Compile(schemaURL)
}

// noLoader keeps a schema from reading anything.
type noLoader struct{}

// Load implements jsonschema.URLLoader.
func (noLoader) Load(url string) (any, error) { return nil, fmt.Errorf("%s is not read", url) }

// asJSON turns YAML into the values of JSON. Numbers stay as they are written.
func (r *reader) asJSON(v value) any {
	switch v.node.Kind {
	case yaml.MappingNode:
		object := map[string]any{}
		children, _ := r.pairs(v)
		for _, child := range children {
			if why, ok := foreign[child.key.Value]; ok {
				r.faultAt(child, child.key, "%s may not stand in a schema: %s; delete the line", child.key.Value, why)
				continue
			}
			object[child.key.Value] = r.asJSON(child)
		}
		return object
	case yaml.SequenceNode:
		array := make([]any, len(v.node.Content))
		for i, node := range v.node.Content {
			array[i] = r.asJSON(v.item(i, node))
		}
		return array
	}
	return r.scalar(v)
}

// scalar turns one YAML value into JSON's.
func (r *reader) scalar(v value) any {
	text := v.node.Value
	switch v.node.ShortTag() {
	case textTag:
		return text
	case nullTag:
		return nil
	case "!!bool":
		return strings.EqualFold(text, "true")
	case "!!int", "!!float":
		var n json.Number
		if json.Unmarshal([]byte(text), &n) == nil {
			if _, err := actions.ParseNumber(text); err == nil {
				return n
			}
		}
		r.fault(v, "%s is no number of JSON; write digits, for example 12.5", short(text))
	default:
		r.fault(v, "is %s; write a text, in quotes: %q", kindOf(v.node), short(text))
	}
	return nil
}

// nodes counts the keys and values of a schema, following references into $defs; path holds those that are being
// followed. It stops a little above the limit.
func (r *reader) nodes(root, v value, path []string) int {
	n := 1
	switch v.node.Kind {
	case yaml.SequenceNode:
		for i, node := range v.node.Content {
			if n += r.nodes(root, v.item(i, node), path); n > schemaNodesMax {
				return n
			}
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(v.node.Content); i += 2 {
			key, node := v.node.Content[i], v.node.Content[i+1]
			child := value{file: v.file, path: v.below(key.Value), key: key, node: node}
			if key.Value == "$ref" && node.Kind == yaml.ScalarNode {
				n += r.refNodes(root, child, path)
			} else {
				n += r.nodes(root, child, path)
			}
			if n > schemaNodesMax {
				return n
			}
		}
	}
	return n
}

// refNodes counts what a reference stands for. One that leads out of the schema, to nothing or back to itself is a fault.
func (r *reader) refNodes(root, v value, path []string) int {
	ref := v.node.Value
	if !localRef.MatchString(ref) {
		r.fault(v, "%q leads out of $defs; write #/$defs/name: nothing else is read", short(ref))
		return 0
	}
	if slices.Contains(path, ref) {
		r.fault(v, "%q leads back to itself; write out how deep the data go", short(ref))
		return 0
	}
	target, ok := at(root, "$defs", ref[len("#/$defs/"):])
	if !ok {
		r.fault(v, "there is no %q in this schema; add it under $defs", short(ref))
		return 0
	}
	return r.nodes(root, target, append(path, ref))
}

// at walks down keys and places of lists.
func at(v value, tokens ...string) (value, bool) {
	for _, token := range tokens {
		next, ok := v.child(token)
		if !ok {
			return v, false
		}
		v = next
	}
	return v, true
}

// child returns what stands under a key, or at a place of a list.
func (v value) child(token string) (value, bool) {
	if v.node.Kind == yaml.SequenceNode {
		i, err := strconv.Atoi(token)
		if err != nil || i < 0 || i >= len(v.node.Content) {
			return value{}, false
		}
		return v.item(i, v.node.Content[i]), true
	}
	for i := 0; v.node.Kind == yaml.MappingNode && i+1 < len(v.node.Content); i += 2 {
		if key := v.node.Content[i]; key.Value == token {
			return value{file: v.file, path: v.below(token), key: key, node: v.node.Content[i+1]}, true
		}
	}
	return value{}, false
}

// badSchema reports why the library does not take a schema, at the place that it names.
func (r *reader) badSchema(v value, err error) {
	bad, ok := errors.AsType[*jsonschema.SchemaValidationError](err)
	if !ok {
		r.fault(v, "is no JSON Schema: %s", strings.ReplaceAll(err.Error(), schemaURL, ""))
		return
	}
	invalid, ok := errors.AsType[*jsonschema.ValidationError](bad.Err)
	if !ok {
		r.fault(v, "is no JSON Schema: %v", bad.Err)
		return
	}
	leaf := invalid
	for len(leaf.Causes) > 0 {
		leaf = leaf.Causes[0]
	}
	place, _ := at(v, leaf.InstanceLocation...)
	r.fault(place, "is no JSON Schema: %s", misfitText(leaf))
}
