package laurelctl

import (
	"context"
	"fmt"
	"math"
	"strconv"
)

// plantedAsked is what some members are asked besides.
type plantedAsked struct {
	Kano       []plantedFeature  `json:"kano"`
	Prices     plantedPrices     `json:"prices"`
	Households plantedHouseholds `json:"households"`
	Quality    []plantedQuality  `json:"quality"`
}

// asked adds lines for the reports that rest on it.
func (p planted) asked(ctx context.Context, a *analytics, rows *grid) error {
	if p.Asked == nil || p.Said == nil {
		return nil
	}
	for _, add := range []func(context.Context, *analytics, truthRows) error{p.kano, p.prices, p.households, p.quality} {
		if err := add(ctx, a, truthRows{rows}); err != nil {
			return err
		}
	}
	return nil
}

// word is what is told in a word: it must be the same.
func (g truthRows) word(report, figure, planted, reported string) {
	g.add(report, figure, planted, reported, "", "", "", yesOrNo(planted == reported))
}

// estimated is a number that was found by the answers of some, between the ends of its 95 % interval.
func (g truthRows) estimated(report, figure string, planted, reported int64, ends interval) {
	g.add(report, figure, number(planted), number(reported), offBy(planted, reported), number(ends.low), number(ends.high),
		yesOrNo(ends.low <= planted && planted <= ends.high))
}

// interval is the least and the greatest that a figure may be.
type interval struct{ low, high int64 }

// decimals reads figures of a report; empty ones are 0.
func decimals(of string, texts ...string) ([]float64, error) {
	list := make([]float64, len(texts))
	for i, text := range texts {
		if text == "" {
			continue
		}
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", of, err)
		}
		list[i] = value
	}
	return list, nil
}

// howMany of a list are so.
func howMany(are []bool) int64 {
	n := int64(0)
	for _, is := range are {
		if is {
			n++
		}
	}
	return n
}

func thousandths(f float64) int64 { return int64(math.Round(thousand * f)) }
