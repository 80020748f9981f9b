package program

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

const (
	mergeTag = "!!merge"
	nullTag  = "!!null"
	textTag  = "!!str"
)

// value is what stands at a path of a file. node is nil where the file says nothing.
type value struct {
	file, path string
	key, node  *yaml.Node
}

func (v value) given() bool { return v.node != nil }

// place is where the value stands, or its key if it has one.
func (v value) place() string {
	n := v.node
	if v.key != nil {
		n = v.key
	}
	return Fault{File: v.file, Line: n.Line, Column: n.Column}.place()
}

// reader collects the faults of a programme while its values are read.
type reader struct {
	faults []Fault
}

// fault reports something at a value.
func (r *reader) fault(v value, format string, args ...any) {
	r.faultAt(v, v.node, format, args...)
}

func (r *reader) faultAt(v value, n *yaml.Node, format string, args ...any) {
	r.faults = append(r.faults, Fault{File: v.file, Line: n.Line, Column: n.Column, Path: v.path,
		Message: fmt.Sprintf(format, args...)})
}

// is reports whether a value is of a kind, and a fault if it is not. A fancy node has its fault
// already.
func (r *reader) is(v value, kind yaml.Kind, want string) bool {
	n := v.node
	switch {
	case isFancy(n):
		return false
	case n.Kind == kind && n.ShortTag() != nullTag:
		return true
	case n.ShortTag() == nullTag:
		r.fault(v, "has no value; write %s", want)
	default:
		r.fault(v, "is %s; write %s", kindOf(n), want)
	}
	return false
}

// pairs returns the keys and values of a mapping, and reports each key that comes twice. false: it
// is no mapping.
func (r *reader) pairs(v value) ([]value, bool) {
	if !r.is(v, yaml.MappingNode, "keys with values below it") {
		return nil, false
	}
	var out []value
	first := map[string]value{}
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		key := v.node.Content[i]
		child := value{file: v.file, path: v.below(key.Value), key: key, node: v.node.Content[i+1]}
		switch {
		case isFancy(key):
			continue
		case key.Kind != yaml.ScalarNode || key.ShortTag() == nullTag:
			r.faultAt(v, key, "a key is %s; write a word", kindOf(key))
			continue
		}
		if earlier, ok := first[key.Value]; ok {
			r.twice(child, earlier)
			continue
		}
		first[key.Value] = child
		out = append(out, child)
	}
	return out, true
}

func (r *reader) twice(v, first value) {
	r.faultAt(v, v.key, "is defined twice, first at %s; keep one of the two", first.place())
}

// section holds the known keys of a mapping.
type section struct {
	at     value
	values map[string]value
	// meant holds the known keys that unknown keys probably stand for.
	meant map[string]bool
}

func newSection(at value) section {
	return section{at: at, values: map[string]value{}, meant: map[string]bool{}}
}

// get returns the value of a key, or one that is not given.
func (s section) get(key string) value {
	if v, ok := s.values[key]; ok {
		return v
	}
	return value{file: s.at.file, path: s.at.below(key)}
}

// section reads a mapping whose keys are known, and reports those that are unknown or missing.
func (r *reader) section(v value, required, optional []string) section {
	s := newSection(v)
	if !v.given() {
		return s
	}
	children, ok := r.pairs(v)
	if !ok {
		return s
	}
	s.fill(r, children, slices.Concat(required, optional))
	for _, key := range required {
		if s.lacks(key) {
			r.missing(v, key)
		}
	}
	return s
}

// fill takes the children whose keys are known. It reports a key that does not belong here with
// what may have been meant, and one that comes a second time.
func (s section) fill(r *reader, children []value, known []string) {
	for _, child := range children {
		key := child.key.Value
		if !slices.Contains(known, key) {
			r.faultAt(child, child.key, "unknown key; %s", suggest(key, known))
			s.meant[nearest(key, known)] = true
			continue
		}
		if first, ok := s.values[key]; ok {
			r.twice(child, first)
			continue
		}
		s.values[key] = child
	}
}

// lacks reports whether a key is missing and no misspelt key stands for it.
func (s section) lacks(key string) bool {
	_, ok := s.values[key]
	return !ok && !s.meant[key]
}

// missing reports that a section lacks a key, at the place where the section begins.
func (r *reader) missing(v value, key string) {
	r.faults = append(r.faults, Fault{File: v.file, Line: v.node.Line, Column: v.node.Column, Path: v.below(key),
		Message: fmt.Sprintf("is missing; add it, for example \"%s\"", examples[key])})
}

func isFancy(n *yaml.Node) bool {
	return n.Kind == yaml.AliasNode || n.Style&yaml.TaggedStyle != 0 || n.ShortTag() == mergeTag
}

// kindOf names what a node is, for people.
func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a section with keys"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case textTag:
		return "text"
	case nullTag:
		return "nothing"
	case "!!bool":
		return "true or false"
	case "!!timestamp":
		return "a date"
	case "!!int", "!!float":
		return "a number"
	}
	return "an alias"
}

var plainKey = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// below returns the path of a key of this value.
func (v value) below(key string) string {
	switch {
	case !plainKey.MatchString(key):
		return v.path + "[" + strconv.Quote(short(key)) + "]"
	case v.path == "":
		return key
	}
	return v.path + "." + key
}

// short cuts what people wrote, so that a message stays readable.
func short(text string) string {
	const most = 60 // characters
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return strings.ToValidUTF8(text, "?")
}
