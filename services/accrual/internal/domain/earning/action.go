package earning

import (
	"fmt"

	"github.com/laurel-loyalty/laurel/services/internal/actions"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// RateAction returns what an action gives by its own rule, before any cap, and the rule in words: "points 50", or "minutes
// 45.5 x1/2"; none for an action that is only counted. The data have been held against the schema of the type. Points that
// do not fit are refused with reason.AmountOutOfRange.
func RateAction(a *program.Action, data actions.Data) (money.Points, []string, error) {
	e := a.Earn
	if e.Field == "" {
		if e.Points == 0 {
			return 0, nil, nil
		}
		return e.Points, []string{fmt.Sprintf("points %d", e.Points)}, nil
	}
	n, ok := data.Number(e.Field)
	if !ok {
		return 0, nil, reason.New(reason.InvalidActionData, "data."+e.Field, "there is no number to be multiplied")
	}
	points, ok := n.FloorTimes(e.Rate)
	if !ok {
		return 0, nil, reason.New(reason.AmountOutOfRange, "data."+e.Field, "%s at %s points for each one does not fit", n.Decimal(), e.Rate)
	}
	return points, []string{fmt.Sprintf("%s %s x%s", e.Field, n.Decimal(), e.Rate)}, nil
}
