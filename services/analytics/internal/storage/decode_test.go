package storage

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
)

// rowOf is an order as mongod answers with it.
func rowOf(tb testing.TB, more ...bson.E) bson.Raw {
	tb.Helper()
	line := func(sku string) lineDoc { return lineDoc{SKU: sku, Category: "c07", Base: 1250, Cost: new(int64(600))} }
	raw, err := bson.Marshal(append(bson.D{
		{Key: "account", Value: "anna"}, {Key: "day", Value: int32(20100)}, {Key: "base", Value: int64(2500)}, {Key: "merchant", Value: "shop"},
		{Key: "channel", Value: "web"}, {Key: "points", Value: int64(25)}, {Key: "told", Value: int64(2500)}, {Key: "untold", Value: int64(0)},
		{Key: "cost", Value: int64(1200)}, {Key: "lines", Value: []lineDoc{line("s1"), line("s2")}}, {Key: "newer", Value: "passed over"},
	}, more...))
	require.NoError(tb, err)
	return raw
}

func TestAnOrderIsTakenApart(t *testing.T) {
	t.Parallel()
	d := newDecoder()
	raw := rowOf(t)
	row, err := d.order(raw)
	require.NoError(t, err)
	line := history.Line{SKU: "s1", Category: "c07", Base: 1250, Cost: 600, HasCost: true}
	second := line
	second.SKU = "s2"
	want := orderRow{account: "anna", order: history.Order{Day: 20100, Base: 2500, Detail: &history.Detail{
		Merchant: "shop", Channel: "web", Points: 25, Lines: []history.Line{line, second},
	}}}
	require.Equal(t, want, row)
	summed, err := d.costs(raw)
	require.NoError(t, err)
	want.order.Detail = &history.Detail{Points: 25, Lines: []history.Line{{Base: 2500, Cost: 1200, HasCost: true}, {}}}
	require.Equal(t, want, summed)
	plain, err := d.plain(raw)
	require.NoError(t, err)
	want.order.Detail = nil
	require.Equal(t, want, plain)
	another, err := d.plain(bytes.Replace(raw, []byte("anna"), []byte("bert"), 1))
	require.NoError(t, err)
	require.Equal(t, "bert", another.account)
	clear(raw) // the driver reads the next batch over it
	require.Equal(t, "shop/web/s1/c07/anna", row.order.Detail.Merchant+"/"+row.order.Detail.Channel+"/"+row.order.Detail.Lines[0].SKU+"/"+
		row.order.Detail.Lines[0].Category+"/"+row.account)
}

func TestARowOfAnotherFormIsRefused(t *testing.T) {
	t.Parallel()
	whole := rowOf(t)
	for name, raw := range map[string]bson.Raw{
		"cut off": whole[:len(whole)-3], "nothing": nil, "another type": rowOf(t, bson.E{Key: "base", Value: "much"}),
		"no list": rowOf(t, bson.E{Key: "lines", Value: 5}), "a list of numbers": rowOf(t, bson.E{Key: "lines", Value: bson.A{5}}),
		"no text": rowOf(t, bson.E{Key: "account", Value: 5}), "a name that is none": rowOf(t, bson.E{Key: "merchant", Value: 5}),
	} {
		_, err := newDecoder().order(raw)
		require.Error(t, err, name)
	}
	few, err := bson.Marshal(bson.D{{Key: "account", Value: "anna"}, {Key: "day", Value: 3}})
	require.NoError(t, err)
	_, err = newDecoder().plain(few)
	require.ErrorContains(t, err, "another form")
	_, err = newDecoder().costs(few)
	require.ErrorIs(t, err, ErrLines)
}

// BenchmarkOrder takes an order apart, as reports do with each.
func BenchmarkOrder(b *testing.B) {
	raw, d := rowOf(b), newDecoder()
	for name, decode := range map[string]func(bson.Raw) (orderRow, error){"plain": d.plain, "costs": d.costs, "lines": d.order} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := decode(raw); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
