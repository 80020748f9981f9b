// Package summary owns the shape of summary.json, which other people's programs read, and the closing table of a replay.
// It adds nothing up: whoever ran the replay fills it in. Fields are only ever added.
package summary

import (
	"encoding/json"
	"io"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Summary says what a replay left behind, and whether it holds together.
type Summary struct {
	// Before is the ledger after the replay and before the run's own redemptions, After with them. Both stand at the end of
	// the replay: what Closing brought is in neither.
	Before Figures `json:"before"`
	After  Figures `json:"after"`
	// At holds one row for each --at time, in order of time.
	At []At `json:"at"`
	// Redemptions is what the run itself had spent on the replayed balances, and Settlements are the months that it closed for
	// that, by their numbers. Both are empty where it spent nothing.
	Redemptions []Redemption `json:"redemptions"`
	Settlements []Settlement `json:"settlements"`
	Closing     Closing      `json:"closing,omitzero"`
	// Seconds of wall clock from the first order published to the end of verification.
	Seconds float64 `json:"seconds"`
	// EventsPerSecond counts the order events of the run against the time until every service had drained.
	EventsPerSecond float64 `json:"events_per_second"`
	Verify          Verify  `json:"verify"`
	Program         Program `json:"programme"`
	// People are those whom member and tier know of at the end of the run.
	People People `json:"people"`
	// Analytics is what the customers did up to the end of the replay.
	Analytics Analytics `json:"analytics"`
	// Versions names what ran: laurel, go, nats-server, mongod.
	Versions map[string]string `json:"versions"`
}

// People are those who were enrolled by name, and the accounts that were told something.
type People struct {
	// Enrolled counts members by what their account was opened for: consumer, business, dealer. Whoever only bought is not
	// among them: an account that a first order opens has no member of its own.
	Enrolled map[string]int64 `json:"enrolled"`
	// Warned counts accounts that have been told, at least once, that their tier was about to drop.
	Warned int64 `json:"warned_of_a_drop"`
}

// Figures are the totals of a programme at one moment.
type Figures struct {
	Orders   int64 `json:"orders"`
	Lines    int64 `json:"lines"`
	Accounts int64 `json:"accounts"`
	// Amount is what was paid, in minor units of each currency, before returns.
	Amount  map[money.Currency]money.Minor `json:"amount_minor"`
	Entries int64                          `json:"entries"`
	Points  Points                         `json:"points"`
	// ExpiredOn is what lapsed on each day (YYYY-MM-DD in the programme's zone): the first day on which it was gone.
	ExpiredOn map[string]money.Points `json:"expired_on"`
	// Tiers counts the accounts in each tier.
	Tiers map[string]int64 `json:"tiers"`
	// Moves counts changes of tier, sorted by from, to and cause.
	Moves []Move `json:"tier_moves"`
	// Duplicates counts events that were known already and changed nothing.
	Duplicates int64 `json:"duplicates"`
	// Refused counts events that lie in DEAD with their reason.
	Refused int64   `json:"refused"`
	Digests Digests `json:"digests"`
}

// Move is a change of tier and how often it happened. Cause is reached, review, or first: the first tier of an account.
type Move struct {
	From  string `json:"from"`
	To    string `json:"to"`
	Cause string `json:"cause"`
	Count int64  `json:"count"`
}

// Points are the totals of the programme's unit over all accounts.
type Points struct {
	Earned   money.Points `json:"earned"`
	Pending  money.Points `json:"pending"`
	Active   money.Points `json:"active"`
	Held     money.Points `json:"held"`
	Debt     money.Points `json:"debt"`
	Redeemed money.Points `json:"redeemed"`
	Expired  money.Points `json:"expired"`
	Reversed money.Points `json:"reversed"`
	Adjusted money.Points `json:"adjusted"`
}

// Outstanding is what members own: active, pending and held.
func (p Points) Outstanding() money.Points { return p.Active + p.Pending + p.Held }

// Digests are SHA-256 in hex over one line per account, sorted by account, each ended by a line feed:
// Balances over `account,active points`, Tiers over `account,tier`.
type Digests struct {
	Balances string `json:"balances"`
	Tiers    string `json:"tiers"`
}

// At is the programme at 00:00 of a day, or at another moment that was asked for.
type At struct {
	Time              time.Time        `json:"time"`
	Tiers             map[string]int64 `json:"tiers"`
	PointsOutstanding money.Points     `json:"points_outstanding"`
	DigestTiers       string           `json:"digest_tiers"`
}

// Verify is the verdict of `ledger verify`: OK only if each check is.
type Verify struct {
	OK     bool    `json:"ok"`
	Checks []Check `json:"checks"`
}

// Check is one invariant. Detail counts what was looked at, or names the first thing that does not hold.
type Check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

// Program names the programme and the last revision in force.
type Program struct {
	ID       string `json:"id"`
	Revision int32  `json:"revision"`
}

// Encode writes the summary as indented JSON. An error is that of the writer.
func Encode(w io.Writer, s Summary) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(s)
}

// MarshalJSON writes lists and maps that are not set as empty ones, so that readers never meet null.
func (s Summary) MarshalJSON() ([]byte, error) {
	type plain Summary // has no methods, or this would call itself
	s.Before, s.After = s.Before.filled(), s.After.filled()
	at := make([]At, len(s.At))
	for i, a := range s.At {
		a.Tiers = filledMap(a.Tiers)
		at[i] = a
	}
	s.At = at
	s.Redemptions = filledRedemptions(s.Redemptions)
	s.Settlements = filledSettlements(s.Settlements)
	s.Verify.Checks = filledList(s.Verify.Checks)
	s.Versions = filledMap(s.Versions)
	s.People.Enrolled = filledMap(s.People.Enrolled)
	s.Analytics = s.Analytics.filled()
	return json.Marshal(plain(s))
}

func (f Figures) filled() Figures {
	f.Amount, f.Tiers = filledMap(f.Amount), filledMap(f.Tiers)
	f.ExpiredOn, f.Moves = filledMap(f.ExpiredOn), filledList(f.Moves)
	return f
}

func filledMap[K comparable, V any](m map[K]V) map[K]V {
	if m == nil {
		return map[K]V{}
	}
	return m
}

func filledList[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}
