package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	typev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/type/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// From an order's publishing until its balance can be read, one order after the other (design 13).
const (
	soonRounds = 3
	soonOrders = 100 // in a round
	soonMiddle = 15  // ms
	soonTail   = 50  // ms
)

// soon measures how long it takes until a balance shows an order, in a house that has nothing else to do.
func (r *run) soon(ctx context.Context, h *household) error {
	r.stage("%d orders, one after the other, %d times", soonOrders, soonRounds)
	conn, err := rpc.Dial(h.at.GRPC.Accrual, h.at.Token)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // all was read
	accounts := accrualv1.NewAccrualServiceClient(conn)
	var middles, tails []float64
	for range soonRounds {
		var took []float64
		for range soonOrders {
			ms, err := r.shown(ctx, h.bus, accounts, h.next(1, uniform(r.Members)))
			if err != nil {
				return err
			}
			took = append(took, ms)
		}
		slices.Sort(took)
		middles, tails = append(middles, part(took, middle)), append(tails, part(took, tail))
	}
	r.found.latency("order_to_balance", Latency{P50: rounds(middles, atMost, soonMiddle), P99: rounds(tails, atMost, soonTail)})
	r.found.hold(Figure{Name: "order to balance, half of them", Value: median(middles), Unit: "ms", Relation: atMost, Target: soonMiddle})
	r.found.hold(Figure{Name: "order to balance, 99 of 100", Value: median(tails), Unit: "ms", Relation: atMost, Target: soonTail})
	return nil
}

// shown publishes one order and reads its account as of it; it returns how many milliseconds that took.
func (r *run) shown(ctx context.Context, b *bus.Bus, accounts accrualv1.AccrualServiceClient, g given) (float64, error) {
	m, err := order(g, g.from, r.clock.Now())
	if err != nil {
		return 0, err
	}
	begun := time.Now() //nolint:forbidigo // what is measured is as short as a millisecond of the house's clock
	sequence, err := b.Publish(ctx, m)
	if err != nil {
		return 0, fmt.Errorf("publish an order: %w", err)
	}
	_, err = accounts.GetAccount(ctx, &accrualv1.GetAccountRequest{
		Program: g.program, Account: account(g.who(g.from)), After: &typev1.Position{Stream: bus.Events, Sequence: sequence},
	}, grpc.WaitForReady(true))
	if err != nil {
		return 0, fmt.Errorf("read an account: %w", err)
	}
	return float64(time.Since(begun).Microseconds()) / permille, nil //nolint:forbidigo // as above
}

// part is the value that so many of a thousand do not exceed. Sorted values are given, one at least.
func part(sorted []float64, of int) float64 { return sorted[(len(sorted)*of-1)/permille] }
