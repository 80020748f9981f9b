package analytics_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

const (
	live  = analyticsv1.SegmentKind_SEGMENT_KIND_LIVE
	fixed = analyticsv1.SegmentKind_SEGMENT_KIND_FIXED
)

// groups asks for the segments of the tea club.
type groups struct {
	*service
	client analyticsv1.SegmentServiceClient
}

func groupsOf(s *service) *groups {
	s.h.t.Helper()
	conn, err := rpc.Dial(s.Address(), s.secrets[rpc.Operator])
	require.NoError(s.h.t, err)
	s.h.t.Cleanup(func() { require.NoError(s.h.t, conn.Close()) })
	return &groups{s, analyticsv1.NewSegmentServiceClient(conn)}
}

func (g *groups) define(kind analyticsv1.SegmentKind, name, condition string) *analyticsv1.CustomerSegment {
	g.h.t.Helper()
	answer, err := g.client.DefineSegment(g.h.t.Context(), &analyticsv1.DefineSegmentRequest{Program: "tea", Name: name, Kind: kind, Condition: condition})
	require.NoError(g.h.t, err)
	return answer.GetSegment()
}

// members returns all accounts, one to a page.
func (g *groups) members(name, asOf string) []string {
	g.h.t.Helper()
	in := &analyticsv1.ListSegmentMembersRequest{Program: "tea", Name: name, AsOf: asOf, PageSize: 1}
	var accounts []string
	for {
		answer, err := g.client.ListSegmentMembers(g.h.t.Context(), in)
		require.NoError(g.h.t, err)
		for _, m := range answer.GetMembers() {
			accounts = append(accounts, m.GetAccount())
		}
		if in.PageToken = answer.GetNextPageToken(); in.GetPageToken() == "" {
			return accounts
		}
	}
}

// sizes returns customers and their orders by day.
func (g *groups) sizes(name, asOf string, months int32) []string {
	g.h.t.Helper()
	answer, err := g.client.GetSegment(g.h.t.Context(), &analyticsv1.GetSegmentRequest{Program: "tea", Name: name, AsOf: asOf, Months: months})
	require.NoError(g.h.t, err)
	var lines []string
	for _, z := range answer.GetSizes() {
		lines = append(lines, fmt.Sprintf("%s: %d of %d, %d of %d", z.GetAsOf(), z.GetCustomers(), z.GetAllCustomers(), z.GetSumMinor(), z.GetAllSumMinor()))
	}
	return lines
}

func TestALiveSegmentFollowsTheOrdersAndAFixedOneDoesNot(t *testing.T) {
	t.Parallel()
	s := shop(t) // ann 80.00 and bob 15.00 in January, cid 5.00 in February
	g := groupsOf(s)
	g.define(live, "ten", "spend_minor >= 1000")
	g.define(fixed, "ten-then", "spend_minor >= 1000")
	g.define(live, "best", `class == "A"`)
	require.Equal(t, []string{"ann", "bob"}, g.members("ten", ""))
	require.Equal(t, []string{"2025-01-01: 0 of 0, 0 of 0", "2025-02-01: 2 of 2, 9500 of 9500", "2025-02-12: 2 of 3, 9500 of 10000"}, g.sizes("ten", "", 2))

	s.h.tell(s.h.ledger.paid("cid", "o4", date("2025-02-20"), 2000), s.h.ledger.paid("dan", "o5", date("2025-02-21"), 20000))
	s.drained()
	require.Equal(t, []string{"ann", "bob", "cid", "dan"}, g.members("ten", ""))
	require.Equal(t, []string{"ann", "bob"}, g.members("ten-then", ""))
	require.Equal(t, []string{"ann", "bob"}, g.members("ten", "2025-02-12"), "a past day is as it was")
	require.Equal(t, []string{"ann", "dan"}, g.members("best", ""))
	require.Equal(t, []string{"ann"}, g.members("best", "2025-02-12"))
	require.Equal(t, []string{"2025-02-22: 2 of 4, 9500 of 32000"}, g.sizes("ten-then", "", 0))
	require.Equal(t, []string{"2025-01-11: 1 of 1, 8000 of 8000"}, g.sizes("ten-then", "2025-01-11", 0), "of whom bob was not there yet")

	answer, err := g.client.CompareSegments(t.Context(), &analyticsv1.CompareSegmentsRequest{Program: "tea", Names: []string{"ten", "ten-then", "best"}})
	require.NoError(t, err)
	var overlaps []string
	for _, o := range answer.GetOverlaps() {
		overlaps = append(overlaps, fmt.Sprintf("%s+%s: %d of %d, %d", o.GetOne(), o.GetOther(), o.GetBoth(), o.GetEither(), o.GetBothSumMinor()))
	}
	require.Equal(t, []string{"ten+ten-then: 2 of 4, 9500", "ten+best: 2 of 4, 28000", "ten-then+best: 1 of 3, 8000"}, overlaps)

	// What people have defined outlives the copy.
	s.stop()
	require.NoError(t, s.Forget(t.Context()))
	again := groupsOf(s.h.run(size{}))
	again.drained()
	require.Equal(t, []string{"ann", "bob"}, again.members("ten-then", ""))
	require.Equal(t, []string{"ann", "dan"}, again.members("best", ""))
}

func TestASegmentIsDefinedOnce(t *testing.T) {
	t.Parallel()
	s := shop(t)
	g := groupsOf(s)
	var many sync.WaitGroup
	for range 8 {
		many.Go(func() {
			_, err := g.client.DefineSegment(t.Context(), &analyticsv1.DefineSegmentRequest{Program: "tea", Name: "all", Kind: fixed, Condition: "true"})
			if err != nil { // somebody is making it just now
				requireRefused(t, err, reason.SegmentExists, "name", "just now")
			}
		})
	}
	many.Wait()
	first := g.define(fixed, "all", "true")
	require.EqualValues(t, 3, first.GetFixedCustomers())
	require.Equal(t, "2025-02-12", first.GetFixedOn())
	listed, err := s.h.db.Collection("segment_members").CountDocuments(t.Context(), bson.M{})
	require.NoError(t, err)
	require.EqualValues(t, 3, listed, "one list")

	_, err = g.client.DefineSegment(t.Context(), &analyticsv1.DefineSegmentRequest{Program: "tea", Name: "all", Kind: live, Condition: "true"})
	requireRefused(t, err, reason.SegmentExists, "name", "delete it first")
	_, err = g.client.DeleteSegment(t.Context(), &analyticsv1.DeleteSegmentRequest{Program: "tea", Name: "all"})
	require.NoError(t, err)
	_, err = g.client.DeleteSegment(t.Context(), &analyticsv1.DeleteSegmentRequest{Program: "tea", Name: "all"})
	requireRefused(t, err, reason.SegmentNotFound, "name", "all")
	require.Equal(t, live, g.define(live, "all", "true").GetKind())
	listed, err = s.h.db.Collection("segment_members").CountDocuments(t.Context(), bson.M{})
	require.NoError(t, err)
	require.Zero(t, listed)
}

// TestAListThatNobodyFinishesIsMadeAnew: whoever was writing it has died.
func TestAListThatNobodyFinishesIsMadeAnew(t *testing.T) {
	t.Parallel()
	s := shop(t)
	g := groupsOf(s)
	for _, c := range []struct {
		name string
		ago  time.Duration
	}{{"old", time.Hour}, {"fresh", 0}} {
		_, err := s.h.db.Collection("segments").InsertOne(t.Context(), bson.M{
			"_id": "tea/" + c.name, "format": int32(1), "programme": "tea", "name": c.name, "condition": "true", "defined_at": time.Now().Add(-c.ago),
			"fixed": bson.M{"on": int32(0), "customers": int64(0), "list": c.name, "ready": false},
		})
		require.NoError(t, err)
		_, err = s.h.db.Collection("segment_members").InsertOne(t.Context(), bson.M{"_id": c.name + "/zoe", "format": int32(1)})
		require.NoError(t, err)
	}
	answer, err := g.client.ListSegments(t.Context(), &analyticsv1.ListSegmentsRequest{Program: "tea"})
	require.NoError(t, err)
	require.Empty(t, answer.GetSegments(), "half a segment is none")
	_, err = g.client.GetSegment(t.Context(), &analyticsv1.GetSegmentRequest{Program: "tea", Name: "old"})
	requireRefused(t, err, reason.SegmentNotFound, "name", "just now")
	_, err = g.client.DefineSegment(t.Context(), &analyticsv1.DefineSegmentRequest{Program: "tea", Name: "fresh", Kind: fixed, Condition: "true"})
	requireRefused(t, err, reason.SegmentExists, "name", "just now")
	g.define(fixed, "old", "true")
	require.Equal(t, []string{"ann", "bob", "cid"}, g.members("old", ""))
}

func TestSegmentsThatAreRefused(t *testing.T) {
	t.Parallel()
	g := groupsOf(shop(t))
	g.define(live, "some", "true")
	define := func(alter func(*analyticsv1.DefineSegmentRequest)) func(context.Context) error {
		return func(ctx context.Context) error {
			in := &analyticsv1.DefineSegmentRequest{Program: "tea", Name: "new", Kind: live, Condition: "true"}
			alter(in)
			_, err := g.client.DefineSegment(ctx, in)
			return err
		}
	}
	for name, c := range map[string]struct {
		call   func(context.Context) error
		reason reason.Reason
		field  string
		says   string
	}{
		"a name with blanks": {define(func(in *analyticsv1.DefineSegmentRequest) { in.Name = "the best" }), reason.InvalidArgument, "name", ""},
		"no kind":            {define(func(in *analyticsv1.DefineSegmentRequest) { in.Kind = 0 }), reason.InvalidArgument, "kind", ""},
		"an unknown figure":  {define(func(in *analyticsv1.DefineSegmentRequest) { in.Condition = "orders > 1 && spent > 5" }), reason.InvalidArgument, "condition", "line 1, column 15"},
		"what cannot be done": {define(func(in *analyticsv1.DefineSegmentRequest) {
			in.Condition = "orders / (recency_days - recency_days) > 1"
		}), reason.InvalidArgument, "condition", "account ann"},
		"the same, fixed": {define(func(in *analyticsv1.DefineSegmentRequest) {
			in.Kind, in.Condition = fixed, "orders / (recency_days - recency_days) > 1"
		}), reason.InvalidArgument, "condition", "account ann"},
		"a day for a live one": {define(func(in *analyticsv1.DefineSegmentRequest) { in.AsOf = "2025-02-01" }), reason.InvalidArgument, "as_of", "live"},
		"a day that is none":   {define(func(in *analyticsv1.DefineSegmentRequest) { in.Kind, in.AsOf = fixed, "soon" }), reason.InvalidArgument, "as_of", ""},
		"an unknown programme": {define(func(in *analyticsv1.DefineSegmentRequest) { in.Program = "coffee" }), reason.UnknownProgram, "program", ""},
		"a preview of an unknown programme": {func(ctx context.Context) error {
			_, err := g.client.PreviewSegment(ctx, &analyticsv1.PreviewSegmentRequest{Program: "coffee", Condition: "true"})
			return err
		}, reason.UnknownProgram, "program", ""},
		"one that is not there looked at": {func(ctx context.Context) error {
			_, err := g.client.GetSegment(ctx, &analyticsv1.GetSegmentRequest{Program: "tea", Name: "new"})
			return err
		}, reason.SegmentNotFound, "name", "new"},
		"one that is not there compared": {func(ctx context.Context) error {
			_, err := g.client.CompareSegments(ctx, &analyticsv1.CompareSegmentsRequest{Program: "tea", Names: []string{"some", "new"}})
			return err
		}, reason.SegmentNotFound, "name", "new"},
		"one that is not there deleted": {func(ctx context.Context) error {
			_, err := g.client.DeleteSegment(ctx, &analyticsv1.DeleteSegmentRequest{Program: "tea", Name: "new"})
			return err
		}, reason.SegmentNotFound, "name", "new"},
		"one of another programme": {func(ctx context.Context) error {
			_, err := g.client.GetSegment(ctx, &analyticsv1.GetSegmentRequest{Program: "coffee", Name: "some"})
			return err
		}, reason.SegmentNotFound, "name", "some"},
		"one that is not there": {func(ctx context.Context) error {
			_, err := g.client.ListSegmentMembers(ctx, &analyticsv1.ListSegmentMembersRequest{Program: "tea", Name: "new"})
			return err
		}, reason.SegmentNotFound, "name", "new"},
		"a token of another list": {func(ctx context.Context) error {
			_, err := g.client.ListSegmentMembers(ctx, &analyticsv1.ListSegmentMembersRequest{Program: "tea", Name: "some", PageToken: "AQ"})
			return err
		}, reason.InvalidArgument, "page_token", ""},
		"one twice": {func(ctx context.Context) error {
			_, err := g.client.CompareSegments(ctx, &analyticsv1.CompareSegmentsRequest{Program: "tea", Names: []string{"some", "some"}})
			return err
		}, reason.InvalidArgument, "names", ""},
		"a condition tried": {func(ctx context.Context) error {
			_, err := g.client.PreviewSegment(ctx, &analyticsv1.PreviewSegmentRequest{Program: "tea", Condition: "orders"})
			return err
		}, reason.InvalidArgument, "condition", "true or false"},
	} {
		t.Run(name, func(t *testing.T) { requireRefused(t, c.call(t.Context()), c.reason, c.field, c.says) })
	}
	// What was refused is not there.
	answer, err := g.client.ListSegments(t.Context(), &analyticsv1.ListSegmentsRequest{Program: "tea"})
	require.NoError(t, err)
	require.Len(t, answer.GetSegments(), 1)
	preview, err := g.client.PreviewSegment(t.Context(), &analyticsv1.PreviewSegmentRequest{Program: "tea", Condition: "orders == 1", AsOf: "2025-02-01"})
	require.NoError(t, err)
	require.EqualValues(t, 2, preview.GetSize().GetCustomers())
}
