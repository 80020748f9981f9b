package tier_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	memberv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/member/v1"
	tierv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/tier/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
)

// D is the example of domain.md: through the bus, the store, gRPC and FACTS.
func TestDThroughTheWholeService(t *testing.T) {
	t.Parallel()
	p := open(t, events)
	s := p.run(p.database(), size{lanes: 2})
	p.pays("ann", "o1", "2025-01-10", 600_00)
	s.drained()
	require.Equal(t, "silver", s.member("ann", "").GetTier())
	require.EqualValues(t, 1400_00, s.member("ann", "").GetNext().GetMissingMinor())
	require.Equal(t, "2026-01-10", s.member("ann", "").GetNext().GetUntilDay(), "then the 600.00 leave the window")

	p.pays("ann", "o2", "2025-03-05", 1500_00)
	p.returns("ann", "o2", "2025-03-20", 200_00)
	s.drained()
	m := s.member("ann", "")
	require.Equal(t, "gold", m.GetTier())
	require.EqualValues(t, 1900_00, m.GetQualifyingMinor())
	require.Equal(t, "2025-04-01", m.GetDrop().GetDay())
	require.Equal(t, "silver", m.GetDrop().GetTo())
	require.EqualValues(t, 100_00, m.GetDrop().GetMissingMinor())
	require.Nil(t, m.GetNext())

	p.pass("2026-02-01T00:00:00Z")
	s.drained()
	m = s.member("ann", "")
	require.Equal(t, "silver", m.GetTier(), "reviewed, and stays")
	require.EqualValues(t, 1300_00, m.GetQualifyingMinor(), "what the review of 2026-02-01 finds in its window")
	require.Equal(t, "2026-02-01", m.GetAsOf().AsTime().Format("2006-01-02"))
	require.Equal(t, "gold", m.GetNext().GetTier())
	require.EqualValues(t, 700_00, m.GetNext().GetMissingMinor())
	require.Equal(t, "2026-03-05", m.GetNext().GetUntilDay(), "then what is left of the March order leaves the window")
	require.Equal(t, "2026-04-01", m.GetDrop().GetDay())
	require.EqualValues(t, 500_00, m.GetDrop().GetMissingMinor(), "of which nothing is held by then")

	p.pass("2026-05-01T00:00:00Z")
	s.drained()
	require.Equal(t, []string{
		"1 2025-01-10 >silver 60000/50000 first o1paid",
		"2 2025-03-05 silver>gold 210000/200000 reached o2paid",
		"3 2025-04-01 gold>silver 190000/200000 review ",
		"4 2026-04-01 silver>bronze 0/50000 review ",
	}, s.history("ann"))
	for at, want := range map[string]string{
		"2025-01-10T12:00:00Z": "silver", "2025-03-31T23:59:59Z": "gold", "2025-04-01T00:00:00Z": "silver",
		"2026-02-01T00:00:00Z": "silver", "2026-04-01T00:00:00Z": "bronze",
	} {
		require.Equal(t, want, s.member("ann", at).GetTier(), at)
	}
	var told []string
	for _, f := range p.facts("facts.*.facts.tea.tier.changed.>") {
		var fact tierv1.TierChanged
		require.NoError(t, proto.Unmarshal(f.data, &fact))
		told = append(told, fmt.Sprint(fact.GetAccount(), fact.GetLine().GetSeq(), fact.GetLine().GetTo()))
	}
	require.Equal(t, []string{"ann1silver", "ann2gold", "ann3silver", "ann4bronze"}, told)
	told = nil
	for _, f := range p.facts("facts.*.facts.tea.tier.about_to_drop.>") {
		var fact tierv1.TierAboutToDrop
		require.NoError(t, proto.Unmarshal(f.data, &fact))
		told = append(told, fmt.Sprint(fact.GetNoticedAt().AsTime().Format("2006-01-02"), " ", fact.GetDrop().GetTo(), " on ", fact.GetDrop().GetDay(), " ", fact.GetDrop().GetMissingMinor()))
	}
	require.Equal(t, []string{"2025-03-20 silver on 2025-04-01 10000", "2026-03-02 bronze on 2026-04-01 50000"}, told)
}

func TestGrants(t *testing.T) {
	t.Parallel()
	p := open(t, events)
	s := p.run(p.database(), size{})
	p.pays("ann", "o1", "2025-01-10", 10_00)
	s.drained()
	in := &tierv1.GrantTierRequest{
		IdempotencyKey: "k1", Program: "tea", Account: "ann", Tier: "gold", UntilDay: "2025-04-10", Reason: "late delivery",
	}
	first, err := s.grpc.GrantTier(t.Context(), in)
	require.NoError(t, err)
	require.Equal(t, "2025-01-10", first.GetGrant().GetFromDay())
	require.Equal(t, "operator", first.GetGrant().GetActor())
	require.Regexp(t, "^[0-9a-f]{30}$", first.GetGrant().GetGrantId(), "no dash begins what goes on a command line")
	again, err := s.grpc.GrantTier(t.Context(), in)
	require.NoError(t, err)
	require.True(t, proto.Equal(first, again))
	s.drained()
	m := s.member("ann", "")
	require.Equal(t, "gold", m.GetTier())
	require.Equal(t, "bronze", m.GetEarnedTier())
	require.Len(t, m.GetGrants(), 1)
	require.Equal(t, "2025-04-10", m.GetDrop().GetDay())
	require.Equal(t, "grant_ended", m.GetDrop().GetCause())

	end := &tierv1.EndTierGrantRequest{
		IdempotencyKey: "k2", Program: "tea", Account: "ann", GrantId: first.GetGrant().GetGrantId(), Reason: "by mistake",
	}
	for range 2 {
		_, err = s.grpc.EndTierGrant(t.Context(), end)
		require.NoError(t, err)
		s.drained()
	}
	m = s.member("ann", "")
	require.Equal(t, "bronze", m.GetTier())
	require.Empty(t, m.GetGrants())
	require.Equal(t, []string{
		"1 2025-01-10 >bronze 1000/0 first o1paid",
		"2 2025-01-10 bronze>gold 1000/200000 granted grant",
		"3 2025-01-10 gold>bronze 1000/200000 grant_ended grant",
	}, s.history("ann"))
}

func TestTiersOfAProgramme(t *testing.T) {
	t.Parallel()
	p := open(t, events)
	s := p.run(p.database(), size{lanes: 2})
	for i := range 25 {
		p.pays(fmt.Sprintf("m%02d", i), fmt.Sprint("o", i), "2025-01-10", int64(i)*100_00)
	}
	p.pass("2026-03-01T00:00:00Z")
	s.drained()
	count := func(at string) string {
		in := &tierv1.CountTiersRequest{Program: "tea"}
		if at != "" {
			in.At = timestamppb.New(moment(at))
		}
		answer, err := s.grpc.CountTiers(t.Context(), in)
		require.NoError(t, err)
		text := ""
		for _, c := range answer.GetCounts() {
			text += fmt.Sprint(c.GetTier(), " ", c.GetAccounts(), " ")
		}
		return text
	}
	require.Equal(t, "bronze 25 ", count(""))
	require.Equal(t, "bronze 5 silver 15 gold 5 ", count("2025-06-01"))
	require.Equal(t, "bronze 20 silver 5 ", count("2026-02-01"))
	require.Empty(t, count("2025-01-01"))

	var listed []string
	in := &tierv1.ListTiersRequest{Program: "tea", At: timestamppb.New(moment("2025-06-01")), PageSize: 10}
	for pages := 1; ; pages++ {
		answer, err := s.grpc.ListTiers(t.Context(), in)
		require.NoError(t, err)
		for _, a := range answer.GetAccounts() {
			listed = append(listed, a.GetAccount()+" "+a.GetTier())
		}
		if in.PageToken = answer.GetNextPageToken(); in.GetPageToken() == "" {
			require.Equal(t, 3, pages)
			break
		}
	}
	require.Len(t, listed, 25)
	require.Equal(t, "m05 silver", listed[5])
	require.Equal(t, "m24 gold", listed[24])

	steps, err := s.grpc.DescribeLadder(t.Context(), &tierv1.DescribeLadderRequest{Program: "tea"})
	require.NoError(t, err)
	require.Len(t, steps.GetSteps(), 3)
	require.EqualValues(t, 30, steps.GetNoticeDays())
	require.True(t, steps.GetSoftLanding())
}

// neighbour is an account of the same partition: only there the log says who was first.
func neighbour(account string) string {
	for n := 0; ; n++ {
		if other := fmt.Sprint("other", n); bus.Partition("tea", other, partitions) == bus.Partition("tea", account, partitions) {
			return other
		}
	}
}

// A whole life is told once, with duplicates, what is refused, waits and grants; then services of any size, one after the
// other and two at once, come to the same bytes from the stream.
func TestRebuiltFromTheStreamToTheSameBytes(t *testing.T) {
	t.Parallel()
	p := open(t, events)
	first := p.run(p.database(), size{lanes: 2})
	var told []sent
	for i := range 60 {
		account, order := fmt.Sprint("m", i%9), fmt.Sprint("o", i)
		day := moment("2025-01-01").AddDate(0, 0, i*4).Format("2006-01-02")
		if i%7 == 0 {
			told = append(told, p.returns(account, order, day, 5_00)) // before its order
		}
		told = append(told, p.pays(account, order, day, int64(i%5)*200_00+1))
		if i%4 == 0 {
			p.pays(account, order, day, int64(i%5)*200_00+1)       // again
			told = append(told, p.pays(account, order, day, 77))   // with other content
			other := p.pays(neighbour(account), order, day, 77_00) // of another account
			p.refuses(other)
		}
		if i%3 == 1 {
			p.refuses(told[(i*7)%len(told)])
		}
		if i%20 == 10 {
			first.drained()
			_, err := first.grpc.GrantTier(t.Context(), &tierv1.GrantTierRequest{
				IdempotencyKey: order, Program: "tea", Account: account, Tier: "gold",
				UntilDay: moment(day).AddDate(0, 1, 3).Format("2006-01-02"), Reason: "goodwill",
			})
			require.NoError(t, err)
		}
	}
	p.returns("m1", "never", "2025-08-30", 5_00)
	p.apply(2, theTeaClub+"name: Tea club\n")
	p.pass("2026-01-01T00:00:00Z")
	first.drained()
	want := first.bytes()
	require.NotEmpty(t, want["refusals"])
	require.NotEmpty(t, want["heard"])
	require.NotEmpty(t, want["history"])

	small := p.run(p.database(), size{lanes: 1, batch: 1})
	small.drained()
	require.Equal(t, want, small.bytes())

	shared := p.database()
	one, two := p.run(shared, size{lanes: 2, batch: 7}), p.run(shared, size{lanes: 1, batch: 20})
	one.drained()
	two.drained()
	require.Equal(t, want, one.bytes())

	stopped := p.database()
	for range 3 {
		s := p.run(stopped, size{batch: 3})
		s.stop()
	}
	last := p.run(stopped, size{})
	last.drained()
	require.Equal(t, want, last.bytes())
}

// A refused event stays refused when the log is read again, though it would be taken by then.
func TestARefusedEventStaysRefused(t *testing.T) {
	t.Parallel()
	p := open(t, events)
	s := p.run(p.database(), size{})
	p.pays("ann", "o1", "2025-01-10", 100_00)
	p.returns("ann", "o1", "2025-01-11", 200_00) // more than was bought
	s.drained()
	p.returns("ann", "o1", "2025-01-11", 200_00)
	p.send("paid", "ann", "broken", &controlv1.ClockPassed{})
	s.drained()
	require.EqualValues(t, 100_00, s.member("ann", "").GetQualifyingMinor())
	s.counted(2, 1)
}

// By the wall clock an event that lies ahead is refused, as accrual refuses it.
func TestByTheWallClock(t *testing.T) {
	t.Parallel()
	p := open(t, wall)
	s := p.run(p.database(), size{})
	p.pays("ann", "o1", "2024-01-10", 100_00)
	p.pays("ann", "o2", "2999-01-10", 100_00)
	s.drained()
	require.Equal(t, "bronze", s.member("ann", "").GetTier())
	s.counted(1, 0)
	granted, err := s.grpc.GrantTier(t.Context(), &tierv1.GrantTierRequest{
		IdempotencyKey: "k", Program: "tea", Account: "ann", Tier: "silver", UntilDay: "2999-01-01", Reason: "for good",
	})
	require.NoError(t, err)
	require.NotEmpty(t, granted.GetGrant().GetGrantId())
	s.drained()
	require.Equal(t, "silver", s.member("ann", "").GetTier())
}

// Where a programme enrols by name, an order of nobody's account is refused, as accrual refuses it.
func TestEnrolledByName(t *testing.T) {
	t.Parallel()
	p := open(t, events)
	p.apply(2, theTeaClub+"enrolment: explicit\n")
	s := p.run(p.database(), size{})
	p.pays("ann", "o1", "2025-01-10", 600_00)
	for _, id := range []string{"1", "again"} {
		p.controlFor("bob", "member", "enrolled", id, &controlv1.MemberEnrolled{
			Program: "tea", Account: "bob", Member: "bob", Kind: memberv1.MemberKind_MEMBER_KIND_CONSUMER, EnrolledAt: timestamppb.New(moment("2025-01-10")),
		})
	}
	p.pays("bob", "o2", "2025-01-11", 600_00)
	s.drained()
	s.counted(1, 1)
	require.Equal(t, "silver", s.member("bob", "").GetTier())
}
