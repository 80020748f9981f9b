package laurelctl

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
)

// tally counts rows and their points.
type tally struct {
	Rows   int64 `json:"rows"`
	Points int64 `json:"points"`
}

func (t *tally) add(points int64) { t.Rows, t.Points = t.Rows+1, t.Points+points }

func (t tally) plus(o tally) tally { return tally{t.Rows + o.Rows, t.Points + o.Points} }

// lotTotal is what lots of an issuer come to whose last day lies in a month.
type lotTotal struct {
	Issuer string `json:"issuer"`
	// Until is the month of the last day on which they can be spent (YYYY-MM), or never.
	Until string `json:"until"`
	tally
}

// importOutcome is what became of a file of lots.
type importOutcome struct {
	File    string `json:"file"`
	Source  string `json:"source"`
	DryRun  bool   `json:"dryRun"`
	Read    tally  `json:"read"`
	New     tally  `json:"new"`     // came over now; with DryRun: would
	Already tally  `json:"already"` // had come over before
	Refused tally  `json:"refused"`
	// Lots are those that are new and those that were there already.
	Lots         []lotTotal `json:"lots"`
	RejectedFile string     `json:"rejectedFile,omitempty"`

	lots map[lotTotal]tally // by issuer and month, their own tallies empty
}

// took counts a lot that the ledger has, now or from before, by what it says of it.
func (o *importOutcome) took(e *accrualv1.Entry, when *tally) {
	points := e.GetCommand().GetPoints()
	when.add(points)
	lot := e.GetMovements()[0]
	key := lotTotal{Issuer: lot.GetIssuer(), Until: "never"}
	if last := lastDay(lot.GetExpiryDay()); last != "" {
		key.Until = last[:len("2006-01")]
	}
	sum := o.lots[key]
	sum.add(points)
	o.lots[key] = sum
}

// show tells what became of the file.
func (o *importOutcome) show(w *world) error {
	for _, key := range slices.SortedFunc(maps.Keys(o.lots), func(a, b lotTotal) int {
		return cmp.Or(cmp.Compare(a.Issuer, b.Issuer), cmp.Compare(a.Until, b.Until))
	}) {
		o.Lots = append(o.Lots, lotTotal{key.Issuer, key.Until, o.lots[key]})
	}
	if w.root.Output == formatJSON {
		out := json.NewEncoder(w.Out)
		out.SetIndent("", "  ")
		return out.Encode(o)
	}
	numbers := []string{"rows", "points"}
	rows := grid{columns: []string{"what", "issuer", "until", "rows", "points"}, numbers: numbers}
	sums, lots := grid{columns: []string{"what", "rows", "points"}, numbers: numbers}, grid{columns: []string{"issuer", "until", "rows", "points"}, numbers: numbers}
	name := "new"
	if o.DryRun {
		name = "would be new"
	}
	for _, is := range []struct {
		what string
		tally
	}{{"read", o.Read}, {name, o.New}, {"already there", o.Already}, {"refused", o.Refused}} {
		sums.add(is.what, number(is.Rows), number(is.Points))
		rows.add(is.what, "", "", number(is.Rows), number(is.Points))
	}
	for _, l := range o.Lots {
		lots.add(l.Issuer, l.Until, number(l.Rows), number(l.Points))
		rows.add("lots", l.Issuer, l.Until, number(l.Rows), number(l.Points))
	}
	if len(lots.rows) == 0 {
		return w.show(nil, rows, sums)
	}
	return w.show(nil, rows, sums, lots)
}
