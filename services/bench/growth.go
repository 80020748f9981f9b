package bench

import (
	"context"
	"errors"
	"fmt"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
)

const (
	growthMost   = 1.3 // of the time of an order among few accounts, for one among many (design 13)
	growthRounds = 3
)

// ledger is an accrual with so many accounts.
type ledger struct {
	*fleet
	accounts int
	stop     func() error
	seconds  []float64 // for each order, by round
}

// growth measures accrual with few accounts and with many in turn, each with a database of its own on the same mongod, whose cache
// scripts/mongod.sh caps at 1 GiB.
func (r *run) growth(ctx context.Context) error {
	var ledgers []*ledger
	var err error
	for _, accounts := range r.Growth {
		var l *ledger
		if l, err = r.grown(ctx, accounts); l != nil {
			ledgers = append(ledgers, l)
		}
		if err != nil {
			break
		}
	}
	if err == nil {
		err = r.growing(ctx, ledgers)
	}
	for _, l := range ledgers {
		err = errors.Join(err, l.stop())
	}
	return err
}

// grown starts an accrual and gives it accounts.
func (r *run) grown(ctx context.Context, accounts int) (*ledger, error) {
	r.stage("an accrual of %d accounts with %d entries each", accounts, r.Entries)
	f, stop, err := r.ledgerAlone(ctx, fmt.Sprintf("growth_%d", accounts), accounts*r.Entries+growthRounds*r.Grown)
	if err != nil {
		return nil, err
	}
	l := &ledger{fleet: f, accounts: accounts, stop: stop}
	return l, r.pieces(accounts*r.Entries, func(some int) error {
		_, err := f.tookOf(ctx, some, uniform(accounts))
		return err
	})
}

// pieceMost is how many orders are given before it is waited for them, so that none waits long enough to be thought lost.
const pieceMost = 100 * bus.BatchMessagesMax

// pieces has so many orders taken, one piece after the other, and says how many are left.
func (r *run) pieces(orders int, take func(some int) error) error {
	for left := orders; left > 0; {
		some := min(left, pieceMost)
		if err := take(some); err != nil {
			return err
		}
		if left -= some; left > 0 {
			r.stage("%d orders left", left)
		}
	}
	return nil
}

func (r *run) growing(ctx context.Context, ledgers []*ledger) error {
	for round := range growthRounds {
		for _, l := range ledgers {
			r.stage("round %d of %d: %d orders among %d accounts", round+1, growthRounds, r.Grown, l.accounts)
			seconds, err := l.tookOf(ctx, r.Grown, uniform(l.accounts))
			if err != nil {
				return err
			}
			l.seconds = append(l.seconds, seconds/float64(r.Grown))
		}
	}
	for _, l := range ledgers {
		name := fmt.Sprintf("accrual, %d accounts of %d entries", l.accounts, r.Entries)
		r.found.add(name, 1/median(l.seconds), "orders/s")
		if mib, ok := peak(l.replicas[0].pid()); ok {
			r.found.add(name+", resident", mib, "MiB")
		}
	}
	few := ledgers[0]
	for _, many := range ledgers[1:] {
		name := fmt.Sprintf("growth_%s_vs_%s", short(many.accounts), short(few.accounts))
		relation, target := "", 0.0
		if many.accounts >= 1_000_000 { // of fewer it is not known what they are to be
			relation, target = atMost, growthMost
		}
		found := quotients(many.seconds, few.seconds)
		r.found.ratio(name, found, relation, target)
		if f := (Figure{Name: name, Value: median(found), Unit: "times", Relation: relation, Target: target}); relation == "" {
			r.found.add(f.Name, f.Value, f.Unit)
		} else {
			r.found.hold(f)
		}
	}
	return nil
}

// short writes a round number as people say it: 10k, 1m.
func short(n int) string {
	switch {
	case n >= 1_000_000 && n%1_000_000 == 0:
		return fmt.Sprintf("%dm", n/1_000_000)
	case n >= 1000 && n%1000 == 0:
		return fmt.Sprintf("%dk", n/1000)
	default:
		return fmt.Sprint(n)
	}
}
