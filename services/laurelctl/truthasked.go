package laurelctl

import "context"

// plantedAsked is what some members are asked besides.
type plantedAsked struct {
	Kano   []plantedFeature `json:"kano"`
	Prices plantedPrices    `json:"prices"`
}

// asked adds lines for the reports that rest on it.
func (p planted) asked(ctx context.Context, a *analytics, rows *grid) error {
	if p.Asked == nil || p.Said == nil {
		return nil
	}
	for _, add := range []func(context.Context, *analytics, truthRows) error{p.kano, p.prices} {
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
func (g truthRows) estimated(report, figure string, planted, reported, low, high int64) {
	g.add(report, figure, number(planted), number(reported), offBy(planted, reported), number(low), number(high), yesOrNo(low <= planted && planted <= high))
}
