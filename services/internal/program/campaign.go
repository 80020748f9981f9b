package program

import (
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"
	"go.yaml.in/yaml/v4"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Limits of campaigns. Each has a test that meets it.
const (
	campaignsMax     = 32
	conditionBytes   = 2048
	conditionCostMax = 10_000 // in CEL's units: a comparison costs some few
)

// campaignPrefix stands before the name of a campaign where a segment may stand, too: a segment's name holds no stroke.
const campaignPrefix = "campaign/"

// Campaign multiplies the rate of orders that are first paid within its days and meet its condition.
type Campaign struct {
	Name   string
	Factor money.Ratio
	// From is the first day, Until the first day no more; calendar.None: without beginning, or end.
	From, Until calendar.Day
	// When is a condition in CEL over a PaidOrder; empty: every order meets it.
	When string

	program cel.Program // nil without a condition
}

// PaidOrder is an order when it is first paid, and its account just before.
type PaidOrder struct {
	Segments          []string
	Tier              string
	Merchant, Channel string
	Day               calendar.Day // in the programme's zone
	Amount            money.Minor  // that counts
}

// holds tells whether the campaign is for an order. What cannot be computed, or takes too long, does not hold: the log cannot wait
// for a better condition.
func (c *Campaign) holds(o PaidOrder) bool {
	if c.From != calendar.None && o.Day < c.From || c.Until != calendar.None && o.Day >= c.Until {
		return false
	}
	if c.program == nil {
		return true
	}
	value, _, err := c.program.Eval(map[string]any{
		"segments": o.Segments, "tier": o.Tier, "merchant": o.Merchant, "channel": o.Channel, "day": o.Day.String(),
		"amount_minor": int64(o.Amount),
	})
	if err != nil {
		return false
	}
	holds, is := value.Value().(bool)
	return is && holds
}

func conditionsOfCampaigns() (*cel.Env, error) {
	return cel.NewEnv(
		cel.Variable("segments", cel.ListType(cel.StringType)), cel.Variable("tier", cel.StringType), cel.Variable("merchant", cel.StringType),
		cel.Variable("channel", cel.StringType), cel.Variable("day", cel.StringType), cel.Variable("amount_minor", cel.IntType),
	)
}

// condition compiles what a campaign asks for; the error says what is wrong and where in the text.
func condition(text string) (cel.Program, error) {
	if len(text) > conditionBytes {
		return nil, fmt.Errorf("has %d bytes; write at most %d", len(text), conditionBytes)
	}
	env, err := conditionsOfCampaigns()
	if err != nil {
		return nil, err
	}
	ast, issues := env.Compile(text)
	if found := issues.Errors(); len(found) > 0 {
		at := found[0].Location
		return nil, fmt.Errorf("line %d, column %d of the condition: %s", at.Line(), at.Column()+1, found[0].Message)
	}
	if ast.OutputType() != cel.BoolType {
		return nil, fmt.Errorf("gives a %s; write what is true or false, for example 'slipping' in segments", ast.OutputType())
	}
	return env.Program(ast, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(conditionCostMax))
}

// campaigns reads them, by name.
func (r *reader) campaigns(v value) []*Campaign {
	if !v.given() {
		return nil
	}
	children, _ := r.pairs(v)
	if len(children) > campaignsMax {
		r.fault(v, "%d campaigns; write at most %d, and delete those that are over", len(children), campaignsMax)
		return nil
	}
	byName := map[string]*Campaign{}
	for _, child := range children {
		if !tierForm.pattern.MatchString(child.key.Value) {
			r.faultAt(child, child.key, "%q is no name of a campaign; write small letters, digits, hyphens and underscores, for example spring", short(child.key.Value))
			continue
		}
		byName[child.key.Value] = r.campaign(child)
	}
	var list []*Campaign
	for _, name := range sortedKeys(byName) {
		list = append(list, byName[name])
	}
	return list
}

func (r *reader) campaign(v value) *Campaign {
	s := r.section(v, []string{"factor"}, []string{"from", "until", "when"})
	c := &Campaign{Name: v.key.Value, From: r.date(s.get("from")), Until: r.date(s.get("until"))}
	if factor := s.get("factor"); factor.given() {
		c.Factor, _ = r.factor(factor)
	}
	if c.From != calendar.None && c.Until != calendar.None && c.Until <= c.From {
		r.fault(s.get("until"), "the campaign ends before it begins on %s; write a later day", c.From)
	}
	when := s.get("when")
	if !when.given() || !r.is(when, yaml.ScalarNode, "a condition, for example \"'slipping' in segments\"") {
		return c
	}
	c.When = strings.TrimSpace(when.node.Value)
	var err error
	if c.program, err = condition(c.When); err != nil {
		r.fault(when, "%s", err)
	}
	return c
}
