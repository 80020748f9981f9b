package program

import (
	"fmt"
	"slices"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

// rating is what a line earns per minor unit, and the rules that made it, in words.
type rating struct {
	rate  money.Ratio
	rules []string
}

// rates holds every product of rate, category and tier, so that rating a line multiplies nothing.
type rates struct {
	// row and column of a name with a multiplier; every other name has number 0.
	row, column map[string]int
	// len(table) = (len(row)+1) * (len(column)+1), row by row.
	table []rating
	// segments are the factors by segment, and by campaign/<name>. They are multiplied while a line is rated: each fits with each cell of the table.
	segments map[string]factor
	// categories and skus that earn nothing.
	categories, skus map[string]rating
}

// LineRate returns the points per minor unit of a line for an account that held the tier before the
// order and goes by a segment or a campaign as BoostOf calls it ("" for none of either), and the rules that made the rate, in order: "rate", "category books x2",
// "tier silver x5/4", "segment slipping x2" or "campaign spring x2", or "excluded category gift-card", "excluded sku 4711" alone. A category or a
// tier without a rule of its own counts once. The caller must not change the rules: all lines share
// them.
func (p *Program) LineRate(line orders.Line, tier, segment string) (rate money.Ratio, rules []string) {
	return p.rates.line(line, tier, segment)
}

func (r *rates) line(line orders.Line, tier, segment string) (rate money.Ratio, rules []string) {
	if out, ok := r.categories[line.Category]; ok {
		return out.rate, out.rules
	}
	if out, ok := r.skus[line.SKU]; ok {
		return out.rate, out.rules
	}
	cell := r.table[r.row[line.Category]*(len(r.column)+1)+r.column[tier]]
	if f, ok := r.segments[segment]; ok {
		if product, err := cell.times(f); err == nil { // each fitted when the programme was read
			cell = product
		}
	}
	return cell.rate, cell.rules
}

// BoostOf is what an order earns by beside category and tier, for good: the segment or the campaign with the largest factor of all
// that its account is in and that hold for it; of equal ones the first by name. A campaign is called campaign/<name>. Empty: none.
func (p *Program) BoostOf(o PaidOrder) string {
	best := ""
	consider := func(name string) {
		f, ok := p.rates.segments[name]
		if !ok {
			return
		}
		of := p.rates.segments[best]
		if order := f.ratio.Cmp(of.ratio); best == "" || order > 0 || order == 0 && name < best {
			best = name
		}
	}
	for _, name := range o.Segments {
		consider(name)
	}
	for _, c := range p.Earning.Campaigns {
		if c.holds(o) {
			consider(campaignPrefix + c.Name)
		}
	}
	return best
}

// factor is a multiplier with its name; the one without a name counts once and leaves no rule.
type factor struct {
	rule  string
	ratio money.Ratio
}

func newRates(e Earning) (rates, error) {
	r := rates{
		categories: excluded("category", e.ExcludeCategories),
		skus:       excluded("sku", e.ExcludeSKUs),
	}
	var categories, tiers []factor
	r.row, categories = numbered("category", e.CategoryMultipliers)
	r.column, tiers = numbered("tier", e.TierMultipliers)
	r.table = make([]rating, 0, len(categories)*len(tiers))
	for _, c := range categories {
		for _, t := range tiers {
			cell, err := product(e.Rate, c, t)
			if err != nil {
				return rates{}, err
			}
			r.table = append(r.table, cell)
		}
	}
	r.segments = make(map[string]factor, len(e.SegmentMultipliers)+len(e.Campaigns))
	for name, ratio := range e.SegmentMultipliers {
		r.segments[name] = factor{fmt.Sprintf("segment %s x%s", name, ratio), ratio}
	}
	for _, c := range e.Campaigns {
		r.segments[campaignPrefix+c.Name] = factor{fmt.Sprintf("campaign %s x%s", c.Name, c.Factor), c.Factor}
	}
	for _, name := range sortedKeys(r.segments) {
		for _, cell := range r.table {
			if _, err := cell.times(r.segments[name]); err != nil {
				return rates{}, err
			}
		}
	}
	return r, nil
}

func product(rate money.Ratio, factors ...factor) (rating, error) {
	out := rating{rate: rate, rules: []string{"rate"}}
	for _, f := range factors {
		if f.rule == "" {
			continue
		}
		var err error
		if out, err = out.times(f); err != nil {
			return rating{}, err
		}
	}
	return out, nil
}

// times is a rating with one more factor; it shares no rules.
func (r rating) times(f factor) (rating, error) {
	rate, err := r.rate.Mul(f.ratio)
	if err != nil {
		return rating{}, fmt.Errorf("multiply by %s: %w", f.rule, err)
	}
	return rating{rate, append(slices.Clip(r.rules), f.rule)}, nil
}

// numbered gives each name a number from 1 and lists the factors by that number.
func numbered(what string, multipliers map[string]money.Ratio) (map[string]int, []factor) {
	numbers, factors := map[string]int{}, []factor{{}}
	for _, name := range sortedKeys(multipliers) {
		numbers[name] = len(factors)
		ratio := multipliers[name]
		factors = append(factors, factor{rule: fmt.Sprintf("%s %s x%s", what, name, ratio), ratio: ratio})
	}
	return numbers, factors
}

func excluded(what string, names []string) map[string]rating {
	out := make(map[string]rating, len(names))
	for _, name := range names {
		out[name] = rating{rules: []string{"excluded " + what + " " + name}}
	}
	return out
}
