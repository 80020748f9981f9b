package verify_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/verify"
)

// TestAHouseAtWorkHolds has a ledger verified, from nothing and since the last checkpoint, while members come, buy, return and
// send points: nothing that is merely new is a finding, and nothing is counted twice or left out of a checkpoint.
func TestAHouseAtWorkHolds(t *testing.T) {
	t.Parallel()
	const seed, rounds = 20261128, 60
	h := open(t)
	h.grow(20, 2)
	require.NotNil(t, h.run(verify.Options{Keep: true}).Set)
	clock := h.clock
	ctx, stop := context.WithCancel(t.Context())
	var reports []verify.Report
	var verifying errgroup.Group
	verifying.Go(func() error {
		for i := 0; ctx.Err() == nil; i++ {
			o := verify.Options{Since: i%3 > 0, Keep: i%2 == 0, At: clock.Add(time.Duration(i) * time.Minute)}
			r, err := verify.Run(context.WithoutCancel(ctx), h.storage, "tea", o)
			if err != nil {
				return fmt.Errorf("verification %d: %w", i, err)
			}
			reports = append(reports, r)
		}
		return nil
	})
	r := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a test
	var waiting []ledger.Entry
	for round := range rounds {
		for range 20 {
			id := ledger.AccountID(fmt.Sprintf("m%06d", r.IntN(20+round)))
			order := h.buys(id, int64(1000+r.IntN(9000)))
			if r.IntN(4) == 0 {
				h.returns(id, order)
			}
		}
		to := ledger.AccountID(fmt.Sprintf("m%06d", r.IntN(20)))
		waiting = append(waiting, h.sends("m000007", "m000008", 1), h.sends("m000009", "m000010", 2))
		h.buys(to, 1000)
		h.write()
		if round%3 == 2 {
			h.arrives(waiting[0])
			waiting = waiting[1:]
			h.write()
		}
	}
	stop()
	require.NoError(t, verifying.Wait())
	require.NotEmpty(t, reports)
	for i, r := range reports {
		require.Empty(t, findings(r), "verification %d of %d", i, len(reports))
	}
	last, whole := h.run(verify.Options{Since: true, Keep: true}), h.run(verify.Options{})
	require.Empty(t, findings(last))
	require.Empty(t, findings(whole))
	require.Equal(t, whole.Entries, last.Set.Entries, "each entry was counted once on the way from checkpoint to checkpoint")
	require.Equal(t, whole.Accounts, last.Set.Accounts)
}
