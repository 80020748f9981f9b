package bench

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/orderfile"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
)

// given says which orders are published, and of which customers.
type given struct {
	program     string
	from, until int
	who         draw
	merchant    string // empty: shopName
	class       string // of subjects; empty: bus.ClassOrders
}

// Merchants, and accounts that only the other one has customers of.
const (
	shopName    = "shop"
	otherName   = "kiosk"
	ownAccounts = 50_000_000
)

// draw says whose the order of a number is.
type draw func(order int) int

// uniform gives each customer as many orders as any other, in turn.
func uniform(customers int) draw { return func(order int) int { return order % customers } }

// skewed draws customers by Zipf's law with the exponent 1.1, the same each time: of a hundred thousand the first has an
// eighth of all orders.
func skewed(customers int) draw {
	const exponent = 1.1
	zipf := rand.NewZipf(rand.New(rand.NewPCG(5, 6)), exponent, 1, uint64(customers-1)) //nolint:gosec // the same each time is what is wanted
	return func(int) int { return int(zipf.Uint64()) }                                  //nolint:gosec // below customers
}

// orders publishes paid orders.
func (r *run) orders(ctx context.Context, b *bus.Bus, g given, at time.Time) error {
	var batch []bus.Outgoing
	for n := g.from; n < g.until; n++ {
		m, err := order(g, n, at)
		if err != nil {
			return err
		}
		if batch = append(batch, m); len(batch) == bus.BatchMessagesMax || n == g.until-1 {
			if err := publish.All(ctx, b, batch); err != nil {
				return err
			}
			batch = nil
		}
	}
	return nil
}

// order is a paid order of two lines.
func order(g given, n int, at time.Time) (bus.Outgoing, error) {
	merchant := cmp.Or(g.merchant, shopName)
	m, err := publish.Order(g.program, "bench", orderfile.Group{
		Merchant: merchant, Account: account(g.who(n)), ID: fmt.Sprintf("o%09d/paid", n), Ref: orders.Ref{Merchant: merchant, Order: fmt.Sprintf("o%09d", n)},
		Event: orders.Event{Kind: orders.Paid, OccurredAt: at, Currency: "USD", Lines: []orders.Line{
			{ID: "1", SKU: "s1", Quantity: 1, Amount: 2500}, {ID: "2", SKU: "s2", Quantity: 2, Amount: 1000},
		}},
	})
	m.Subject = cmp.Or(g.class, bus.ClassOrders) + strings.TrimPrefix(m.Subject, bus.ClassOrders)
	return m, err
}
