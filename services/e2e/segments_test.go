package e2e

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"google.golang.org/protobuf/proto"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/mongod"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// TestAnalyticsIsKilledWhileItTellsASegment: at each point that a batch meets it dies once, while it tells that everybody has entered
// or left. Whoever listens hears each change once, in its order, and the ledger has an entry for each.
func TestAnalyticsIsKilledWhileItTellsASegment(t *testing.T) {
	t.Parallel()
	faulty := filepath.Join(filepath.Dir(programs.faulty), "laurel-analytics")
	require.NoError(t, testkit.Build(t.Context(), faulty, "-tags", "fault", commands+"analytics/cmd/laurel-analytics"))
	buildServices(t)
	m, err := mongod.Start(t.Context(), mongod.Options{Dir: t.TempDir(), Logger: warnings(t)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Stop()) })
	s := bare(t, m.URI(), way{lanes: 2, batch: 8})
	s.revise(plain)
	s.publish(readOrders(t, cdnow(t, "cdnow-sample.csv"))[:200])
	s.drain("accrual")
	s.drain("analytics")
	s.start("analytics")
	_, err = s.segments().DefineSegment(t.Context(), &analyticsv1.DefineSegmentRequest{
		Program: "cdnow", Name: "buyers", Kind: analyticsv1.SegmentKind_SEGMENT_KIND_LIVE, Condition: "spend_minor > 1000",
	})
	require.NoError(t, err)
	s.stop("analytics")

	for i, at := range inFlight {
		s.launch("analytics", faulty, fmt.Sprintf("LAUREL_FAULT=%s:1", at.point))
		victim := s.processes["analytics"]
		s.tells(i%2 == 0, victim)
		testkit.Eventually(t, victim.ended, "it is killed at "+at.point)
		require.Equal(t, syscall.SIGKILL, victim.wait().signal)
		require.Contains(t, victim.err.String(), "fault point "+at.point)
		s.drain("analytics") // what was not told is, and the next one dies of its own telling
	}
	s.start("analytics")
	s.tells(true, s.processes["analytics"])
	s.stop("analytics")
	s.drain("analytics")
	s.drain("accrual")

	changes := len(inFlight) + 1
	facts, events := s.heard(bus.Facts), s.heard(bus.Events)
	require.Equal(t, facts, events, "both say the same")
	require.Greater(t, len(facts), 20)
	books := connect(t, s.servers.uri, s.database("accrual"), s.servers.url, s.servers.token)
	for account, told := range facts {
		var want []string
		for n := 1; n <= changes; n++ {
			want = append(want, fmt.Sprintf("%d %v", n, n%2 == 1))
		}
		require.Equal(t, want, told, "account %s", account)
		require.EqualValues(t, changes, books.countEntries(t, bson.M{"account": "cdnow/" + account, "segment.name": "buyers"}))
	}
	require.EqualValues(t, len(facts), books.count(t, "accounts", bson.M{"segments": bson.A{"buyers"}}))
}

func (s *stage) segments() analyticsv1.SegmentServiceClient {
	return analyticsv1.NewSegmentServiceClient(s.dial("analytics"))
}

// tells asks for the segment to be told, or for everybody to have left. It may die before it answers.
func (s *stage) tells(in bool, victim *process) {
	ctx, cancel := context.WithCancel(s.t.Context())
	defer cancel()
	go func() {
		<-victim.done
		cancel()
	}()
	if in {
		_, _ = s.segments().PublishSegment(ctx, &analyticsv1.PublishSegmentRequest{Program: "cdnow", Name: "buyers"})
		return
	}
	_, _ = s.segments().WithdrawSegment(ctx, &analyticsv1.WithdrawSegmentRequest{Program: "cdnow", Name: "buyers"})
}

// heard is what a stream tells of each account, in its order.
func (s *stage) heard(name string) map[string][]string {
	s.t.Helper()
	stream, err := dialBus(s.t, s.servers.url, s.servers.token).Stream(s.t.Context(), name)
	require.NoError(s.t, err)
	info, err := stream.Info(s.t.Context())
	require.NoError(s.t, err)
	told := map[string][]string{}
	for n := uint64(1); n <= info.State.LastSeq; n++ {
		m, err := stream.GetMsg(s.t.Context(), n)
		require.NoError(s.t, err)
		if account, line := membershipOf(s.t, m); account != "" {
			told[account] = append(told[account], line)
		}
	}
	return told
}

// membershipOf is what a message says of a segment; no account: nothing.
func membershipOf(t *testing.T, m *jetstream.RawStreamMsg) (string, string) {
	t.Helper()
	entered, left, c := &analyticsv1.SegmentEntered{}, &analyticsv1.SegmentLeft{}, &controlv1.SegmentChanged{}
	switch {
	case strings.Contains(m.Subject, ".analytics.segment_entered."):
		require.NoError(t, proto.Unmarshal(m.Data, entered))
		return entered.GetAccount(), fmt.Sprint(entered.GetNumber(), true)
	case strings.Contains(m.Subject, ".analytics.segment_left."):
		require.NoError(t, proto.Unmarshal(m.Data, left))
		return left.GetAccount(), fmt.Sprint(left.GetNumber(), false)
	case strings.Contains(m.Subject, ".analytics.segment."):
		require.NoError(t, proto.Unmarshal(m.Data, c))
		return c.GetAccount(), fmt.Sprint(c.GetNumber(), c.GetEntered())
	}
	return "", ""
}
