package config

import (
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// Print writes settings as YAML that Load reads again, for --print-config. Of a secret it shows whether it is set, nothing
// else. cfg is the struct, or a pointer to it.
func Print(w io.Writer, cfg any) error {
	p, root, err := inspect(cfg)
	if err != nil {
		return err
	}
	text, err := yaml.Dump(p.node("", root))
	if err != nil {
		return fmt.Errorf("print settings: %w", err)
	}
	if _, err := w.Write(text); err != nil {
		return fmt.Errorf("print settings: %w", err)
	}
	return nil
}

// inspect reads the tags of a struct that may stand behind a pointer.
func inspect(cfg any) (plan, reflect.Value, error) {
	root := reflect.Indirect(reflect.ValueOf(cfg))
	if !root.IsValid() {
		return plan{}, root, fmt.Errorf("settings are a struct, not %T(nil)", cfg)
	}
	p, err := planOf(root.Type())
	return p, root, err
}

// node writes a section.
func (p plan) node(path string, root reflect.Value) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	for _, name := range p.children(path) {
		below := join(path, name)
		n.Content = append(n.Content, textNode(name))
		if s, ok := p.setting(below); ok {
			n.Content = append(n.Content, s.node(root.FieldByIndex(s.index)))
			continue
		}
		n.Content = append(n.Content, p.node(below, root))
	}
	return n
}

func (s setting) node(v reflect.Value) *yaml.Node {
	scalar := func(text string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: text} }
	if s.secret {
		if v.IsZero() {
			return textNode("")
		}
		v = reflect.ValueOf(mask)
	}
	switch value := v.Interface().(type) {
	case int:
		return scalar(strconv.Itoa(value))
	case int64:
		return scalar(strconv.FormatInt(value, 10))
	case bool:
		return scalar(strconv.FormatBool(value))
	case time.Duration:
		return scalar(value.String())
	case []string:
		list := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for _, item := range value {
			list.Content = append(list.Content, textNode(item))
		}
		return list
	default:
		return textNode(v.String())
	}
}

func textNode(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
}

// masked takes the values of secrets out of a text, also where they stand in quotes.
func (r *reader) masked(text string) string {
	var secrets []string
	for _, s := range r.plan.settings {
		v := r.root.FieldByIndex(s.index)
		if !s.secret || v.IsZero() {
			continue
		}
		if list, ok := reflect.TypeAssert[[]string](v); ok {
			secrets = append(secrets, list...)
			continue
		}
		secrets = append(secrets, fmt.Sprint(v.Interface()))
	}
	// A secret may stand in another: the longer one goes first.
	slices.SortFunc(secrets, func(a, b string) int { return len(b) - len(a) })
	for _, secret := range secrets {
		quoted := strconv.Quote(secret)
		text = strings.ReplaceAll(text, secret, mask)
		text = strings.ReplaceAll(text, quoted[1:len(quoted)-1], mask)
	}
	return text
}
