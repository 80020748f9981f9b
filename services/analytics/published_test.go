package analytics_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"google.golang.org/protobuf/proto"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/copying"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// publish asks for a segment to be told.
func (g *groups) publish(name string) {
	g.h.t.Helper()
	_, err := g.client.PublishSegment(g.h.t.Context(), &analyticsv1.PublishSegmentRequest{Program: "tea", Name: name})
	require.NoError(g.h.t, err)
}

func (g *groups) withdraw(name string) {
	g.h.t.Helper()
	_, err := g.client.WithdrawSegment(g.h.t.Context(), &analyticsv1.WithdrawSegmentRequest{Program: "tea", Name: name})
	require.NoError(g.h.t, err)
}

// told waits until a segment is told as of a day, and everything has left.
func (g *groups) told(name, asOf string) *analyticsv1.SegmentPublication {
	g.h.t.Helper()
	var p *analyticsv1.SegmentPublication
	testkit.Eventually(g.h.t, func() bool {
		answer, err := g.client.ListSegments(g.h.t.Context(), &analyticsv1.ListSegmentsRequest{Program: "tea"})
		require.NoError(g.h.t, err)
		for _, s := range answer.GetSegments() {
			if s.GetName() == name {
				p = s.GetPublication()
			}
		}
		return !p.GetTelling() && p.GetAsOf() == asOf
	}, fmt.Sprintf("%s is told as of %s", name, asOf))
	g.drained()
	return p
}

// changes are what a stream says of segments, in the order of its accounts.
func (h *standing) changes(stream string) []string {
	h.t.Helper()
	conn, err := nats.Connect(h.nats.URL, nats.Token(h.nats.Token))
	require.NoError(h.t, err)
	defer conn.Close()
	js, err := jetstream.New(conn)
	require.NoError(h.t, err)
	s, err := js.Stream(h.t.Context(), stream)
	require.NoError(h.t, err)
	info, err := s.Info(h.t.Context())
	require.NoError(h.t, err)
	var lines []string
	for n := uint64(1); n <= info.State.LastSeq; n++ {
		m, err := s.GetMsg(h.t.Context(), n)
		require.NoError(h.t, err)
		if !strings.Contains(m.Subject, ".analytics.") {
			continue
		}
		e, left, c := &analyticsv1.SegmentEntered{}, &analyticsv1.SegmentLeft{}, &controlv1.SegmentChanged{}
		switch {
		case stream == bus.Events:
			require.NoError(h.t, proto.Unmarshal(m.Data, c))
			require.NotNil(h.t, c.GetToldAt())
			lines = append(lines, changeLine(c.GetSegment(), c.GetAccount(), c.GetEntered(), c))
		case strings.Contains(m.Subject, ".segment_entered."):
			require.NoError(h.t, proto.Unmarshal(m.Data, e))
			lines = append(lines, changeLine(e.GetSegment(), e.GetAccount(), true, e))
		default:
			require.NoError(h.t, proto.Unmarshal(m.Data, left))
			lines = append(lines, changeLine(left.GetSegment(), left.GetAccount(), false, left))
		}
	}
	slices.Sort(lines)
	return lines
}

func changeLine(segment, account string, in bool, m interface {
	GetNumber() int64
	GetRevision() int64
	GetAsOf() string
}) string {
	return fmt.Sprintf("%s %s %d: %v, revision %d, as of %s", segment, account, m.GetNumber(), in, m.GetRevision(), m.GetAsOf())
}

// TestEachChangeOfAPublishedSegmentIsToldOnce: by restarts, requests and rebuilding the copy nobody enters twice, nor leaves.
func TestEachChangeOfAPublishedSegmentIsToldOnce(t *testing.T) {
	t.Parallel()
	s := shop(t) // ann 80.00 and bob 15.00 in January, cid 5.00 in February
	g := groupsOf(s)
	g.define(live, "quiet", "recency_days > 30")
	g.define(fixed, "all", "true")
	g.publish("quiet")
	require.EqualValues(t, 2, g.told("quiet", "2025-02-12").GetCustomers())
	want := []string{"quiet ann 1: true, revision 1, as of 2025-02-12", "quiet bob 1: true, revision 1, as of 2025-02-12"}
	requireChanges(t, s.h, want)

	// Asked for again, on the same day and on a later one: bob has come back, cid is quiet by then.
	g.publish("quiet")
	g.told("quiet", "2025-02-12")
	requireChanges(t, s.h, want)
	s.h.tell(s.h.ledger.paid("bob", "o4", date("2025-03-20"), 2000))
	g.told("quiet", "2025-03-21")
	want = append(want, "quiet bob 2: false, revision 1, as of 2025-03-21", "quiet cid 1: true, revision 1, as of 2025-03-21")
	requireChanges(t, s.h, want)

	// The copy is made anew: who has not been read yet has not left, and the outbox goes on behind its numbers.
	s.stop()
	require.NoError(t, s.Forget(t.Context()))
	g = groupsOf(s.h.run(size{lanes: 2, batch: 1}))
	g.drained()
	g.publish("quiet")
	g.told("quiet", "2025-03-21")
	requireChanges(t, g.h, want)
	g.publish("all")
	g.told("all", "2025-03-21")
	for _, account := range []string{"ann", "bob", "cid"} {
		want = append(want, "all "+account+" 1: true, revision 1, as of 2025-03-21")
	}
	requireChanges(t, g.h, want)

	// Others go by it: it is withdrawn first.
	_, err := g.client.DeleteSegment(t.Context(), &analyticsv1.DeleteSegmentRequest{Program: "tea", Name: "quiet"})
	requireRefused(t, err, reason.SegmentPublished, "name", "withdraw it")
	g.withdraw("quiet")
	g.withdraw("quiet")
	require.EqualValues(t, 2, g.told("quiet", "2025-03-21").GetRevision())
	want = append(want, "quiet ann 2: false, revision 2, as of 2025-03-21", "quiet cid 2: false, revision 2, as of 2025-03-21")
	requireChanges(t, g.h, want)
	_, err = g.client.DeleteSegment(t.Context(), &analyticsv1.DeleteSegmentRequest{Program: "tea", Name: "quiet"})
	require.NoError(t, err)

	// Another of the same name is told behind it.
	g.define(live, "quiet", `account == "ann"`)
	g.publish("quiet")
	require.EqualValues(t, 3, g.told("quiet", "2025-03-21").GetRevision())
	requireChanges(t, g.h, append(want, "quiet ann 3: true, revision 3, as of 2025-03-21"))
}

// requireChanges holds both streams to what was told.
func requireChanges(t *testing.T, h *standing, want []string) {
	t.Helper()
	want = slices.Sorted(slices.Values(want))
	require.Equal(t, want, h.changes(bus.Facts))
	require.Equal(t, want, h.changes(bus.Events))
}

func TestWhatIsNotPublished(t *testing.T) {
	t.Parallel()
	g := groupsOf(shop(t))
	_, err := g.client.PublishSegment(t.Context(), &analyticsv1.PublishSegmentRequest{Program: "tea", Name: "none"})
	requireRefused(t, err, reason.SegmentNotFound, "name", "none")
	g.define(live, "some", "true")
	_, err = g.client.WithdrawSegment(t.Context(), &analyticsv1.WithdrawSegmentRequest{Program: "tea", Name: "some"})
	requireRefused(t, err, reason.SegmentNotFound, "name", "never published")
	for n := range 32 {
		name := fmt.Sprint("s", n)
		g.define(live, name, "false")
		g.publish(name)
	}
	_, err = g.client.PublishSegment(t.Context(), &analyticsv1.PublishSegmentRequest{Program: "tea", Name: "some"})
	requireRefused(t, err, reason.TooManySegments, "name", "32")
	g.publish("s7")
	g.withdraw("s7")
	g.publish("some")
	g.told("some", "2025-02-12")
	require.Len(t, g.h.changes(bus.Facts), 3)
}

// TestManyAreToldInPages: more than one page of members and than one transaction tells.
func TestManyAreToldInPages(t *testing.T) {
	t.Parallel()
	h := open(t)
	const many = 5400
	var facts []bus.Outgoing
	for n := range many {
		facts = append(facts, h.ledger.paid(fmt.Sprintf("c%05d", n), fmt.Sprint("o", n), date("2025-01-10"), int64(n+1)))
	}
	h.tell(facts...)
	s := h.run(size{lanes: 2})
	g := groupsOf(s)
	g.drained()
	g.define(live, "most", "spend_minor > 100")
	g.publish("most")
	require.EqualValues(t, many-100, g.told("most", "2025-01-11").GetCustomers())
	require.Len(t, h.changes(bus.Facts), many-100)

	// Asked for while the copy is built anew: who has not been read yet has not left.
	s.stop()
	require.NoError(t, s.Forget(t.Context()))
	_, err := h.db.Collection("publications").UpdateByID(t.Context(), "tea/most", bson.M{"$inc": bson.M{"asked": 1}})
	require.NoError(t, err)
	g = groupsOf(h.run(size{batch: 64}))
	require.EqualValues(t, many-100, g.told("most", "2025-01-11").GetCustomers())
	require.Len(t, h.changes(bus.Facts), many-100)
	g.withdraw("most")
	require.EqualValues(t, 2, g.told("most", "2025-01-11").GetRevision())
	require.Len(t, h.changes(bus.Facts), 2*(many-100))
}

// TestABandOfAScoreIsPublished: by the fit in use, and never without one.
func TestABandOfAScoreIsPublished(t *testing.T) {
	t.Parallel()
	s := madeUp(t)
	g := groupsOf(s)
	define := &analyticsv1.DefineSegmentRequest{Program: "tea", Name: "lively", Kind: live, Condition: "alive_percent >= 50"}
	_, err := g.client.DefineSegment(t.Context(), define)
	requireRefused(t, err, reason.FitNotFound, "id", "")
	s.fit(&analyticsv1.FitModelRequest{IdempotencyKey: "1", HoldoutDays: 60, Prior: true})
	_, err = g.client.DefineSegment(t.Context(), define)
	require.NoError(t, err)
	lively := g.members("lively", "")
	require.NotEmpty(t, lively)
	answer, err := s.models.ListLifetimes(t.Context(), &analyticsv1.ListLifetimesRequest{Program: "tea", PageSize: 5000})
	require.NoError(t, err)
	var want []string
	for _, l := range answer.GetLifetimes() {
		if l.GetAlive() >= "0.5" {
			want = append(want, l.GetAccount())
		}
	}
	require.Less(t, len(want), len(answer.GetLifetimes()), "not everybody")
	require.Equal(t, want, lively)
	list := &analyticsv1.ListSegmentMembersRequest{Program: "tea", Name: "lively", PageSize: 1}
	first, err := g.client.ListSegmentMembers(t.Context(), list)
	require.NoError(t, err)
	g.publish("lively")
	g.told("lively", answer.GetAsOf())
	require.Len(t, s.h.changes(bus.Facts), len(want))
	list.PageToken = first.GetNextPageToken()
	second, err := g.client.ListSegmentMembers(t.Context(), list)
	require.NoError(t, err, "that it was told meanwhile changes nothing about who belongs to it")
	require.Equal(t, want[1], second.GetMembers()[0].GetAccount())

	// Another fit is put into use: whom it takes for gone has left, whom not has entered, on the same day and once.
	other := s.fit(&analyticsv1.FitModelRequest{
		IdempotencyKey: "2", Prior: true, Buying: analyticsv1.BuyingModel_BUYING_MODEL_PARETO_NBD, Choice: analyticsv1.Choice_CHOICE_NEVER,
	})
	byOther, err := s.models.ListLifetimes(t.Context(), &analyticsv1.ListLifetimesRequest{
		Program: "tea", PageSize: 5000, Parameters: &analyticsv1.LifetimeParameters{Fit: other.GetId()},
	})
	require.NoError(t, err)
	threshold := 0 // on which the two fits differ of somebody
	for i, l := range answer.GetLifetimes() {
		one, two := int(100*estimated(t, l.GetAlive())), int(100*estimated(t, byOther.GetLifetimes()[i].GetAlive()))
		if one != two {
			threshold = max(one, two)
		}
	}
	require.Positive(t, threshold)
	g.define(live, "sure", fmt.Sprintf("alive_percent >= %d", threshold))
	before := g.members("sure", "")
	g.publish("sure")
	g.told("sure", answer.GetAsOf())
	told := len(s.h.changes(bus.Facts))
	require.Equal(t, len(want)+len(before), told, "a challenger changes nothing")
	_, err = s.models.ChooseFit(t.Context(), &analyticsv1.ChooseFitRequest{Program: "tea", Id: other.GetId(), IdempotencyKey: "k"})
	require.NoError(t, err)
	after := g.members("sure", "")
	g.drained()
	crossed := 0
	for _, pair := range [][2][]string{{before, after}, {want, g.members("lively", "")}} {
		for _, l := range answer.GetLifetimes() {
			if slices.Contains(pair[0], l.GetAccount()) != slices.Contains(pair[1], l.GetAccount()) {
				crossed++
			}
		}
	}
	require.Positive(t, crossed)
	require.Len(t, s.h.changes(bus.Facts), told+crossed)
	require.EqualValues(t, len(after), g.told("sure", answer.GetAsOf()).GetCustomers())
}

func TestASegmentByCategories(t *testing.T) {
	t.Parallel()
	g := groupsOf(library(t))
	g.define(live, "readers", `"books" in categories`)
	answer, err := g.client.GetSegment(t.Context(), &analyticsv1.GetSegmentRequest{Program: "tea", Name: "readers", AsOf: "2025-03-01"})
	require.NoError(t, err)
	require.EqualValues(t, 1, answer.GetSizes()[0].GetCustomers())
	require.EqualValues(t, 2, answer.GetSizes()[0].GetAllCustomers())
}

// TestALaneLooksAgainBeforeItTells: who hands it a change may have looked long ago. What is so already, what was found of an older day or
// for another revision, and the same twice in one batch are not told.
func TestALaneLooksAgainBeforeItTells(t *testing.T) {
	t.Parallel()
	s := shop(t)
	g := groupsOf(s)
	g.define(live, "all", "true")
	g.publish("all")
	g.told("all", "2025-02-12")
	want := []string{
		"all ann 1: true, revision 1, as of 2025-02-12", "all bob 1: true, revision 1, as of 2025-02-12", "all cid 1: true, revision 1, as of 2025-02-12",
	}
	tell := func(segment string, revision int64, asOf string, changes ...copying.Change) {
		t.Helper()
		err := s.Call(t.Context(), follow.Asked{Partition: bus.Partition("tea", changes[0].Account, partitions), Payload: copying.Telling{
			Program: "tea", Segment: segment, Revision: revision, AsOf: date(asOf), Changes: changes,
		}})
		require.NoError(t, err)
		s.drained()
	}
	in, out := copying.Change{Account: "ann", In: true}, copying.Change{Account: "ann"}
	for name, stale := range map[string]func(){
		"so already":               func() { tell("all", 1, "2025-02-13", in) },
		"never in":                 func() { tell("all", 1, "2025-02-13", copying.Change{Account: "eve"}) },
		"of an older day":          func() { tell("all", 1, "2025-02-11", out) },
		"of an older revision":     func() { tell("all", 0, "2025-02-13", out) },
		"of a revision to come":    func() { tell("all", 2, "2025-02-13", out) },
		"of what is not published": func() { tell("none", 1, "2025-02-13", copying.Change{Account: "ann", In: true}, out) },
	} {
		stale()
		require.Equal(t, slices.Sorted(slices.Values(want)), s.h.changes(bus.Facts), name)
	}
	tell("all", 1, "2025-02-13", out, out)
	requireChanges(t, s.h, append(want, "all ann 2: false, revision 1, as of 2025-02-13"))
}
