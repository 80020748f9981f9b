package programme_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	programmev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/programme/v1"
)

func (s *service) plan(text string, at *timestamppb.Timestamp) *programmev1.PlanProgramResponse {
	s.h.t.Helper()
	answer, err := s.PlanProgram(s.h.t.Context(), &programmev1.PlanProgramRequest{Program: "tea", Files: files(text), EffectiveAt: at})
	require.NoError(s.h.t, err)
	return answer
}

// told is a change in one line.
func told(changes []*programmev1.Change) []string {
	list := make([]string, len(changes))
	for i, c := range changes {
		kind := strings.ToLower(strings.TrimPrefix(c.GetKind().String(), "CHANGE_KIND_"))
		list[i] = kind + " " + c.GetPath() + ": " + c.GetWas() + " -> " + c.GetIs()
	}
	return list
}

func TestAPlanSaysWhatWouldChange(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.run().ready()
	first := s.plan(theTeaClub, nil)
	require.Zero(t, first.GetBaseRevision())
	require.Zero(t, first.GetComparedRevision())
	require.Contains(t, told(first.GetChanges()), "added earning.points:  -> 1 per 1.00")
	require.Empty(t, first.GetWarnings())
	s.apply(0, theTeaClub)

	same := s.plan(theTeaClub, nil)
	require.True(t, same.GetUnchanged())
	require.Empty(t, same.GetChanges())
	comment := s.plan(theTeaClub+"# nothing else\n", nil)
	require.False(t, comment.GetUnchanged(), "a revision, but it says the same")
	require.Empty(t, comment.GetChanges())

	two := s.plan(strings.Replace(generous("2"), "months: 12", "months: 6", 1), nil)
	require.EqualValues(t, 1, two.GetBaseRevision())
	require.EqualValues(t, 1, two.GetComparedRevision())
	require.Equal(t, []string{
		"changed earning.points: 1 per 1.00 -> 2 per 1.00", "changed expiry: end_of_month, 12 months -> end_of_month, 6 months",
	}, told(two.GetChanges()))
	require.Len(t, two.GetWarnings(), 2)
	require.Contains(t, two.GetWarnings()[1].GetMessage(), "keep the day on which they lapse")
	require.Len(t, s.list(), 1, "nothing was changed")
	h.requireLogged("1 1")
}

// TestAPlanComparesWithWhatIsInForceThen: revision 2 begins tomorrow.
func TestAPlanComparesWithWhatIsInForceThen(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.run().ready()
	s.apply(0, theTeaClub)
	tomorrow, later := timestamppb.New(time.Now().Add(24*time.Hour)), timestamppb.New(time.Now().Add(48*time.Hour))
	in := ask(1, generous("2"))
	in.EffectiveAt = tomorrow
	answer, err := s.ApplyProgram(t.Context(), in)
	require.NoError(t, err)
	require.True(t, answer.GetRevision().GetPublished())
	require.Equal(t, tomorrow.AsTime().Truncate(time.Millisecond), answer.GetRevision().GetEffectiveAt().AsTime())
	require.Equal(t, answer.GetRevision().GetEffectiveAt().AsTime(), h.logged(0)[1].GetEffectiveAt().AsTime())
	list, err := s.ListRevisions(t.Context(), &programmev1.ListRevisionsRequest{Program: "tea"})
	require.NoError(t, err)
	require.EqualValues(t, 1, list.GetInForce())

	now := s.plan(generous("3"), nil)
	require.EqualValues(t, 2, now.GetBaseRevision())
	require.EqualValues(t, 1, now.GetComparedRevision())
	require.Equal(t, []string{"changed earning.points: 1 per 1.00 -> 3 per 1.00"}, told(now.GetChanges()))
	require.Contains(t, now.GetWarnings()[0].GetMessage(), "revision 2, which was to begin at "+tomorrow.AsTime().Format("2006-01-02T15:04:05Z")+", never will")
	then := s.plan(generous("3"), later)
	require.EqualValues(t, 2, then.GetComparedRevision())
	require.Equal(t, []string{"changed earning.points: 2 per 1.00 -> 3 per 1.00"}, told(then.GetChanges()))
	require.Len(t, then.GetWarnings(), 1)
	past := s.plan(generous("3"), timestamppb.New(time.Now().Add(-time.Hour)))
	require.Contains(t, past.GetWarnings()[0].GetMessage(), "it lies in the past")
	require.False(t, s.plan(generous("2"), nil).GetUnchanged(), "the same files, but today")
	require.True(t, s.plan(generous("2"), tomorrow).GetUnchanged())
}

func TestRevisionsAreListedInPagesAndCompared(t *testing.T) {
	t.Parallel()
	s := open(t).run().ready()
	for i, points := range []string{"1", "2", "3", "4", "5"} {
		s.apply(int32(i), generous(points)) //nolint:gosec // five
	}
	var numbers []int32
	in := &programmev1.ListRevisionsRequest{Program: "tea", PageSize: 2}
	for pages := 1; ; pages++ {
		answer, err := s.ListRevisions(t.Context(), in)
		require.NoError(t, err)
		require.EqualValues(t, 5, answer.GetInForce())
		for _, r := range answer.GetRevisions() {
			numbers = append(numbers, r.GetNumber())
		}
		if in.PageToken = answer.GetNextPageToken(); in.GetPageToken() == "" {
			require.Equal(t, 3, pages)
			break
		}
	}
	require.Equal(t, []int32{5, 4, 3, 2, 1}, numbers)

	compared, err := s.CompareRevisions(t.Context(), &programmev1.CompareRevisionsRequest{Program: "tea", FromNumber: 5, ToNumber: 2})
	require.NoError(t, err)
	require.Equal(t, []string{"changed earning.points: 5 per 1.00 -> 2 per 1.00"}, told(compared.GetChanges()))
}
