package settling_test

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/clearing"
	"github.com/laurel-loyalty/laurel/services/partner/internal/settling"
	"github.com/laurel-loyalty/laurel/services/partner/internal/storage"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const partitions = 4

// coalition has a who redeems at 0.01, b who only issues, and c who redeems at PRICE.
const coalition = `
programme: tea
name: Tea Club
zone: Europe/Berlin
currency: EUR
unit: points
earning: {points: 1, per: 1.00}
expiry: {rule: never}
partners:
  a: {name: Sky Air, roles: [issue, redeem], category: airline, redemption_price: 0.01}
  b: {roles: [issue], category: bank}
`

const withC = `  c: {name: "Café \"C\"", roles: [redeem], category: cafe, redemption_price: PRICE, fee: 2.5}
`

func revision(t *testing.T, number int, text string) program.Known {
	t.Helper()
	p, faults := program.Parse([]program.File{{Name: "tea.yaml", Content: []byte(text)}})
	require.Empty(t, faults)
	return program.Known{Revision: number, Program: p}
}

// desk is partner's database with a closer, and what the ledger is to say.
type desk struct {
	t        *testing.T
	kept     *storage.Storage
	deps     settling.Deps
	clock    *clock.Manual
	schedule program.Schedule
	totals   map[clearing.Period]settling.Totals // what was booked, to be altered by tests
	final    bool
	serial   int64
}

func open(t *testing.T) *desk {
	t.Helper()
	uri, database := testkit.Mongo(t)
	base, err := store.Open(t.Context(), uri, database)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, base.Close(context.WithoutCancel(t.Context()))) })
	d := &desk{t: t, clock: clock.At(time.Date(2026, 5, 1, 9, 0, 0, 123456789, time.UTC)), totals: map[clearing.Period]settling.Totals{}, final: true}
	d.kept, err = storage.Open(t.Context(), base)
	require.NoError(t, err)
	require.NoError(t, base.Ensure(t.Context(), store.PartitionsCollection()))
	d.deps = settling.Deps{
		Storage: d.kept, Clock: d.clock,
		Totals: func(_ context.Context, program string, from, to calendar.Day) (settling.Totals, error) {
			require.Equal(t, "tea", program)
			p := clearing.PeriodOf(from)
			require.Equal(t, p.First(), from)
			require.Equal(t, p.Next().First(), to)
			totals := d.totals[p]
			totals.Final, totals.FinalUntil, totals.Bound, totals.Facts = d.final, to.Start(time.UTC).Add(-time.Hour), "CLOCK", 77
			return totals, nil
		},
		Schedule: func(context.Context, string, int) (program.Schedule, error) { return d.schedule, nil },
		Await: func(_ context.Context, sequence uint64) error {
			require.EqualValues(t, 77, sequence)
			return nil
		},
	}
	for id := range partitions {
		d.deps.Partitions = append(d.deps.Partitions, id)
	}
	_, err = base.LoadPartitions(t.Context(), d.deps.Partitions)
	require.NoError(t, err)
	d.schedule = program.Schedule{revision(t, 1, coalition+strings.ReplaceAll(withC, "PRICE", "0.008"))}
	return d
}

func month(t *testing.T, text string) clearing.Period {
	t.Helper()
	p, err := clearing.ParsePeriod(text)
	require.NoError(t, err)
	return p
}

// book adds entries to the books of a month, as a lane would: "capture 100 a c", one a line, with the revision where it is
// not 1 and the month to which it belongs where that is another.
func (d *desk) book(period, text string) {
	d.t.Helper()
	stands := month(d.t, period)
	for line := range strings.Lines(text) {
		word := strings.Fields(line)
		if len(word) == 0 {
			continue
		}
		move, ok := clearing.ParseMove(word[0])
		require.True(d.t, ok)
		row := clearing.Row{Cell: clearing.Cell{Move: move, Unit: "points", Issuer: word[2]}, Revision: 1}
		points, ok := new(big.Int).SetString(word[1], 10)
		require.True(d.t, ok)
		effective := stands
		for _, w := range word[3:] {
			switch {
			case strings.HasPrefix(w, "r"):
				_, err := fmt.Sscanf(w, "r%d", &row.Revision)
				require.NoError(d.t, err)
			case strings.Contains(w, "-"):
				row.Late = month(d.t, w)
				effective = row.Late
			default:
				row.Redeemer = w
			}
		}
		d.write(storage.Book{Program: "tea", Partition: int(d.serial) % partitions, Period: stands}, effective, row, points)
	}
}

func (d *desk) write(b storage.Book, effective clearing.Period, row clearing.Row, points *big.Int) {
	d.t.Helper()
	d.serial++
	totals := d.totals[effective]
	if totals.Cells == nil {
		totals.Cells = map[clearing.Cell]money.Points{}
	}
	totals.Entries++
	if points.IsInt64() {
		totals.Cells[row.Cell] += money.Points(points.Int64())
	}
	d.totals[effective] = totals
	require.NoError(d.t, d.transact(b, effective, row, points))
}

// tryWrite writes as a lane does that may lose its race.
func (d *desk) tryWrite(b storage.Book, row clearing.Row) {
	if err := d.transact(b, b.Period, row, big.NewInt(1)); err != nil && !errors.Is(err, store.ErrConflict) {
		d.t.Errorf("write to the books: %v", err)
	}
}

func (d *desk) transact(b storage.Book, effective clearing.Period, row clearing.Row, points *big.Int) error {
	return d.kept.Store().Transact(d.t.Context(), func(ctx context.Context) error {
		parts, err := d.kept.Store().ReadPartitions(ctx, []int{b.Partition})
		if err != nil {
			return err
		}
		part := parts[b.Partition]
		part.Mark.Sequence = uint64(d.serial)
		if err := d.kept.Store().MovePartitions(ctx, []store.Partition{part}); err != nil {
			return err
		}
		return d.kept.WriteBooks(ctx, storage.BookWrites{Books: map[storage.Book]storage.Sums{b: {
			Entries: map[clearing.Period]int64{effective: 1}, Points: map[clearing.Row]*big.Int{row: points},
		}}})
	})
}

func (d *desk) close(period string) (clearing.Closed, error) {
	d.t.Helper()
	return settling.New(d.deps).Close(d.t.Context(), settling.Order{Program: "tea", Period: month(d.t, period), By: "operator"})
}

func (d *desk) mustClose(period string) clearing.Closed {
	d.t.Helper()
	c, err := d.close(period)
	require.NoError(d.t, err)
	return c
}

// count counts the settlements that are kept.
func (d *desk) count() int {
	d.t.Helper()
	list, err := d.kept.Settlements(d.t.Context(), "tea", 0, 100)
	require.NoError(d.t, err)
	return len(list)
}
