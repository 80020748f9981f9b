package programme_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	programmev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/programme/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// bad is a call that is refused, and why.
type bad struct {
	name  string
	call  func(ctx context.Context, s *service) error
	want  reason.Reason
	field string
}

func (b bad) requireRefused(t *testing.T, s *service) {
	t.Helper()
	err := b.call(t.Context(), s)
	refusal, ok := reason.Of(rpc.FromStatus(err))
	require.True(t, ok, "%v", err)
	require.Equal(t, b.want, refusal.Reason, "%v", err)
	require.Equal(t, b.field, refusal.Field, "%v", err)
}

func validate(in *programmev1.ValidateProgramRequest) func(context.Context, *service) error {
	return func(ctx context.Context, s *service) error {
		_, err := s.ValidateProgram(ctx, in)
		return err
	}
}

func plan(change func(*programmev1.PlanProgramRequest)) func(context.Context, *service) error {
	return func(ctx context.Context, s *service) error {
		in := &programmev1.PlanProgramRequest{Program: "tea", Files: files(generous("9"))}
		change(in)
		_, err := s.PlanProgram(ctx, in)
		return err
	}
}

func apply(change func(*programmev1.ApplyProgramRequest)) func(context.Context, *service) error {
	return func(ctx context.Context, s *service) error {
		in := ask(2, generous("9"))
		change(in)
		_, err := s.ApplyProgram(ctx, in)
		return err
	}
}

func rollback(change func(*programmev1.RollbackProgramRequest)) func(context.Context, *service) error {
	return func(ctx context.Context, s *service) error {
		in := &programmev1.RollbackProgramRequest{Program: "tea", IdempotencyKey: "key", BaseRevision: 2, ToRevision: 1}
		change(in)
		_, err := s.RollbackProgram(ctx, in)
		return err
	}
}

func list(in *programmev1.ListRevisionsRequest) func(context.Context, *service) error {
	return func(ctx context.Context, s *service) error {
		_, err := s.ListRevisions(ctx, in)
		return err
	}
}

func get(in *programmev1.GetRevisionRequest) func(context.Context, *service) error {
	return func(ctx context.Context, s *service) error {
		_, err := s.GetRevision(ctx, in)
		return err
	}
}

func compare(in *programmev1.CompareRevisionsRequest) func(context.Context, *service) error {
	return func(ctx context.Context, s *service) error {
		_, err := s.CompareRevisions(ctx, in)
		return err
	}
}

// badCalls has what is missing, too long, unknown, or not to be, for each method.
func badCalls() []bad {
	long := strings.Repeat("x", 65)
	bytesOf := func(n int) []byte { return bytes.Repeat([]byte("#"), n) }
	many := make([]*programmev1.File, 65)
	for i := range many {
		many[i] = &programmev1.File{Name: fmt.Sprint(i, ".yaml"), Content: []byte("#")}
	}
	type (
		planning = programmev1.PlanProgramRequest
		applying = programmev1.ApplyProgramRequest
		backing  = programmev1.RollbackProgramRequest
	)
	invalid, faulty := reason.InvalidArgument, reason.InvalidProgram
	elevenYears := timestamppb.New(time.Now().AddDate(11, 0, 0))
	return []bad{
		{"validate nothing", validate(&programmev1.ValidateProgramRequest{}), invalid, "files"},
		{"validate too many files", validate(&programmev1.ValidateProgramRequest{Files: many}), invalid, "files"},
		{"validate a file without a name", validate(&programmev1.ValidateProgramRequest{Files: []*programmev1.File{{Content: []byte("#")}}}), invalid, "files[0].name"},
		{"validate a file that is too large", validate(&programmev1.ValidateProgramRequest{Files: []*programmev1.File{{Name: "a", Content: bytesOf(256<<10 + 1)}}}), invalid, "files[0].content"},

		{"plan for no programme", plan(func(in *planning) { in.Program = "" }), invalid, "program"},
		{"plan for a long programme", plan(func(in *planning) { in.Program = long }), invalid, "program"},
		{"plan nothing", plan(func(in *planning) { in.Files = nil }), invalid, "files"},
		{"plan faults", plan(func(in *planning) { in.Files = files("programme: tea") }), faulty, "files"},
		{"plan files that are too large together", plan(func(in *planning) {
			in.Files = []*programmev1.File{{Name: "a", Content: bytesOf(200 << 10)}, {Name: "b", Content: bytesOf(57 << 10)}}
		}), faulty, "files"},
		{"plan another programme", plan(func(in *planning) { in.Program = "coffee" }), faulty, "program"},
		{"plan another currency", plan(func(in *planning) { in.Files = files(strings.Replace(theTeaClub, "USD", "EUR", 1)) }), faulty, "currency"},
		{"plan for a time that is none", plan(func(in *planning) { in.EffectiveAt = &timestamppb.Timestamp{Nanos: -1} }), invalid, "effective_at"},
		{"plan for a far time", plan(func(in *planning) { in.EffectiveAt = elevenYears }), invalid, "effective_at"},

		{"apply to no programme", apply(func(in *applying) { in.Program = "" }), invalid, "program"},
		{"apply without a key", apply(func(in *applying) { in.IdempotencyKey = "" }), invalid, "idempotency_key"},
		{"apply with a long key", apply(func(in *applying) { in.IdempotencyKey = strings.Repeat("k", 129) }), invalid, "idempotency_key"},
		{"apply nothing", apply(func(in *applying) { in.Files = nil }), invalid, "files"},
		{"apply on a base below zero", apply(func(in *applying) { in.BaseRevision = -1 }), invalid, "base_revision"},
		{"apply on an old base", apply(func(in *applying) { in.BaseRevision = 1 }), reason.PlanOutdated, "base_revision"},
		{"apply on a base that is not there", apply(func(in *applying) { in.BaseRevision = 3 }), reason.PlanOutdated, "base_revision"},
		{"apply faults", apply(func(in *applying) { in.Files = files("a: b") }), faulty, "files"},
		{"apply what is no text", apply(func(in *applying) { in.Files = files("\xff") }), faulty, "files"},
		{"apply another programme", apply(func(in *applying) { in.Program, in.BaseRevision = "coffee", 0 }), faulty, "program"},
		{"apply another zone", apply(func(in *applying) { in.Files = files(strings.Replace(theTeaClub, "UTC", "Europe/Berlin", 1)) }), faulty, "zone"},
		{"apply another unit", apply(func(in *applying) { in.Files = files(strings.Replace(theTeaClub, "unit: points", "unit: stars", 1)) }), faulty, "unit"},
		{"apply for a far time", apply(func(in *applying) { in.EffectiveAt = elevenYears }), invalid, "effective_at"},
		{"apply the first for a time", apply(func(in *applying) {
			in.Program, in.BaseRevision, in.EffectiveAt = "coffee", 0, timestamppb.Now()
			in.Files = files(strings.Replace(theTeaClub, "tea", "coffee", 1))
		}), invalid, "effective_at"},

		{"roll back no programme", rollback(func(in *backing) { in.Program = "" }), invalid, "program"},
		{"roll back without a key", rollback(func(in *backing) { in.IdempotencyKey = "" }), invalid, "idempotency_key"},
		{"roll back to nothing", rollback(func(in *backing) { in.ToRevision = 0 }), invalid, "to_revision"},
		{"roll back to what is not there", rollback(func(in *backing) { in.ToRevision = 3 }), reason.RevisionNotFound, "to_revision"},
		{"roll back an unknown programme", rollback(func(in *backing) { in.Program = "coffee" }), reason.UnknownProgram, "program"},
		{"roll back on an old base", rollback(func(in *backing) { in.BaseRevision = 1 }), reason.PlanOutdated, "base_revision"},

		{"list no programme", list(&programmev1.ListRevisionsRequest{}), invalid, "program"},
		{"list an unknown programme", list(&programmev1.ListRevisionsRequest{Program: "coffee"}), reason.UnknownProgram, "program"},
		{"list a long page", list(&programmev1.ListRevisionsRequest{Program: "tea", PageSize: 201}), invalid, "page_size"},
		{"list with a token that is none", list(&programmev1.ListRevisionsRequest{Program: "tea", PageToken: "what?"}), invalid, "page_token"},
		{"list with the token of another list", list(&programmev1.ListRevisionsRequest{Program: "tea", PageToken: "MS9jb2ZmZWUvMg"}), invalid, "page_token"},

		{"get no programme", get(&programmev1.GetRevisionRequest{}), invalid, "program"},
		{"get a number below zero", get(&programmev1.GetRevisionRequest{Program: "tea", Number: -1}), invalid, "number"},
		{"get an unknown programme", get(&programmev1.GetRevisionRequest{Program: "coffee", Number: 1}), reason.UnknownProgram, "program"},
		{"get an unknown revision", get(&programmev1.GetRevisionRequest{Program: "tea", Number: 3}), reason.RevisionNotFound, "number"},

		{"compare no programme", compare(&programmev1.CompareRevisionsRequest{FromNumber: 1, ToNumber: 2}), invalid, "program"},
		{"compare with nothing", compare(&programmev1.CompareRevisionsRequest{Program: "tea", FromNumber: 1}), invalid, "to_number"},
		{"compare an unknown programme", compare(&programmev1.CompareRevisionsRequest{Program: "coffee", FromNumber: 1, ToNumber: 2}), reason.UnknownProgram, "program"},
		{"compare with an unknown revision", compare(&programmev1.CompareRevisionsRequest{Program: "tea", FromNumber: 1, ToNumber: 7}), reason.RevisionNotFound, "to_number"},
	}
}

func TestBadCallsAreRefusedWithTheirReason(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.run().ready()
	s.apply(0, theTeaClub)
	s.apply(1, generous("2"))
	for _, b := range badCalls() {
		t.Run(b.name, func(t *testing.T) { b.requireRefused(t, s) })
	}
	require.Len(t, s.list(), 2, "nothing of it was kept")
	h.requireLogged("1 1", "2 2")
}

// TestFaultsAreTypedDetails: validating tells all of them, a refusal carries the first 20.
func TestFaultsAreTypedDetails(t *testing.T) {
	t.Parallel()
	s := open(t).run().ready()
	var text strings.Builder
	text.WriteString(theTeaClub)
	for i := range 30 {
		fmt.Fprintf(&text, "wrong%d: 1\n", i)
	}
	answer, err := s.ValidateProgram(t.Context(), &programmev1.ValidateProgramRequest{Files: files(text.String())})
	require.NoError(t, err)
	require.Len(t, answer.GetFaults(), 30)
	require.Empty(t, answer.GetProgram())
	first := answer.GetFaults()[0]
	require.Equal(t, []any{"tea.yaml", int32(7), int32(1), "wrong0"}, []any{first.GetFile(), first.GetLine(), first.GetColumn(), first.GetPath()})
	require.Contains(t, first.GetMessage(), "unknown key")

	_, err = s.ApplyProgram(t.Context(), ask(0, text.String()))
	refusal, _ := reason.Of(rpc.FromStatus(err))
	require.Equal(t, reason.InvalidProgram, refusal.Reason)
	require.Equal(t, "30", refusal.Metadata["faults"])
	var faults *programmev1.ProgramFaults
	for _, detail := range status.Convert(err).Details() {
		if d, ok := detail.(*programmev1.ProgramFaults); ok {
			faults = d
		}
	}
	require.EqualValues(t, 30, faults.GetTotal())
	require.Len(t, faults.GetFaults(), 20)
	require.Equal(t, first.String(), faults.GetFaults()[0].String())
}
