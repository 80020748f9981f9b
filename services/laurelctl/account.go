package laurelctl

import (
	"context"
	"fmt"
	"strings"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// pageMax is the longest page that the contract allows.
const pageMax = 200

// showCmd shows an account.
type showCmd struct {
	Account string   `arg:"" help:"The account."`
	At      *instant `placeholder:"TIME" help:"As it stood at this time, for example 1998-07-01T00:00:00Z."`
	KnownAt *instant `placeholder:"TIME" help:"As it was known at this time."`
}

// Run asks for the account.
func (c *showCmd) Run(w *world) error {
	return w.ask(w.root.Timeout, func(ctx context.Context, a *accrual) error {
		program, err := a.programme()
		if err != nil {
			return err
		}
		answer, err := a.GetAccount(ctx, &accrualv1.GetAccountRequest{
			Program: program, Account: c.Account, At: c.At.toProto(), KnownAt: c.KnownAt.toProto(),
		})
		if err != nil {
			return err
		}
		return w.show(answer, accountRows(answer.GetAccount()), accountTables(answer.GetAccount(), a.currency)...)
	})
}

// accountRows has one row for each unit.
func accountRows(a *accrualv1.Account) grid {
	g := grid{columns: []string{
		"programme", "account", "version", "unit", "active", "pending", "held", "debt", "tier", "qualifying_minor", "clock", "due_at",
	}}
	balances := a.GetBalances()
	if len(balances) == 0 {
		balances = []*accrualv1.Balance{{}}
	}
	for _, b := range balances {
		g.add(a.GetProgram(), a.GetAccount(), number(a.GetVersion()), b.GetUnit(), number(b.GetActive()), number(b.GetPending()),
			number(b.GetHeld()), number(b.GetDebt()), a.GetTier(), number(a.GetQualifyingMinor()),
			moment(a.GetClock()), moment(a.GetDueAt()))
	}
	return g
}

// accountTables are the account for people: what it has, then its lots.
func accountTables(a *accrualv1.Account, currency money.Currency) []grid {
	var has grid
	has.columns = []string{"account", a.GetProgram() + "/" + a.GetAccount()}
	for _, b := range a.GetBalances() {
		has.add(b.GetUnit(), fmt.Sprintf("%d active, %d pending, %d held, %d owed", b.GetActive(), b.GetPending(), b.GetHeld(), b.GetDebt()))
	}
	has.add("tier", a.GetTier())
	has.add("qualifying", amount(a.GetQualifyingMinor(), currency))
	has.add("entries", number(a.GetVersion()))
	has.add("as of", moment(a.GetClock()))
	due := moment(a.GetDueAt())
	if due == "" {
		due = "never"
	}
	has.add("changes next", due)
	has.add("hash", a.GetHash())

	lots := grid{
		columns: []string{"unit", "points", "issuer", "active_from", "last_day", "lapsed"},
		numbers: []string{"points", "lapsed"},
	}
	for _, l := range a.GetLots() {
		lots.add(l.GetUnit(), number(l.GetPoints()), l.GetIssuer(), l.GetActivationDay(), lastDay(l.GetExpiryDay()), number(l.GetUncounted()))
	}
	if len(lots.rows) == 0 {
		return []grid{has}
	}
	return []grid{has, lots}
}

// lastDay is the last day on which points can be spent: what people want to know, where the contract has the first day
// on which they are gone.
func lastDay(expiry string) string {
	day, err := calendar.Parse(expiry)
	if err != nil {
		return expiry // empty: they do not expire
	}
	return day.AddDays(-1).String()
}

// amount writes minor units in the programme's currency, or as they are where the house does not say which it is.
func amount(minor int64, currency money.Currency) string {
	if currency == "" {
		return fmt.Sprintf("%d minor units", minor)
	}
	return money.Format(money.Minor(minor), currency) + " " + string(currency)
}

// entriesCmd lists an account's entries.
type entriesCmd struct {
	Account   string `arg:"" help:"The account."`
	Limit     int    `placeholder:"N" help:"At most so many; 0, the default: all."`
	PageToken string `placeholder:"TOKEN" help:"Go on where an answer that was limited ended (nextPageToken of its JSON)."`
}

// Run asks for the entries, page by page.
func (c *entriesCmd) Run(w *world) error {
	return w.ask(w.root.Timeout, func(ctx context.Context, a *accrual) error {
		program, err := a.programme()
		if err != nil {
			return err
		}
		all := &accrualv1.ListEntriesResponse{NextPageToken: c.PageToken}
		err = pages(c.Limit, func(size int32) (int, bool, error) {
			answer, err := a.ListEntries(ctx, &accrualv1.ListEntriesRequest{
				Program: program, Account: c.Account, PageSize: size, PageToken: all.GetNextPageToken(),
			})
			if err != nil {
				return 0, false, err
			}
			all.Entries, all.NextPageToken = append(all.GetEntries(), answer.GetEntries()...), answer.GetNextPageToken()
			return len(all.GetEntries()), all.GetNextPageToken() != "", nil
		})
		if err != nil {
			return err
		}
		return w.show(all, entryRows(all.GetEntries()), entryTable(all.GetEntries()))
	})
}

// pages asks for one page after the other until limit (0: all) is reached or nothing is left. Next returns how many there
// are so far, and if there are more.
func pages(limit int, next func(size int32) (int, bool, error)) error {
	have, more := 0, true
	for more && (limit == 0 || have < limit) {
		size := pageMax
		if limit > 0 {
			size = min(size, limit-have)
		}
		var err error
		if have, more, err = next(int32(size)); err != nil { //nolint:gosec // at most pageMax
			return err
		}
	}
	return nil
}

// entryRows has one row for each entry and unit.
func entryRows(entries []*accrualv1.Entry) grid {
	g := grid{columns: []string{
		"seq", "effective_at", "occurred_at", "kind", "key", "unit", "active_change", "pending_change", "held_change", "debt_change",
		"active", "pending", "held", "debt", "tier",
	}}
	for _, e := range entries {
		for _, b := range balances(e) {
			change := changes(e, b.GetUnit())
			g.add(number(e.GetSeq()), moment(e.GetEffectiveAt()), moment(e.GetOccurredAt()), kind(e), e.GetKey(), b.GetUnit(),
				number(change["active"]), number(change["pending"]), number(change["held"]), number(-change["debt"]),
				number(b.GetActive()), number(b.GetPending()), number(b.GetHeld()), number(b.GetDebt()), e.GetAfter().GetTier())
		}
	}
	return g
}

// entryTable is the entries for people.
func entryTable(entries []*accrualv1.Entry) grid {
	g := grid{
		columns: []string{"seq", "effective_at", "kind", "key", "change", "after", "tier"},
		numbers: []string{"seq"},
	}
	for _, e := range entries {
		for _, b := range balances(e) {
			g.add(number(e.GetSeq()), moment(e.GetEffectiveAt()), kind(e), e.GetKey(), inWords(changes(e, b.GetUnit())), balance(b),
				e.GetAfter().GetTier())
		}
	}
	return g
}

func kind(e *accrualv1.Entry) string {
	return strings.ToLower(strings.TrimPrefix(e.GetKind().String(), "ENTRY_KIND_"))
}

// balances are those after an entry, at least an empty one.
func balances(e *accrualv1.Entry) []*accrualv1.Balance {
	if list := e.GetAfter().GetBalances(); len(list) > 0 {
		return list
	}
	return []*accrualv1.Balance{{}}
}

// changes sums an entry's postings of a unit to the account's own buckets. A debt is posted with a minus.
func changes(e *accrualv1.Entry, unit string) map[string]int64 {
	sums := map[string]int64{}
	for _, p := range e.GetPostings() {
		if p.GetUnit() == unit {
			sums[p.GetBucket()] += p.GetPoints()
		}
	}
	return sums
}

// inWords writes "+20 active, -3 pending"; what does not change is left out.
func inWords(change map[string]int64) string {
	var parts []string
	for _, bucket := range []string{"active", "pending", "held"} {
		if n := change[bucket]; n != 0 {
			parts = append(parts, fmt.Sprintf("%+d %s", n, bucket))
		}
	}
	if n := -change["debt"]; n != 0 {
		parts = append(parts, fmt.Sprintf("%+d owed", n))
	}
	return strings.Join(parts, ", ")
}

func balance(b *accrualv1.Balance) string {
	parts := []string{fmt.Sprintf("%d active", b.GetActive())}
	for _, bucket := range []struct {
		n    int64
		word string
	}{{b.GetPending(), "pending"}, {b.GetHeld(), "held"}, {b.GetDebt(), "owed"}} {
		if bucket.n != 0 {
			parts = append(parts, fmt.Sprintf("%d %s", bucket.n, bucket.word))
		}
	}
	return strings.Join(parts, ", ")
}

// explainCmd explains an entry.
type explainCmd struct {
	Key string `arg:"" help:"The entry's key, for example order/shop/1001/1 or due/ann/7."`
}

// Run asks for the explanation, and prints one sentence a line.
func (c *explainCmd) Run(w *world) error {
	return w.ask(w.root.Timeout, func(ctx context.Context, a *accrual) error {
		program, err := a.programme()
		if err != nil {
			return err
		}
		answer, err := a.ExplainEntry(ctx, &accrualv1.ExplainEntryRequest{Program: program, Key: c.Key})
		if err != nil {
			return err
		}
		if w.root.Output == formatTable {
			return w.lines(answer.GetSentences())
		}
		rows := grid{columns: []string{"key", "number", "sentence"}}
		for i, sentence := range answer.GetSentences() {
			rows.add(c.Key, fmt.Sprint(i+1), sentence)
		}
		return w.show(answer, rows)
	})
}

// lines writes text for people.
func (w *world) lines(lines []string) error {
	for _, line := range lines {
		if _, err := fmt.Fprintln(w.Out, safe(line)); err != nil {
			return err
		}
	}
	return nil
}
