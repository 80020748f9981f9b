package laurelctl

import (
	"context"
	"fmt"
	"strings"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// showCmd shows an account.
type showCmd struct {
	Account string   `arg:"" help:"The account."`
	At      *instant `placeholder:"TIME" help:"As it stood at this time, for example 1998-07-01T00:00Z."`
	KnownAt *instant `placeholder:"TIME" help:"As it was known at this time."`
	After   position `placeholder:"N" help:"Not before this position of EVENTS is applied, as orders publish has told it."`
}

// Run asks for the account.
func (c *showCmd) Run(w *world) error {
	return w.ask(w.root.Timeout, func(ctx context.Context, a *accrual) error {
		program, err := a.programme()
		if err != nil {
			return err
		}
		answer, err := a.GetAccount(ctx, &accrualv1.GetAccountRequest{
			Program: program, Account: c.Account, At: c.At.toProto(), KnownAt: c.KnownAt.toProto(), After: c.After.toProto(),
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
	has := grid{columns: []string{"what", "value"}}
	has.add("account", a.GetProgram()+"/"+a.GetAccount())
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
	if f := a.GetFrozen(); f != nil {
		has.add("may not", strings.Join(frozen(f), ", "))
	}
	has.add("hash", a.GetHash())

	lots := grid{
		columns: []string{"unit", "points", "issuer", "active_from", "last_day", "lapsed"},
		numbers: []string{"points", "lapsed"},
	}
	for _, l := range a.GetLots() {
		day := lastDay(l.GetExpiryDay())
		if l.GetRollingLife() > 0 && day != "" {
			day += ", rolling"
		}
		lots.add(l.GetUnit(), number(l.GetPoints()), l.GetIssuer(), l.GetActivationDay(), day, number(l.GetUncounted()))
	}
	if len(lots.rows) == 0 {
		return []grid{has}
	}
	return []grid{has, lots}
}

// frozen is what an account may not do.
func frozen(f *accrualv1.FreezePart) []string {
	var what []string
	if f.GetEarning() {
		what = append(what, "earn")
	}
	if f.GetSpending() {
		what = append(what, "spend")
	}
	return what
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
