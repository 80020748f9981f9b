package config

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// plan is what a struct says of its settings, in the order of its fields.
type plan struct {
	settings []setting
	sections []section // inner ones before the one that holds them; the last is the whole, its path is empty
}

type section struct {
	path   string
	index  []int // as reflect.Value.FieldByIndex takes it
	secret bool  // and so is all that stands in it
}

// setting is one field.
type setting struct {
	path, help, unit string
	index            []int
	kind             kind
	fallback         tag
	least, most      *int64 // inclusive; nil: without limit
	secret           bool
}

var (
	names    = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
	prefixes = regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$`)
)

// planOf reads the tags of a struct, or of a pointer to one. The error names every field that breaks a rule.
func planOf(t reflect.Type) (plan, error) {
	if t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		return plan{}, fmt.Errorf("settings are a struct, not %v", t)
	}
	var p plan
	if err := p.section(t, section{}); err != nil {
		return plan{}, fmt.Errorf("settings of %s: %w", t, err)
	}
	return p, nil
}

func (p *plan) section(t reflect.Type, at section) error {
	var errs []error
	for i := range t.NumField() {
		f := t.Field(i)
		if err := p.field(f, at.below(f, i)); err != nil {
			errs = append(errs, fmt.Errorf("field %s: %w", f.Name, err))
		}
	}
	p.sections = append(p.sections, at)
	return errors.Join(errs...)
}

// below is what the field of a section would be as a section of its own.
func (s section) below(f reflect.StructField, number int) section {
	return section{
		path: join(s.path, f.Tag.Get("yaml")), index: append(slices.Clone(s.index), number),
		secret: s.secret || f.Tag.Get("secret") == "true",
	}
}

// join makes a path.
func join(section, name string) string {
	if section == "" {
		return name
	}
	return section + "." + name
}

// variables maps the names of environment variables to settings.
func (p plan) variables(prefix Prefix) (map[string]setting, error) {
	if !prefixes.MatchString(string(prefix)) {
		return nil, fmt.Errorf("%q is no prefix of environment variables; write it like LAUREL_ACCRUAL", string(prefix))
	}
	variables := make(map[string]setting, len(p.settings))
	for _, s := range p.settings {
		name := prefix.variable(s.path)
		if other, taken := variables[name]; taken {
			return nil, fmt.Errorf("settings %s and %s share the variable %s; rename one", other.path, s.path, name)
		}
		variables[name] = s
	}
	return variables, nil
}

func (p Prefix) variable(path string) string {
	return string(p) + "_" + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
}

// children are the names that a section knows, in the order of the struct's fields.
func (p plan) children(section string) []string {
	var list []string
	for _, s := range p.settings {
		if rest, ok := strings.CutPrefix(s.path, join(section, "")); ok {
			name, _, _ := strings.Cut(rest, ".")
			list = append(list, name)
		}
	}
	return slices.Compact(list)
}

func (p plan) setting(path string) (setting, bool) {
	i := slices.IndexFunc(p.settings, func(s setting) bool { return s.path == path })
	if i < 0 {
		return setting{}, false
	}
	return p.settings[i], true
}

func (p plan) isSection(path string) bool {
	return slices.ContainsFunc(p.sections, func(s section) bool { return s.path == path })
}
