package summary

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Redemption adds up what the run asked for at one place, of one kind.
type Redemption struct {
	// Place is a partner, or operator.
	Place string `json:"place"`
	// Kind is reward; or capture, void or award of a partner.
	Kind string `json:"kind"`
	// Reward is the id of the reward, empty for a partner.
	Reward string `json:"reward"`
	Asked  int64  `json:"asked"`
	Done   int64  `json:"done"`
	// Points were spent, for a void let go, for an award given.
	Points money.Points `json:"points"`
	// Refused counts by reason.
	Refused map[string]int64 `json:"refused"`
}

// Settlement is what the partners owe each other for a month. Amounts are in minor units of its currency.
type Settlement struct {
	Number   int64          `json:"number"`
	Period   string         `json:"period"` // YYYY-MM in the programme's zone
	Currency money.Currency `json:"currency"`
	// Gross is the clearing matrix: its cells that are not 0.
	Gross []Owed `json:"gross"`
	// Net is where each partner stands. All together are zero.
	Net []Position `json:"net"`
}

// Owed is all that one partner owes another.
type Owed struct {
	Debtor   string      `json:"debtor"`
	Creditor string      `json:"creditor"`
	Amount   money.Minor `json:"amount_minor"`
}

// Position is where a partner stands against all others together.
type Position struct {
	Partner string `json:"partner"`
	Name    string `json:"name"`
	// Statement is the number of its statement.
	Statement int64       `json:"statement"`
	Owes      money.Minor `json:"owes_minor"`
	Owed      money.Minor `json:"owed_minor"`
	// Net is owed less owes: above zero, the partner gets money.
	Net money.Minor `json:"net_minor"`
}

// Closing is what it took to close the last month: the clocks of the house went on to its end. What fell due up to there is
// in the ledger and verified, and in no figure.
type Closing struct {
	Time    time.Time `json:"time"`
	Entries int64     `json:"entries"`
}

func filledRedemptions(list []Redemption) []Redemption {
	filled := make([]Redemption, len(list))
	for i, r := range list {
		r.Refused = filledMap(r.Refused)
		filled[i] = r
	}
	return filled
}

func filledSettlements(list []Settlement) []Settlement {
	filled := make([]Settlement, len(list))
	for i, s := range list {
		s.Gross, s.Net = filledList(s.Gross), filledList(s.Net)
		filled[i] = s
	}
	return filled
}

// Matrix is a settlement as a table.
type Matrix struct {
	Head []string // of the columns behind the first: who is owed, and what a row comes to
	Rows []MatrixRow
}

// MatrixRow is one who owes; or, below all of them, what is owed to each, where each stands, and its statement.
type MatrixRow struct {
	Head  string
	Cells []string
	Foot  bool
}

// Matrix lays out who owes whom: who owes has a row, who is owed a column. Amounts are in major units without the currency.
func (s Settlement) Matrix() Matrix {
	var m Matrix
	owed := MatrixRow{Head: "is owed", Foot: true}
	net := MatrixRow{Head: "net", Foot: true}
	statement := MatrixRow{Head: "statement", Foot: true}
	sum := money.Minor(0)
	for _, debtor := range s.Net {
		r := MatrixRow{Head: debtor.Partner + " owes"}
		for _, creditor := range s.Net {
			r.Cells = append(r.Cells, s.cell(debtor.Partner, creditor.Partner))
		}
		r.Cells = append(r.Cells, s.amount(debtor.Owes))
		m.Head, m.Rows = append(m.Head, debtor.Partner), append(m.Rows, r)
		owed.Cells, net.Cells = append(owed.Cells, s.amount(debtor.Owed)), append(net.Cells, s.amount(debtor.Net))
		statement.Cells = append(statement.Cells, Count(debtor.Statement))
		sum += debtor.Net
	}
	m.Head = append(m.Head, "in all")
	owed.Cells, net.Cells, statement.Cells = append(owed.Cells, ""), append(net.Cells, s.amount(sum)), append(statement.Cells, "")
	m.Rows = append(m.Rows, owed, net, statement)
	return m
}

// cell is what one owes another; nothing where it owes nothing.
func (s Settlement) cell(debtor, creditor string) string {
	for _, g := range s.Gross {
		if g.Debtor == debtor && g.Creditor == creditor {
			return s.amount(g.Amount)
		}
	}
	return ""
}

func (s Settlement) amount(m money.Minor) string {
	return strings.TrimSuffix(Amount(m, s.Currency), " "+string(s.Currency))
}

// What says what was done, in words.
func (r Redemption) What() string {
	switch r.Kind {
	case "capture":
		return "points taken"
	case "void":
		return "set aside, let go"
	case "award":
		return "points given"
	}
	return r.Reward
}

// Refusals is how many were refused, and why.
func (r Redemption) Refusals() string {
	if len(r.Refused) == 0 {
		return ""
	}
	var parts []string
	for _, reason := range slices.Sorted(maps.Keys(r.Refused)) {
		parts = append(parts, Count(r.Refused[reason])+" "+reason)
	}
	return strings.Join(parts, ", ")
}
