package laurelctl

import (
	"context"
	"fmt"
	"strings"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
)

// pageMax is the longest page that the contract allows.
const pageMax = 200

// entriesCmd lists an account's entries.
type entriesCmd struct {
	Account   string   `arg:"" help:"The account."`
	After     position `placeholder:"N" help:"Not before this position of EVENTS is applied, as orders publish has told it."`
	Limit     int      `placeholder:"N" help:"At most so many; 0, the default: all."`
	PageToken string   `placeholder:"TOKEN" help:"Go on where an answer that was limited ended (nextPageToken of its JSON)."`
}

// Run asks for the entries, page by page.
func (c *entriesCmd) Run(w *world) error {
	return w.ask(w.root.Timeout, func(ctx context.Context, a *accrual) error {
		program, err := a.programme()
		if err != nil {
			return err
		}
		all := &accrualv1.ListEntriesResponse{NextPageToken: c.PageToken}
		err = pages(c.Limit, func(size int32) (int, bool, error) {
			answer, err := a.ListEntries(ctx, &accrualv1.ListEntriesRequest{
				Program: program, Account: c.Account, PageSize: size, PageToken: all.GetNextPageToken(), After: c.After.toProto(),
			})
			if err != nil {
				return 0, false, err
			}
			all.Entries, all.NextPageToken = append(all.GetEntries(), answer.GetEntries()...), answer.GetNextPageToken()
			return len(all.GetEntries()), all.GetNextPageToken() != "", nil
		})
		if err != nil {
			return err
		}
		return w.show(all, entryRows(all.GetEntries()), entryTable(all.GetEntries()))
	})
}

// pages asks for one page after the other until limit (0: all) is reached or nothing is left. Next returns how many there
// are so far, and if there are more.
func pages(limit int, next func(size int32) (int, bool, error)) error {
	have, more := 0, true
	for more && (limit == 0 || have < limit) {
		size := pageMax
		if limit > 0 {
			size = min(size, limit-have)
		}
		var err error
		if have, more, err = next(int32(size)); err != nil { //nolint:gosec // at most pageMax
			return err
		}
	}
	return nil
}

// entryRows has one row for each entry and unit.
func entryRows(entries []*accrualv1.Entry) grid {
	g := grid{columns: []string{
		"seq", "effective_at", "occurred_at", "kind", "key", "unit", "active_change", "pending_change", "held_change", "debt_change",
		"active", "pending", "held", "debt", "tier",
	}}
	for _, e := range entries {
		for _, b := range balances(e) {
			change := changes(e, b.GetUnit())
			g.add(number(e.GetSeq()), moment(e.GetEffectiveAt()), moment(e.GetOccurredAt()), kind(e), e.GetKey(), b.GetUnit(),
				number(change["active"]), number(change["pending"]), number(change["held"]), number(-change["debt"]),
				number(b.GetActive()), number(b.GetPending()), number(b.GetHeld()), number(b.GetDebt()), e.GetAfter().GetTier())
		}
	}
	return g
}

// entryTable is the entries for people.
func entryTable(entries []*accrualv1.Entry) grid {
	g := grid{
		columns: []string{"seq", "effective_at", "kind", "key", "change", "after", "tier"},
		numbers: []string{"seq"},
	}
	for _, e := range entries {
		for _, b := range balances(e) {
			g.add(number(e.GetSeq()), moment(e.GetEffectiveAt()), kind(e), e.GetKey(), inWords(changes(e, b.GetUnit())), balance(b),
				e.GetAfter().GetTier())
		}
	}
	return g
}

func kind(e *accrualv1.Entry) string {
	return strings.ToLower(strings.TrimPrefix(e.GetKind().String(), "ENTRY_KIND_"))
}

// balances are those after an entry, at least an empty one.
func balances(e *accrualv1.Entry) []*accrualv1.Balance {
	if list := e.GetAfter().GetBalances(); len(list) > 0 {
		return list
	}
	return []*accrualv1.Balance{{}}
}

// changes sums an entry's postings of a unit to the account's own buckets. A debt is posted with a minus.
func changes(e *accrualv1.Entry, unit string) map[string]int64 {
	sums := map[string]int64{}
	for _, p := range e.GetPostings() {
		if p.GetUnit() == unit {
			sums[p.GetBucket()] += p.GetPoints()
		}
	}
	return sums
}

// inWords writes "+20 active, -3 pending"; what does not change is left out.
func inWords(change map[string]int64) string {
	var parts []string
	for _, bucket := range []string{"active", "pending", "held"} {
		if n := change[bucket]; n != 0 {
			parts = append(parts, fmt.Sprintf("%+d %s", n, bucket))
		}
	}
	if n := -change["debt"]; n != 0 {
		parts = append(parts, fmt.Sprintf("%+d owed", n))
	}
	return strings.Join(parts, ", ")
}

func balance(b *accrualv1.Balance) string {
	parts := []string{fmt.Sprintf("%d active", b.GetActive())}
	for _, bucket := range []struct {
		n    int64
		word string
	}{{b.GetPending(), "pending"}, {b.GetHeld(), "held"}, {b.GetDebt(), "owed"}} {
		if bucket.n != 0 {
			parts = append(parts, fmt.Sprintf("%d %s", bucket.n, bucket.word))
		}
	}
	return strings.Join(parts, ", ")
}
