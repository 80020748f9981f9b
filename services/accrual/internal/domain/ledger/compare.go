package ledger

import (
	"fmt"
	"slices"
)

// Differences names in which ways a stored account is not what its entries give. Empty: they are equal.
func Differences(entries, stored Account) []string {
	var list []string
	differ := func(what string, want, got any) {
		list = append(list, fmt.Sprintf("%s is %v, its entries give %v", what, got, want))
	}
	if entries.Version != stored.Version {
		differ("version", entries.Version, stored.Version)
	}
	if entries.Hash != stored.Hash {
		differ("last hash", fmt.Sprintf("%x…", entries.Hash[:6]), fmt.Sprintf("%x…", stored.Hash[:6]))
	}
	if !entries.Clock.Equal(stored.Clock) {
		differ("clock", entries.Clock, stored.Clock)
	}
	if !slices.Equal(entries.Balances, stored.Balances) {
		differ("balance", entries.Balances, stored.Balances)
	}
	list = append(list, lotDifferences(entries.Lots, stored.Lots)...)
	if !slices.Equal(entries.Debts, stored.Debts) {
		differ("debt", entries.Debts, stored.Debts)
	}
	if entries.Ladder.Tier != stored.Ladder.Tier {
		differ("tier", entries.Ladder.Tier, stored.Ladder.Tier)
	}
	if !slices.Equal(entries.Ladder.Days, stored.Ladder.Days) {
		differ("spend of the window", entries.Ladder.Days, stored.Ladder.Days)
	}
	if entries.Ladder.Below != stored.Ladder.Below || !slices.Equal(entries.Ladder.Grants, stored.Ladder.Grants) {
		differ("what is granted", entries.Ladder.Grants, stored.Ladder.Grants)
	}
	if entries.Reviewed != stored.Reviewed {
		differ("last review", entries.Reviewed, stored.Reviewed)
	}
	if entries.ActionsOnly != stored.ActionsOnly {
		differ("whether it has actions alone", entries.ActionsOnly, stored.ActionsOnly)
	}
	if !slices.EqualFunc(entries.Holds, stored.Holds, sameHold) {
		differ("what is held", entries.Holds, stored.Holds)
	}
	if !slices.Equal(entries.Refunds, stored.Refunds) {
		differ("what was refunded", entries.Refunds, stored.Refunds)
	}
	if !slices.Equal(entries.Counters, stored.Counters) {
		differ("what actions gave by day", entries.Counters, stored.Counters)
	}
	if !slices.Equal(entries.Segments, stored.Segments) {
		differ("which segments it is in", entries.Segments, stored.Segments)
	}
	if entries.Frozen != stored.Frozen {
		differ("what is frozen", entries.Frozen, stored.Frozen)
	}
	if entries.Rolling != stored.Rolling {
		differ("the day of rolling points", entries.Rolling, stored.Rolling)
	}
	if !slices.EqualFunc(entries.Waiting, stored.Waiting, sameWaiting) {
		differ("what waits", entries.Waiting, stored.Waiting)
	}
	return list
}

func sameWaiting(a, b Waiting) bool {
	same := a.Deadline.Equal(b.Deadline)
	a.Deadline = b.Deadline
	return same && a == b
}

func lotDifferences(entries, stored []Lot) []string {
	var list []string
	for _, want := range entries {
		got, found := Account{Lots: stored}.lot(want.LotKey)
		switch {
		case !found:
			list = append(list, fmt.Sprintf("lot %s is missing, its entries give %d points", want.LotKey, want.Left))
		case got != want:
			list = append(list, fmt.Sprintf("lot %s holds %d points (%d lapsed), its entries give %d (%d)",
				want.LotKey, got.Left, got.Uncounted, want.Left, want.Uncounted))
		}
	}
	for _, got := range stored {
		if _, found := (Account{Lots: entries}).lot(got.LotKey); !found {
			list = append(list, fmt.Sprintf("lot %s holds %d points, its entries know of none", got.LotKey, got.Left))
		}
	}
	if len(list) == 0 && !slices.Equal(entries, stored) {
		list = append(list, "lots stand twice or in another order than that in which they are consumed")
	}
	return list
}

// String names a lot: unit, issuer, when it becomes active and when it lapses.
func (k LotKey) String() string {
	s := fmt.Sprintf("%s of %s", k.Unit, k.Issuer)
	if k.Pending() {
		s += " active on " + k.Activation.String()
	}
	if k.Life > 0 {
		return fmt.Sprintf("%s rolling (life %d)", s, k.Life)
	}
	if day := k.Expiry.String(); day != "" {
		return s + " gone on " + day
	}
	return s + " without expiry"
}
