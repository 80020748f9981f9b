package bench

import (
	"context"
	"fmt"
	"slices"
	"time"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

const (
	floodRounds = 3
	// floodOthers is how many orders of another merchant are published behind a flood, one after the other.
	floodOthers = 5
	// floodEvery is how often it is looked whether such an order is in the ledger.
	floodEvery = 5 * time.Millisecond
	// intakeBytes is more than a flood takes in an intake.
	intakeBytes = 512 << 20
)

// flood has one merchant publish many orders at once, straight into EVENTS and by its intake, by turns, and measures how long another's
// order behind them takes until its balance can be read, and how long they take themselves.
func (r *run) flood(ctx context.Context, h *household) error {
	r.stage("%d orders of one merchant at once, and another's behind them, %d times each way", r.Flood, floodRounds)
	conn, err := rpc.Dial(h.at.GRPC.Accrual, h.at.Token)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // all was read
	accounts := accrualv1.NewAccrualServiceClient(conn)
	merchants := []bus.Merchant{{Program: h.at.Program, Name: shopName}, {Program: h.at.Program, Name: otherName}}
	if err := h.bus.EnsureIntakes(ctx, bus.Layout{}, intakeBytes, merchants); err != nil {
		return err
	}
	ways := []string{bus.ClassOrders, bus.ClassIntake}
	alone, first, rest, all := map[string][]float64{}, map[string][]float64{}, map[string][]float64{}, map[string][]float64{}
	for range floodRounds {
		for _, way := range ways {
			quiet, err := r.past(ctx, h, accounts, way)
			if err != nil {
				return err
			}
			begun := r.clock.Now()
			g := h.next(r.Flood, uniform(r.Flood/10+1))
			g.class = way
			if err := r.orders(ctx, h.bus, g, begun); err != nil {
				return err
			}
			var took []float64
			for range floodOthers {
				ms, err := r.past(ctx, h, accounts, way)
				if err != nil {
					return err
				}
				took = append(took, ms)
			}
			if err := r.through(ctx, h, accounts, g); err != nil {
				return err
			}
			alone[way], first[way], rest[way] = append(alone[way], quiet), append(first[way], took[0]), append(rest[way], slices.Max(took[1:]))
			all[way] = append(all[way], r.since(begun))
		}
	}
	for _, way := range ways {
		name := map[string]string{bus.ClassOrders: "straight", bus.ClassIntake: "by intakes"}[way]
		r.found.add("an order that nobody is ahead of, "+name, median(alone[way]), "ms")
		r.found.add(fmt.Sprintf("another's order behind %d, %s", r.Flood, name), median(first[way]), "ms")
		r.found.add("the slowest of the next four, "+name, median(rest[way]), "ms")
		r.found.add("all of them in the ledger, "+name, median(all[way]), "s")
	}
	return nil
}

// past publishes an order of the other merchant for an account of its own, and returns after how many milliseconds it counts.
func (r *run) past(ctx context.Context, h *household, accounts accrualv1.AccrualServiceClient, way string) (float64, error) {
	own := h.told + ownAccounts
	g := h.next(1, func(int) int { return own })
	g.class, g.merchant = way, otherName
	begun := time.Now() //nolint:forbidigo // what is measured is as short as a millisecond of the house's clock
	if err := r.orders(ctx, h.bus, g, r.clock.Now()); err != nil {
		return 0, err
	}
	err := r.counts(ctx, accounts, g.program, own, 1)
	return float64(time.Since(begun).Microseconds()) / permille, err //nolint:forbidigo // as above
}

// through waits until the last orders of a flood count.
func (r *run) through(ctx context.Context, h *household, accounts accrualv1.AccrualServiceClient, g given) error {
	if g.class == bus.ClassOrders {
		return h.idle(ctx, accounts)
	}
	err := poll(ctx, func() (bool, error) {
		waits, err := h.bus.State(ctx, bus.Merchant{Program: g.program, Name: shopName}.Intake())
		return waits.Messages == 0, err
	})
	if err != nil {
		return err
	}
	return h.idle(ctx, accounts)
}

// counts waits until an account has so many entries.
func (r *run) counts(ctx context.Context, accounts accrualv1.AccrualServiceClient, program string, who int, entries int64) error {
	tick := time.NewTicker(floodEvery)
	defer tick.Stop()
	for {
		answer, err := accounts.GetAccount(ctx, &accrualv1.GetAccountRequest{Program: program, Account: account(who)})
		if err == nil && answer.GetAccount().GetVersion() >= entries {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("account %s does not come: %w", account(who), err)
		}
	}
}
