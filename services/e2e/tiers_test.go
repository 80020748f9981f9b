package e2e

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"google.golang.org/protobuf/types/known/timestamppb"

	tierv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/tier/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	laurel "github.com/laurel-loyalty/laurel/services/internal/process"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
	"github.com/laurel-loyalty/laurel/services/tier"
)

// requireTierService asks the tier service of a replay over gRPC for the tiers on every date of the reference, and has
// another one come to the same bytes from the stream alone.
func requireTierService(t *testing.T, h *house, l *ledger) {
	t.Helper()
	replayed, rebuilt := "laurel_tier_"+filepath.Base(h.data), "laurel_tier_rebuilt"
	c := serveTier(t, l, replayed)
	for _, r := range reference {
		at, err := time.Parse(time.DateOnly, r.day)
		require.NoError(t, err)
		require.Equal(t, r.digest, digestOfTiers(t, c, at), "tiers on %s", r.day)
		counts, err := c.CountTiers(t.Context(), &tierv1.CountTiersRequest{Program: "cdnow", At: timestamppb.New(at)})
		require.NoError(t, err)
		got := map[string]int64{}
		for _, n := range counts.GetCounts() {
			got[n.GetTier()] = n.GetAccounts()
		}
		require.Equal(t, map[string]int64{"bronze": r.bronze, "silver": r.silver, "gold": r.gold}, got, "tiers on %s", r.day)
	}
	require.Equal(t, reference[len(reference)-1].digest, digestOfTiers(t, c, time.Time{}), "tiers now")
	lines, err := c.ListTierHistory(t.Context(), &tierv1.ListTierHistoryRequest{Program: "cdnow", Account: "00003"})
	require.NoError(t, err)
	var told []string
	for _, line := range lines.GetLines() {
		told = append(told, fmt.Sprint(line.GetEffectiveAt().AsTime().Format(time.DateOnly), " ", line.GetTo(), " ", line.GetQualifyingMinor()))
	}
	require.Equal(t, []string{"1997-01-02 bronze 2076", "1997-11-15 silver 11851", "1998-04-01 bronze 9795"}, told)

	serveTier(t, l, rebuilt)
	for _, name := range []string{"standings", "orders", "history", "refusals"} {
		require.Equal(t, l.digest(t, replayed, name), l.digest(t, rebuilt, name), "the bytes of %s", name)
	}
}

// serveTier runs a tier service on a database until the test ends, and returns once it has drained.
func serveTier(t *testing.T, l *ledger, database string) tierv1.TierServiceClient {
	t.Helper()
	secrets := rpc.NewSecrets()
	s, err := tier.New(t.Context(), tier.Config{
		MongoURI: l.mongoURI, Database: database, NATSURL: l.natsURL, NATSToken: l.natsToken, Listen: "127.0.0.1:0", Callers: secrets.List(),
		Partitions: bus.Partitions, Lanes: 2, BatchItems: 512, BatchIdle: 2 * time.Millisecond, QueueItems: 2048,
	}, laurel.Deps{Log: warnings(t), Clock: clock.System(), Registry: prometheus.NewRegistry(), Health: &telemetry.Health{}})
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	var ended error
	running.Go(func() { ended = s.Run(ctx) })
	conn, err := rpc.Dial(s.Address(), secrets[rpc.Operator])
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, conn.Close())
		stop()
		running.Wait()
		require.NoError(t, ended)
		require.NoError(t, s.Close(context.WithoutCancel(t.Context())))
	})
	var counts tier.Counts
	for done := false; !done; {
		testkit.Eventually(t, func() bool {
			if now := s.Counts(); now != counts { // it is busy: no need to ask
				counts = now
				return true
			}
			progress, err := s.Progress(t.Context())
			done = err == nil && progress.Behind == 0 && progress.Due == 0
			return done
		}, "tier has drained, or come further than it was")
	}
	require.NoError(t, s.Broken())
	return tierv1.NewTierServiceClient(conn)
}

// digestOfTiers is the digest of data.md 10 over "id,tier", read page by page; at zero: now.
func digestOfTiers(t *testing.T, c tierv1.TierServiceClient, at time.Time) string {
	t.Helper()
	digest := sha256.New()
	in := &tierv1.ListTiersRequest{Program: "cdnow", PageSize: 2000}
	if !at.IsZero() {
		in.At = timestamppb.New(at)
	}
	for {
		answer, err := c.ListTiers(t.Context(), in)
		require.NoError(t, err)
		for _, a := range answer.GetAccounts() {
			digest.Write([]byte(a.GetAccount() + "," + a.GetTier() + "\n"))
		}
		if in.PageToken = answer.GetNextPageToken(); in.GetPageToken() == "" {
			return hex.EncodeToString(digest.Sum(nil))
		}
	}
}

// digest is that of a whole collection, in the order of its ids.
func (l *ledger) digest(t *testing.T, database, name string) string {
	t.Helper()
	var cursor *mongo.Cursor
	var err error
	cursor, err = l.db.Client().Database(database).Collection(name).Find(t.Context(), bson.M{}, options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}))
	require.NoError(t, err)
	digest, n := sha256.New(), 0
	for cursor.Next(t.Context()) {
		digest.Write(cursor.Current)
		n++
	}
	require.NoError(t, cursor.Err())
	return fmt.Sprint(n, " documents ", hex.EncodeToString(digest.Sum(nil)))
}
