package config

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// orchestrated are the variables that Kubernetes sets for every Service of a namespace: one called laurel-accrual would
// make LAUREL_ACCRUAL_PORT and the like. They are nobody's typing errors.
var orchestrated = regexp.MustCompile(`^(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$`)

// environ reads the variables that begin with the prefix, by name.
func (r *reader) environ(environ []string, prefix Prefix, variables map[string]setting) {
	begins := string(prefix) + "_"
	given := map[string]string{}
	for _, variable := range environ {
		if name, text, ok := strings.Cut(variable, "="); ok && strings.HasPrefix(name, begins) {
			given[name] = text
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		rest := strings.TrimPrefix(name, begins)
		s, known := variables[name]
		switch {
		case known:
			r.read(s, name, s.split(given[name]))
		case !orchestrated.MatchString(rest):
			r.fault(Fault{Place: name, Message: "unknown variable; " + r.suggestVariable(rest, prefix)})
		}
	}
}

// suggestVariable compares what stands behind the prefix: all names are alike before it.
func (r *reader) suggestVariable(rest string, prefix Prefix) string {
	var names []string
	for _, s := range r.plan.settings {
		names = append(names, strings.TrimPrefix(prefix.variable(s.path), string(prefix)+"_"))
	}
	if near := nearest(strings.ToUpper(rest), names); near != "" {
		return "did you mean " + string(prefix) + "_" + near + "?"
	}
	return "known behind " + string(prefix) + "_: " + strings.Join(names, ", ")
}
