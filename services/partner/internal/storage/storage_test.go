package storage_test

import (
	"context"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/clearing"
	"github.com/laurel-loyalty/laurel/services/partner/internal/storage"
)

func TestMain(m *testing.M) { testkit.Main(m) }

func open(t *testing.T) *storage.Storage {
	t.Helper()
	uri, database := testkit.Mongo(t)
	base, err := store.Open(t.Context(), uri, database)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, base.Close(context.WithoutCancel(t.Context()))) })
	s, err := storage.Open(t.Context(), base)
	require.NoError(t, err)
	return s
}

func month(t *testing.T, text string) clearing.Period {
	t.Helper()
	p, err := clearing.ParsePeriod(text)
	require.NoError(t, err)
	return p
}

func capture(revision int, late clearing.Period, points int64) clearing.Row {
	return clearing.Row{
		Cell:     clearing.Cell{Move: clearing.MoveCapture, Unit: "points", Issuer: "a", Redeemer: "c"},
		Revision: revision, Late: late, Points: money.Points(points),
	}
}

// TestAnAlteredSettlementIsFound: a statement that somebody has changed by hand is never shown.
func TestAnAlteredSettlementIsFound(t *testing.T) {
	t.Parallel()
	s := open(t)
	price, err := money.NewRatio(4, 5)
	require.NoError(t, err)
	earned := clearing.Row{Cell: clearing.Cell{Move: clearing.MoveEarn, Unit: "points", Issuer: "a"}, Revision: 1, Points: 1}
	settled, err := clearing.Settle(clearing.Book{
		Program: "tea", Period: month(t, "2026-03"), Currency: "EUR", Unit: "points",
		Rows: []clearing.Row{earned, capture(1, clearing.Period{}, 100), capture(1, month(t, "2026-02"), 7)},
	}, func(partner string, _ int) clearing.Agreement {
		return map[string]clearing.Agreement{"c": {RedemptionPrice: price}}[partner]
	})
	require.NoError(t, err)
	closed := settled.Close(clearing.Closed{}, clearing.Closing{
		At: time.UnixMilli(1_700_000_000_123).UTC(), By: "operator", Marks: []clearing.Mark{{Partition: 1, Epoch: 1, Sequence: 4}},
	})
	require.NoError(t, s.InsertSettlement(t.Context(), closed))
	read, found, err := s.LastSettlement(t.Context(), "tea")
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, closed, read)

	settlements := s.Store().Collection("settlements")
	var was bson.D
	require.NoError(t, settlements.FindOne(t.Context(), bson.M{}).Decode(&was))
	for field, value := range map[string]any{
		"lines.0.amount_minor": 81, "lines.0.debtor": "b", "lines.0.price": "3", "issuers.0.given": 2, "statements.0.number": 9,
		"closed_by": "x", "unit": "miles", "currency": "USD", "number": 2, "marks.0.sequence": 5, "last_statement": 40,
		"statements.1.name": "x", "lines.1.late": "2026-01", "period": "2026-02",
	} {
		_, err := settlements.UpdateOne(t.Context(), bson.M{}, bson.M{"$set": bson.M{field: value}})
		require.NoError(t, err)
		_, _, err = s.LastSettlement(t.Context(), "tea")
		require.ErrorContains(t, err, "is not what was closed", field)
		_, err = settlements.ReplaceOne(t.Context(), bson.M{}, was)
		require.NoError(t, err)
	}
	_, err = settlements.UpdateOne(t.Context(), bson.M{}, bson.M{"$set": bson.M{"format": 2}})
	require.NoError(t, err)
	_, _, err = s.LastSettlement(t.Context(), "tea")
	require.ErrorContains(t, err, "older than its data")
	_, err = settlements.UpdateOne(t.Context(), bson.M{}, bson.M{"$set": bson.M{"lines.0.amount_minor": 80.5}})
	require.Error(t, err, "the schema takes no doubles")
}

// TestAMonthIsKeptOnce: neither its id nor its number may stand twice.
func TestAMonthIsKeptOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	closed := func(period string, number int64) clearing.Closed {
		return clearing.Closed{Settlement: clearing.Settlement{Program: "tea", Period: month(t, period)}, Number: number}
	}
	require.NoError(t, s.InsertSettlement(t.Context(), closed("2026-03", 1)))
	require.Error(t, s.InsertSettlement(t.Context(), closed("2026-03", 2)))
	require.Error(t, s.InsertSettlement(t.Context(), closed("2026-04", 1)))
	other := closed("2026-03", 1)
	other.Program = "teapot" // its ids stand beside those of tea
	require.NoError(t, s.InsertSettlement(t.Context(), other))
	marks, err := s.Marks(t.Context(), "tea", month(t, "2026-03"))
	require.NoError(t, err)
	require.Len(t, marks, 1)
	marks, err = s.Marks(t.Context(), "tea", month(t, "2026-04"))
	require.NoError(t, err)
	require.Empty(t, marks)
}

func TestBooksAddUp(t *testing.T) {
	t.Parallel()
	s := open(t)
	february, march, april := month(t, "2026-02"), month(t, "2026-03"), month(t, "2026-04")
	add := func(program string, partition int, stands, effective clearing.Period, rows ...clearing.Row) {
		t.Helper()
		sums := storage.Sums{Entries: map[clearing.Period]int64{effective: 1}, Points: map[clearing.Row]*big.Int{}}
		for _, r := range rows {
			points := big.NewInt(int64(r.Points))
			r.Points = 0
			sums.Points[r] = points
		}
		require.NoError(t, s.WriteBooks(t.Context(), storage.BookWrites{
			Books: map[storage.Book]storage.Sums{{Program: program, Partition: partition, Period: stands}: sums},
		}))
	}
	add("tea", 0, march, march, capture(1, clearing.Period{}, 5), capture(2, clearing.Period{}, 6))
	add("tea", 0, march, march, capture(1, clearing.Period{}, 7))
	add("tea", 3, march, february, capture(1, february, 8))
	add("tea", 0, april, april)
	add("teapot", 0, march, march, capture(1, clearing.Period{}, 99))

	books, err := s.Books(t.Context(), "tea", clearing.Period{}, clearing.Period{})
	require.NoError(t, err)
	require.Len(t, books, 2)
	require.Equal(t, march, books[0].Period)
	require.Equal(t, map[clearing.Period]int64{march: 2, february: 1}, books[0].Entries)
	require.ElementsMatch(t, []clearing.Row{capture(1, clearing.Period{}, 12), capture(2, clearing.Period{}, 6), capture(1, february, 8)}, books[0].Rows)
	require.Empty(t, books[1].Rows)
	for _, c := range []struct {
		from, to clearing.Period
		want     int
	}{{march, march, 1}, {april, clearing.Period{}, 1}, {clearing.Period{}, february, 0}, {february, april, 2}} {
		books, err = s.Books(t.Context(), "tea", c.from, c.to)
		require.NoError(t, err)
		require.Len(t, books, c.want)
	}

	huge := new(big.Int).Lsh(big.NewInt(1), 80)
	row := capture(9, clearing.Period{}, 0)
	require.NoError(t, s.WriteBooks(t.Context(), storage.BookWrites{Books: map[storage.Book]storage.Sums{
		{Program: "tea", Period: march}: {Points: map[clearing.Row]*big.Int{row: huge}},
	}}))
	_, err = s.Books(t.Context(), "tea", march, march)
	require.ErrorIs(t, err, reason.AmountOutOfRange)
}

func TestAnAccountIsReadInItsOrder(t *testing.T) {
	t.Parallel()
	s := open(t)
	ann := storage.Account{Program: "tea", ID: "ann"}
	write := func(from, to int64) error {
		return s.WriteBooks(t.Context(), storage.BookWrites{Accounts: []storage.AccountWrite{{Account: ann, From: from, To: to}}})
	}
	require.NoError(t, write(0, 3))
	require.Error(t, write(0, 4), "somebody has begun it")
	require.ErrorIs(t, write(2, 4), store.ErrConflict)
	require.NoError(t, write(3, 5))
	seqs, err := s.Seqs(t.Context(), []storage.Account{ann, {Program: "tea", ID: "bob"}})
	require.NoError(t, err)
	require.Equal(t, map[storage.Account]int64{ann: 5}, seqs)

	spent := storage.Capture{Account: ann, Seq: 4}
	require.NoError(t, s.WriteBooks(t.Context(), storage.BookWrites{Captures: map[storage.Capture]int{spent: 7}}))
	revisions, err := s.Captures(t.Context(), []storage.Capture{spent, {Account: ann, Seq: 5}})
	require.NoError(t, err)
	require.Equal(t, map[storage.Capture]int{spent: 7}, revisions)
}
