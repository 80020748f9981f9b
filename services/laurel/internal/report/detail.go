package report

import (
	"fmt"
	"maps"
	"slices"

	"github.com/laurel-loyalty/laurel/services/laurel/internal/summary"
)

type storyView struct {
	Account, Unit, UnitHead, Spell, Finding, Cut, Preview string
	Plots                                                 pair
	Entries                                               []entryView
}

type entryView struct {
	Date, Sentence, Delta, Direction, Balance string
	Kind                                      kind
	Tier, Shade                               string
	Moved                                     bool // the tier is another than before
}

// newStory is nil where there is nothing to tell.
func newStory(p Page) *storyView {
	st := p.Story
	if len(st.Entries) == 0 {
		return nil
	}
	v := &storyView{Account: st.Account, Unit: p.Unit, UnitHead: upperFirst(p.Unit), Spell: st.spell()}
	table := "Every entry stands"
	if len(st.Entries) > EntriesMax {
		table = fmt.Sprintf("The first %d entries stand", EntriesMax)
		v.Cut = fmt.Sprintf("Shown are the first %d entries; the account has more.", EntriesMax)
		st.Entries = st.Entries[:EntriesMax]
	}
	v.Finding = storyFinding(st, p.Unit)
	v.Preview = previewWords(st.Preview, p)
	tiers := ladderOf(p)
	v.Plots = both(v.Finding+" "+table+" in the table that follows.", func(s size) plot {
		return drawStory(st, tiers, p.Unit, s)
	})
	for i, e := range st.Entries {
		direction := ""
		switch {
		case e.Delta > 0:
			direction = "up"
		case e.Delta < 0:
			direction = "down"
		}
		v.Entries = append(v.Entries, entryView{
			Date: e.Day.Start(utc).Format("2 Jan 2006"), Sentence: e.Sentence, Kind: kindOf(e.Kind),
			Delta: signed(int64(e.Delta)), Direction: direction, Balance: count(e.Balance),
			Tier: e.Tier, Shade: shadeOf(e.Tier, tiers), Moved: i > 0 && st.Entries[i-1].Tier != e.Tier,
		})
	}
	return v
}

// previewWords tells what an order would earn.
func previewWords(v Preview, p Page) string {
	if v.Amount == 0 {
		return ""
	}
	words := fmt.Sprintf("An order of %s would earn %s %s now", summary.Amount(v.Amount, p.Currency), count(v.Earns), p.Unit)
	if v.Tier != "" {
		words += ", and the tier would then be " + v.Tier
	}
	return words + ": that is asked of the ledger, which writes nothing down for it."
}

// proofView is the small print: what was checked, and what another run must give.
type proofView struct {
	OK       bool
	Heading  string
	Verdict  string
	Checks   []summary.Check
	Digests  []term
	AtHead   []string
	At       []row
	Run      []term
	Versions []term
}

type term struct{ Word, Value string }

func newProof(p Page) proofView {
	s := p.Summary
	held := int64(0)
	for _, c := range s.Verify.Checks {
		if c.OK {
			held++
		}
	}
	v := proofView{OK: s.Verify.OK, Checks: s.Verify.Checks,
		Verdict: fmt.Sprintf("%d of %d checks hold over %s.", held, len(s.Verify.Checks),
			summary.Plural(s.After.Entries, "ledger entry", "ledger entries"))}
	switch {
	case !v.OK:
		v.Heading = "The ledger does not hold"
	case len(v.Checks) == 0:
		v.Heading, v.Verdict = "For the record", ""
	default:
		v.Heading = "Checked to the last point"
	}
	for _, d := range []term{{"Balances", s.After.Digests.Balances}, {"Tiers", s.After.Digests.Tiers}} {
		if d.Value != "" {
			v.Digests = append(v.Digests, d)
		}
	}
	tiers := ladderOf(p)
	v.AtHead = append(slices.Clone(tiers), upperFirst(p.Unit)+" alive", "Digest of tiers")
	for _, at := range s.At {
		r := row{Head: at.Time.UTC().Format("2 Jan 2006")}
		if t := at.Time.UTC(); t.Hour()+t.Minute() != 0 {
			r.Head = t.Format("2 Jan 2006 15:04Z")
		}
		for _, t := range tiers {
			r.Cells = append(r.Cells, summary.Count(at.Tiers[t]))
		}
		r.Cells = append(r.Cells, count(at.PointsOutstanding), at.DigestTiers)
		v.At = append(v.At, r)
	}
	if s.Program.ID != "" {
		v.Run = append(v.Run, term{"Programme", fmt.Sprintf("%s, revision %d", s.Program.ID, s.Program.Revision)})
	}
	if until := moment(p.Until); until != "" {
		v.Run = append(v.Run, term{"Figures stand at", until})
	}
	if s.Seconds > 0 {
		v.Run = append(v.Run, term{"Time", fmt.Sprintf("%.1f s, %s events a second", s.Seconds, summary.Count(int64(s.EventsPerSecond)))})
	}
	for _, name := range slices.Sorted(maps.Keys(s.Versions)) {
		v.Versions = append(v.Versions, term{name, s.Versions[name]})
	}
	return v
}
