package bgnbd

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/repeat"
)

// Future draws when a customer buys within so many weeks, by what the model and their past tell of their own rate and
// chance of leaving. No more than most purchases are drawn.
func (m Model) Future(c repeat.Count, weeks float64, most int, source rand.Source) []float64 {
	r := rand.New(source) //nolint:gosec // chance, no secret
	if r.Float64() >= m.Alive(c) {
		return nil
	}
	_, age := c.Weeks()
	rate := distuv.Gamma{Alpha: m.R + float64(c.Repeats), Beta: m.Alpha + age, Src: source}.Rand()
	leaves := distuv.Beta{Alpha: m.A, Beta: m.B + float64(m.Kind.chances(c.Repeats)), Src: source}.Rand()
	var at []float64
	for t := r.ExpFloat64() / rate; t <= weeks && len(at) < most; t += r.ExpFloat64() / rate {
		at = append(at, t)
		if r.Float64() < leaves {
			break
		}
	}
	return at
}
