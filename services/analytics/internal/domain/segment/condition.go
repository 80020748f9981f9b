package segment

import (
	"errors"
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

const (
	// textMax is how long a condition may be, bytes.
	textMax = 2048
	// costMax is how much one customer's figures may cost, in CEL's units: a comparison costs some few.
	costMax = 10_000
)

// Condition tells who belongs. Safe for many goroutines.
type Condition struct {
	text    string
	needs   Needs // of any of its fields
	program cel.Program
}

// Parse reads a condition, such as `orders >= 3 && spend_minor > 10000`. Errors are reason.InvalidArgument at "condition",
// with line and column.
func Parse(text string) (*Condition, error) {
	if len(text) > textMax {
		return nil, refused("the condition has %d bytes; at most %d", len(text), textMax)
	}
	if strings.TrimSpace(text) == "" {
		return nil, refused("it is empty; write who belongs, such as orders >= 3, or true for everybody")
	}
	env, err := environment()
	if err != nil {
		return nil, err
	}
	ast, issues := env.Compile(text)
	if len(issues.Errors()) > 0 {
		first := issues.Errors()[0]
		return nil, refused("line %d, column %d: %s", first.Location.Line(), first.Location.Column()+1, first.Message)
	}
	if ast.OutputType() != cel.BoolType {
		return nil, refused("it gives a %s; a condition is true or false, such as orders >= 3", ast.OutputType())
	}
	program, err := env.Program(ast, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(costMax))
	if err != nil {
		return nil, refused("%v", err)
	}
	c := &Condition{text: text, program: program}
	for _, ref := range ast.NativeRep().ReferenceMap() {
		for _, f := range fields {
			if f.Name == ref.Name {
				c.needs = c.needs.And(f.Needs)
			}
		}
	}
	return c, nil
}

func refused(form string, args ...any) error {
	return reason.New(reason.InvalidArgument, "condition", form, args...)
}

var types = map[Kind]*cel.Type{
	Whole: cel.IntType, Text: cel.StringType, Texts: cel.ListType(cel.StringType), Numbers: cel.MapType(cel.StringType, cel.IntType),
}

func environment() (*cel.Env, error) {
	var options []cel.EnvOption
	for _, f := range fields {
		options = append(options, cel.Variable(f.Name, types[f.Kind]))
	}
	env, err := cel.NewEnv(options...)
	if err != nil {
		return nil, fmt.Errorf("prepare the language of conditions: %w", err)
	}
	return env, nil
}

// String is the condition as it was written.
func (c *Condition) String() string { return c.text }

// Needs is what must be known of customers for Holds.
func (c *Condition) Needs() Needs { return c.needs }

// Holds tells whether a customer belongs. The error is a reason.InvalidArgument: what was asked cannot be computed for this
// customer (a division by zero, a number beyond 64 bits), or takes too long.
func (c *Condition) Holds(customer *Customer) (bool, error) {
	value, _, err := c.program.Eval(asked{customer})
	if err != nil {
		return false, refused("for account %s: %v", customer.ID, err)
	}
	holds, ok := value.Value().(bool)
	if !ok {
		return false, errors.New("a condition gave neither true nor false")
	}
	return holds, nil
}

// asked gives a condition the figures that it asks for.
type asked struct{ customer *Customer }

// ResolveName implements cel.Activation.
func (a asked) ResolveName(name string) (any, bool) {
	for i := range fields {
		if fields[i].Name == name {
			return fields[i].of(a.customer), true
		}
	}
	return nil, false
}

// Parent implements cel.Activation.
func (a asked) Parent() cel.Activation { return nil }
