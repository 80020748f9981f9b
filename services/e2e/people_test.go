package e2e

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestPeopleCorrectAccountsTogether plays docs/guides/adjust-points.md and extend-expiry.md: each person has a token and stays within the limits
// of their role; beyond those one proposes and another approves, and the books name both.
func TestPeopleCorrectAccountsTogether(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.serve(write(t, "tea.yaml", tea+`
adjustments:
  limit: 500
  per_day: 700
  roles:
    lead: {limit: 5000, per_day: 20000, approve: 50000}
`), "--person", "anna/clerk", "--person", "ben/lead")
	now := time.Now().UTC()
	h.says([]string{"orders", "publish", write(t, "orders.csv", columns+"1,ann,"+now.Add(-time.Hour).Format(time.RFC3339)+",paid,assam,1,1000.00,,\n")})
	h.becomes(`^ points +1000 active`, "account", "show", "ann")
	as := func(person string, args ...string) outcome {
		return h.run(programs.laurelctl, append([]string{"--house", filepath.Join(h.home, "house-"+person+".json")}, args...)...).wait()
	}
	done := func(line, person string, args ...string) {
		t.Helper()
		o := as(person, args...)
		require.Zero(t, o.code, "%v", o)
		require.Regexp(t, "(?m)"+line, o.out)
	}
	refused := func(why string, o outcome) {
		t.Helper()
		require.Equal(t, 1, o.code, "%v", o)
		require.Contains(t, o.err, why)
	}
	refused("PERSON_NEEDED", h.ctl("account", "adjust", "ann", "50", "--reason", "GOODWILL", "--key", "c-16"))
	for range 2 { // the key names it
		done(` adjust +cmd/operator/anna/c-17 +\+50 active`, "anna", "account", "adjust", "ann", "50", "--reason", "GOODWILL", "--key", "c-17")
	}
	done(` adjust +cmd/operator/anna/c-18 +-20 active`, "anna", "account", "adjust", "--reason", "MISTAKE", "--key", "c-18", "ann", "--", "-20")
	refused("ADJUSTMENT_LIMIT", as("anna", "account", "adjust", "ann", "501", "--reason", "GOODWILL", "--key", "c-20"))
	h.says([]string{"account", "show", "ann"}, `^ points +1030 active`)

	done(`^ tea/anna/c-19 +ann +5000 +LATE_DELIVERY +anna +open`, "anna", "account", "propose", "ann", "5000", "--reason", "LATE_DELIVERY", "--key", "c-19")
	done(`^ tea/anna/c-19 .* open`, "ben", "account", "proposals", "--open")
	refused("SECOND_PERSON_NEEDED", as("anna", "account", "approve", "tea/anna/c-19"))
	h.says([]string{"account", "show", "ann"}, `^ points +1030 active`)
	done(` adjust +cmd/operator/anna/c-19 +\+5000 active`, "ben", "account", "approve", "tea/anna/c-19")
	done(`^ tea/anna/c-19 .* done +ben`, "anna", "account", "proposals")
	h.says([]string{"account", "explain", "cmd/operator/anna/c-19"}, `5,000 points.*LATE_DELIVERY.*approved by operator/ben`)

	before, until := now.AddDate(2, 0, 0).Format(time.DateOnly), now.AddDate(3, 0, 0).Format(time.DateOnly)
	extend := []string{"account", "extend", "ann", "--before", before, "--until", until, "--reason", "STORE_CLOSED", "--key", "x-1"}
	refused("ADJUSTMENT_LIMIT", as("anna", extend...))
	done(`^ tea/anna/x-1 +ann +6030 +STORE_CLOSED +anna +open`, "anna", append(extend, "--propose")...)
	done(` extend +cmd/operator/anna/x-1`, "ben", "account", "approve", "tea/anna/x-1")
	h.says([]string{"account", "expiring", "ann", "--days", "1200"}, `6030`)
	done(` open`, "anna", "account", "propose", "ann", "600", "--reason", "GOODWILL", "--key", "c-21")
	done(`^ tea/anna/c-21 .* rejected +ben`, "ben", "account", "reject", "tea/anna/c-21")
	h.says([]string{"account", "show", "ann"}, `^ points +6030 active`)
	h.says([]string{"ledger", "verify"}, `^5 entries of 1 accounts$`)
	requireStops(t, h, p)
}
