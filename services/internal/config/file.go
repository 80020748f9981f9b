package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"

	"go.yaml.in/yaml/v4"
)

// fileBytesMax keeps something else from being read as settings.
const fileBytesMax = 64 << 10

// file reads the settings of a file. False: it could not be read as YAML at all.
func (r *reader) file(name string) bool {
	content, problem := readFile(name)
	if problem != "" {
		r.fault(Fault{Place: name, Message: problem})
		return false
	}
	// The YAML reader's own words may quote what it has read, secrets too: only the place is taken from it.
	const broken = "broken YAML; look at the indentation, quotes and brackets before this place"
	loader, err := yaml.NewLoader(bytes.NewReader(content))
	if err != nil {
		r.fault(Fault{Place: name, Message: broken})
		return false
	}
	var doc, second yaml.Node
	if err := loader.Load(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return true // an empty file sets nothing
		}
		r.fault(Fault{Place: name + position(err), Message: broken})
		return false
	}
	f := yamlFile{r, name}
	f.section("", doc.Content[0])
	switch err := loader.Load(&second); {
	case err == nil:
		f.fault(&second, "", "a second YAML document begins here; keep one to a file")
	case !errors.Is(err, io.EOF):
		r.fault(Fault{Place: name + position(err), Message: broken})
		return false
	}
	return true
}

// readFile returns the content of a file, or what is wrong with it.
func readFile(name string) ([]byte, string) {
	var content []byte
	f, err := os.Open(name)
	if err == nil {
		content, err = io.ReadAll(io.LimitReader(f, fileBytesMax+1))
		err = errors.Join(err, f.Close())
	}
	var path *fs.PathError
	switch {
	case errors.As(err, &path):
		return nil, "cannot be read: " + path.Err.Error()
	case err != nil:
		return nil, "cannot be read: " + err.Error()
	case len(content) > fileBytesMax:
		return nil, fmt.Sprintf("has more than %d KiB; these are no settings", fileBytesMax>>10)
	}
	return content, ""
}

// position is where the YAML reader stopped, as :line:column.
func position(err error) string {
	var at *yaml.LoadError
	if !errors.As(err, &at) || at.Mark.Line < 1 {
		return ":1:1"
	}
	return fmt.Sprintf(":%d:%d", at.Mark.Line, max(at.Mark.Column, 1))
}

// yamlFile reads the nodes of one file.
type yamlFile struct {
	*reader
	name string
}

func (f yamlFile) place(n *yaml.Node) string {
	return fmt.Sprintf("%s:%d:%d", f.name, n.Line, n.Column)
}

func (f yamlFile) fault(n *yaml.Node, path, format string, args ...any) {
	f.reader.fault(Fault{Place: f.place(n), Path: path, Message: fmt.Sprintf(format, args...)})
}

// section reads the keys of a section. One without any sets nothing.
func (f yamlFile) section(path string, n *yaml.Node) {
	switch {
	case f.fancy(path, n) || isNull(n):
		return
	case n.Kind != yaml.MappingNode:
		f.fault(n, path, "is %s; write keys with values below it", kindName(n))
		return
	}
	seen := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if f.fancy(path, key) {
			continue
		}
		if first, twice := seen[key.Value]; twice {
			f.fault(key, path, "a key is there twice, first at %s; keep one of the two", f.place(first))
			continue
		}
		seen[key.Value] = key
		f.pair(path, key, value)
	}
}

// plainKeys are the keys that a message may repeat: "token:s3cret" without its blank is a key too.
var plainKeys = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func (f yamlFile) pair(path string, key, value *yaml.Node) {
	if key.Kind != yaml.ScalarNode || !plainKeys.MatchString(key.Value) {
		f.fault(key, path, "a key is no word; write it as \"name: value\", with a blank behind the colon")
		return
	}
	below := join(path, key.Value)
	if s, ok := f.plan.setting(below); ok {
		f.value(s, value)
		return
	}
	if f.plan.isSection(below) {
		f.section(below, value)
		return
	}
	f.fault(key, below, "unknown key; %s", suggest(key.Value, f.plan.children(path)))
}

// value reads one setting.
func (f yamlFile) value(s setting, n *yaml.Node) {
	faulty := true
	switch {
	case f.fancy(s.path, n):
	case isNull(n):
		f.fault(n, s.path, "has no value; write one or delete the key")
	case s.kind == kindList && n.Kind == yaml.SequenceNode:
		items, ok := f.items(s, n)
		if faulty = !ok; ok {
			f.read(s, f.place(n), items)
		}
	case s.kind == kindList:
		f.fault(n, s.path, "is %s; write a list, for example [one, two]", kindName(n))
	case n.Kind != yaml.ScalarNode:
		f.fault(n, s.path, "is %s; write one value", kindName(n))
	default:
		faulty = false
		f.read(s, f.place(n), []string{n.Value})
	}
	if faulty {
		f.faulty[s.path] = true
	}
}

func (f yamlFile) items(s setting, n *yaml.Node) ([]string, bool) {
	items, ok := make([]string, len(n.Content)), true
	for i, item := range n.Content {
		switch {
		case f.fancy(s.path, item):
			ok = false
		case item.Kind != yaml.ScalarNode || isNull(item):
			f.fault(item, s.path, "item %d is %s; write a text", i+1, kindName(item))
			ok = false
		default:
			items[i] = item.Value
		}
	}
	return items, ok
}

// fancy reports what makes YAML say one thing and mean another. Settings are written out.
func (f yamlFile) fancy(path string, n *yaml.Node) bool {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "" || n.ShortTag() == "!!merge":
		f.fault(n, path, "anchors, aliases and merge keys are not read; write the value out, in quotes if it begins with & or *")
	case n.Style&yaml.TaggedStyle != 0:
		f.fault(n, path, "tags are not read; delete it, or put the value in quotes if it begins with !")
	default:
		return false
	}
	return true
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// kindName names what a node is, for people.
func kindName(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a section with keys"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case isNull(n):
		return "nothing"
	}
	return "one value"
}
