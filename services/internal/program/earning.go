package program

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/laurel-loyalty/laurel/services/internal/money"
)

func (r *reader) earning(v value, p *Program, tiers tierNames) {
	s := r.section(v, []string{"points", "per"}, []string{"pending_days", "multipliers", "campaigns", "exclude"})
	p.Earning.Rate = r.rate(s, p.Currency)
	p.Earning.ActivationDays = r.pending(s.get("pending_days"), p.Expiry)
	exclude := r.section(s.get("exclude"), nil, []string{"category", "sku"})
	multipliers := r.section(s.get("multipliers"), nil, []string{"category", "tier", "segment"})

	skus := r.names(exclude.get("sku"))
	categories := r.names(exclude.get("category"))
	p.Earning.ExcludeSKUs, p.Earning.ExcludeCategories = sortedKeys(skus), sortedKeys(categories)
	p.Earning.CategoryMultipliers = r.factors(multipliers.get("category"), multipliersMax, func(v value) {
		if at, ok := categories[v.key.Value]; ok {
			r.faultAt(v, v.key, "the category is excluded at %s, so its factor never counts; delete one of the two", at.place())
		}
	})
	p.Earning.TierMultipliers = r.factors(multipliers.get("tier"), tiersMax, func(v value) {
		r.checkTier(v, tiers)
	})
	p.Earning.SegmentMultipliers = r.factors(multipliers.get("segment"), segmentsMax, func(v value) { // analytics knows which there are
		if strings.HasPrefix(v.key.Value, campaignPrefix) {
			r.faultAt(v, v.key, "no segment is called so; write a campaign under earning.campaigns")
		}
	})
	p.Earning.Campaigns = r.campaigns(s.get("campaigns"))
}

// rate returns points per minor unit.
func (r *reader) rate(s section, c money.Currency) money.Ratio {
	points, per := s.get("points"), s.get("per")
	n := r.whole(points, span{1, pointsMost, 0})
	minor, ok := r.amount(per, c, amounts{1, perMost})
	if !ok || n == 0 {
		return money.Ratio{}
	}
	if int64(n) > pointsPerMinorMost*int64(minor) {
		r.fault(points, "%d points per %s are too many; write at most %d points per %s", n, money.Format(minor, c),
			pointsPerMinorMost, money.Format(1, c))
		return money.Ratio{}
	}
	ratio, err := money.NewRatio(int64(n), int64(minor))
	if err != nil {
		r.fault(points, "the rate does not fit: %v", err)
	}
	return ratio
}

func (r *reader) checkTier(v value, tiers tierNames) {
	name := v.key.Value
	switch {
	case !tiers.known || slices.Contains(tiers.names, name):
	case len(tiers.names) == 0:
		r.faultAt(v, v.key, "there is no ladder; add one with a tier of this name, or delete the line")
	default:
		r.faultAt(v, v.key, "the ladder has no tier of this name; %s", suggest(name, tiers.names))
	}
}

// factors reads a mapping of names to multipliers.
func (r *reader) factors(v value, most int, check func(value)) map[string]money.Ratio {
	out := map[string]money.Ratio{}
	if !v.given() {
		return out
	}
	children, _ := r.pairs(v)
	if len(children) > most {
		r.fault(v, "%d multipliers; write at most %d", len(children), most)
		return out
	}
	for _, child := range children {
		if problem := labelProblem(child.key.Value, labelCharsMax); problem != "" {
			r.faultAt(child, child.key, "%s", "the name "+problem)
			continue
		}
		check(child)
		if ratio, ok := r.factor(child); ok {
			out[child.key.Value] = ratio
		}
	}
	return out
}

// names reads a list of names, each once, and where each stands.
func (r *reader) names(v value) map[string]value {
	out := map[string]value{}
	if !v.given() || !r.is(v, yaml.SequenceNode, "a list, for example [gift-card]") {
		return out
	}
	if n := len(v.node.Content); n > exclusionsMax {
		r.fault(v, "%d names; write at most %d", n, exclusionsMax)
		return out
	}
	for i, node := range v.node.Content {
		item := v.item(i, node)
		name, ok := r.label(item, labelCharsMax)
		if !ok {
			continue
		}
		if first, twice := out[name]; twice {
			r.fault(item, "%q is listed twice, first at %s; delete one of the two", short(name), first.place())
			continue
		}
		out[name] = item
	}
	return out
}

// item returns the value of a list's item.
func (v value) item(i int, node *yaml.Node) value {
	return value{file: v.file, path: fmt.Sprintf("%s[%d]", v.path, i), node: node}
}

// pending reads how many days points wait; they must not lapse before they are active.
func (r *reader) pending(v value, e Expiry) int {
	n := r.whole(v, span{0, pendingDaysMost, 0})
	if earned, life := e.shortest(); life > 0 && n >= life {
		r.fault(v, "points earned on %s lapse after %d days, before they are active; "+
			"write at most %d, or a longer life under expiry", earned.Start(time.UTC).Format("2 January"), life, life-1)
	}
	return n
}
