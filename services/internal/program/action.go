package program

import (
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/laurel-loyalty/laurel/services/internal/actions"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Action is a type of own events that the programme declares. It is not changed after Parse.
type Action struct {
	Type string
	// Name is for people. It is the type where the file gives none.
	Name string
	Earn ActionEarning
	// Schema is what the data must be, as compact JSON.
	Schema string

	schema *jsonschema.Schema
}

// ActionEarning says how many points an action gives: Points, or Rate points for each one of Field, rounded down once.
// With neither it is only counted.
type ActionEarning struct {
	Points money.Points
	Field  string
	Rate   money.Ratio
	// PerDay is the most that actions of this type give an account on one day. 0: without limit.
	PerDay money.Points
}

// String says what an action gives, in words.
func (e ActionEarning) String() string {
	text := "nothing"
	switch {
	case e.Field != "":
		text = fmt.Sprintf("%s for each one of %s", e.Rate, e.Field)
	case e.Points > 0:
		text = fmt.Sprint(e.Points)
	}
	if e.PerDay > 0 {
		text += fmt.Sprintf(", at most %d a day", e.PerDay)
	}
	return text
}

// Action returns a type of own events; false: the programme does not declare it.
func (p *Program) Action(name string) (*Action, bool) {
	i, ok := slices.BinarySearchFunc(p.Actions, name, func(a *Action, name string) int { return strings.Compare(a.Type, name) })
	if !ok {
		return nil, false
	}
	return p.Actions[i], true
}

// Check refuses data that do not fit the schema of the type with reason.InvalidActionData; the field is the place in the
// data, for example data.stars.
func (a *Action) Check(d actions.Data) error {
	if a.schema == nil {
		return nil
	}
	err := a.schema.Validate(d.Value())
	if err == nil {
		return nil
	}
	field, message := firstMisfit(err)
	return reason.New(reason.InvalidActionData, field, "%s: %s", field, message)
}
