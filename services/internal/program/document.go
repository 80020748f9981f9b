package program

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// depthMax bounds nesting; a programme needs five levels.
const depthMax = 32

// load returns the sections of one file as a mapping, or says with faults why it cannot be read at
// all.
func load(file File) (*yaml.Node, []Fault) {
	if f, ok := badText(file); ok {
		return nil, []Fault{f}
	}
	loader, err := yaml.NewLoader(bytes.NewReader(file.Content), yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthFunc(depth))))
	if err != nil {
		return nil, []Fault{{File: file.Name, Line: 1, Column: 1, Message: "cannot be read as YAML: " + err.Error()}}
	}
	var doc, second yaml.Node
	if err := loader.Load(&doc); err != nil {
		return nil, []Fault{broken(file, err)}
	}
	if err := loader.Load(&second); !errors.Is(err, io.EOF) {
		if err != nil {
			return nil, []Fault{broken(file, err)}
		}
		return nil, []Fault{{File: file.Name, Line: second.Line, Column: second.Column,
			Message: "a second YAML document begins here; keep one to a file"}}
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return nil, []Fault{{File: file.Name, Line: root.Line, Column: root.Column,
			Message: "the file holds " + kindOf(root) + "; write keys with values, for example \"programme: shop\""}}
	}
	return root, fancy(file.Name, root)
}

func depth(level int, _ *loaderlimits.DepthContext) error {
	if level > depthMax {
		return fmt.Errorf("nested deeper than %d levels", depthMax)
	}
	return nil
}

// badText finds the first byte that is no text: the YAML reader does not say where it is, and takes
// UTF-16.
func badText(file File) (Fault, bool) {
	line, column := 1, 1
	for text := bytes.TrimPrefix(file.Content, []byte("\ufeff")); len(text) > 0; {
		r, size := utf8.DecodeRune(text)
		f := Fault{File: file.Name, Line: line, Column: column}
		switch {
		case r == utf8.RuneError && size == 1:
			f.Message = fmt.Sprintf("byte 0x%02x is not UTF-8; save the file as UTF-8", text[0])
			return f, true
		case unicode.IsControl(r) && !strings.ContainsRune("\t\n\r", r), r == '\ufffe', r == '\uffff':
			f.Message = fmt.Sprintf("control character %U; delete it", r)
			return f, true
		}
		text, column = text[size:], column+1
		if r == '\n' {
			line, column = line+1, 1
		}
	}
	return Fault{}, false
}

// broken turns an error of the YAML reader into a fault.
func broken(file File, err error) Fault {
	f := Fault{File: file.Name, Line: 1, Column: 1}
	if errors.Is(err, io.EOF) {
		f.Message = "the file is empty; write the programme's sections or leave the file out"
		return f
	}
	var at *yaml.LoadError
	if !errors.As(err, &at) {
		f.Message = "broken YAML: " + err.Error()
		return f
	}
	mark, message := at.Mark, at.Message
	if at.ContextMsg != "" && at.ContextMark.Line > 0 {
		message += fmt.Sprintf(", %s that begins at %d:%d", at.ContextMsg, at.ContextMark.Line, at.ContextMark.Column)
		if at.ContextMark == at.Mark {
			message = at.Message + ", " + at.ContextMsg
		}
	}
	if mark.Line > 0 {
		f.Line, f.Column = mark.Line, mark.Column
	}
	f.Message = "broken YAML: " + message + "; look at the indentation, quotes and brackets before this place"
	if f.clamp(file.Content) == '\t' {
		f.Message = "broken YAML: a tab cannot indent; use blanks"
	}
	return f
}

// clamp moves a place behind the end of the text to that end, and returns the character that stands
// there, or 0.
func (f *Fault) clamp(content []byte) rune {
	lines := bytes.Split(content, []byte("\n"))
	if f.Line > len(lines) {
		f.Line, f.Column = len(lines), math.MaxInt
	}
	runes := []rune(string(lines[f.Line-1]))
	if f.Column > len(runes) {
		f.Column = len(runes) + 1
		return 0
	}
	return runes[f.Column-1]
}

// fancy reports what makes YAML say one thing and mean another: anchors, aliases, merge keys and
// tags. A programme is written out, so that what is read is what holds; without aliases there is
// also no alias bomb.
func fancy(file string, n *yaml.Node) []Fault {
	f := Fault{File: file, Line: n.Line, Column: n.Column}
	switch {
	case n.Kind == yaml.AliasNode:
		f.Message = fmt.Sprintf("alias *%s: write the value out here; aliases are not read", short(n.Value))
		return []Fault{f}
	case n.ShortTag() == mergeTag:
		f.Message = "merge key <<: write the keys out here; merge keys are not read"
		return []Fault{f}
	case n.Style&yaml.TaggedStyle != 0:
		f.Message = fmt.Sprintf("tag %s: delete it; tags are not read", short(n.Tag))
		return []Fault{f}
	}
	var faults []Fault
	if n.Anchor != "" {
		f.Message = fmt.Sprintf("anchor &%s: delete it; anchors and aliases are not read", short(n.Anchor))
		faults = append(faults, f)
	}
	for _, child := range n.Content {
		faults = append(faults, fancy(file, child)...)
	}
	return faults
}
