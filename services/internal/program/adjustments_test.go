package program

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestARoleHasItsOwnLimitsAndOthersTheCommonOnes(t *testing.T) {
	require.Nil(t, mustParse(t, "").Adjustments)
	a := mustParse(t, "adjustments: {limit: 5, per_day: 9, roles: {lead: {limit: 50, per_day: 50, approve: 1000, import: 20000}}}").Adjustments
	require.Equal(t, AdjustmentRole{"lead", 50, 50, 1000, 20000}, a.Of("lead"))
	require.Equal(t, AdjustmentRole{"clerk", 5, 9, 0, 0}, a.Of("clerk"))
}

func TestFaultsOfAdjustments(t *testing.T) {
	var many []string
	for n := range adjustmentRolesMax + 1 {
		many = append(many, fmt.Sprintf("r%d: {}", n))
	}
	for _, c := range []struct{ name, text, want string }{
		{"no limit", "adjustments: {per_day: 5}", "adjustments.limit: is missing"},
		{"a limit below 0", "adjustments: {limit: -1}", "-1 is out of range; write 0 to 1000000000"},
		{"a limit too high", "adjustments: {limit: 1000000001}", "out of range"},
		{"a day of nothing", "adjustments: {limit: 1, per_day: 0}", "0 is out of range; write 1 to"},
		{"a day of less than a call", "adjustments: {limit: 6, per_day: 5}", "one adjustment may move 6 points and a day 5"},
		{"a role whose day is that of all", "adjustments: {limit: 1, per_day: 5, roles: {lead: {limit: 6}}}", "adjustments.roles.lead: one adjustment may move 6"},
		{"a role that is no word", "adjustments: {limit: 1, roles: {The Boss: {}}}", `"The Boss" is not a role`},
		{"a key that nobody knows", "adjustments: {limit: 1, roles: {lead: {aprove: 5}}}", `did you mean "approve"`},
		{"too many roles", "adjustments: {limit: 1, roles: {" + strings.Join(many, ", ") + "}}", "21 roles; write at most 20"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, faults := parseText(whole(c.text))
			require.Len(t, faults, 1, "%v", lines(faults))
			require.Contains(t, faults[0].String(), c.want)
		})
	}
}
