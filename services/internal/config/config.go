// Package config reads a service's settings into a plain struct whose tags say what each setting is called, what it means
// and what it is where nobody says anything. The environment stands over the file, the file over the default; every
// fault is named, all of them at once. What a setting does is its service's.
//
//	type Config struct {
//		Lanes int           `yaml:"lanes" default:"2" min:"1" max:"64" help:"How many transactions run side by side."`
//		Idle  time.Duration `yaml:"idle" default:"2ms" help:"How long a batch waits for more."`
//		Bus   struct {
//			Token string `yaml:"token" secret:"true" help:"What NATS wants to see."`
//		} `yaml:"bus"`
//	}
//
// A setting is a string, an int, an int64, a bool, a time.Duration or a []string; a struct is a section of settings. Tags:
//
//	yaml     the name in the file; path and variable follow from it: bus.token, LAUREL_ACCRUAL_BUS_TOKEN
//	help     what it sets, one sentence or two; it must be there
//	default  what holds where neither file nor environment says anything; the zero value where there is no default
//	min, max limits of a number or duration, of the characters of a text, of the items of a list; a duration is never
//	         below zero. A default keeps them; a text or list without a default may be empty whatever they say
//	unit     what a number counts
//	secret   "true": the value is shown nowhere, and there is no default. On a section: all that stands in it
//
// A struct with a method Check() error is asked once its values could be read; several faults are joined with errors.Join.
// Check names settings, not the values of secrets.
package config

import (
	"errors"
	"reflect"
)

// Prefix begins the names of a service's environment variables: LAUREL_ACCRUAL makes LAUREL_ACCRUAL_LANES of lanes.
type Prefix string

// Load returns the settings of a service. File names a YAML file, or is empty; environ is in the form of os.Environ, and of
// two variables of one name the later counts. The error is *Error for what an operator can mend; any other is a
// mistake in the tags of T. A retry without a change gives the same.
func Load[T any](file string, environ []string, prefix Prefix) (T, error) {
	var cfg, none T
	root := reflect.ValueOf(&cfg).Elem()
	p, err := planOf(root.Type())
	if err != nil {
		return none, err
	}
	variables, err := p.variables(prefix)
	if err != nil {
		return none, err
	}
	r := &reader{plan: p, root: root, faulty: map[string]bool{}}
	r.defaults()
	whole := file == "" || r.file(file)
	r.environ(environ, prefix, variables)
	if whole {
		r.check()
	}
	if len(r.faults) > 0 {
		return none, &Error{Faults: r.faults}
	}
	return cfg, nil
}

// reader fills a struct and collects the faults.
type reader struct {
	plan   plan
	root   reflect.Value
	faults []Fault
	faulty map[string]bool // paths of settings whose values could not be read
}

func (r *reader) fault(f Fault) { r.faults = append(r.faults, f) }

func (r *reader) defaults() {
	for _, s := range r.plan.settings {
		if !s.fallback.given {
			continue
		}
		if v, problem := s.parse(s.split(s.fallback.text)); problem == "" { // planOf has tried it
			r.root.FieldByIndex(s.index).Set(v)
		}
	}
}

// read sets a setting to what stands at a place.
func (r *reader) read(s setting, place string, items []string) {
	v, problem := s.parse(items)
	if problem != "" {
		r.faulty[s.path] = true
		r.fault(Fault{Place: place, Path: s.path, Message: problem})
		return
	}
	r.root.FieldByIndex(s.index).Set(v)
}

// check asks every struct that has a Check, inner ones first. One with a value that could not be read is not asked: what it
// holds there instead is not what anybody wrote.
func (r *reader) check() {
	for _, section := range r.plan.sections {
		checker, ok := reflect.TypeAssert[interface{ Check() error }](r.root.FieldByIndex(section.index).Addr())
		if !ok || r.anyFaulty(section.path) {
			continue
		}
		for _, err := range parts(checker.Check()) {
			r.fault(Fault{Path: section.path, Message: r.masked(err.Error())})
		}
	}
}

func (r *reader) anyFaulty(section string) bool {
	for path := range r.faulty {
		if section == "" || len(path) > len(section) && path[:len(section)+1] == section+"." {
			return true
		}
	}
	return false
}

// parts takes apart what errors.Join has joined.
func parts(err error) []error {
	if err == nil {
		return nil
	}
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		return []error{err}
	}
	var list []error
	for _, e := range joined.Unwrap() {
		list = append(list, parts(e)...)
	}
	return list
}
