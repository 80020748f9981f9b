package accrual_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// owns waits until replicas have equal shares of the partitions.
func own(t *testing.T, replicas ...*service) {
	t.Helper()
	testkit.Eventually(t, func() bool {
		for _, r := range replicas {
			if len(r.Owned()) != partitions/len(replicas) {
				return false
			}
		}
		return true
	}, "equal shares")
}

// TestACommandIsDoneByTheOwner, whichever replica it is given to: once, with the same answer and refusals, and told to be
// the answer of before when it comes again to another.
func TestACommandIsDoneByTheOwner(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub)
	one := h.run(size{shares: true})
	two := h.run(size{shares: true, with: one})
	own(t, one, two)
	two.drained() // each partition knows the programme
	for i := range 12 {
		account := fmt.Sprint("member-", i)
		first := one.award(account, "award-"+account, 50)
		require.Equal(t, first, two.award(account, "award-"+account, 50), "again, at the other")
		held, err := two.grpc.HoldPoints(t.Context(), hold(account, "hold-"+account, 20))
		require.NoError(t, err)
		var trailer metadata.MD
		again, err := one.grpc.HoldPoints(t.Context(), hold(account, "hold-"+account, 20), grpc.Trailer(&trailer))
		require.NoError(t, err)
		require.Equal(t, held.GetEntry().GetSeq(), again.GetEntry().GetSeq())
		require.Equal(t, []string{"true"}, trailer.Get(rpc.TrailerReplayed))
		for _, replica := range []*service{one, two} {
			_, err = replica.grpc.HoldPoints(t.Context(), hold(account, "much-"+account, 31))
			refused(t, err, reason.InsufficientPoints)
			require.EqualValues(t, 30, replica.active(account))
		}
		require.Len(t, one.entries(account), 2)
	}
	one.requireSound()
}

// TestCommandsGoOnWhileTheirOwnerStops: a caller with the house's retry policy sees no failure.
func TestCommandsGoOnWhileTheirOwnerStops(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub)
	one := h.run(size{shares: true})
	two := h.run(size{shares: true, with: one})
	own(t, one, two)
	two.drained() // each partition knows the programme
	one.award("ann", "first", 1)
	theirs := ""
	for i := 0; theirs == ""; i++ {
		if id := fmt.Sprint("member-", i); bus.Partition("tea", id, partitions) == two.Owned()[0] {
			theirs = id
		}
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		two.stop()
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	awards := 0
	for done := false; !done; awards++ {
		select {
		case <-stopped:
			done = len(one.Owned()) == partitions
		default:
		}
		_, err := one.grpc.AwardPoints(ctx, &accrualv1.AwardPointsRequest{
			Program: "tea", Account: theirs, Points: 1, IdempotencyKey: fmt.Sprint("award-", awards),
		})
		require.NoError(t, err, "award %d", awards)
	}
	require.EqualValues(t, awards, one.active(theirs))
	one.requireSound()
}
