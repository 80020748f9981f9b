package e2e

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// insight is what analytics said of a replay, as far as there is a reference for it (data.md 4 to 7).
type insight struct {
	AsOf      string `json:"as_of"`
	Customers int64
	Spend     int64 `json:"spend_minor"`
	Gini      string
	Top       group `json:"top_20_percent"`
	Most      group `json:"make_80_percent"`
	Half      group `json:"make_half"`
	Classes   []group
	Segments  []group
	Compared  string `json:"compared_with"`
	Moves     []struct {
		From, To  string
		Customers int64
	} `json:"segment_moves"`
	Cohorts   []struct{ Active []int64 }
	TwoOrders int64                                     `json:"two_orders"`
	Repeat    int64                                     `json:"repeat_buyers"`
	Within    []struct{ Days, Customers, Second int64 } `json:"second_purchase"`
	Survival  []struct {
		Events int64
		Days   int64 `json:"total_days"`
		Median int64 `json:"median_days"`
		At     []struct {
			Day      int
			Survival string
			Error    string
		}
	}
	DigestClasses string `json:"digest_classes"`
	DigestScores  string `json:"digest_scores"`
}

type group struct {
	Name      string
	Customers int64
	Spend     int64 `json:"spend_minor"`
}

// requireInsight holds the analytics part of a summary of all CDNOW purchases against the reference.
func requireInsight(t *testing.T, s summary) {
	t.Helper()
	var k insight
	require.NoError(t, json.Unmarshal(s.Analytics, &k))
	require.Equal(t, "1998-07-01", k.AsOf)
	require.EqualValues(t, referenceAccounts, k.Customers)
	require.EqualValues(t, 250_031_563, k.Spend)
	require.Equal(t, "0.634571185", k.Gini)
	require.Equal(t, group{"", 4_714, 169_464_850}, k.Top)
	require.EqualValues(t, 7_695, k.Most.Customers)
	require.EqualValues(t, 2_262, k.Half.Customers)
	require.Equal(t, []group{{"A", 7_695, 200_026_506}, {"B", 8_044, 37_503_710}, {"C", 7_831, 12_501_347}}, k.Classes)
	require.Equal(t, []group{
		{"champions", 3_394, 122_574_725}, {"loyal", 6_045, 73_013_636}, {"promising", 0, 0}, {"needs attention", 1_366, 11_834_373},
		{"at risk", 857, 6_614_160}, {"lost", 4_243, 12_969_643}, {"hibernating", 7_665, 23_025_026},
	}, k.Segments)
	require.Equal(t, "1998-01-01", k.Compared)
	now := map[string]int64{}
	for _, m := range k.Moves {
		require.NotEmpty(t, m.From, "everybody had bought by then")
		now[m.To] += m.Customers
	}
	for _, s := range k.Segments {
		require.Equal(t, s.Customers, now[s.Name], "who is %s now came from somewhere", s.Name)
	}
	require.Len(t, k.Cohorts, 3)
	require.Equal(t, []int64{8_476, 1_312, 980}, k.Cohorts[1].Active[:3])
	require.EqualValues(t, 11_662, k.TwoOrders)
	require.EqualValues(t, 11_516, k.Repeat)
	for i, second := range []int64{4_115, 6_887, 8_827, 10_810} {
		require.Equal(t, second, k.Within[i].Second)
	}
	require.Equal(t, []int64{11_516, 7_330_622, 0}, []int64{k.Survival[0].Events, k.Survival[0].Days, k.Survival[0].Median})
	require.Equal(t, []int64{21_788, 5_539_745, 180}, []int64{k.Survival[1].Events, k.Survival[1].Days, k.Survival[1].Median})
	require.Equal(t, "0.82541", k.Survival[0].At[0].Survival[:7])
	require.Equal(t, "0.00176", k.Survival[1].At[6].Error[:7])
	require.Equal(t, "92bcec43763d824f68469897a87167937e4246556131a3c72882973f2846bcbb", k.DigestClasses)
	require.Equal(t, "1779e0e80c5bdd721c540147b0ec9e530dea6470afaf75fe84ab81388848ff73", k.DigestScores)
}

// TestCopiesAreRebuilt alters a standing of tier and forgets entries of analytics behind the back of a house: the next
// replay is red and says which. Then what tier, analytics and partner have read is forgotten and read again: the same
// bytes, and what the ledger says.
func TestCopiesAreRebuilt(t *testing.T) {
	t.Parallel()
	want := undisturbed(t)
	h := newHouse(t)
	r := sliceReplay(t)
	h.figures(h.replay(r))
	var folded map[string]string
	var account string
	h.opened("altered", func(t *testing.T, l *ledger) {
		t.Helper()
		folded = l.tiersFolded(t, h)
		account = l.alter(t, h)
	})
	o := h.replay(r)
	require.Equal(t, 3, o.code, "%v", o)
	failed := h.summary().Verify.failed()
	require.Len(t, failed, 2, "%v", failed)
	require.Regexp(t, `^1 accounts differ: `+account+` is "\w+" in the ledger and "platinum" in tier$`, failed["tiers_agree"])
	require.Contains(t, failed["analytics_agrees"], "entries copied, the ledger has")
	for service, says := range map[string]string{
		"analytics": `\d entries read\.`, "partner": `\d entries read\.`, "tier": `\d lines of history folded\.`,
	} {
		o := h.run(programs.laurel, "rebuild", "--service", service, "--data", h.data, "--home", h.home).wait()
		require.Zero(t, o.code, "%v", o)
		require.Regexp(t, says, o.out)
	}
	h.opened("rebuilt", func(t *testing.T, l *ledger) {
		t.Helper()
		require.Equal(t, folded, l.tiersFolded(t, h))
	})
	require.Equal(t, string(want.summary.Analytics), string(h.figures(h.replay(r)).Analytics))
}

// opened looks at what a stopped house has left behind, and leaves it stopped again.
func (h *house) opened(name string, look func(t *testing.T, l *ledger)) {
	h.t.Helper()
	require.True(h.t, h.t.Run(name, func(t *testing.T) {
		there := *h
		there.t = t
		look(t, there.open())
	}))
}

// tiersFolded are the digests of all that tier has made of the stream.
func (l *ledger) tiersFolded(t *testing.T, h *house) map[string]string {
	t.Helper()
	digests := map[string]string{}
	for _, name := range []string{"standings", "orders", "heard", "history", "refusals"} {
		digests[name] = l.digest(t, "laurel_tier_"+filepath.Base(h.data), name)
	}
	require.NotContains(t, digests["history"], "0 documents")
	return digests
}

// alter puts one account into a tier that it has not in the tier service, and drops an entry of analytics' count.
func (l *ledger) alter(t *testing.T, h *house) (account string) {
	t.Helper()
	standings := l.db.Client().Database("laurel_tier_" + filepath.Base(h.data)).Collection("standings")
	var before struct{ Account string }
	require.NoError(t, standings.FindOneAndUpdate(t.Context(), bson.M{"tier": "silver"}, bson.M{"$set": bson.M{"tier": "platinum"}}).Decode(&before))
	positions := l.db.Client().Database("laurel_analytics_" + filepath.Base(h.data)).Collection("positions")
	result, err := positions.UpdateOne(t.Context(), bson.M{"entries": bson.M{"$gt": 0}}, bson.M{"$inc": bson.M{"entries": -1}})
	require.NoError(t, err)
	require.EqualValues(t, 1, result.ModifiedCount)
	return before.Account
}
