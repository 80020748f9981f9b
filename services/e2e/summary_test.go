package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"github.com/stretchr/testify/require"
)

// summary is summary.json, as other people's programs would read it.
type summary struct {
	Before, After figures
	At            []at
	Verify        verified
	Analytics     json.RawMessage // compared in its bytes; see insight
	People        people
	Redemptions   []redemption
	Settlements   []settlement
	Closing       struct {
		Time    time.Time
		Entries int64
	}
}

type people struct {
	Enrolled map[string]int64
	Warned   int64 `json:"warned_of_a_drop"`
}

type verified struct {
	OK     bool
	Checks []struct {
		Name   string
		OK     bool
		Detail string
	}
}

// checks are all that a replay holds against each other, in the order in which it says so.
func checks() []string {
	return []string{
		"entries", "accounts", "orders", "postings", "totals", "transfers", "events", // the ledger in itself, and against EVENTS
		"reward_agrees", "stock_agrees", "tiers_agree", "analytics_agrees", "clearing_agrees", // the others against the ledger
	}
}

// failed are the names and details of the checks that do not hold.
func (v verified) failed() map[string]string {
	failed := map[string]string{}
	for _, c := range v.Checks {
		if !c.OK {
			failed[c.Name] = c.Detail
		}
	}
	return failed
}

type redemption struct {
	Place, Kind, Reward string
	Asked, Done, Points int64
	Refused             map[string]int64
}

type settlement struct {
	Number           int64
	Period, Currency string
	Gross            []struct {
		Debtor, Creditor string
		Amount           int64 `json:"amount_minor"`
	}
	Net []struct {
		Partner, Name string
		Statement     int64
		Owes          int64 `json:"owes_minor"`
		Owed          int64 `json:"owed_minor"`
		Net           int64 `json:"net_minor"`
	}
}

type figures struct {
	Orders, Lines, Accounts, Entries int64
	Amount                           map[string]int64 `json:"amount_minor"`
	Points                           struct {
		Earned, Pending, Active, Held, Debt, Redeemed, Expired, Reversed, Adjusted int64
	}
	ExpiredOn           map[string]int64 `json:"expired_on"`
	Tiers               map[string]int64
	Moves               []move `json:"tier_moves"`
	Duplicates, Refused int64
	Digests             struct{ Balances, Tiers string }
}

type move struct {
	From, To, Cause string
	Count           int64
}

type at struct {
	Time        time.Time
	Tiers       map[string]int64
	Outstanding int64  `json:"points_outstanding"`
	Digest      string `json:"digest_tiers"`
}

// figures asserts that the replay ended well and spent nothing, and returns what its summary says.
func (h *house) figures(o outcome) summary {
	h.t.Helper()
	s := h.spent(o)
	require.Equal(h.t, s.Before, s.After, "a replay redeems nothing by itself")
	require.Empty(h.t, s.Redemptions)
	require.Empty(h.t, s.Settlements)
	return s
}

// spent asserts that the replay ended well, and returns what its summary says.
func (h *house) spent(o outcome) summary {
	h.t.Helper()
	require.Zero(h.t, o.code, "exit code of\n%v", o)
	s := h.summary()
	require.True(h.t, s.Verify.OK, "%+v", s.Verify)
	require.Empty(h.t, s.Verify.failed())
	return s
}

// summary reads what a replay says of itself, whether all checks held or not.
func (h *house) summary() summary {
	h.t.Helper()
	raw, err := os.ReadFile(h.summaryFile())
	require.NoError(h.t, err)
	var s summary
	require.NoError(h.t, json.Unmarshal(raw, &s))
	var names []string
	for _, c := range s.Verify.Checks {
		names = append(names, c.Name)
	}
	require.Equal(h.t, checks(), names)
	return s
}

func (h *house) reportFile() string { return filepath.Join(h.home, "report.html") }

// page is the page for people that a replay wrote.
func (h *house) page() string {
	h.t.Helper()
	raw, err := os.ReadFile(h.reportFile())
	require.NoError(h.t, err)
	return string(raw)
}

// ledger is the summary's figures without those of the run: how often events came says nothing of the ledger.
func (s summary) ledger() figures {
	f := s.After
	f.Duplicates = 0
	return f
}
