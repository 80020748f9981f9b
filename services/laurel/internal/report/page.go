// Package report owns the page .laurel/report.html: what a replay did, for people who do not read JSON.
// It draws and words what it is given, on one self-contained page without scripts; it counts nothing itself.
package report

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/summary"
)

// Page is everything that the page says. All texts may hold anything: they are escaped.
type Page struct {
	Summary summary.Summary
	// Name is the programme's name for people; empty: its id.
	Name string
	// Unit is what the programme calls its points; empty: points.
	Unit     string
	Currency money.Currency
	// Source says in a few words what was replayed, for example "my.csv".
	Source string
	// Until is the moment at which the figures stand, in the programme's zone.
	Until time.Time
	// Rules are the programme's rules in words, a sentence each.
	Rules []string
	// Tiers are the names of the ladder from the lowest tier up; empty: no ladder.
	Tiers []string
	// Months are in order and without gaps. At most monthsMax of them are shown, the last ones.
	Months []Month
	// Customers are the curves of analytics; without customers in the summary the section is left out.
	Customers Customers
	// Story is one member's year; without an entry it is left out.
	Story    Story
	Rejected Rejected
}

// Month is what happened in one month, and what stood at its end. What passes at 00:00 of a day counts with the day
// before, as it is shown to members: points that are gone on 1998-02-01 expired at the end of January 1998.
type Month struct {
	// Month is the first day of the month.
	Month  calendar.Day
	Orders int64
	Amount money.Minor
	Earned money.Points
	// Reversed is what returns and cancellations took back, Expired what lapsed unspent, Redeemed what was spent:
	// all as positive numbers.
	Reversed money.Points
	Expired  money.Points
	Redeemed money.Points
	// Alive is what members own at the end of the month.
	Alive money.Points
	// Tiers counts the accounts in each tier at the end of the month.
	Tiers map[string]int64
}

// Story is some months of one account.
type Story struct {
	Account string
	// From and To are the first and the last day that the curve shows; calendar.None: those of the entries.
	From, To calendar.Day
	// Opening is the balance before the first entry.
	Opening money.Points
	// Entries are in the ledger's order. At most EntriesMax of them are shown, the first ones; that there are more is said
	// if there is one more here.
	Entries []Entry
	// Preview is what an order would earn the account, asked for at the end of the run.
	Preview Preview
}

// Preview is what an order that nobody has made would earn. It is left out while Amount is 0.
type Preview struct {
	Amount money.Minor
	Earns  money.Points
	// Tier is where the order would lift the account; empty where there is no ladder.
	Tier string
}

// Entry is one entry of the account in plain words.
type Entry struct {
	Day calendar.Day
	// Kind is the ledger's word: earn, reverse, activate, expire, park, state, ...
	Kind     string
	Sentence string
	Delta    money.Points
	// Balance and Tier are what stands after the entry.
	Balance money.Points
	Tier    string
}

// Rejected are rows of the order file that did not parse.
type Rejected struct {
	Rows int64
	// File holds them with their reasons, named as the reader of the page would.
	File string
}

// EntriesMax is how many entries of a story are shown.
const EntriesMax = 400

const (
	monthsMax = 120
	rulesMax  = 40
)

//go:embed templates
var files embed.FS

var page = template.Must(template.New("page.html").ParseFS(files, "templates/*"))

// Write writes the page as HTML in UTF-8. It is built in memory first: on an error nothing half-done is written
// but what the writer itself took.
func Write(w io.Writer, p Page) error {
	var b bytes.Buffer
	if err := page.Execute(&b, newView(p)); err != nil {
		return fmt.Errorf("render report: %w", err)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}
