package program

import (
	"cmp"
	"errors"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

// misfit is one thing that a schema does not take.
type misfit struct{ field, message string }

// firstMisfit names the first place, in the order of places, at which data do not fit. The library reports them in the
// order of a Go map.
func firstMisfit(err error) (field, message string) {
	invalid, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return dataField, err.Error()
	}
	list := misfits(invalid, nil)
	slices.SortFunc(list, func(a, b misfit) int { return cmp.Or(cmp.Compare(a.field, b.field), cmp.Compare(a.message, b.message)) })
	return list[0].field, list[0].message
}

// misfits collects the leaves: what stands above them only says that they are there.
func misfits(e *jsonschema.ValidationError, list []misfit) []misfit {
	if len(e.Causes) == 0 {
		return append(list, misfit{placeOf(e.InstanceLocation), misfitText(e)})
	}
	for _, cause := range e.Causes {
		list = misfits(cause, list)
	}
	return list
}

// misfitText says what is wrong in the library's words, but for those that quote the data: they may be about a person.
func misfitText(e *jsonschema.ValidationError) string {
	switch k := e.ErrorKind.(type) {
	case *kind.Pattern:
		return "does not match the pattern " + short(k.Want)
	case *kind.FalseSchema:
		return "nothing may stand here"
	case *kind.Minimum:
		return bounds("at least", k.Got, k.Want)
	case *kind.ExclusiveMinimum:
		return bounds("more than", k.Got, k.Want)
	case *kind.Maximum:
		return bounds("at most", k.Got, k.Want)
	case *kind.ExclusiveMaximum:
		return bounds("less than", k.Got, k.Want)
	case *kind.MultipleOf:
		return bounds("a multiple of", k.Got, k.Want)
	}
	if out := e.DetailedOutput(); out.Error != nil {
		return out.Error.String()
	}
	return "does not fit"
}

// bounds writes both numbers exactly; the library would write them as floats.
func bounds(how string, got, want *big.Rat) string {
	return "is " + decimal(got) + ", not " + how + " " + decimal(want)
}

// decimalDigits is more than a number of data or of a schema can have behind the point.
const decimalDigits = 100

func decimal(r *big.Rat) string {
	if r.IsInt() {
		return r.Num().String()
	}
	return strings.TrimRight(r.FloatString(decimalDigits), "0")
}

const dataField = "data"

// placeOf writes a place in data as the house does: data.items[3].sku.
func placeOf(tokens []string) string {
	var b strings.Builder
	b.WriteString(dataField)
	for _, t := range tokens {
		if _, err := strconv.ParseUint(t, 10, 32); err == nil {
			b.WriteString("[" + t + "]")
			continue
		}
		b.WriteString("." + short(t))
	}
	return b.String()
}
