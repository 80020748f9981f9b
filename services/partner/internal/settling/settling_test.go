package settling_test

import (
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/clearing"
	"github.com/laurel-loyalty/laurel/services/partner/internal/settling"
	"github.com/laurel-loyalty/laurel/services/partner/internal/storage"
)

func TestAMonthIsClosedOnceAndForEver(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.book("2026-03", "earn 100 a\nearn 50 b\ncapture 100 a c\ncapture 20 b c\ncapture 30 b a")
	c := d.mustClose("2026-03")
	require.EqualValues(t, 1, c.Number)
	require.Equal(t, "operator", c.ClosedBy)
	require.Equal(t, "2026-05-01T09:00:00.123Z", c.ClosedAt.Format(time.RFC3339Nano))
	require.Equal(t, []clearing.Position{
		{Partner: "a", Owes: 80, Owed: 30, Net: -50}, {Partner: "b", Owes: 46, Net: -46},
		{Partner: "c", Owes: 2, Owed: 96, Net: 94}, {Partner: "operator", Owed: 2, Net: 2},
	}, c.Net)
	require.Equal(t, []clearing.Numbered{
		{Partner: "a", Name: "Sky Air", Number: 1}, {Partner: "b", Name: "b", Number: 2},
		{Partner: "c", Name: `Café "C"`, Number: 3}, {Partner: "operator", Name: "Tea Club", Number: 4},
	}, c.Statements)
	require.Len(t, c.Marks, partitions)

	d.clock.Advance(time.Hour)
	require.Equal(t, c, d.mustClose("2026-03"))
	d.final = false // it is not even asked for
	require.Equal(t, c, d.mustClose("2026-03"))
	require.Equal(t, 1, d.count())

	d.final = true
	d.book("2026-04", "capture 5 a c")
	next := d.mustClose("2026-04")
	require.EqualValues(t, 2, next.Number)
	require.Equal(t, []clearing.Numbered{
		{Partner: "a", Name: "Sky Air", Number: 5}, {Partner: "c", Name: `Café "C"`, Number: 6}, {Partner: "operator", Name: "Tea Club", Number: 7},
	}, next.Statements)
	empty := d.mustClose("2026-06")
	require.Empty(t, empty.Lines)
	require.EqualValues(t, 7, empty.LastStatement, "numbers go on behind an empty month")
	last, found, err := d.kept.LastSettlement(t.Context(), "tea")
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, empty, last)
}

// TestOfManyOneCloses: all get the same settlement, while the books of other months are written.
func TestOfManyOneCloses(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.book("2026-03", "capture 100 a c")
	d.book("2026-04", "capture 1 a c") // there is a document to be written to
	before := d.totals
	d.totals = map[clearing.Period]settling.Totals{month(t, "2026-03"): before[month(t, "2026-03")]}
	var closers, writers sync.WaitGroup
	got := make([]clearing.Closed, 12)
	errs := make([]error, len(got))
	stop := make(chan struct{})
	row := clearing.Row{Cell: clearing.Cell{Move: clearing.MoveCapture, Unit: "points", Issuer: "a", Redeemer: "c"}, Revision: 1}
	other := &desk{t: t, kept: d.kept, totals: map[clearing.Period]settling.Totals{}}
	writers.Go(func() {
		for written := 0; ; written++ {
			select {
			case <-stop:
				return
			default:
				other.tryWrite(storage.Book{Program: "tea", Partition: written % partitions, Period: month(t, "2026-04")}, row)
			}
		}
	})
	for i := range got {
		closers.Go(func() { got[i], errs[i] = d.close("2026-03") })
	}
	closers.Wait()
	close(stop)
	writers.Wait()
	for i := range got {
		require.NoError(t, errs[i])
		require.Equal(t, got[0], got[i])
	}
	require.EqualValues(t, 1, got[0].Number)
	require.Equal(t, 1, d.count())
}

func TestAMonthThatIsNotFinalIsNotClosed(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.book("2026-03", "capture 100 a c")
	d.final = false
	_, err := d.close("2026-03")
	require.ErrorIs(t, err, reason.SettlementNotFinal)
	refusal, _ := reason.Of(err)
	require.Equal(t, map[string]string{"final_until": "2026-03-31T23:00:00Z", "bound": "CLOCK", "end_day": "2026-04-01"}, refusal.Metadata)
	require.Zero(t, d.count())
}

func TestBooksThatAreNotTheLedgersAreNotClosed(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.book("2026-03", "capture 100 a c\nexpire 7 a")
	march := month(t, "2026-03")
	ledger := d.totals[march]
	refused := func(what, own, ledger string) {
		t.Helper()
		_, err := d.close("2026-03")
		require.ErrorIs(t, err, reason.SettlementTotalsDiffer)
		refusal, _ := reason.Of(err)
		require.Equal(t, map[string]string{"what": what, "own": own, "ledger": ledger}, refusal.Metadata)
		require.Zero(t, d.count())
	}
	more := ledger
	more.Entries++
	d.totals[march] = more
	refused("entries", "2", "3")

	capture := clearing.Cell{Move: clearing.MoveCapture, Unit: "points", Issuer: "a", Redeemer: "c"}
	ledger.Cells[capture] = 101
	d.totals[march] = ledger
	refused("capture of points of a at c", "100", "101")
	delete(ledger.Cells, capture)
	refused("capture of points of a at c", "100", "0")
	ledger.Cells[capture] = 100
	ledger.Cells[clearing.Cell{Move: clearing.MoveRefund, Unit: "points", Issuer: "b", Redeemer: "c"}] = 1
	refused("refund of points of b at c", "0", "1")
	delete(ledger.Cells, clearing.Cell{Move: clearing.MoveRefund, Unit: "points", Issuer: "b", Redeemer: "c"})
	d.mustClose("2026-03")
}

func TestMonthsAreClosedInTheirOrder(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.book("2026-01", "earn 9 operator\ncapture 3 operator operator") //nolint:dupword // issuer and redeemer are one
	d.book("2026-02", "capture 1 operator c")
	d.book("2026-04", "expire 1 b")
	refused := func(period, key, value string) {
		t.Helper()
		_, err := d.close(period)
		require.ErrorIs(t, err, reason.SettlementOutOfOrder)
		refusal, _ := reason.Of(err)
		require.Equal(t, map[string]string{key: value}, refusal.Metadata)
	}
	refused("2026-03", "next_period", "2026-02")
	d.mustClose("2026-02") // January was the operator's own
	refused("2026-01", "last_closed", "2026-02")
	refused("2026-05", "next_period", "2026-04")
	d.mustClose("2026-04")
	require.Equal(t, 2, d.count())
}

// TestWhatComesLateStandsInTheNextMonth: the ledger counts it where it took effect, the books where it is settled.
func TestWhatComesLateStandsInTheNextMonth(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.book("2026-03", "capture 100 a c")
	d.mustClose("2026-03")
	d.book("2026-04", "capture 10 a c\ncapture 20 a c 2026-03")
	d.totals[month(t, "2026-03")] = settling.Totals{} // it is not asked for any more
	c := d.mustClose("2026-04")
	require.Len(t, c.Lines, 4)
	var late []string
	for _, l := range c.Lines {
		if l.Basis == clearing.BasisRedemption {
			late = append(late, l.Late.String())
		}
	}
	require.Equal(t, []string{"", "2026-03"}, late)
}

func TestPricesAreThoseOfTheRevision(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.schedule = append(d.schedule, revision(t, 2, coalition+strings.ReplaceAll(withC, "PRICE", "0.02")), revision(t, 3, coalition))
	d.book("2026-03", "capture 100 a c r1\ncapture 100 a c r2\ncapture 100 a c r3")
	c := d.mustClose("2026-03")
	var prices []string
	for _, l := range c.Lines {
		if l.Basis == clearing.BasisRedemption {
			prices = append(prices, l.Price.String())
			require.EqualValues(t, map[string]int{"4/5": 100, "2": 200}[l.Price.String()], l.Points, "who has left is owed by the last agreement")
		}
	}
	require.Equal(t, []string{"4/5", "2"}, prices)
	require.Equal(t, "c", c.Numbered("c").Name, "it is no partner any more")

	d.book("2026-04", "capture 1 a c r4")
	_, err := d.close("2026-04")
	require.ErrorIs(t, err, reason.NotReady)
	d.schedule = append(d.schedule, program.Known{Revision: 4, Program: d.schedule[0].Program})
	d.mustClose("2026-04")
}

func TestMorePointsThanFitAreRefused(t *testing.T) {
	t.Parallel()
	d := open(t)
	row := clearing.Row{Cell: clearing.Cell{Move: clearing.MoveCapture, Unit: "points", Issuer: "a", Redeemer: "c"}, Revision: 1}
	march := month(t, "2026-03")
	huge := new(big.Int).Lsh(big.NewInt(1), 70)
	d.write(storage.Book{Program: "tea", Period: march}, march, row, huge)
	_, err := d.close("2026-03")
	require.ErrorIs(t, err, reason.AmountOutOfRange)
}
