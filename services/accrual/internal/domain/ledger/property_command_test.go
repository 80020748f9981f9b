package ledger_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// ask sends a new command, or one of before again: under its key, with its content or another's.
func (m *machine) ask(*rapid.T) {
	m.ids++
	r := ledger.Request{Caller: "till", Key: fmt.Sprint("k", m.ids), Deed: m.drawDeed()}
	if len(m.requests) > 0 && rapid.IntRange(0, 6).Draw(m.t, "asked again") == 0 {
		again := rapid.SampledFrom(m.requests).Draw(m.t, "which request")
		r.Key = again.Key
		if rapid.Bool().Draw(m.t, "same deed") {
			r.Deed = again.Deed
		}
	}
	m.requests = append(m.requests, r)
	m.demand(r)
}

// demand lets all three decide on a command, and compares what they say.
func (m *machine) demand(r ledger.Request) {
	m.twin.pass(m.now)
	earlier, known := m.answered[r.EntryKey()]
	want := ""
	switch {
	case !known:
		want = m.twin.judge(r.Deed, m.now)
	case earlier.deed != fmt.Sprintf("%#v", m.plain(r.Deed)):
		want = "IDEMPOTENCY_KEY_REUSED"
	}
	for _, h := range []*house{m.lazy, m.swept} {
		before := len(h.entries)
		e, err := h.do(r, m.now)
		if want != "" {
			require.Error(m.t, err, "%+v", r)
			require.Equal(m.t, want, reasonOf(err), "%+v", r)
			continue
		}
		require.NoError(m.t, err, "%+v", r)
		if known {
			require.Equal(m.t, earlier.entry, e, "the answer is that of the first time")
			continue
		}
		require.Greater(m.t, len(h.entries), before)
		m.answered[r.EntryKey()] = answered{e, fmt.Sprintf("%#v", m.plain(r.Deed))}
	}
	switch {
	case want != "":
		m.seen["command "+want]++
	case known:
		m.seen["command repeated"]++
	default:
		m.seen[fmt.Sprintf("command %T", r.Deed)]++
		before := m.twin.stake()
		m.twin.obey(r.EntryKey(), r.Deed, m.now)
		m.bounded(r.Deed, m.twin.stake()-before)
	}
}

// bounded holds that spending, returning and releasing never leave a member richer.
func (m *machine) bounded(d ledger.Deed, richer money.Points) {
	switch d := d.(type) {
	case ledger.Award:
		require.LessOrEqual(m.t, richer, d.Points)
	case ledger.Import:
		require.LessOrEqual(m.t, richer, d.Points)
	case ledger.Adjust:
		require.LessOrEqual(m.t, richer, max(d.Points, 0))
	default:
		require.LessOrEqual(m.t, richer, money.Points(0), "%T", d)
	}
}

// plain writes out what days point to.
func (m *machine) plain(d ledger.Deed) any {
	day := func(d *calendar.Day) string {
		if d == nil {
			return "as the programme says"
		}
		return fmt.Sprint(int(*d))
	}
	switch d := d.(type) {
	case ledger.Award:
		return []any{d.Points, d.Issuer, day(d.Activation), day(d.Expiry), d.Reason}
	case ledger.Import:
		return []any{d.Source, d.Points, d.Issuer, d.Issued, day(d.Expiry)}
	}
	return d
}

// answered is an entry and the deed that made it.
type answered struct {
	entry ledger.Entry
	deed  string
}

func (m *machine) drawDeed() ledger.Deed {
	points := money.Points(rapid.IntRange(1, 60).Draw(m.t, "points"))
	key := func() string { return fmt.Sprint("cmd/till/k", rapid.IntRange(max(m.ids-8, 0), m.ids).Draw(m.t, "of")) }
	m.twin.pass(m.now)
	deeds := []string{"award", "hold", "transfer", "award", "hold", "adjust", "refund", "transfer", "transfer", "extend", "import", "donate", "transfer"}
	if slices.ContainsFunc(m.twin.holds, func(h *twinHold) bool { return !h.over }) {
		deeds = []string{"capture", "refund", "void", "capture", "hold", "void", "award", "capture", "adjust", "transfer", "extend", "capture", "import", "donate", "void", "transfer"}
	}
	if slices.ContainsFunc(m.twin.holds, func(h *twinHold) bool { return h.capture != "" && len(h.spent) > 0 }) {
		deeds = append(deeds, "refund", "refund", "refund", "refund", "refund")
	}
	if m.twin.frozen != (ledger.Frozen{}) { // not for long, so that something is still done
		deeds = append(deeds, "let go", "let go", "let go", "let go", "let go", "let go", "let go", "let go")
	}
	if rapid.IntRange(0, 39).Draw(m.t, "freeze")%13 == 12 { // small numbers are drawn more often
		earning := rapid.Bool().Draw(m.t, "earning")
		return ledger.Freeze{Frozen: ledger.Frozen{Earning: earning, Spending: !earning || rapid.Bool().Draw(m.t, "spending")}, Reason: "LOOKED_INTO"}
	}
	switch rapid.SampledFrom(deeds).Draw(m.t, "deed") {
	case "award":
		return m.drawAward(points)
	case "donate":
		return ledger.Donate{Cause: rapid.SampledFrom([]string{"trees", "trees", "whales"}).Draw(m.t, "cause"), Points: points}
	case "import":
		return m.drawImport(points)
	case "let go":
		return ledger.Freeze{Reason: "LOOKED_INTO"}
	case "extend":
		before := m.twin.today + calendar.Day(rapid.IntRange(1, 60).Draw(m.t, "before"))
		to := before + calendar.Day(rapid.IntRange(0, 60).Draw(m.t, "extended by"))
		return ledger.Extend{ExtensionPart: ledger.ExtensionPart{Before: before, To: to}, Reason: "CLOSED", Most: 1 << 40}
	case "transfer":
		return ledger.Transfer{To: "ben", Points: points}
	case "hold":
		return ledger.Hold{Points: points, Redeemer: rapid.SampledFrom([]string{"books", "cafe", "air"}).Draw(m.t, "redeemer"), For: rapid.SampledFrom([]time.Duration{
			90 * 24 * time.Hour, 30 * 24 * time.Hour, 24 * time.Hour, 3 * time.Hour, time.Minute,
		}).Draw(m.t, "for")}
	case "capture":
		id := m.drawKnown(func(h *twinHold) string {
			if h.over {
				return ""
			}
			return h.id
		}, key)
		return ledger.Capture{Hold: id, Points: money.Points(rapid.IntRange(0, 40).Draw(m.t, "captured"))}
	case "void":
		return ledger.Void{Hold: m.drawKnown(func(h *twinHold) string {
			if h.over {
				return ""
			}
			return h.id
		}, key)}
	case "refund":
		return ledger.Refund{
			Capture: m.drawKnown(func(h *twinHold) string { return h.capture }, key),
			Points:  money.Points(rapid.SampledFrom([]int{0, 0, 1, 5, 20}).Draw(m.t, "refunded")),
		}
	}
	return ledger.Adjust{Points: points * money.Points(rapid.SampledFrom([]int{1, -1}).Draw(m.t, "sign")), Reason: "MISTAKE"}
}

// drawKnown mostly draws a name that there is.
func (m *machine) drawKnown(name func(*twinHold) string, other func() string) string {
	var names []string
	for _, h := range m.twin.holds {
		if name(h) != "" {
			names = append(names, name(h))
		}
	}
	if len(names) == 0 || rapid.IntRange(0, 5).Draw(m.t, "unknown") == 0 {
		return other()
	}
	return rapid.SampledFrom(names).Draw(m.t, "known")
}

func (m *machine) drawAward(points money.Points) ledger.Award {
	award := ledger.Award{Points: points, Issuer: rapid.SampledFrom([]string{"operator", "cafe", "air"}).Draw(m.t, "issuer")}
	today := calendar.DayOf(m.now, m.twin.zone)
	if rapid.Bool().Draw(m.t, "dated") {
		active := today + calendar.Day(rapid.IntRange(-3, 20).Draw(m.t, "active in"))
		award.Activation = &active
		gone := calendar.None
		if rapid.IntRange(0, 4).Draw(m.t, "lapses") > 0 {
			gone = max(active, today) + calendar.Day(rapid.IntRange(1, 60).Draw(m.t, "gone after"))
		}
		award.Expiry = &gone
	}
	return award
}

func (m *machine) drawImport(points money.Points) ledger.Import {
	i := ledger.Import{Source: "old", Points: points, Issuer: rapid.SampledFrom([]string{"operator", "cafe", "nobody"}).Draw(m.t, "issuer"), Issued: calendar.None}
	today := calendar.DayOf(m.now, m.twin.zone)
	if rapid.Bool().Draw(m.t, "given before") {
		i.Issued = today - calendar.Day(rapid.IntRange(0, 60).Draw(m.t, "given ago"))
	}
	if rapid.Bool().Draw(m.t, "dated") {
		gone := calendar.None
		if rapid.IntRange(0, 4).Draw(m.t, "lapses") > 0 {
			gone = today + calendar.Day(rapid.IntRange(-2, 60).Draw(m.t, "gone after"))
		}
		i.Expiry = &gone
	}
	return i
}
