package ledger_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// frozenSamples are what format 7 is for: what freezes an account and ends that, and an order and an action that came meanwhile.
func frozenSamples(t require.TestingT) []ledger.Entry {
	freeze := commandSamples(t)[0]
	freeze.Format, freeze.Kind, freeze.Key, freeze.Movements, freeze.Postings = ledger.FormatFrozen, ledger.KindState, "cmd/reward/f", nil, nil
	freeze.Command = &ledger.CommandPart{Caller: "reward", Content: ledger.Hash{7, 8, 9}, Reason: "LOOKED_INTO"}
	freeze.Frozen = &ledger.Frozen{Spending: true}
	end := freeze
	end.Key, end.Frozen = "cmd/reward/g", &ledger.Frozen{}
	order, action := samples(t)[0], laterSamples(t)[0]
	paid := *order.Order
	paid.Frozen, paid.Target = true, 0
	order.Format, order.Order, order.Lines, order.Movements, order.Postings = ledger.FormatFrozen, &paid, nil, nil, nil
	granted := order
	granted.Ladder = &ledger.LadderPart{Grants: &ledger.GrantsPart{Below: "bronze"}}
	taken := *action.Action
	taken.Frozen, taken.Points = true, 0
	action.Format, action.Action, action.Movements, action.Postings = ledger.FormatFrozen, &taken, nil, nil
	return []ledger.Entry{freeze, end, order, granted, action}
}

// Format 7 is format 1, with grants, the parts of a command and an action, and what is frozen behind all of it.
func TestCanonicalBytesOfFormat7AreThoseOfTheGoldenFile(t *testing.T) {
	requireGolden(t, "testdata/canonical-7.txt", frozenSamples(t))
}

// lifeSamples are what format 8 is for: points that are sent for a fee with an approval, that arrive, that come back, and that are given a later day.
func lifeSamples(t require.TestingT) []ledger.Entry {
	out := commandSamples(t)[6]
	lot := out.Movements[0].Lot
	bare := func(e ledger.Entry, kind ledger.Kind, key string, from, to ledger.Posting, moves ...ledger.Movement) ledger.Entry {
		e.Format, e.Kind, e.Key, e.Movements, e.Postings = ledger.FormatLife, kind, key, moves, []ledger.Posting{from, to}
		return e
	}
	active, transit := ledger.Posting{Unit: "points", Bucket: "active", Points: -60}, ledger.Posting{Unit: "points", Bucket: "in_transit", Points: 60}
	sent := bare(out, ledger.KindTransferOut, "cmd/operator/anna/t", active, transit, ledger.Movement{Move: ledger.MoveSend, Lot: lot, Points: 60})
	sent.Actor = "caller/operator/anna"
	sent.Command = &ledger.CommandPart{Caller: "operator/anna", Content: ledger.Hash{10, 11}, Points: 57, Reason: "GIFT", Approver: "operator/ben"}
	sent.Transfer = &ledger.TransferPart{ID: sent.Key, From: "anna", To: "ben", Points: 57, Fee: 3, Rolled: calendar.None}
	active.Points, transit.Points = 60, -60
	back := bare(sent, ledger.KindTransferIn, ledger.BackKey(sent.Key), active, transit, ledger.Movement{Move: ledger.MoveReceive, Lot: lot, Points: 60})
	part := *sent.Transfer
	part.Refused = "ACCOUNT_FROZEN"
	back.Command, back.Transfer = nil, &part
	active.Points, transit.Points = 57, -60
	arrived := bare(sent, ledger.KindTransferIn, ledger.TransferKey(sent.Key), active, transit, ledger.Movement{Move: ledger.MoveReceive, Lot: lot, Points: 57},
		ledger.Movement{Move: ledger.MoveFee, Lot: lot, Points: 3, Redeemer: "operator"})
	arrived.Account, arrived.Command = "ben", nil
	extended := sent
	extended.Kind, extended.Key, extended.Postings, extended.Transfer = ledger.KindExtend, "cmd/operator/anna/x", nil, nil
	extended.Command = &ledger.CommandPart{Caller: "operator/anna", Content: ledger.Hash{12, 13}, Points: 60, Reason: "STORE_CLOSED"}
	extended.Extension = &ledger.ExtensionPart{Before: lot.Expiry + 1, To: lot.Expiry + 90}
	later := lot
	later.Expiry += 90
	extended.Movements = []ledger.Movement{{Move: ledger.MovePutOff, Lot: lot, Points: 60}, {Move: ledger.MoveExtend, Lot: later, Points: 60}}
	return []ledger.Entry{sent, back, arrived, extended}
}

// Format 8 is format 1, with the part of a command, its approver and the parts of a transfer and an extension behind all of it.
func TestCanonicalBytesOfFormat8AreThoseOfTheGoldenFile(t *testing.T) {
	requireGolden(t, "testdata/canonical-8.txt", lifeSamples(t))
}

// rollingSamples are what format 10 is for: an order that moves the day of rolling points, with what the ladder did to grants; a lapse, a refund in
// part, a hold that goes to another's adjustment, and points that are sent with their day.
func rollingSamples(t require.TestingT) []ledger.Entry {
	rolling := func(e ledger.Entry) ledger.Entry {
		e.Format, e.Movements = ledger.FormatRolling, slices.Clone(e.Movements)
		for i := range e.Movements {
			e.Movements[i].Lot.Expiry, e.Movements[i].Lot.Life = calendar.None, i+2
		}
		return e
	}
	earn := rolling(samples(t)[0])
	earn.Rolls = &ledger.RollPart{Until: earn.Day + 90}
	earn.Ladder = &ledger.LadderPart{Grants: &ledger.GrantsPart{Below: "bronze"}}
	order := *earn.Order
	order.Segment = "slipping"
	earn.Order = &order
	action := rolling(laterSamples(t)[0])
	held, refund, adjust := rolling(commandSamples(t)[1]), rolling(sharedSamples(t)[0]), rolling(sharedSamples(t)[1])
	sent := rolling(lifeSamples(t)[0])
	part := *sent.Transfer
	part.Rolled = sent.Day + 80
	sent.Transfer = &part
	extended := rolling(lifeSamples(t)[3])
	extended.Rolls = &ledger.RollPart{Until: extended.Extension.To}
	brought := rolling(importSamples(t)[0])
	brought.Rolls = &ledger.RollPart{Until: brought.Import.Issued + 365}
	return []ledger.Entry{earn, rolling(samples(t)[4]), action, held, refund, adjust, sent, extended, brought}
}

// Format 10 is format 1, with all parts of the formats before it, the day of rolling points and the lives of lots behind all of it.
func TestCanonicalBytesOfFormat10AreThoseOfTheGoldenFile(t *testing.T) {
	requireGolden(t, "testdata/canonical-10.txt", rollingSamples(t))
}

// unitsSamples are what format 11 is for: an order that earns in two units, with what the ladder did to grants and the day of rolling
// points, and the return of it when the account might not have earned.
func unitsSamples(t require.TestingT) []ledger.Entry {
	earn := rollingSamples(t)[0]
	order := *earn.Order
	order.Others = []ledger.UnitPoints{{Unit: "stamps", Points: 1}, {Unit: "status", Points: 81}}
	earn.Format, earn.Order = ledger.FormatUnits, &order
	earn.Movements = append(slices.Clone(earn.Movements), ledger.Movement{
		Move: ledger.MoveEarn, Points: 81, Lot: ledger.LotKey{Unit: "status", Issuer: "operator", Activation: calendar.None, Expiry: earn.Day + 30},
	})
	earn.Postings = append(slices.Clone(earn.Postings),
		ledger.Posting{Unit: "status", Bucket: "active", Points: 81}, ledger.Posting{Unit: "status", Bucket: "issued/operator", Points: -81})
	earn.After.Balances = append(slices.Clone(earn.After.Balances), ledger.Balance{Unit: "status", Active: 81})
	back := samples(t)[1]
	order = *back.Order
	order.Others, order.Frozen = []ledger.UnitPoints{{Unit: "stamps"}, {Unit: "status"}}, true
	back.Format, back.Order = ledger.FormatUnits, &order
	return []ledger.Entry{earn, back}
}

// Format 11 is format 10, with what the order is to have of other units behind all of it.
func TestCanonicalBytesOfFormat11AreThoseOfTheGoldenFile(t *testing.T) {
	requireGolden(t, "testdata/canonical-11.txt", unitsSamples(t))
}

// importSamples are what format 9 is for: points that came over, with and without the day on which they were given.
func importSamples(t require.TestingT) []ledger.Entry {
	dated := commandSamples(t)[7]
	lot := dated.Movements[0].Lot
	dated.Format, dated.Kind, dated.Key, dated.Actor = ledger.FormatImport, ledger.KindImport, "import/oldshop/lot-1", "caller/operator/anna"
	dated.Movements = []ledger.Movement{{Move: ledger.MoveImport, Lot: lot, Points: 60}}
	dated.Postings = []ledger.Posting{{Unit: "points", Bucket: "active", Points: 60}, {Unit: "points", Bucket: "imported/" + lot.Issuer, Points: -60}}
	dated.Command = &ledger.CommandPart{Caller: "operator/anna", Content: ledger.Hash{14, 15}, Points: 60}
	dated.Import = &ledger.ImportPart{Source: "oldshop", Issued: dated.Day - 100}
	plain := dated
	plain.Key, plain.Import = "import/oldshop/lot-2", &ledger.ImportPart{Source: "oldshop", Issued: calendar.None}
	return []ledger.Entry{dated, plain}
}

// Format 9 is format 1, with the parts of a command and an import behind all of it.
func TestCanonicalBytesOfFormat9AreThoseOfTheGoldenFile(t *testing.T) {
	requireGolden(t, "testdata/canonical-9.txt", importSamples(t))
}
