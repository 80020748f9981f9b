package config

import (
	"fmt"
	"strings"
)

// faultsShown is how many faults an error prints; Faults holds all of them.
const faultsShown = 50

// Fault is one thing that is wrong in the settings: where it is, what is wrong and what to do about it. It never holds the
// value of a secret.
type Fault struct {
	// Place is file:line:column, counted from 1, or the name of a variable; empty where settings do not fit each other.
	Place string
	// Path names the setting or section, for example "bus.token"; empty for the settings as a whole.
	Path    string
	Message string
}

// String returns place: path: message.
func (f Fault) String() string {
	var b strings.Builder
	for _, part := range []string{f.Place, f.Path} {
		if part != "" {
			b.WriteString(part + ": ")
		}
	}
	return b.String() + f.Message
}

// Error is every fault of the settings: the file's in the order of its text, then the environment's by name, then what
// the checks say.
type Error struct{ Faults []Fault }

// Error gives one fault in one line, several in a line each.
func (e *Error) Error() string {
	if len(e.Faults) == 1 {
		return "settings: " + e.Faults[0].String()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "settings: %d faults", len(e.Faults))
	for i, f := range e.Faults {
		if i == faultsShown {
			fmt.Fprintf(&b, "\n  and %d more", len(e.Faults)-i)
			break
		}
		b.WriteString("\n  " + f.String())
	}
	return b.String()
}
