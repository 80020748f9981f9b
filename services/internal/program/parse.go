package program

import (
	"cmp"
	"fmt"
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Limits of a programme. Each has a test that meets it.
const (
	programBytesMax    = 256 << 10 // of all files together: a revision travels in one message
	filesMax           = 64
	nameCharsMax       = 200
	labelCharsMax      = 128 // of a category or a sku, as in the events
	multipliersMax     = 1000
	exclusionsMax      = 10000
	tiersMax           = 20
	segmentsMax        = 32
	pointsMost         = 10000 // per amount
	multiplierMost     = 100
	perMost            = money.Minor(1_000_000_000)
	pointsPerMinorMost = 100 // without multipliers
	monthsMost         = 120
	pendingDaysMost    = 120 // a pending lot per day, and an account holds at most 256 lots
	returnWaitMost     = 365
	returnAcceptMost   = 3650
	owedMostMost       = 1_000_000_000
	refundExtendMost   = 365
	acceptLateMost     = 3650
	noticeDaysMost     = 365
)

// What holds where the file says nothing.
const (
	returnWaitDefault = 30
	acceptLateDefault = 365
	noticeDaysDefault = 30
)

// File is one file of a programme, as written.
type File struct {
	Name    string
	Content []byte
}

// examples show how a key that is missing may be written.
var examples = map[string]string{
	"programme":        "programme: shop",
	"limit":            "limit: 500",
	"zone":             "zone: Europe/Berlin",
	"currency":         "currency: EUR",
	"unit":             "unit: points",
	"earning":          "earning: {points: 1, per: 1.00}",
	"earn":             "earn: {points: 1, per: 1.00}",
	"expiry":           "expiry: {rule: end_of_month, months: 12}",
	"points":           "points: 1",
	"per":              "per: 1.00",
	"rule":             "rule: end_of_month",
	"months":           "months: 12",
	"days":             "days: 365",
	"date":             "date: 04-01",
	"window_months":    "window_months: 12",
	"tiers":            "tiers: [{name: bronze, from: 0.00}, {name: silver, from: 100.00}]",
	"name":             "name: silver",
	"from":             "from: 100.00",
	"schema":           "schema: {type: object}",
	"roles":            "roles: [issue, redeem]",
	"category":         "category: airline",
	"redemption_price": "redemption_price: 0.008",
	"issue_price":      "issue_price: 0.01",
}

// Parse checks the files of a programme as a whole and returns it, or nil and every fault that was
// found, in the order of the files and of the text. The order of the files does not matter; a
// section stands in one of them. Each fault can be mended in the files; a retry without that gives
// the same.
func Parse(files []File) (*Program, []Fault) {
	files = slices.SortedFunc(slices.Values(files), func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	if faults := checkFiles(files); len(faults) > 0 {
		return nil, faults
	}
	r := &reader{}
	root, whole := r.merge(files)
	p := r.program(root, whole)
	if len(r.faults) > 0 {
		return nil, sorted(r.faults)
	}
	var err error
	if p.rates, err = newRates(p.Earning); err != nil {
		at := root.get("earning")
		r.fault(at, "the rate and its multipliers do not fit: %v; write them with fewer digits", err)
		return nil, r.faults
	}
	for _, u := range p.Units {
		if err := u.prepare(p.Earning); err != nil {
			r.fault(root.get("units"), "the rate of %s and the multipliers do not fit: %v; write them with fewer digits", u.Name, err)
			return nil, r.faults
		}
	}
	return p, nil
}

// checkFiles looks at what must hold before anything is read.
func checkFiles(files []File) []Fault {
	if len(files) == 0 {
		return []Fault{{File: "programme", Line: 1, Column: 1, Message: "there is no file; name at least one"}}
	}
	if len(files) > filesMax {
		return []Fault{{File: files[filesMax].Name, Line: 1, Column: 1,
			Message: fmt.Sprintf("%d files; write at most %d", len(files), filesMax)}}
	}
	size := 0
	for i, f := range files {
		if i > 0 && files[i-1].Name == f.Name {
			return []Fault{{File: f.Name, Line: 1, Column: 1, Message: "the same file is named twice; name it once"}}
		}
		if size += len(f.Content); size > programBytesMax {
			return []Fault{{File: f.Name, Line: 1, Column: 1,
				Message: fmt.Sprintf("the programme is larger than %d KiB; make it shorter", programBytesMax>>10)}}
		}
	}
	return nil
}

var (
	requiredSections = []string{"programme", "zone", "currency", "unit", "earning", "expiry"}
	optionalSections = []string{"name", "enrolment", "returns", "refunds", "orders", "ladder", "actions", "partners", "adjustments", "transfers", "causes", "economics", "units"}
)

// merge lays the sections of all files together. false: a file could not be read, and what is
// missing may stand there.
func (r *reader) merge(files []File) (section, bool) {
	root, whole := newSection(value{file: files[0].Name}), true
	for _, file := range files {
		node, faults := load(file)
		r.faults = append(r.faults, faults...)
		if node == nil {
			whole = false
			continue
		}
		children, _ := r.pairs(value{file: file.Name, node: node})
		root.fill(r, children, slices.Concat(requiredSections, optionalSections))
	}
	for _, key := range requiredSections {
		if whole && root.lacks(key) {
			r.missing(value{file: files[0].Name, node: &yaml.Node{Line: 1, Column: 1}}, key)
		}
	}
	return root, whole
}
