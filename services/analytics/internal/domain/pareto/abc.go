package pareto

import (
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Names of the classes.
const (
	ClassA = "A"
	ClassB = "B"
	ClassC = "C"
)

// Cut is the last customer of a class, as customers stand by falling spend and rising id. The zero Cut: it has none.
type Cut struct {
	ID    string
	Spend money.Minor
}

// reaches tells whether a customer stands before the cut or on it.
func (c Cut) reaches(id string, spend money.Minor) bool {
	return c.ID != "" && (spend > c.Spend || spend == c.Spend && id <= c.ID)
}

// Cuts tell the class of a customer without looking at the others.
type Cuts struct{ A, B Cut }

// Class returns the class of a customer: whoever the cuts were made of gets the class that the report counts.
func (c Cuts) Class(id string, spend money.Minor) string {
	switch {
	case c.A.reaches(id, spend):
		return ClassA
	case c.B.reaches(id, spend):
		return ClassB
	default:
		return ClassC
	}
}

// classes goes by the share reached before the customer: who crosses a line still belongs to the better class.
func (b *Builder) classes() ([]Class, Cuts) {
	a := money.Minor(history.Reaching(b.params.A, int64(b.total)))
	beyond := money.Minor(history.Reaching(b.params.B, int64(b.total)))
	classes := []Class{{Name: ClassA}, {Name: ClassB}, {Name: ClassC}}
	var cuts Cuts
	before := money.Minor(0)
	for _, x := range b.buyers {
		class := &classes[2]
		switch {
		case before < a:
			class, cuts.A = &classes[0], Cut{x.id, x.spend}
		case before < beyond:
			class, cuts.B = &classes[1], Cut{x.id, x.spend}
		}
		class.Customers++
		class.Sum += x.spend
		before += x.spend
	}
	return classes, cuts
}
