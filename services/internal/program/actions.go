package program

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Limits of own events. Each has a test that meets it.
const (
	actionsMax       = 50
	actionPointsMost = 1_000_000
)

var (
	actionForm = form{regexp.MustCompile(wordPattern), "a type of action", wordHow + "product-review"}
	rateForm   = form{regexp.MustCompile(factorPattern), "a rate", "digits, for example 2, 0.5 or 1/3"}
)

// actions reads the types of own events.
func (r *reader) actions(v value, p *Program) {
	if !v.given() {
		return
	}
	children, _ := r.pairs(v)
	if n := len(children); n > actionsMax {
		r.fault(v, "%d types of actions; write at most %d", n, actionsMax)
		return
	}
	for _, child := range children {
		if name := child.key.Value; !actionForm.pattern.MatchString(name) {
			r.faultAt(child, child.key, "%q is not %s; write %s", short(name), actionForm.name, actionForm.how)
			continue
		}
		p.Actions = append(p.Actions, r.action(child))
	}
	slices.SortFunc(p.Actions, func(a, b *Action) int { return strings.Compare(a.Type, b.Type) })
}

func (r *reader) action(v value) *Action {
	s := r.section(v, []string{"schema"}, []string{"name", "earn"})
	a := &Action{Type: v.key.Value, Name: v.key.Value}
	if name, ok := r.label(s.get("name"), nameCharsMax); ok {
		a.Name = name
	}
	a.schema, a.Schema = r.jsonSchema(s.get("schema"))
	r.actionEarning(s.get("earn"), s.get("schema"), a)
	return a
}

// actionEarning reads what an action gives: points, or a rate for each one of a field.
func (r *reader) actionEarning(v, schema value, a *Action) {
	if !v.given() {
		return
	}
	s := r.section(v, nil, []string{"points", "field", "rate", "per_day"})
	points, field, rate := s.get("points"), s.get("field"), s.get("rate")
	a.Earn.PerDay = money.Points(r.whole(s.get("per_day"), span{1, actionPointsMost, 0}))
	switch {
	case points.given() && (field.given() || rate.given()):
		r.fault(v, "both points and a rate for a field; write one of the two")
	case points.given():
		a.Earn.Points = money.Points(r.whole(points, span{1, actionPointsMost, 0}))
	case field.given() && rate.given():
		a.Earn.Rate = r.actionRate(rate)
		if name, ok := r.label(field, labelCharsMax); ok {
			a.Earn.Field = name
			r.numeric(field, schema, name)
		}
	case s.lacks("points") && s.lacks("field") && s.lacks("rate"):
		r.fault(v, "says nothing; write points: 50, or field: minutes with rate: 0.5, or leave earn out: then it is only counted")
	case !field.given() && s.lacks("field"):
		r.fault(v, "a rate without the field that it is for; add it, for example field: minutes")
	case !rate.given() && s.lacks("rate"):
		r.fault(v, "a field without a rate; add it, for example rate: 0.5")
	}
}

func (r *reader) actionRate(v value) money.Ratio {
	text, ok := r.exact(v, rateForm)
	if !ok {
		return money.Ratio{}
	}
	ratio, err := money.ParseRatio(text)
	switch {
	case err != nil:
		r.fault(v, "%s is not a rate; write %s", text, rateForm.how)
	case ratio.Num() == 0:
		r.fault(v, "a rate of 0 gives nothing; leave earn out: then the action is only counted")
	}
	return ratio
}

// numeric wants the schema to promise that a field is there and is a number from 0 on: what fits the schema can be rated.
func (r *reader) numeric(field, schema value, name string) {
	if !schema.given() || schema.node.Kind != yaml.MappingNode {
		return // it has its fault
	}
	property, ok := at(schema, "properties", name)
	if !ok {
		r.fault(field, "the schema has no property %q; add it, for example {type: number, minimum: 0}", short(name))
		return
	}
	if t, ok := property.child("type"); !ok || t.node.Value != "integer" && t.node.Value != "number" {
		r.fault(field, "the schema does not say that %q is a number; write type: integer or type: number there", short(name))
	}
	if !atLeastZero(property) {
		r.fault(field, "the schema does not say that %q is 0 or more; write minimum: 0 there", short(name))
	}
	required, ok := schema.child("required")
	if !ok || !slices.ContainsFunc(required.node.Content, func(n *yaml.Node) bool { return n.Value == name }) {
		r.fault(field, "the schema does not say that %q must be there; add required: [%s]", short(name), short(name))
	}
}

// atLeastZero tells whether a property has a lower bound that is not below 0.
func atLeastZero(property value) bool {
	for _, key := range []string{"minimum", "exclusiveMinimum"} {
		bound, ok := property.child(key)
		if !ok || strings.HasPrefix(bound.node.Value, "-") {
			continue
		}
		var n json.Number
		if json.Unmarshal([]byte(bound.node.Value), &n) == nil {
			return true
		}
	}
	return false
}
