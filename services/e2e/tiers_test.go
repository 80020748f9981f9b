package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	tierv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/tier/v1"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// requireTierService asks the tier service of a replay over gRPC for the tiers on every date of the reference, and has
// another one come to the same bytes from the stream alone.
func requireTierService(t *testing.T, h *house, l *ledger) {
	t.Helper()
	replayed, rebuilt := "laurel_tier_"+filepath.Base(h.data), "laurel_tier_rebuilt"
	c := tierv1.NewTierServiceClient(h.serveAlone(l, "tier", replayed))
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
	requireHistories(t, c)
	told, err := c.ListTierHistory(t.Context(), &tierv1.ListTierHistoryRequest{Program: "cdnow", Account: "00003"})
	require.NoError(t, err)
	var lines []string
	for _, line := range told.GetLines() {
		lines = append(lines, fmt.Sprint(line.GetEffectiveAt().AsTime().Format(time.DateOnly), " ", line.GetTo(), " ", line.GetQualifyingMinor()))
	}
	require.Equal(t, []string{"1997-01-02 bronze 2076", "1997-11-15 silver 11851", "1998-04-01 bronze 9795"}, lines)

	h.serveAlone(l, "tier", rebuilt)
	known := func(database string) int64 {
		n, err := l.db.Client().Database(database).Collection("history").EstimatedDocumentCount(t.Context())
		require.NoError(t, err)
		return n
	}
	testkit.Eventually(t, func() bool { return known(rebuilt) == known(replayed) }, "the lines of history are there again")
	for _, name := range []string{"standings", "orders", "history", "refusals"} {
		want := l.digest(t, replayed, name)
		testkit.Eventually(t, func() bool { return l.digest(t, rebuilt, name) == want }, "the bytes of "+name)
	}
}

// serveAlone runs a service in a process of its own on a database of a house that nobody runs, until the test ends, and
// returns once it is up.
func (h *house) serveAlone(l *ledger, name, database string) *grpc.ClientConn {
	h.t.Helper()
	buildServices(h.t)
	secrets := rpc.NewSecrets()
	plain, prefix := h.env, "LAUREL_"+strings.ToUpper(name)+"_"
	defer func() { h.env = plain }()
	h.env = append(slices.Clone(plain), prefix+"MONGO_URI="+l.mongoURI, prefix+"DATABASE="+database, prefix+"NATS_URL="+l.natsURL,
		prefix+"NATS_TOKEN="+l.natsToken, prefix+"CALLERS="+strings.Join(secrets.List(), ","))
	p := h.run(filepath.Join(filepath.Dir(programs.laurel), "laurel-"+name))
	testkit.Eventually(h.t, func() bool { return grpcOn.MatchString(p.err.String()) || p.ended() }, name+" is up")
	h.stillRuns(p)
	return testkit.Dial(h.t, grpcOn.FindStringSubmatch(p.err.String())[1], secrets[rpc.Operator])
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
