package ledger_test

import (
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/earning"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/actions"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

// goldenFile pins the canonical bytes of format 1: one entry of each kind, fixed here and not made by the code under
// test. A change in this file breaks every ledger that stands; another encoding gets another format byte.
const goldenFile = "testdata/canonical-1.txt"

func ratio(t require.TestingT, text string) money.Ratio {
	r, err := money.ParseRatio(text)
	require.NoError(t, err)
	return r
}

// samples is one entry of each kind. Together they fill every field, with values that no other field has.
func samples(t require.TestingT) []ledger.Entry {
	at := time.Date(2025, 1, 10, 12, 0, 0, 123_000_000, time.UTC)
	day := calendar.Date(2025, 1, 10)
	lot := ledger.LotKey{Unit: "points", Issuer: "operator", Activation: calendar.None, Expiry: calendar.Date(2026, 2, 1)}
	pending := lot
	pending.Activation = calendar.Date(2025, 1, 24)
	owed := ledger.LotKey{Unit: "points", Issuer: "operator", Activation: calendar.None, Expiry: calendar.None}

	earn := ledger.Entry{
		Format: ledger.Format, Program: "shop", Key: "order/till/~w7Y/1", Account: "anna", Seq: 1, Kind: ledger.KindEarn,
		OccurredAt: at, EffectiveAt: at.Add(time.Hour), Day: day, Revision: 3, Actor: "merchant/till", EventID: "e-1",
		EventSource: "//till", Position: ledger.Position{Epoch: 2, Sequence: 99},
		Order: part(orders.Event{
			Kind: orders.Paid, Revision: 1, OccurredAt: at, Currency: "USD", Channel: "web", Member: "m-1",
			Lines: []orders.Line{
				{ID: "a", SKU: "cd", Category: "music", Brand: "acme", Quantity: 2, Amount: 1999},
				{SKU: "ö", Quantity: 1, Amount: 500},
			},
		}),
		Lines: []earning.Line{
			{ID: "a", SKU: "cd", Category: "music", Base: 1999, Rate: ratio(t, "1/40"), Points: 50, Rules: []string{"rate", "category music x2"}},
			{ID: "2", SKU: "ö", Base: 500, Points: 4, Rules: []string{"excluded sku ö"}},
		},
		Movements: []ledger.Movement{
			{Move: ledger.MoveEarn, Lot: pending, Points: 54}, {Move: ledger.MovePayoff, Lot: lot, Points: 5, Redeemer: "cafe"},
		},
		Postings: []ledger.Posting{{Unit: "points", Bucket: "issued/operator", Points: -54}, {Unit: "points", Bucket: "pending", Points: 54}},
		Ladder: &ledger.LadderPart{
			Counts: []ladder.Spend{{Day: day, Amount: 2499}}, Window: 12,
			Change: &ladder.Change{From: "bronze", To: "silver", Qualifying: 10000, Cause: "reached"},
		},
		After: ledger.After{Balances: []ledger.Balance{{Unit: "points", Pending: 54, Active: 6, Held: 7, Debt: 8}}, Tier: "silver"},
	}
	earn.Order.Number, earn.Order.Revision, earn.Order.Tier = 1, 3, "bronze"
	earn.Order.Base, earn.Order.Target = 2499, 54

	reverse := earn
	reverse.Kind, reverse.Key, reverse.Seq = ledger.KindReverse, "order/till/~w7Y/2", 2
	reverse.Order = part(orders.Event{
		Kind: orders.Returned, Occurrence: "r-1", OccurredAt: at.AddDate(0, 0, 1), Currency: "USD",
		Returned: []orders.ReturnedLine{{Line: "a", SKU: "cd", Quantity: 1}, {SKU: "ö", Amount: 250, HasAmount: true}},
	})
	reverse.Movements = []ledger.Movement{
		{Move: ledger.MoveReverse, Lot: lot, Points: 20}, {Move: ledger.MoveUncount, Lot: lot, Points: 1}, {Move: ledger.MoveOwe, Lot: owed, Points: 2},
	}
	reverse.Ladder = &ledger.LadderPart{Counts: []ladder.Spend{{Day: day, Amount: -1250}}, Window: 12}

	park := ledger.Entry{
		Format: ledger.Format, Program: "shop", Key: "order/till/o2/1", Account: "anna", Seq: 3, Kind: ledger.KindPark,
		OccurredAt: at, EffectiveAt: at, Day: day, Revision: 3, Actor: "merchant/till", EventID: "e-3", EventSource: "//till",
		Order: part(orders.Event{Kind: orders.Canceled, OccurredAt: at}),
		After: earn.After,
	}
	park.Order.Waiting, park.Order.Deadline = true, time.Date(2025, 2, 9, 0, 0, 0, 0, time.UTC)

	due := ledger.Entry{
		Format: ledger.Format, Program: "shop", Key: "due/anna/4", Account: "anna", Seq: 4, Kind: ledger.KindActivate,
		OccurredAt: pending.Activation.Start(time.UTC), EffectiveAt: pending.Activation.Start(time.UTC), Day: pending.Activation,
		Revision: 3, Actor: ledger.ActorClock,
		Movements: []ledger.Movement{{Move: ledger.MoveActivate, Lot: pending, Points: 54}},
		Postings:  []ledger.Posting{{Unit: "points", Bucket: "active", Points: 54}, {Unit: "points", Bucket: "pending", Points: -54}},
		After:     earn.After,
	}
	expire := due
	expire.Key, expire.Seq, expire.Kind = "due/anna/5", 5, ledger.KindExpire
	expire.Movements = []ledger.Movement{{Move: ledger.MoveExpire, Lot: lot, Points: 54}}
	expire.Postings = []ledger.Posting{{Unit: "points", Bucket: "active", Points: -54}, {Unit: "points", Bucket: "expired", Points: 54}}
	state := due
	state.Key, state.Seq, state.Kind, state.Movements, state.Postings = "due/anna/6", 6, ledger.KindState, nil, nil
	state.Ladder = &ledger.LadderPart{Window: 12, Change: &ladder.Change{From: "silver", To: "bronze", Cause: "review"}}
	return []ledger.Entry{earn, reverse, park, due, expire, state}
}

func part(e orders.Event) *ledger.OrderPart {
	return &ledger.OrderPart{
		Ref: orders.Ref{Merchant: "till", Order: "ö"}, Number: 2, Event: e, Content: e.Content(), Revision: 3, Tier: "bronze",
		Base: 1249, Target: 31,
	}
}

func TestCanonicalBytesOfFormat1AreThoseOfTheGoldenFile(t *testing.T) {
	requireGolden(t, goldenFile, samples(t))
}

// Format 2 is format 1 with what an entry did to grants.
func TestCanonicalBytesOfFormat2AreThoseOfTheGoldenFile(t *testing.T) {
	given := samples(t)[5]
	given.Format, given.Key, given.Actor = ledger.FormatGrants, "grant/g-1", "operator/eva"
	part := *given.Ladder
	part.Grants = &ledger.GrantsPart{Below: "bronze", Given: &ladder.Grant{
		ID: "g-1", Tier: "gold", From: calendar.Date(2025, 1, 11), Until: calendar.Date(2025, 4, 1), Reason: "late delivery", Actor: "eva",
	}}
	given.Ladder = &part
	ended := given
	ended.Key = "grant/g-1/ended"
	ended.Ladder = &ledger.LadderPart{Window: 12, Grants: &ledger.GrantsPart{Below: "bronze", Ended: "g-1"}}
	requireGolden(t, "testdata/canonical-2.txt", []ledger.Entry{given, ended})
}

// laterSamples are what format 3 is for: an action and an enrolment.
func laterSamples(t require.TestingT) []ledger.Entry {
	earn := samples(t)[0]
	action := earn
	action.Format, action.Kind, action.Key, action.Actor = ledger.FormatParts, ledger.KindAction, "action/app/~w7Y", "source/app"
	action.Order, action.Lines, action.Ladder = nil, nil, nil
	action.Action = &ledger.ActionPart{
		Ref: actions.Ref{Source: "app", ID: "ö"}, Type: "workout", Content: ledger.Hash{1, 2, 3}, Day: earn.Day, Rule: 60, Points: 54,
		PerDay: 90, Rules: []string{"minutes 121.5 x1/2"},
	}
	enrolled := samples(t)[5]
	enrolled.Format, enrolled.Key, enrolled.Actor, enrolled.Ladder = ledger.FormatParts, "enrol/anna/~w7Y", "service/member", nil
	enrolled.Enrolment = &ledger.EnrolmentPart{Member: "ö", Kind: "consumer"}
	return []ledger.Entry{action, enrolled}
}

// Format 3 is format 1 with the parts of actions and enrolments behind all of it.
func TestCanonicalBytesOfFormat3AreThoseOfTheGoldenFile(t *testing.T) {
	requireGolden(t, "testdata/canonical-3.txt", laterSamples(t))
}

// commandSamples are what format 4 is for: an award, the life of two holds, a lapse, a refund and an adjustment.
func commandSamples(t require.TestingT) []ledger.Entry {
	earn := samples(t)[0]
	at := earn.OccurredAt
	lot := ledger.LotKey{Unit: "points", Issuer: "cafe", Activation: calendar.None, Expiry: calendar.Date(2026, 2, 1)}
	entry := func(kind ledger.Kind, key string, points money.Points) ledger.Entry {
		e := earn
		e.Format, e.Kind, e.Key, e.Actor, e.EventID, e.EventSource = ledger.FormatCommands, kind, "cmd/reward/"+key, "caller/reward", "", ""
		e.Position, e.Order, e.Lines, e.Ladder = ledger.Position{}, nil, nil, nil
		e.Command = &ledger.CommandPart{Caller: "reward", Content: ledger.Hash{4, 5, 6}, Points: points}
		return e
	}
	moves := func(e ledger.Entry, from, to string, list ...ledger.Movement) ledger.Entry {
		e.Movements = list
		e.Postings = []ledger.Posting{{Unit: "points", Bucket: from, Points: -60}, {Unit: "points", Bucket: to, Points: 60}}
		return e
	}
	hold := &ledger.HoldPart{ID: "cmd/reward/~w7Y", Caller: "reward", Redeemer: "books", Points: 60, Deadline: at.Add(time.Hour)}

	award := moves(entry(ledger.KindEarn, "a", 60), "issued/cafe", "active", ledger.Movement{Move: ledger.MoveEarn, Lot: lot, Points: 60})
	award.Command.Reason = "WELCOME"
	held := moves(entry(ledger.KindHold, "~w7Y", 60), "active", "held", ledger.Movement{Move: ledger.MoveHold, Lot: lot, Points: 60})
	held.Hold = hold
	capture := moves(entry(ledger.KindCapture, "c", 50), "held", "redeemed/books",
		ledger.Movement{Move: ledger.MoveCapture, Lot: lot, Points: 50, Redeemer: "books"}, ledger.Movement{Move: ledger.MoveRelease, Lot: lot, Points: 10})
	capture.Hold = hold
	void := moves(entry(ledger.KindVoid, "v", 60), "held", "active", ledger.Movement{Move: ledger.MoveRelease, Lot: lot, Points: 60})
	void.Hold = hold
	lapse := void
	lapse.Key, lapse.Actor, lapse.Command = "due/anna/9", ledger.ActorClock, nil
	refund := moves(entry(ledger.KindRefund, "r", 50), "redeemed/books", "active",
		ledger.Movement{Move: ledger.MoveRefund, Lot: lot, Points: 50, Redeemer: "books"})
	refund.Refund = &ledger.RefundPart{Capture: "cmd/reward/c", Seq: 7, Day: earn.Day}
	adjust := moves(entry(ledger.KindAdjust, "j", -60), "active", "adjusted", ledger.Movement{Move: ledger.MoveDebit, Lot: lot, Points: 60})
	adjust.Command.Reason = "MISTAKE"
	credit := moves(entry(ledger.KindAdjust, "k", 60), "adjusted", "active", ledger.Movement{Move: ledger.MoveCredit, Lot: lot, Points: 60})
	return []ledger.Entry{award, held, capture, void, lapse, refund, adjust, credit}
}

// Format 4 is format 1 with the parts of commands, holds and refunds behind all of it.
func TestCanonicalBytesOfFormat4AreThoseOfTheGoldenFile(t *testing.T) {
	requireGolden(t, "testdata/canonical-4.txt", commandSamples(t))
}

// donateSamples are of format 4 too: a gift stands in its movements.
func donateSamples(t require.TestingT) []ledger.Entry {
	e := commandSamples(t)[6]
	e.Kind, e.Key = ledger.KindDonate, "cmd/reward/d"
	e.Command = &ledger.CommandPart{Caller: "reward", Content: ledger.Hash{16, 17}, Points: 60, Reason: "GIFT"}
	e.Movements = []ledger.Movement{{Move: ledger.MoveDonate, Lot: e.Movements[0].Lot, Points: 60, Redeemer: "trees"}}
	e.Postings = []ledger.Posting{{Unit: "points", Bucket: "active", Points: -60}, {Unit: "points", Bucket: "donated/trees", Points: 60}}
	return []ledger.Entry{e}
}

func TestCanonicalBytesOfGiftsAreThoseOfTheGoldenFile(t *testing.T) {
	requireGolden(t, "testdata/canonical-4-donate.txt", donateSamples(t))
}

// sharedSamples are what format 5 is for: a refund that leaves something, and an adjustment that somebody approved.
func sharedSamples(t require.TestingT) []ledger.Entry {
	list := commandSamples(t)
	refund, adjust := list[5], list[6]
	refund.Format, adjust.Format = ledger.FormatShared, ledger.FormatShared
	part := *refund.Refund
	part.Left = 12
	refund.Refund = &part
	command := *adjust.Command
	command.Caller, command.Approver = "operator/anna", "operator/ben"
	adjust.Command, adjust.Key, adjust.Actor = &command, "cmd/operator/anna/j", "caller/operator/anna"
	return []ledger.Entry{refund, adjust}
}

// Format 5 is format 4 with the approver and what is left of a capture behind all of it.
func TestCanonicalBytesOfFormat5AreThoseOfTheGoldenFile(t *testing.T) {
	requireGolden(t, "testdata/canonical-5.txt", sharedSamples(t))
}

// segmentSamples are what format 6 is for: who enters and who leaves, and orders that earn by a segment, with and without what the
// ladder did to grants.
func segmentSamples(t require.TestingT) []ledger.Entry {
	earn := samples(t)[0]
	order := *earn.Order
	order.Segment = "slipping"
	earn.Order, earn.Format = &order, ledger.FormatSegments
	granted := earn
	granted.Ladder = &ledger.LadderPart{Grants: &ledger.GrantsPart{Below: "bronze"}}
	enter := ledger.Entry{
		Format: ledger.FormatSegments, Program: "shop", Key: "segment/anna/slipping/1", Account: "anna", Seq: 2, Kind: ledger.KindState,
		OccurredAt: earn.OccurredAt, EffectiveAt: earn.EffectiveAt, Day: earn.Day, Revision: 3, Actor: "service/analytics",
		Segment: &ledger.SegmentPart{Name: "slipping", Entered: true, Number: 1, Revision: 4, AsOf: earn.Day},
	}
	leave := enter
	leave.Key, leave.Segment = "segment/anna/slipping/2", &ledger.SegmentPart{Name: "slipping", Number: 2, Revision: 5, AsOf: earn.Day}
	return []ledger.Entry{earn, granted, enter, leave}
}

// Format 6 is format 1, with grants, the segment of the order and the part of a segment behind all of it.
func TestCanonicalBytesOfFormat6AreThoseOfTheGoldenFile(t *testing.T) {
	requireGolden(t, "testdata/canonical-6.txt", segmentSamples(t))
}

func requireGolden(t *testing.T, file string, entries []ledger.Entry) {
	t.Helper()
	var b strings.Builder
	previous := ledger.Hash{}
	for _, e := range entries {
		e = ledger.Rehashed(e, previous)
		previous = e.Hash
		fmt.Fprintf(&b, "%s %x\n", e.Kind, e.Hash)
		text := hex.EncodeToString(e.Canonical())
		for len(text) > 0 {
			n := min(len(text), 100)
			b.WriteString("  " + text[:n] + "\n")
			text = text[n:]
		}
	}
	if *rewrite {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, []byte(b.String()), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), b.String(), "the encoding of a format must never change; add another format instead")
}

func TestSamplesAreOfEveryKind(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range slices.Concat(samples(t), laterSamples(t), commandSamples(t), sharedSamples(t), segmentSamples(t), frozenSamples(t), lifeSamples(t), importSamples(t), donateSamples(t), rollingSamples(t), unitsSamples(t)) {
		seen[e.Kind.String()] = true
		require.Equal(t, e.Format, e.Canonical()[0], "the format stands first")
		again, err := ledger.ParseKind(e.Kind.String())
		require.NoError(t, err)
		require.Equal(t, e.Kind, again)
	}
	for k := ledger.KindEarn; k <= ledger.KindDonate; k++ {
		require.True(t, seen[k.String()], "no sample of kind %s", k)
	}
	_, err := ledger.ParseKind((ledger.KindDonate + 1).String())
	require.Error(t, err, "a kind was added: give it a sample")
}
