package ledger_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// fullLife leaves something in every part of an account.
func fullLife(t require.TestingT) *house {
	h := newHouse(t, rules(t, ladderOf100, "earning: {points: 1, per: 1.00, pending_days: 3}", "expiry: {rule: end_of_month, months: 1}"))
	h.tell(`
		2025-01-10 paid o1: 200.00 cd
		2025-01-20 spends 200
		2025-01-21 returned o1/r1
		2025-02-10 paid o2: 250.00 cd
		2025-03-10 paid o3: 40.00 cd
		2025-04-02 paid o4: 9.00 cd
		2025-04-02 returned o8/r1
		2025-04-02 cancelled o9
		2025-04-02 awards a1: 30 cafe 2025-04-01
		2025-04-02 holds h0: 3
		2025-04-02 captures c1/h0
		2025-04-02 refunds r1/c1
		2025-04-02 holds h1: 20
		2025-04-02 holds h2: 5 3h`)
	a := h.account
	require.NotEmpty(t, a.Lots)
	require.NotEmpty(t, a.Ladder.Days)
	require.Len(t, a.Waiting, 2)
	require.Len(t, a.Holds, 2)
	require.Len(t, a.Refunds, 1)
	return h
}

func TestAnAccountThatIsNotWhatItsEntriesGiveIsNamed(t *testing.T) {
	h := fullLife(t)
	require.Empty(t, ledger.Differences(h.account, h.before(len(h.entries))))
	for name, c := range map[string]struct {
		alter func(*ledger.Account)
		says  string
	}{
		"version":              {func(a *ledger.Account) { a.Version++ }, "version"},
		"clock":                {func(a *ledger.Account) { a.Clock = a.Clock.Add(1e6) }, "clock"},
		"hash":                 {func(a *ledger.Account) { a.Hash[31]++ }, "last hash"},
		"balance":              {func(a *ledger.Account) { a.Balances[0].Active++ }, "balance"},
		"another unit":         {func(a *ledger.Account) { a.Balances = append(a.Balances, ledger.Balance{Unit: "stars"}) }, "balance"},
		"points in a lot":      {func(a *ledger.Account) { a.Lots[1].Left++ }, "holds"},
		"lapsed part of a lot": {func(a *ledger.Account) { a.Lots[0].Uncounted++ }, "holds"},
		"a lot is missing":     {func(a *ledger.Account) { a.Lots = a.Lots[1:] }, "missing"},
		"a lot too many": {func(a *ledger.Account) {
			extra := a.Lots[len(a.Lots)-1]
			extra.Expiry = calendar.None
			a.Lots = append(a.Lots, extra)
		}, "know of none"},
		"a lot twice":            {func(a *ledger.Account) { a.Lots = append(a.Lots, a.Lots[len(a.Lots)-1]) }, "twice"},
		"the issuer of a lot":    {func(a *ledger.Account) { a.Lots[0].Issuer = "shop" }, "missing"},
		"a debt":                 {func(a *ledger.Account) { a.Debts = []ledger.Debt{{Unit: "points", Issuer: "operator", Points: 1}} }, "debt"},
		"tier":                   {func(a *ledger.Account) { a.Ladder.Tier = "gold" }, "tier"},
		"spend":                  {func(a *ledger.Account) { a.Ladder.Days[0].Amount++ }, "spend"},
		"last review":            {func(a *ledger.Account) { a.Reviewed++ }, "review"},
		"what waits":             {func(a *ledger.Account) { a.Waiting[0].Occurrence = "r2" }, "waits"},
		"until when it waits":    {func(a *ledger.Account) { a.Waiting[0].Deadline = a.Clock }, "waits"},
		"what is held":           {func(a *ledger.Account) { a.Holds[0].Parts[0].Points++ }, "held"},
		"until when it is held":  {func(a *ledger.Account) { a.Holds[1].Deadline = a.Clock }, "held"},
		"what was refunded":      {func(a *ledger.Account) { a.Refunds = nil }, "refunded"},
		"nothing waits any more": {func(a *ledger.Account) { a.Waiting = nil }, "waits"},
	} {
		t.Run(name, func(t *testing.T) {
			stored, ok := deepCopy(reflect.ValueOf(h.account)).Interface().(ledger.Account)
			require.True(t, ok)
			c.alter(&stored)
			found := ledger.Differences(h.account, stored)
			require.NotEmpty(t, found)
			require.True(t, slices.ContainsFunc(found, func(s string) bool { return strings.Contains(s, c.says) }), "%v", found)
		})
	}
}

func TestAnyChangeOfAnAccountIsNamed(t *testing.T) {
	h := fullLife(t)
	account := reflect.New(reflect.TypeFor[ledger.Account]()).Elem()
	account.Set(deepCopy(reflect.ValueOf(h.account)))
	changes := 0
	alter(account, "Account", func(path string) {
		if path == "Account.Program" || path == "Account.ID" || path == "Account.Program empty" || path == "Account.ID empty" {
			return // by them it was found
		}
		stored, ok := account.Interface().(ledger.Account)
		require.True(t, ok)
		require.NotEmpty(t, ledger.Differences(h.account, stored), path)
		changes++
	})
	require.Greater(t, changes, 60)
}

func TestApplyLeavesTheAccountThatItWasGiven(t *testing.T) {
	h := fullLife(t)
	for i, e := range h.entries {
		a := h.before(i)
		kept, ok := deepCopy(reflect.ValueOf(a)).Interface().(ledger.Account)
		require.True(t, ok)
		_, err := a.Apply(e)
		require.NoError(t, err)
		require.Equal(t, kept, a, "entry %d", e.Seq)
	}
}
