package program

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Limits of the section adjustments. Each has a test that meets it.
const (
	adjustmentRolesMax = 20
	adjustmentMost     = 1_000_000_000
)

var adjustmentRoleForm = form{regexp.MustCompile(wordPattern), "a role", wordHow + "manager"}

// Adjustments says how many points a person of the operator may add to accounts or take away. What goes beyond it needs
// a second person.
type Adjustments struct {
	// Limit is the most of one adjustment. 0: each needs a second person.
	Limit money.Points
	// PerDay is the most of all adjustments of one person on a day in the programme's zone. 0: without limit.
	PerDay money.Points
	// Roles have limits of their own, sorted by name; any other role has those above.
	Roles []AdjustmentRole
}

// AdjustmentRole is what people of a role may do.
type AdjustmentRole struct {
	Name          string
	Limit, PerDay money.Points
	// Approve is the most that they may approve of what somebody else proposes. 0: nothing.
	Approve money.Points
	// Import is the most that they may bring over from another system in one lot. 0: nothing.
	Import money.Points
}

// Of is what people of a role may do.
func (a *Adjustments) Of(role string) AdjustmentRole {
	for _, r := range a.Roles {
		if r.Name == role {
			return r
		}
	}
	return AdjustmentRole{Name: role, Limit: a.Limit, PerDay: a.PerDay}
}

// adjustments reads who may adjust how much.
func (r *reader) adjustments(v value, p *Program) {
	if !v.given() {
		return
	}
	s := r.section(v, []string{"limit"}, []string{"per_day", "roles"})
	a := &Adjustments{
		Limit:  money.Points(r.whole(s.get("limit"), span{0, adjustmentMost, 0})),
		PerDay: money.Points(r.whole(s.get("per_day"), span{1, adjustmentMost, 0})),
	}
	p.Adjustments = a
	r.dayHoldsCall(v, a.Limit, a.PerDay)
	roles := s.get("roles")
	if !roles.given() {
		return
	}
	children, _ := r.pairs(roles)
	if n := len(children); n > adjustmentRolesMax {
		r.fault(roles, "%d roles; write at most %d", n, adjustmentRolesMax)
		return
	}
	for _, child := range children {
		if name := child.key.Value; !adjustmentRoleForm.pattern.MatchString(name) {
			r.faultAt(child, child.key, "%q is not %s; write %s", short(name), adjustmentRoleForm.name, adjustmentRoleForm.how)
			continue
		}
		of := r.section(child, nil, []string{"limit", "per_day", "approve", "import"})
		role := AdjustmentRole{
			Name:    child.key.Value,
			Limit:   money.Points(r.whole(of.get("limit"), span{0, adjustmentMost, int(a.Limit)})),
			PerDay:  money.Points(r.whole(of.get("per_day"), span{1, adjustmentMost, int(a.PerDay)})),
			Approve: money.Points(r.whole(of.get("approve"), span{0, adjustmentMost, 0})),
			Import:  money.Points(r.whole(of.get("import"), span{0, adjustmentMost, 0})),
		}
		r.dayHoldsCall(child, role.Limit, role.PerDay)
		a.Roles = append(a.Roles, role)
	}
	slices.SortFunc(a.Roles, func(a, b AdjustmentRole) int { return strings.Compare(a.Name, b.Name) })
}

// dayHoldsCall wants a day to hold one adjustment at least.
func (r *reader) dayHoldsCall(v value, limit, perDay money.Points) {
	if perDay > 0 && limit > perDay {
		r.fault(v, "one adjustment may move %d points and a day %d; write a per_day of at least %d", limit, perDay, limit)
	}
}

func (p *Program) adjustmentFields() []Field {
	a := p.Adjustments
	if a == nil {
		return nil
	}
	list := []Field{
		{"adjustments.limit", strconv.FormatInt(int64(a.Limit), 10)},
		{"adjustments.per_day", orElse(int(a.PerDay), "without limit")},
	}
	for _, r := range a.Roles {
		path := keyed("adjustments.roles", r.Name)
		list = append(list, Field{path + ".limit", strconv.FormatInt(int64(r.Limit), 10)},
			Field{path + ".per_day", orElse(int(r.PerDay), "without limit")},
			Field{path + ".approve", orElse(int(r.Approve), "nothing")},
			Field{path + ".import", orElse(int(r.Import), "nothing")})
	}
	return list
}
