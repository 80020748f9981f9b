package totals_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/totals"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

func entry(movements ...ledger.Movement) ledger.Entry { return ledger.Entry{Movements: movements} }

func moved(move ledger.Move, issuer, redeemer string, points money.Points) ledger.Movement {
	return ledger.Movement{Move: move, Lot: ledger.LotKey{Unit: "points", Issuer: issuer}, Points: points, Redeemer: redeemer}
}

func TestEntriesAreAddedUpByMoveIssuerAndRedeemer(t *testing.T) {
	t.Parallel()
	var sum totals.Tally
	sum.Add(entry(moved(ledger.MoveEarn, "cafe", "", 100)))
	sum.Add(entry(moved(ledger.MoveCapture, "cafe", "books", 70), moved(ledger.MoveCapture, "mill", "books", 20)))
	sum.Add(entry(moved(ledger.MoveCapture, "cafe", "books", 5), moved(ledger.MoveCapture, "cafe", "mill", 1)))
	sum.Add(entry()) // an order that earned nothing is an entry all the same
	require.EqualValues(t, 4, sum.Entries)
	var said []string
	for _, cell := range sum.Cells() {
		said = append(said, cell.String()+": "+sum.Sum(cell).Points.String())
	}
	require.Equal(t, []string{
		"earn of points of cafe: 100", "capture of points of cafe at books: 75", "capture of points of cafe at mill: 1",
		"capture of points of mill at books: 20",
	}, said)
	require.EqualValues(t, 2, sum.Sum(totals.Cell{Move: ledger.MoveCapture, Unit: "points", Issuer: "cafe", Redeemer: "books"}).Movements)
}

func TestPointsOfManyAccountsNeedNotFitIntoOneNumber(t *testing.T) {
	t.Parallel()
	var sum totals.Tally
	for range 3 {
		sum.Add(entry(moved(ledger.MoveEarn, "cafe", "", math.MaxInt64)))
	}
	require.Equal(t, "27670116110564327421", sum.Sum(sum.Cells()[0]).Points.String())
}

// TestWhatIsAddedUpInPartsIsTheSame whatever the parts: batches, partitions and days are just that.
func TestWhatIsAddedUpInPartsIsTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"cafe", "mill", "books"})
		var whole totals.Tally
		parts := make([]totals.Tally, 3)
		for range rapid.IntRange(0, 20).Draw(t, "entries") {
			var e ledger.Entry
			for range rapid.IntRange(0, 3).Draw(t, "movements") {
				move := rapid.SampledFrom([]ledger.Move{ledger.MoveEarn, ledger.MoveCapture, ledger.MovePayoff}).Draw(t, "move")
				points := money.Points(rapid.Int64Range(1, math.MaxInt64).Draw(t, "points"))
				e.Movements = append(e.Movements, moved(move, name.Draw(t, "issuer"), name.Draw(t, "redeemer"), points))
			}
			whole.Add(e)
			parts[rapid.IntRange(0, 2).Draw(t, "part")].Add(e)
		}
		var joined totals.Tally
		for _, part := range parts {
			joined.AddTally(part)
		}
		require.Empty(t, totals.Difference(whole, joined))
		if len(whole.Cells()) > 0 {
			joined.AddSum(whole.Cells()[0], totals.Sum{Points: whole.Sum(whole.Cells()[0]).Points, Movements: 1})
			require.Contains(t, totals.Difference(whole, joined), whole.Cells()[0].String())
		}
		joined.Entries++
		require.Contains(t, totals.Difference(whole, joined), "entries are counted")
	})
}
