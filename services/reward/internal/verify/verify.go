// Package verify holds every redemption against what the ledger did for it, and every stock against the redemptions. It names
// what does not agree and changes nothing.
package verify

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/redemption"
	"github.com/laurel-loyalty/laurel/services/reward/internal/storage"
)

// Check is one invariant over all redemptions of a programme.
type Check struct {
	Name   string
	OK     bool
	Detail string // what was counted, or the first breaches
}

// breachesMax is how many breaches of one check are named.
const breachesMax = 10

// looks is how often a redemption is looked at that does not agree: one that moves is seen in two states.
const looks = 3

// Ledger is what is asked of accrual.
type Ledger interface {
	// Own reads the entries of our own commands with the redemption that each is of, in the order of redemptions; of one
	// redemption if it is named. After an error there is nothing more.
	Own(ctx context.Context, program, redemption string) iter.Seq2[redemption.Entry, error]
	// Open tells if a hold is open.
	Open(ctx context.Context, program, account, hold string) (bool, error)
}

// Run verifies a programme.
func Run(ctx context.Context, s *storage.Storage, l Ledger, program string) ([]Check, error) {
	v := &verifier{storage: s, ledger: l, program: program}
	if err := v.redemptions(ctx); err != nil {
		return nil, err
	}
	stock, err := v.stock(ctx)
	if err != nil {
		return nil, err
	}
	agrees := Check{Name: "reward_agrees", OK: v.faults == 0, Detail: fmt.Sprintf(
		"%d redemptions, %d points spent on %d of them, as the ledger has it; %d under way", v.count, v.points, v.spent, v.live)}
	if !agrees.OK {
		agrees.Detail = fmt.Sprintf("%d of %d redemptions differ: %s", v.faults, v.count, strings.Join(v.named, "; "))
	}
	return []Check{agrees, stock}, nil
}

type verifier struct {
	storage *storage.Storage
	ledger  Ledger
	program string

	count, spent, live int64
	points             money.Points
	faults             int64
	named              []string
}

// redemptions reads both books and looks again, one by one, at what does not agree: what moves is no breach.
func (v *verifier) redemptions(ctx context.Context) error {
	next, stop := iter.Pull2(v.ledger.Own(ctx, v.program, ""))
	defer stop()
	books := &books{next: next}
	var doubtful []string
	err := v.storage.ScanRedemptions(ctx, v.program, func(r redemption.Redemption) error {
		v.note(r)
		strangers, entries, err := books.upTo(r.ID)
		if err != nil {
			return err
		}
		doubtful = append(doubtful, strangers...)
		fault, err := v.agrees(ctx, r, entries)
		if err == nil && fault != "" {
			doubtful = append(doubtful, r.ID)
		}
		return err
	})
	if err != nil {
		return err
	}
	strangers, _, err := books.upTo(behindAll)
	if err != nil {
		return err
	}
	for _, id := range append(doubtful, strangers...) {
		if err := v.again(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// behindAll stands behind every name of a redemption.
const behindAll = "\x7f"

// books reads the ledger's entries beside the redemptions, both in the order of the redemptions' names.
type books struct {
	next  func() (redemption.Entry, error, bool)
	ahead *redemption.Entry // read, and not of a redemption that was asked for
	ended bool
}

// upTo returns the entries of a redemption, and of which others that stand before it there are some.
func (b *books) upTo(id string) ([]string, []redemption.Entry, error) {
	var strangers []string
	var own []redemption.Entry
	for {
		if b.ahead == nil && !b.ended {
			e, err, more := b.next()
			if err != nil {
				return nil, nil, err
			}
			if b.ended = !more; more {
				b.ahead = &e
			}
		}
		switch {
		case b.ended || b.ahead.Redemption > id:
			return slices.Compact(strangers), own, nil
		case b.ahead.Redemption == id:
			own = append(own, *b.ahead)
		default:
			strangers = append(strangers, b.ahead.Redemption)
		}
		b.ahead = nil
	}
}

func (v *verifier) note(r redemption.Redemption) {
	v.count++
	switch {
	case r.State.Live():
		v.live++
	case r.State == redemption.Fulfilled:
		v.spent++
		v.points += r.Points
	}
}

// agrees says what is wrong with a redemption; empty: nothing.
func (v *verifier) agrees(ctx context.Context, r redemption.Redemption, entries []redemption.Entry) (string, error) {
	fault, unclosed := r.Disagreement(entries)
	if fault != "" || unclosed == "" {
		return fault, nil
	}
	open, err := v.ledger.Open(ctx, v.program, r.Account, unclosed)
	if err != nil || !open {
		return "", err
	}
	return fmt.Sprintf("it is %s, and its points are still held", r.State), nil
}

// again looks once more at one redemption.
func (v *verifier) again(ctx context.Context, id string) error {
	fault := ""
	for range looks {
		var entries []redemption.Entry
		for e, err := range v.ledger.Own(ctx, v.program, id) {
			if err != nil {
				return err
			}
			entries = append(entries, e)
		}
		row, err := v.storage.Redemption(ctx, v.program, id)
		if err != nil {
			return err
		}
		fault = "the ledger has it, and nobody here"
		if row.Found() {
			if fault, err = v.agrees(ctx, row.Value, entries); err != nil {
				return err
			}
		}
		if fault == "" {
			return nil
		}
	}
	if v.faults++; len(v.named) < breachesMax {
		v.named = append(v.named, fmt.Sprintf("redemption %s: %s", id, fault))
	}
	return nil
}

// stock wants of each reward that what was put in is left or taken, and of a voucher that each code is one of these.
func (v *verifier) stock(ctx context.Context) (Check, error) {
	counts, err := v.storage.Counts(ctx, v.program)
	if err != nil {
		return Check{}, err
	}
	var faults []string
	in, left := int64(0), int64(0)
	for id, c := range counts {
		in, left = in+c.Stock.PutIn, left+c.Stock.Left
		switch codes := c.Free + c.Given; {
		case c.Stock.PutIn != c.Stock.Left+c.Taken || c.Stock.Left < 0:
			faults = append(faults, fmt.Sprintf("%s: %d put in, %d left, %d taken", id, c.Stock.PutIn, c.Stock.Left, c.Taken))
		case codes > 0 && (c.Free != c.Stock.Left || c.Given != c.Taken):
			faults = append(faults, fmt.Sprintf("%s: %d left and %d taken, but %d codes are free and %d are not", id, c.Stock.Left, c.Taken, c.Free, c.Given))
		}
	}
	if len(faults) == 0 {
		return Check{Name: "stock_agrees", OK: true, Detail: fmt.Sprintf("%d rewards: %d put in, %d left, the rest is redeemed", len(counts), in, left)}, nil
	}
	slices.Sort(faults)
	named := faults[:min(len(faults), breachesMax)]
	return Check{Name: "stock_agrees", Detail: fmt.Sprintf("%d rewards differ: %s", len(faults), strings.Join(named, "; "))}, nil
}
