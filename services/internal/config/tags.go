package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"time"
)

// tag is a struct tag, which may be absent.
type tag struct {
	text  string
	given bool
}

func tagOf(f reflect.StructField, name string) tag {
	text, given := f.Tag.Lookup(name)
	return tag{text, given}
}

// field reads the tags of one field, a setting or a section.
func (p *plan) field(f reflect.StructField, at section) error {
	name := f.Tag.Get("yaml")
	switch {
	case !f.IsExported() || f.Anonymous:
		return errors.New("a setting is exported and has a name")
	case !names.MatchString(name):
		return fmt.Errorf("yaml:%q is no name; write small letters, digits and underscores", name)
	case slices.ContainsFunc(p.settings, func(s setting) bool { return s.path == at.path }):
		return fmt.Errorf("%s is there already", at.path)
	case f.Type.Kind() == reflect.Struct:
		return p.section(f.Type, at)
	}
	s := setting{path: at.path, index: at.index, kind: kindOf(f.Type), secret: at.secret, help: f.Tag.Get("help"),
		unit: f.Tag.Get("unit"), fallback: tagOf(f, "default")}
	switch {
	case s.kind == kindUnset:
		return fmt.Errorf("a setting cannot be a %s", f.Type)
	case s.help == "":
		return errors.New("help is missing; say what it sets")
	case s.secret && s.fallback.given:
		return errors.New("a secret has no default")
	}
	if err := s.limit(tagOf(f, "min"), tagOf(f, "max")); err != nil {
		return err
	}
	if err := s.checkFallback(); err != nil {
		return err
	}
	p.settings = append(p.settings, s)
	return nil
}

// limit reads the limits.
func (s *setting) limit(least, most tag) error {
	if s.kind == kindDuration {
		s.least = new(int64)
	}
	for _, l := range []struct {
		name string
		tag
		to **int64
	}{{"min", least, &s.least}, {"max", most, &s.most}} {
		if !l.given {
			continue
		}
		n, err := s.kind.bound(l.text)
		if err != nil {
			return fmt.Errorf("%s:%q is no limit of a %s", l.name, l.text, s.kind)
		}
		*l.to = &n
	}
	return nil
}

// checkFallback tries what holds where nobody says anything.
func (s *setting) checkFallback() error {
	text := s.fallback.text
	switch {
	case s.fallback.given:
	case s.kind == kindInt || s.kind == kindInt64 || s.kind == kindDuration:
		text = "0"
	default:
		return nil
	}
	if _, problem := s.parse(s.split(text)); problem != "" {
		return fmt.Errorf("its default: %s", problem)
	}
	return nil
}

// bound reads a limit: a number, or a duration in nanoseconds.
func (k kind) bound(text string) (int64, error) {
	switch k {
	case kindDuration:
		d, err := time.ParseDuration(text)
		return int64(d), err
	case kindBool, kindUnset:
		return 0, errors.New("it has no size")
	default:
		return strconv.ParseInt(text, 10, 64)
	}
}
