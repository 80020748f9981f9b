package member_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"golang.org/x/sync/errgroup"

	memberv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/member/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// many is how many callers call at once; they wait for their turn, on a busy machine as long as patience lasts.
const (
	many     = 64
	patience = time.Minute
)

// atOnce calls f for each caller, on two replicas in turn, and sorts the outcomes: how many were taken, and how many
// were refused by reason.
func atOnce(t *testing.T, replicas [2]*service, f func(ctx context.Context, s *service, caller int) error) map[reason.Reason]int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	outcomes := make([]error, many)
	var callers errgroup.Group
	for i := range many {
		callers.Go(func() error {
			outcomes[i] = rpc.FromStatus(f(ctx, replicas[i%2], i))
			return nil
		})
	}
	require.NoError(t, callers.Wait())
	sorted := map[reason.Reason]int{}
	for _, err := range outcomes {
		refusal, refused := reason.Of(err)
		switch {
		case err == nil:
			sorted[""]++
		case refused:
			sorted[refusal.Reason]++
		default:
			require.NoError(t, err)
		}
	}
	return sorted
}

func TestOfManyLinkersOfOneCardOneHasIt(t *testing.T) {
	t.Parallel()
	h := open(t)
	replicas := [2]*service{h.run(), h.run()}
	for i := range many {
		h.enrol(replicas[0], fmt.Sprint("m", i))
	}
	outcomes := atOnce(t, replicas, func(ctx context.Context, s *service, caller int) error {
		_, err := s.LinkAlias(ctx, &memberv1.LinkAliasRequest{
			Program: "tea", Member: fmt.Sprint("m", caller), Alias: cardNo("4711"), IdempotencyKey: fmt.Sprint("link-", caller),
		})
		return err
	})
	require.Equal(t, map[reason.Reason]int{"": 1, reason.AliasTaken: many - 1}, outcomes)
	require.EqualValues(t, 1, h.count("aliases", bson.M{}))
	require.EqualValues(t, 1, h.count("members", bson.M{"aliases": 1}), "and it is counted once")
	found, err := h.resolve(replicas[1], cardNo("4711"))
	require.NoError(t, err)
	require.EqualValues(t, 1, h.count("members", bson.M{"_id": "tea/" + found.GetAccount(), "aliases": 1}))
}

func TestOfManyEnrolmentsOfOneMemberOneIsTaken(t *testing.T) {
	t.Parallel()
	h := open(t)
	replicas := [2]*service{h.run(), h.run()}
	enrol := func(key func(int) string) map[reason.Reason]int {
		return atOnce(t, replicas, func(ctx context.Context, s *service, caller int) error {
			_, err := s.EnrolMember(ctx, &memberv1.EnrolMemberRequest{Program: "tea", Member: "ann", Kind: consumer, IdempotencyKey: key(caller)})
			return err
		})
	}
	outcomes := enrol(func(caller int) string { return fmt.Sprint("enrol-", caller) })
	require.Equal(t, map[reason.Reason]int{"": 1, reason.MemberExists: many - 1}, outcomes)
	require.Len(t, h.told(replicas[0]), 1)
}

func TestOneCallMadeManyTimesAtOnceIsOneCall(t *testing.T) {
	t.Parallel()
	h := open(t)
	replicas := [2]*service{h.run(), h.run()}
	outcomes := atOnce(t, replicas, func(ctx context.Context, s *service, _ int) error {
		_, err := s.EnrolMember(ctx, &memberv1.EnrolMemberRequest{Program: "tea", Member: "ann", Kind: consumer, IdempotencyKey: "once"})
		return err
	})
	require.Equal(t, map[reason.Reason]int{"": many}, outcomes)
	require.Len(t, h.told(replicas[0]), 1)
}

// TestManyJoinAHouseholdAtOnce: none is lost, each is told, and the household counts them.
func TestManyJoinAHouseholdAtOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	replicas := [2]*service{h.run(), h.run()}
	h.enrol(replicas[0], "ann")
	outcomes := atOnce(t, replicas, func(ctx context.Context, s *service, caller int) error {
		_, err := s.EnrolMember(ctx, &memberv1.EnrolMemberRequest{
			Program: "tea", Member: fmt.Sprint("m", caller), Kind: consumer, Account: "ann", Role: buyer, IdempotencyKey: fmt.Sprint("join-", caller),
		})
		return err
	})
	require.Equal(t, map[reason.Reason]int{"": many}, outcomes)
	require.EqualValues(t, 1, h.count("members", bson.M{"_id": "tea/ann", "people": many + 1}))
	require.Len(t, h.told(replicas[1]), many+1)
}

// TestOneMemberTakesNoMoreCardsThanFit, though they come all at once.
func TestOneMemberTakesNoMoreCardsThanFit(t *testing.T) {
	t.Parallel()
	h := open(t)
	replicas := [2]*service{h.run(), h.run()}
	h.enrol(replicas[0], "ann")
	h.link(replicas[0], "ann", "first")
	outcomes := atOnce(t, replicas, func(ctx context.Context, s *service, caller int) error {
		_, err := s.LinkAlias(ctx, &memberv1.LinkAliasRequest{
			Program: "tea", Member: "ann", Alias: cardNo(fmt.Sprint(caller)), IdempotencyKey: fmt.Sprint("link-", caller),
		})
		return err
	})
	require.Equal(t, map[reason.Reason]int{"": many - 1, reason.TooManyAliases: 1}, outcomes)
	require.EqualValues(t, many, h.count("aliases", bson.M{"member": "tea/ann"}))
}
