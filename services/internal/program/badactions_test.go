package program

import (
	"fmt"
	"strings"
)

// oneAction is a programme with one type of action; what is under test stands at the end of line 1.
func oneAction(text string) string { return "actions: {visit: {" + text + "}}" }

// doubling is a short schema that would be checked 4,096 times over.
func doubling() string {
	var b strings.Builder
	b.WriteString("actions:\n  visit:\n    schema:\n      $ref: '#/$defs/d0'\n      $defs:\n")
	for i := range 12 {
		fmt.Fprintf(&b, "        d%d: {allOf: [{$ref: '#/$defs/d%d'}, {$ref: '#/$defs/d%d'}]}\n", i, i+1, i+1)
	}
	b.WriteString("        d12: {type: object}\n")
	return b.String()
}

func manyActions(n int) string {
	var b strings.Builder
	b.WriteString("actions:\n")
	for i := range n {
		fmt.Fprintf(&b, "  a%d: {schema: {type: object}}\n", i)
	}
	return b.String()
}

// badActions: actions.
var badActions = []badCase{
	{name: "actions as a list", yaml: "actions: [visit]", want: []string{"1:10: actions: is a list; write keys with values below it"}},
	{name: "51 types", yaml: manyActions(51), want: []string{"2:3: actions: 51 types of actions; write at most 50"}},
	{name: "type with capitals", yaml: "actions: {Visit: {schema: {type: object}}}", want: []string{
		`1:11: actions.Visit: "Visit" is not a type of action; write small letters, digits, hyphens and underscores, for example product-review`}},
	{name: "type twice", yaml: "actions: {visit: {schema: {}}, visit: {schema: {}}}", want: []string{
		"1:32: actions.visit: is defined twice, first at p.yaml:1:11; keep one of the two"}},
	{name: "no schema", yaml: oneAction("name: Visit"), want: []string{
		`1:18: actions.visit.schema: is missing; add it, for example "schema: {type: object}"`}},
	{name: "unknown key", yaml: oneAction("schema: {type: object}, points: 5"), want: []string{
		"1:43: actions.visit.points: unknown key; known here: schema, name, earn"}},
	{name: "schema as text", yaml: oneAction("schema: object"), want: []string{
		"1:27: actions.visit.schema: is text; write a JSON Schema, for example {type: object}"}},
	{name: "a keyword of the schema with another kind of value", yaml: oneAction("schema: {type: object, properties: {stars: {minimum: one}}}"), want: []string{
		"1:72: actions.visit.schema.properties.stars.minimum: is no JSON Schema: got string, want number"}},
	{name: "a type that JSON does not have", yaml: oneAction("schema: {type: text}"), want: []string{
		"1:34: actions.visit.schema.type: is no JSON Schema: value must be one of 'array', 'boolean', 'integer', 'null', 'number', 'object', 'string'"}},
	{name: "a pattern that is none", yaml: oneAction("schema: {properties: {a: {pattern: '('}}}"), lax: true, want: []string{
		"1:54: actions.visit.schema.properties.a.pattern: is no JSON Schema: '(' is not valid regex: error parsing regexp: missing closing ): `(`"}},
	{name: "a pattern of names that is none", yaml: oneAction("schema: {patternProperties: {'(': true}}"), lax: true, want: []string{
		"1:27: actions.visit.schema: is no JSON Schema: '(' is not valid regex: error parsing regexp: missing closing ): `(`"}},
	{name: "a number that JSON does not have", yaml: oneAction("schema: {properties: {a: {minimum: 0x10}}}"), lax: true, want: []string{
		"1:54: actions.visit.schema.properties.a.minimum: 0x10 is no number of JSON; write digits, for example 12.5"}},
	{name: "a number that fills the memory", yaml: oneAction("schema: {properties: {a: {minimum: 1.0e+99}}}"), lax: true, want: []string{
		"1:54: actions.visit.schema.properties.a.minimum: 1.0e+99 is no number of JSON; write digits, for example 12.5"}},
	{name: "a date", yaml: oneAction("schema: {properties: {a: {const: 2026-01-05}}}"), lax: true, want: []string{
		`1:52: actions.visit.schema.properties.a.const: is a date; write a text, in quotes: "2026-01-05"`}},
	{name: "a reference to a file", yaml: oneAction("schema: {$ref: 'file:///etc/passwd'}"), lax: true, want: []string{
		`1:34: actions.visit.schema["$ref"]: "file:///etc/passwd" leads out of $defs; write #/$defs/name: nothing else is read`}},
	{name: "a reference to the web", yaml: oneAction("schema: {$ref: 'https://example.org/a.json'}"), lax: true, want: []string{
		`1:34: actions.visit.schema["$ref"]: "https://example.org/a.json" leads out of $defs; write #/$defs/name: nothing else is read`}},
	{name: "an address of its own", yaml: oneAction("schema: {$id: 'https://example.org/a.json'}"), want: []string{
		`1:28: actions.visit.schema["$id"]: $id may not stand in a schema: a schema has no address of its own; delete the line`}},
	{name: "another draft", yaml: oneAction("schema: {$schema: 'http://json-schema.org/draft-07/schema#'}"), want: []string{
		`1:28: actions.visit.schema["$schema"]: $schema may not stand in a schema: it is always draft 2020-12; delete the line`}},
	{name: "a reference to nothing", yaml: oneAction("schema: {$ref: '#/$defs/a'}"), lax: true, want: []string{
		`1:34: actions.visit.schema["$ref"]: there is no "#/$defs/a" in this schema; add it under $defs`}},
	{name: "a reference to itself", yaml: oneAction("schema: {$ref: '#/$defs/a', $defs: {a: {properties: {b: {$ref: '#/$defs/a'}}}}}"), lax: true, want: []string{
		`1:82: actions.visit.schema["$defs"].a.properties.b["$ref"]: "#/$defs/a" leads back to itself; write out how deep the data go`}},
	{name: "a schema that doubles at each step", yaml: doubling(), lax: true, want: []string{
		"4:7: actions.visit.schema: the schema has more than 500 keys and values, references followed; make it shorter"}},
	{name: "earn empty", yaml: oneAction("schema: {}, earn: {}"), want: []string{
		"1:37: actions.visit.earn: says nothing; write points: 50, or field: minutes with rate: 0.5, or leave earn out: then it is only counted"}},
	{name: "points zero", yaml: oneAction("schema: {}, earn: {points: 0}"), want: []string{
		"1:46: actions.visit.earn.points: 0 is out of range; write 1 to 1000000"}},
	{name: "points as a fraction", yaml: oneAction("schema: {}, earn: {points: 0.5}"), want: []string{
		"1:46: actions.visit.earn.points: 0.5 is not a whole number; write digits alone, without quotes"}},
	{name: "cap of a million and one", yaml: oneAction("schema: {}, earn: {points: 5, per_day: 1000001}"), want: []string{
		"1:58: actions.visit.earn.per_day: 1000001 is out of range; write 1 to 1000000"}},
	{name: "points and a rate", yaml: oneAction("schema: {}, earn: {points: 5, field: minutes, rate: 1}"), want: []string{
		"1:37: actions.visit.earn: both points and a rate for a field; write one of the two"}},
	{name: "a field without a rate", yaml: oneAction("schema: {}, earn: {field: minutes}"), want: []string{
		"1:37: actions.visit.earn: a field without a rate; add it, for example rate: 0.5"}},
	{name: "a rate without a field", yaml: oneAction("schema: {}, earn: {rate: 1}"), want: []string{
		"1:37: actions.visit.earn: a rate without the field that it is for; add it, for example field: minutes"}},
	{name: "a field that the schema does not know", yaml: oneAction("schema: {}, earn: {field: minutes, rate: 1}"), lax: true, want: []string{
		`1:45: actions.visit.earn.field: the schema has no property "minutes"; add it, for example {type: number, minimum: 0}`}},
	{name: "a field that may be anything", yaml: oneAction("schema: {properties: {minutes: {}}}, earn: {field: minutes, rate: 1}"), lax: true, want: []string{
		`1:70: actions.visit.earn.field: the schema does not say that "minutes" is 0 or more; write minimum: 0 there`,
		`1:70: actions.visit.earn.field: the schema does not say that "minutes" is a number; write type: integer or type: number there`,
		`1:70: actions.visit.earn.field: the schema does not say that "minutes" must be there; add required: [minutes]`}},
	{name: "a field that may be below zero", yaml: oneAction("schema: {required: [minutes], properties: {minutes: {type: number, minimum: -1}}}, earn: {field: minutes, rate: 1}"), lax: true, want: []string{
		`1:116: actions.visit.earn.field: the schema does not say that "minutes" is 0 or more; write minimum: 0 there`}},
	{name: "a rate of zero", yaml: oneAction("schema: {required: [m], properties: {m: {type: number, minimum: 0}}}, earn: {field: m, rate: 0}"), want: []string{
		"1:112: actions.visit.earn.rate: a rate of 0 gives nothing; leave earn out: then the action is only counted"}},
	{name: "a rate with a percent sign", yaml: oneAction("schema: {required: [m], properties: {m: {type: number, minimum: 0}}}, earn: {field: m, rate: 5%}"), want: []string{
		`1:112: actions.visit.earn.rate: "5%" is not a rate; write digits, for example 2, 0.5 or 1/3`}},
}
