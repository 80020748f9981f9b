package accrual_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// makeIntakes gives merchants of the tea club intakes.
func (h *standing) makeIntakes(names ...string) {
	h.t.Helper()
	merchants := make([]bus.Merchant, len(names))
	for i, name := range names {
		merchants[i] = bus.Merchant{Program: "tea", Name: name}
	}
	require.NoError(h.t, h.bus.EnsureIntakes(h.t.Context(), bus.Layout{Partitions: partitions}, streamBytes, merchants))
}

// intoIntake is the letter on its way into the intake of its merchant, as nats-server turns it for a merchant's account.
func (l letter) intoIntake() letter {
	return l.on(bus.ClassIntake + strings.TrimPrefix(l.subject, bus.ClassOrders))
}

// whole is the letter as it is.
func (l letter) whole() letter { return l }

// of is the letter as another merchant's.
func (l letter) of(merchant string) letter {
	return l.on(strings.Replace(l.subject, ".shop.", "."+merchant+".", 1))
}

// through waits until nothing is left in the intakes, and nothing is left to do.
func (s *service) through() {
	s.h.t.Helper()
	names, err := s.h.bus.Intakes(s.h.t.Context())
	require.NoError(s.h.t, err)
	for _, name := range names {
		testkit.Eventually(s.h.t, func() bool {
			stream, err := s.h.js.Stream(s.h.t.Context(), name)
			return err == nil && stream.CachedInfo().State.Msgs == 0
		}, name+" is empty")
	}
	s.drained()
}

// block keeps everybody from committing what is of some partitions, until it is called off.
func (h *standing) block(which bson.M) (release func()) {
	h.t.Helper()
	session, err := h.db.Client().StartSession()
	require.NoError(h.t, err)
	require.NoError(h.t, session.StartTransaction())
	_, err = h.db.Collection("partitions").UpdateMany(mongo.NewSessionContext(h.t.Context(), session), which, bson.M{"$set": bson.M{"owner": "somebody"}})
	require.NoError(h.t, err)
	return func() {
		require.NoError(h.t, session.AbortTransaction(h.t.Context()))
		session.EndSession(context.WithoutCancel(h.t.Context()))
	}
}

// count is how many documents a collection has.
func (h *standing) count(collection string) int64 {
	h.t.Helper()
	n, err := h.db.Collection(collection).CountDocuments(h.t.Context(), bson.M{})
	require.NoError(h.t, err)
	return n
}

// TestAFloodOfOneMerchantLetsOthersPast: what is ahead of another merchant's order is what the ledger was given at once, not what the
// one has published.
func TestAFloodOfOneMerchantLetsOthersPast(t *testing.T) {
	t.Parallel()
	const ahead, turn, flood = uint64(256), uint64(128), 3000
	h := open(t, wall)
	h.apply(theTeaClub)
	h.makeIntakes("alpha", "beta")
	s := h.run(size{ahead: int(ahead)})
	s.drained()
	began := h.end()
	release := h.block(bson.M{})
	now := clock.System().Now()
	var orders []letter
	for i := range flood {
		orders = append(orders, paid(fmt.Sprint("member-", i%50), fmt.Sprint("o", i), now, 100).of("alpha").intoIntake())
	}
	h.publish(orders...)
	testkit.Eventually(t, func() bool { return h.end() > began+ahead-turn }, "as much is taken as may stand there, but for less than a turn")
	h.publish(paid("bob", "b", now, 700).of("beta").intoIntake())
	require.LessOrEqual(t, h.end(), began+ahead, "and no more")
	release()
	testkit.Eventually(t, func() bool { return s.spendable("bob") == 7 }, "the other's order counts")
	stream, err := h.js.Stream(t.Context(), bus.Events)
	require.NoError(t, err)
	theirs, err := stream.GetLastMsgForSubject(t.Context(), "events.*.orders.tea.beta.paid.bob")
	require.NoError(t, err)
	require.LessOrEqual(t, theirs.Sequence, began+ahead+3*turn, "behind what stood in EVENTS, and the turns that were waiting")

	s.through()
	require.Equal(t, began+flood+1, h.end(), "each once")
	require.EqualValues(t, flood+1, h.count("entries"))
	s.requireSound()
}

// spendable is what an account can spend; 0 while there is none.
func (s *service) spendable(id string) int64 {
	answer, err := s.grpc.GetAccount(s.h.t.Context(), &accrualv1.GetAccountRequest{Program: "tea", Account: id})
	if err != nil || len(answer.GetAccount().GetBalances()) == 0 {
		return 0
	}
	return answer.GetAccount().GetBalances()[0].GetActive()
}

// TestWhatComesTwiceOutOfAnIntakeCountsOnce: two take from the same intakes at the same time, and one stops and begins again.
func TestWhatComesTwiceOutOfAnIntakeCountsOnce(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub)
	h.makeIntakes("alpha", "beta")
	now := clock.System().Now()
	publish := func(first, n int) {
		var orders []letter
		for i := first; i < first+n; i++ {
			l := paid(fmt.Sprint("member-", i%20), fmt.Sprint("o", i), now, 100)
			orders = append(orders, l.of([]string{"alpha", "beta"}[i%2]).intoIntake())
		}
		for _, merchant := range []string{"alpha", "beta"} { // a batch is of one stream
			var own []letter
			for _, l := range orders {
				if strings.Contains(l.subject, merchant) {
					own = append(own, l)
				}
			}
			h.publish(own...)
		}
	}
	publish(0, 1000)
	one, two := h.run(size{ahead: 200}), h.run(size{ahead: 200})
	for i := range 4 {
		testkit.Eventually(t, func() bool { return h.count("entries") >= int64(200*(i+1)) }, "some are taken")
		one.stop()
		one = h.run(size{ahead: 200})
		publish(1000+100*i, 100)
	}
	one.through()
	two.stop()
	require.EqualValues(t, 1400, h.count("entries"))
	total := int64(0)
	for i := range 20 {
		total += one.active(fmt.Sprint("member-", i))
	}
	require.EqualValues(t, 1400, total)
	require.Empty(t, h.dead())
	one.requireSound()
}

// TestAnIntakeIsFullAndSaysSo: its merchant is told and comes again, nobody else is touched.
func TestAnIntakeIsFullAndSaysSo(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub)
	alpha := []bus.Merchant{{Program: "tea", Name: "alpha"}}
	require.NoError(t, h.bus.EnsureIntakes(t.Context(), bus.Layout{Partitions: partitions}, 64<<10, alpha))
	now := clock.System().Now()
	n := 0
	order := func() bus.Outgoing {
		return paid("ann", fmt.Sprint("o", n), now, 100).of("alpha").intoIntake().outgoing()
	}
	var err error
	for ; err == nil; n++ {
		_, err = h.bus.Publish(t.Context(), order())
	}
	require.ErrorIs(t, err, bus.ErrFull)
	n--
	require.Greater(t, n, 50)
	h.publish(paid("bob", "b", now, 500))
	s := h.run(size{})
	testkit.Eventually(t, func() bool {
		_, err := h.bus.Publish(t.Context(), order())
		return err == nil
	}, "there is room again")
	s.through()
	require.EqualValues(t, n+1, s.active("ann"))
	require.EqualValues(t, 5, s.active("bob"))
	stream, err := h.js.Stream(t.Context(), alpha[0].Intake())
	require.NoError(t, err)
	require.Equal(t, jetstream.DiscardNew, stream.CachedInfo().Config.Discard)
	s.requireSound()
}

// TestAPartitionThatStandsStillHoldsUpItsOwnOrdersAlone: those of the others are taken, and it gets its own once it goes on.
func TestAPartitionThatStandsStillHoldsUpItsOwnOrdersAlone(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub)
	h.makeIntakes("alpha")
	s := h.run(size{ahead: 100, lanes: partitions})
	s.drained()
	release := h.block(bson.M{"_id": 1})
	now := clock.System().Now()
	var orders []letter
	mine := map[string]bool{} // accounts of the partition
	for i := range 600 {
		account := fmt.Sprint("member-", i%40)
		mine[account] = bus.Partition("tea", account, partitions) == 1
		orders = append(orders, paid(account, fmt.Sprint("o", i), now, 100).of("alpha").intoIntake())
	}
	h.publish(orders...)
	for account, stuck := range mine {
		if !stuck {
			testkit.Eventually(t, func() bool { return s.spendable(account) == 15 }, account+" has all")
		}
	}
	for account, stuck := range mine {
		if stuck {
			require.Zero(t, s.spendable(account), account)
		}
	}
	release()
	s.through()
	for account := range mine {
		require.EqualValues(t, 15, s.active(account), account)
	}
	s.requireSound()
}
