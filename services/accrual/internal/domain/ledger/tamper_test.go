package ledger_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

func TestAChangeOfAnyFieldOfAnyEntryIsFound(t *testing.T) {
	changed := map[string]bool{}
	for _, h := range []*house{aLife(t), aRollingLife(t), aLifeInUnits(t)} {
		requireEveryChangeFound(t, h, changed)
	}
	require.Greater(t, len(changed), 120, "%v", changed)
	for _, path := range []string{
		"Entry.Hash[0]", "Entry.Format", "Entry.Position.Sequence", "Entry.Order.Event.Lines[0].Brand", "Entry.Order.Content[31]",
		"Entry.Order.Event.Returned[1].Amount", "Entry.Order.Deadline", "Entry.Lines[1].Rules[1]", "Entry.Lines[0].Rate",
		"Entry.Movements[0].Lot.Expiry", "Entry.Movements without 1", "Entry.Postings[0].Bucket", "Entry.Ladder.Change.Cause",
		"Entry.After.Balances[0].Debt", "Entry.Order nil", "Entry.Command.Content[0]", "Entry.Command.Reason", "Entry.Hold.Deadline",
		"Entry.Hold.Redeemer", "Entry.Refund.Seq", "Entry.Refund.Left", "Entry.Command.Approver", "Entry.Movements[0].Lot.Life",
		"Entry.Rolls.Until", "Entry.Rolls nil", "Entry.Transfer.Rolled", "Entry.Extension.To",
		"Entry.Order.Others[0].Unit", "Entry.Order.Others[1].Points", "Entry.Order.Others without 1",
	} {
		require.True(t, changed[path], "%s was never changed", path)
	}
}

// requireEveryChangeFound alters each field of each entry and notes which it was.
func requireEveryChangeFound(t *testing.T, h *house, changed map[string]bool) {
	t.Helper()
	for i, e := range h.entries {
		a := h.before(i)
		work := deepCopy(reflect.ValueOf(e))
		entry := reflect.New(work.Type()).Elem()
		entry.Set(work)
		alter(entry, "Entry", func(path string) {
			altered, ok := entry.Interface().(ledger.Entry)
			require.True(t, ok)
			after, err := a.Apply(altered)
			if path == "Entry.RecordedAt" {
				require.NoError(t, err, "it stands outside the hash")
				requireSame(t, h.before(i+1), after)
				return
			}
			if untold(altered, path) {
				require.NoError(t, err, "no document keeps it")
				requireSame(t, h.before(i+1), after)
				return
			}
			var broken *ledger.BrokenError
			require.ErrorAs(t, err, &broken, "entry %d, %s", e.Seq, path)
			require.Equal(t, altered.Seq, broken.Seq, path)
			changed[path] = true
		})
		require.Equal(t, e, entry.Interface(), "the changes were taken back")
	}
}

// untold tells whether a path is the cost of a line that tells none.
func untold(e ledger.Entry, path string) bool {
	var n int
	if _, err := fmt.Sscanf(path, "Entry.Order.Event.Lines[%d].Cost", &n); err != nil {
		return false
	}
	return strings.HasPrefix(path, fmt.Sprintf("Entry.Order.Event.Lines[%d].Cost", n)) && !e.Order.Event.Lines[n].HasCost
}

var (
	timeType  = reflect.TypeFor[time.Time]()
	ratioType = reflect.TypeFor[money.Ratio]()
)

// alter changes one thing after the other in v, calls try, and takes the change back.
func alter(v reflect.Value, path string, try func(path string)) {
	change := func(to any, path string) {
		old := reflect.New(v.Type()).Elem()
		old.Set(v)
		v.Set(reflect.ValueOf(to).Convert(v.Type()))
		try(path)
		v.Set(old)
	}
	switch {
	case v.Type() == timeType:
		at, _ := v.Interface().(time.Time)
		change(at.Add(time.Millisecond), path)
		if !at.IsZero() {
			change(time.Time{}, path+" unset")
		}
		return
	case v.Type() == ratioType:
		r, _ := v.Interface().(money.Ratio)
		other, err := money.NewRatio(r.Num()+1, r.Den())
		if err != nil {
			panic(err)
		}
		change(other, path)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		alterFields(v, path, try)
	case reflect.Pointer:
		if v.IsNil() {
			change(reflect.New(v.Type().Elem()).Interface(), path+" set")
			return
		}
		alter(v.Elem(), path, try)
		change(reflect.Zero(v.Type()).Interface(), path+" nil")
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			alter(v.Index(i), fmt.Sprintf("%s[%d]", path, i), try)
		}
		if v.Kind() == reflect.Slice {
			alterLength(v, path, change)
		}
	case reflect.String:
		change(v.String()+"x", path)
		if v.Len() > 0 {
			change("", path+" empty")
		}
	case reflect.Bool:
		change(!v.Bool(), path)
	case reflect.Int, reflect.Int32, reflect.Int64:
		change(v.Int()+1, path)
		change(-v.Int()-1, path+" negative")
	case reflect.Uint8, reflect.Uint64:
		change(v.Uint()^1, path)
	default:
		panic("no change known for " + v.Type().String())
	}
}

func alterFields(v reflect.Value, path string, try func(path string)) {
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		if v.Type().Name() == "ReturnedLine" && name == "Amount" && !v.FieldByName("HasAmount").Bool() {
			continue // it says nothing, is not stored, and cannot be changed
		}
		alter(v.Field(i), path+"."+name, try)
	}
}

func alterLength(v reflect.Value, path string, change func(any, string)) {
	extra := reflect.New(v.Type().Elem()).Elem()
	change(reflect.Append(reflect.AppendSlice(reflect.Zero(v.Type()), v), extra).Interface(), path+" and one")
	for i := range v.Len() {
		rest := reflect.AppendSlice(reflect.Zero(v.Type()), v.Slice(0, i))
		change(reflect.AppendSlice(rest, v.Slice(i+1, v.Len())).Interface(), fmt.Sprintf("%s without %d", path, i))
	}
}

// deepCopy copies all that pointers and slices lead to.
func deepCopy(v reflect.Value) reflect.Value {
	to := reflect.New(v.Type()).Elem()
	to.Set(v)
	switch {
	case v.Type() == timeType || v.Type() == ratioType:
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			to.Field(i).Set(deepCopy(v.Field(i)))
		}
	case v.Kind() == reflect.Pointer && !v.IsNil():
		to.Set(reflect.New(v.Type().Elem()))
		to.Elem().Set(deepCopy(v.Elem()))
	case v.Kind() == reflect.Slice && !v.IsNil():
		to.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			to.Index(i).Set(deepCopy(v.Index(i)))
		}
	}
	return to
}

func TestEntriesInAnotherOrderAreFound(t *testing.T) {
	h := aLife(t)
	for i := range h.entries {
		a := h.before(i)
		for j, e := range h.entries {
			if _, err := a.Apply(e); j != i {
				require.Error(t, err, "entry %d instead of %d", j+1, i+1)
			}
		}
	}
}

// Whoever knows the encoding can give an altered entry its hash. The chain breaks at the next entry, and most of what
// could be altered contradicts itself.
func TestAnAlteredEntryWithItsOwnHashContradictsItself(t *testing.T) {
	h := aLife(t)
	find := func(kind ledger.Kind) int {
		return slices.IndexFunc(h.entries, func(e ledger.Entry) bool { return e.Kind == kind && len(e.Movements) > 0 })
	}
	for _, c := range []struct {
		name  string
		kind  ledger.Kind
		alter func(*ledger.Entry)
		says  string
	}{
		{"more points are earned than posted", ledger.KindEarn, func(e *ledger.Entry) { e.Movements[0].Points++ }, "postings"},
		{"more points are posted than earned", ledger.KindEarn, func(e *ledger.Entry) { e.Postings[0].Points--; e.Postings[1].Points++ }, "postings"},
		{"postings without movements", ledger.KindEarn, func(e *ledger.Entry) { e.Movements = nil }, "postings"},
		{"a movement of nothing", ledger.KindEarn, func(e *ledger.Entry) { e.Movements[0].Points, e.Postings = 0, nil }, "a movement of 0 points"},
		{"a movement of an unknown kind", ledger.KindEarn, func(e *ledger.Entry) { e.Movements[0].Move = 99 }, "move(99)"},
		{"a movement without a kind", ledger.KindEarn, func(e *ledger.Entry) { e.Movements[0].Move = ledger.MoveUnset }, "movement 1"},
		{"the balance after it is another", ledger.KindEarn, func(e *ledger.Entry) { e.After.Balances[0].Active++ }, "after it"},
		{"the tier after it is another", ledger.KindEarn, func(e *ledger.Entry) { e.After.Tier = "gold" }, "after it"},
		{"the ladder moved without the tier", ledger.KindState, func(e *ledger.Entry) { e.Ladder.Change.To = "gold" }, "after it"},
		{"more is taken than the lot holds", ledger.KindExpire, func(e *ledger.Entry) {
			e.Movements[0].Points += 1000
			e.Postings[0].Points -= 1000
			e.Postings[1].Points += 1000
		}, "would hold"},
		{"points activated that are active already", ledger.KindActivate, func(e *ledger.Entry) { e.Movements[0].Lot.Activation = calendar.None }, "would hold"},
		{"a debt paid that is not owed", ledger.KindActivate, func(e *ledger.Entry) {
			lot := e.Movements[0].Lot
			lot.Activation = calendar.None
			e.Movements = append(e.Movements, ledger.Movement{Move: ledger.MovePayoff, Lot: lot, Points: 1})
			e.Postings = []ledger.Posting{
				{Unit: "points", Bucket: "active", Points: e.Postings[0].Points - 1},
				{Unit: "points", Bucket: "debt", Points: 1}, {Unit: "points", Bucket: "pending", Points: e.Postings[1].Points},
			}
		}, "debt"},
		{"a hold with another name", ledger.KindHold, func(e *ledger.Entry) { e.Hold.ID += "x" }, "another name"},
		{"a hold of more than its movements", ledger.KindHold, func(e *ledger.Entry) { e.Hold.Points++ }, "other points"},
		{"a capture without its command", ledger.KindCapture, func(e *ledger.Entry) { e.Command = nil }, "commands alone"},
		{"a capture under another caller's key", ledger.KindCapture, func(e *ledger.Entry) { e.Command.Caller = "rival" }, "caller"},
		{"a capture for another redeemer", ledger.KindCapture, func(e *ledger.Entry) { e.Hold.Redeemer = "rival" }, "does not have"},
		{"captured points that went elsewhere", ledger.KindCapture, func(e *ledger.Entry) {
			e.Movements[0].Redeemer = "rival"
			i := slices.IndexFunc(e.Postings, func(p ledger.Posting) bool { return p.Bucket == "redeemed/books" })
			e.Postings[i].Bucket = "redeemed/rival"
		}, "go to"},
		{"a capture that leaves points in the hold", ledger.KindCapture, func(e *ledger.Entry) {
			e.Movements = e.Movements[:1]
			e.Postings = []ledger.Posting{
				{Unit: "points", Bucket: "held", Points: -e.Movements[0].Points}, {Unit: "points", Bucket: "redeemed/books", Points: e.Movements[0].Points},
			}
		}, "leaves"},
		{"a capture of other points than it says", ledger.KindCapture, func(e *ledger.Entry) { e.Command.Points-- }, "other points"},
		{"a refund of a later capture", ledger.KindRefund, func(e *ledger.Entry) { e.Refund.Seq = e.Seq }, "refunds a capture"},
		{"a refund of an old capture", ledger.KindRefund, func(e *ledger.Entry) { e.Refund.Day -= 500 }, "refunds a capture"},
		{"a refund without its capture", ledger.KindRefund, func(e *ledger.Entry) { e.Refund, e.Format = nil, ledger.FormatCommands }, "refund is missing"},
		{"an adjustment that was approved by who made it", ledger.KindAdjust, func(e *ledger.Entry) {
			e.Command.Approver, e.Format = e.Command.Caller, ledger.FormatShared
		}, "approved"},
		{"a hold that was approved", ledger.KindHold, func(e *ledger.Entry) { e.Command.Approver, e.Format = "operator/ben", ledger.FormatShared }, "approves"},
		{"points added by no adjustment", ledger.KindAdjust, func(e *ledger.Entry) { e.Kind, e.Command.Points = ledger.KindEarn, 0 }, "do not make"},
		{"a command on the entry of an order", ledger.KindReverse, func(e *ledger.Entry) {
			e.Command, e.Format = &ledger.CommandPart{Caller: "till"}, ledger.FormatCommands
		}, "does not make"},
		{"it takes effect before the one before it", ledger.KindExpire, func(e *ledger.Entry) { e.EffectiveAt = e.EffectiveAt.AddDate(-1, 0, 0) }, "clock"},
		{"another format", ledger.KindEarn, func(e *ledger.Entry) { e.Format++ }, "format"},
		{"another seq", ledger.KindEarn, func(e *ledger.Entry) { e.Seq++ }, "seq"},
		{"another account", ledger.KindEarn, func(e *ledger.Entry) { e.Account = "bert" }, "belongs to"},
		{"another programme", ledger.KindEarn, func(e *ledger.Entry) { e.Program = "club" }, "belongs to"},
		{"another event than its content hash says", ledger.KindEarn, func(e *ledger.Entry) { e.Order.Event.Lines[0].Amount++ }, "content"},
	} {
		t.Run(c.name, func(t *testing.T) {
			i := find(c.kind)
			if c.kind == ledger.KindState {
				i = slices.IndexFunc(h.entries, func(e ledger.Entry) bool { return e.Ladder != nil && e.Ladder.Change != nil })
			}
			require.GreaterOrEqual(t, i, 0)
			a := h.before(i)
			e, ok := deepCopy(reflect.ValueOf(h.entries[i])).Interface().(ledger.Entry)
			require.True(t, ok)
			c.alter(&e)
			_, err := a.Apply(ledger.Rehashed(e, a.Hash))
			var broken *ledger.BrokenError
			require.ErrorAs(t, err, &broken)
			require.Contains(t, err.Error(), c.says)
			require.Contains(t, err.Error(), fmt.Sprintf("shop/anna entry %d", e.Seq))
		})
	}
}

func TestAWaitWithoutItsOrdersBookIsNotGuessedAt(t *testing.T) {
	h := newHouse(t, rules(t))
	h.tell(`2025-01-10 returned o1/r1`)
	_, _, err := ledger.BringUp(h.account, h.schedule, ledger.Books{}, noon(calendar.Date(2025, 3, 1)))
	var broken *ledger.BrokenError
	require.ErrorAs(t, err, &broken)
}

func TestABookTakesOnlyTheNextEntryOfItsOrder(t *testing.T) {
	h := aLife(t)
	var book ledger.Book
	_, err := book.Add(h.entries[1])
	require.Error(t, err, "the second before the first")
	book, err = book.Add(h.entries[0])
	require.NoError(t, err)
	_, err = book.Add(h.entries[0])
	require.Error(t, err, "the first again")
	due := slices.IndexFunc(h.entries, func(e ledger.Entry) bool { return e.Order == nil })
	_, err = book.Add(h.entries[due])
	require.Error(t, err, "an entry without an order")
}

// TestARefundOfMoreThanIsLeftContradictsTheOneBeforeIt: what may come back of a capture is folded from its refunds.
func TestARefundOfMoreThanIsLeftContradictsTheOneBeforeIt(t *testing.T) {
	h := aLife(t)
	var refunds []int
	for i, e := range h.entries {
		if e.Kind == ledger.KindRefund {
			refunds = append(refunds, i)
		}
	}
	require.Len(t, refunds, 2)
	a := h.before(refunds[1])
	for _, left := range []money.Points{1, -1} {
		e, ok := deepCopy(reflect.ValueOf(h.entries[refunds[1]])).Interface().(ledger.Entry)
		require.True(t, ok)
		e.Refund.Left, e.Format = left, ledger.FormatShared
		_, err := a.Apply(ledger.Rehashed(e, a.Hash))
		require.ErrorContains(t, err, "less is left")
	}
}
