package town

import (
	"maps"
	"math"
	"slices"
)

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// survived is until when they bought a second time, and until when they were lost. How long a second purchase takes is planted: at
// rates from a gamma distribution it is later than t with chance (1 + t/alpha)^-shape, since nobody stops after the first. When
// they stopped is planted too; who is lost has been silent, which is not the same.
func (t Town) survived(p Params, buyers []patron) Counted {
	c := Counted{Report: "survival"}
	var repeated, waited, lost, gone int64
	for _, a := range buyers {
		days := a.days(p.End())
		if len(days) > 1 {
			repeated, waited = repeated+1, waited+int64(days[1]-days[0])
		} else {
			waited += int64(p.End() - 1 - days[0])
		}
		for i, d := range days {
			next := p.End() - 1 // a silence that nobody has seen the end of
			if i+1 < len(days) {
				next = days[i+1] - 1
			}
			if int(next-d) >= silentDays {
				lost++
				break
			}
		}
		if m := t.known[a.name]; !m.alive && int(days[len(days)-1]-days[0])+silentDays <= daysOfYear {
			gone++
		}
	}
	c.add("customers", int64(len(buyers)))
	c.add("bought again", repeated)
	c.add("days until then, or watched", waited)
	c.add("lost", lost)
	if !p.Kinds {
		alpha := p.RateShape * daysOfYear / p.RateMean // days
		for _, d := range []float64{90, 365} {
			c.rate("not again after "+map[float64]string{90: "90", 365: "365"}[d]+" days", math.Pow(1+d/alpha, -p.RateShape))
		}
	}
	c.rate("not gone for 180 days after 365", 1-float64(gone)/float64(len(buyers)))
	return c
}
