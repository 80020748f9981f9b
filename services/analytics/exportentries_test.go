package analytics_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// TestEntriesAreExportedEachOnce: every entry comes once, in the order of its account, also of an export that goes on while the
// ledger does and of facts that are told twice; what it moved adds up to zero in every unit.
func TestEntriesAreExportedEachOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.run(size{lanes: 2, batch: 16})
	club := h.ledger
	going := s.rowGroups("entries", 2)
	story := club.makeUp(5, 9, 300)
	for i, part := range slices.Collect(slices.Chunk(story, 60)) {
		h.tell(part...)
		s.drained()
		going.read(int32(1 + 7*i)) //nolint:gosec // small
		require.Zero(t, going.read(50), "again there is nothing new")
	}
	h.tell(club.moves("member-01", date("2027-01-01"), 30, 10, 5, 15))
	two := &accrualv1.Entry{Key: "order/shop/x y/1", Actor: "merchant/shop", Kind: accrualv1.EntryKind_ENTRY_KIND_REVERSE, Order: &accrualv1.OrderPart{
		Merchant: "shop", OrderId: "x y", Number: 2, Currency: "USD",
	}, Postings: []*accrualv1.Posting{
		{Unit: "stars", Bucket: "pending", Points: -9}, {Unit: "stars", Bucket: "issued/a", Points: 4}, {Unit: "stars", Bucket: "issued/b", Points: 5},
		{Unit: "points", Bucket: "debt", Points: -2}, {Unit: "points", Bucket: "adjusted", Points: -1}, {Unit: "points", Bucket: "held", Points: 3},
		{Unit: "points", Bucket: "forgiven", Points: -9}, {Unit: "points", Bucket: "in_transit", Points: 5}, {Unit: "points", Bucket: "fees", Points: 4},
		{Unit: "points", Bucket: "imported/a", Points: -6}, {Unit: "points", Bucket: "donated/trees", Points: 6},
	}}
	h.tell(club.entry("zoe", "reverse", date("2027-02-03"), &accrualv1.EntryPosted{Entry: two}))
	h.tell(club.entry("member-01", "state", date("2027-02-03"), &accrualv1.EntryPosted{Entry: &accrualv1.Entry{}}))
	s.drained()
	going.read(3)

	entries := map[string]int64{} // of each account
	for owner := range going.rows {
		account, _, _ := strings.Cut(owner, "/")
		entries[account]++
	}
	for account, n := range entries {
		require.Contains(t, going.rows, fmt.Sprintf("%s/%d/", account, n), "they are dense")
	}
	require.Equal(t, club.seqs, entries)

	whole := s.rowGroups("entries", 2)
	whole.read(20_000)
	require.Equal(t, whole.rows, going.rows)
	day := fmt.Sprint(int32(date("2027-02-03")))
	require.Equal(t, []string{
		"points " + day + " reverse order/shop/x y/1 merchant/shop shop x y 0 0 3 -2 0 0 0 -1 -9 5 4 -6 6 ",
		"stars " + day + " reverse order/shop/x y/1 merchant/shop shop x y 0 -9 0 0 9 0 0 0 0 0 0 0 0 ",
	}, whole.rows["zoe/1/"])

	moved := whole.rows[fmt.Sprintf("member-01/%d/", club.seqs["member-01"]-1)]
	require.Len(t, moved, 1)
	require.Contains(t, moved[0], " caller/app   15 0 0 0 -30 10 5 0 0 0 0 ")

	s.stop()
	s = h.build(size{lanes: 1, batch: 200})
	require.NoError(t, s.Forget(t.Context()))
	s.start()
	s.drained()
	going.s = s
	require.Zero(t, going.read(500), "a copy that was made again has the same changes")
}

// TestAPostingToNowhereStopsTheCopy: an export that left a leg out would not add up.
func TestAPostingToNowhereStopsTheCopy(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.run(size{})
	h.tell(h.ledger.entry("ann", "earn", date("2025-01-01"), &accrualv1.EntryPosted{Entry: &accrualv1.Entry{
		Postings: []*accrualv1.Posting{{Unit: "points", Bucket: "pocket", Points: 1}},
	}}))
	testkit.Eventually(t, func() bool { return s.Broken() != nil }, "broken")
	require.ErrorContains(t, s.Broken(), `posts to "pocket", which is no bucket`)
}
