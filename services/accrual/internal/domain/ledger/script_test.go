package ledger_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// story is a case in words: what happens, and what the ledger says of it, a line each. What happens is written as
//
//	2025-01-10 paid o1: 12.50 cd; 3 x 30.00 book@books      at 12:00 UTC; quantity 1 where none is said
//	on 2025-03-01, 2025-01-10 paid o1: …                    it comes in later than it happened
//	2025-02-01 amended o1/1: …                              a payment of revision 1
//	2025-02-03 returned o1/r1: cd; 2 x book; 5.00 #1        by sku or line; pieces, an amount, or neither; nothing: all
//	2025-02-03 cancelled o1                                 placed, shipped o1/s1, payment o1/p1 likewise
//	2025-02-03 … as e7                                      the id of the event
//	2025-02-03 spends 100
//	2025-02-03 awards a1: 100 cafe 2025-03-01 never         issuer, activation and expiry may be left out; - is left out
//	2025-02-03 holds h1: 300 24h                            by the caller till, for the redeemer books; 24 h where none is said
//	2025-02-03 captures c1/h1: 200                          of the hold h1; nothing: all of it
//	2025-02-03 voids v1/h1; refunds r1/c1; adjusts j1: -20  likewise
//	2025-07-01T00:00 passes                                 time goes by
type story struct {
	name, script, want string
	rules              []string
}

func tellAll(t *testing.T, stories []story) {
	t.Helper()
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			h := newHouse(t, rules(t, s.rules...))
			h.tell(s.script)
			require.Equal(t, trimmed(s.want), joined(h.told), "\n%s", s.script)
			h.rebuild()
		})
	}
}

// rebuild folds the entries anew and compares.
func (h *house) rebuild() {
	again := ledger.NewAccount(h.account.Program, h.account.ID)
	for _, e := range h.entries {
		var err error
		again, err = again.Apply(e)
		require.NoError(h.t, err)
	}
	requireSame(h.t, again, h.account)
}

func trimmed(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}

// tell lets a script happen.
func (h *house) tell(script string) {
	for line := range strings.SplitSeq(trimmed(script), "\n") {
		from := len(h.entries)
		verdict := h.line(line)
		for _, e := range h.entries[from:] {
			h.told = append(h.told, entryInWords(e, h.entries))
		}
		if verdict != "" {
			h.told = append(h.told, verdict)
		}
	}
}

var deed = regexp.MustCompile(`^(?:on (\S+), )?(\S+) (\w+)(?: (\w+)(?:/(\w+))?)?(?:: (.*?))?(?: as (\w+))?$`)

// line lets one line happen and returns what was decided, if it made no entry.
func (h *house) line(line string) string {
	m := deed.FindStringSubmatch(line)
	require.NotNil(h.t, m, "not understood: %s", line)
	at, verb, order, occurrence, items, id := instant(h.t, m[2]), m[3], m[4], m[5], m[6], m[7]
	switch verb {
	case "passes":
		h.pass(at)
		return ""
	case "spends":
		points, err := strconv.ParseInt(order, 10, 64)
		require.NoError(h.t, err)
		h.spend(money.Points(points), at)
		return ""
	case "awards", "holds", "captures", "voids", "refunds", "adjusts":
		from := len(h.entries)
		e, err := h.do(request(h.t, verb, order, occurrence, items), at)
		switch refusal, refused := reason.Of(err); {
		case refused:
			return "refused: " + string(refusal.Reason)
		case len(h.entries) == from:
			return "repeats " + e.Key
		}
		require.NoError(h.t, err)
		return ""
	}
	c := command(order, event(h.t, verb, occurrence, items))
	c.Event.OccurredAt, c.EventID = at, id
	seen := at
	if m[1] != "" {
		seen = instant(h.t, m[1])
	}
	v, err := h.take(c, seen)
	switch refusal, refused := reason.Of(err); {
	case refused:
		return "refused: " + string(refusal.Reason)
	case v.Repeats != "":
		return "repeats " + v.Repeats
	default:
		require.NoError(h.t, err)
		return ""
	}
}

// request is a command in words.
func request(t require.TestingT, verb, key, of, items string) ledger.Request {
	words := append(strings.Fields(items), "", "", "", "")
	points := money.Points(0)
	if words[0] != "" {
		n, err := strconv.ParseInt(words[0], 10, 64)
		require.NoError(t, err)
		points = money.Points(n)
	}
	r := ledger.Request{Caller: "till", Key: key}
	switch verb {
	case "awards":
		award := ledger.Award{Points: points, Issuer: "operator", Activation: dayOrNil(t, words[2]), Expiry: dayOrNil(t, words[3])}
		if words[1] != "" && words[1] != "-" {
			award.Issuer = words[1]
		}
		r.Deed = award
	case "holds":
		hold := ledger.Hold{Points: points, Redeemer: "books", For: 24 * time.Hour}
		if words[1] != "" {
			var err error
			hold.For, err = time.ParseDuration(words[1])
			require.NoError(t, err)
		}
		r.Deed = hold
	case "captures":
		r.Deed = ledger.Capture{Hold: "cmd/till/" + of, Points: points}
	case "voids":
		r.Deed = ledger.Void{Hold: "cmd/till/" + of}
	case "refunds":
		r.Deed = ledger.Refund{Capture: "cmd/till/" + of, Points: points}
	case "adjusts":
		r.Deed = ledger.Adjust{Points: points, Reason: "MISTAKE"}
	}
	return r
}

func dayOrNil(t require.TestingT, text string) *calendar.Day {
	day := calendar.None
	switch text {
	case "", "-":
		return nil
	case "never":
		return &day
	}
	day, err := calendar.Parse(text)
	require.NoError(t, err)
	return &day
}

func instant(t require.TestingT, text string) time.Time {
	if day, err := calendar.Parse(text); err == nil {
		return noon(day)
	}
	at, err := time.Parse("2006-01-02T15:04", text)
	require.NoError(t, err)
	return at
}

func event(t require.TestingT, verb, occurrence, items string) orders.Event {
	e := orders.Event{Occurrence: occurrence, Currency: "USD"}
	switch verb {
	case "amended":
		revision, err := strconv.ParseInt(occurrence, 10, 32)
		require.NoError(t, err)
		e.Kind, e.Occurrence, e.Revision = orders.Paid, "", int32(revision)
	case "paid":
		e.Kind = orders.Paid
	default:
		kind, err := orders.ParseKind(verb)
		require.NoError(t, err)
		e.Kind = kind
	}
	if items == "" {
		return e
	}
	for item := range strings.SplitSeq(items, "; ") {
		if e.Kind == orders.Returned {
			e.Returned = append(e.Returned, returnedItem(t, item))
			continue
		}
		e.Lines = append(e.Lines, lineItem(t, item))
	}
	return e
}

var item = regexp.MustCompile(`^(?:(\d+) x )?(?:(\d+\.\d\d)(?: |$))?(#\d+)?(\w+)?(?:@(\w+))?$`)

// thing is what an item names: pieces, an amount, a line, a sku, a category.
type thing struct {
	quantity            int64
	amount              money.Minor
	priced              bool
	line, sku, category string
}

func thingOf(t require.TestingT, text string) thing {
	m := item.FindStringSubmatch(text)
	require.NotNil(t, m, "item not understood: %s", text)
	x := thing{line: strings.TrimPrefix(m[3], "#"), sku: m[4], category: m[5], priced: m[2] != ""}
	var err error
	if m[1] != "" {
		x.quantity, err = strconv.ParseInt(m[1], 10, 64)
		require.NoError(t, err)
	}
	if x.priced {
		x.amount, err = money.ParseAmount(m[2], "USD")
		require.NoError(t, err)
	}
	return x
}

func lineItem(t require.TestingT, text string) orders.Line {
	x := thingOf(t, text)
	return orders.Line{SKU: x.sku, Category: x.category, Quantity: max(x.quantity, 1), Amount: x.amount}
}

func returnedItem(t require.TestingT, text string) orders.ReturnedLine {
	x := thingOf(t, text)
	return orders.ReturnedLine{Line: x.line, SKU: x.sku, Quantity: x.quantity, Amount: x.amount, HasAmount: x.priced}
}

// entryInWords is a line like "1998-02-01 expire: expire 12 gone 1998-02-01 = active 0".
func entryInWords(e ledger.Entry, all []ledger.Entry) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", e.Day, e.Kind)
	separator := ":"
	for _, m := range e.Movements {
		fmt.Fprintf(&b, "%s %s %d%s%s", separator, m.Move, m.Points, other(m.Lot.Unit), lotInWords(m))
		separator = ","
	}
	b.WriteString(" = " + balanceInWords(e.After))
	if e.Order != nil && e.Order.Waiting {
		fmt.Fprintf(&b, "; waits until %s", calendar.DayOf(e.Order.Deadline, time.UTC))
	}
	if e.Ladder != nil && e.Ladder.Change != nil {
		c := e.Ladder.Change
		fmt.Fprintf(&b, "; %s at %s (%s)", c.To, money.Format(c.Qualifying, "USD"), c.Cause)
	} else if e.Seq > 1 {
		before := all[e.Seq-2].After.Tier
		if before != e.After.Tier {
			b.WriteString("; the tier moved without a change")
		}
	}
	return b.String()
}

func lotInWords(m ledger.Movement) string {
	text := ""
	if m.Lot.Activation != calendar.None {
		text += " active " + m.Lot.Activation.String()
	}
	if m.Lot.Expiry != calendar.None {
		text += " gone " + m.Lot.Expiry.String()
	}
	if m.Redeemer != "" {
		text += " for " + m.Redeemer
	}
	return text
}

func balanceInWords(a ledger.After) string {
	if len(a.Balances) == 0 {
		return "nothing yet"
	}
	var all []string
	for _, b := range a.Balances {
		words := fmt.Sprintf("active %d%s", b.Active, other(b.Unit))
		if b.Pending != 0 {
			words += fmt.Sprintf(", pending %d", b.Pending)
		}
		if b.Held != 0 {
			words += fmt.Sprintf(", held %d", b.Held)
		}
		if b.Debt != 0 {
			words += fmt.Sprintf(", debt %d", b.Debt)
		}
		all = append(all, words)
	}
	return strings.Join(all, " | ")
}

// other names a unit that is not the programme's own.
func other(unit string) string {
	if unit == "points" {
		return ""
	}
	return " " + unit
}

func joined(lines []string) string { return strings.Join(lines, "\n") }
