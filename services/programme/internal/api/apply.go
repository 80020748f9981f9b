package api

import (
	"context"

	programmev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/programme/v1"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/programme/internal/applying"
	"github.com/laurel-loyalty/laurel/services/programme/internal/domain/registry"
)

// ValidateProgram implements ProgrammeService.
func (*Server) ValidateProgram(_ context.Context, in *programmev1.ValidateProgramRequest) (*programmev1.ValidateProgramResponse, error) {
	says, faults := program.Parse(filesFromProto(in.GetFiles()))
	if len(faults) > 0 {
		return &programmev1.ValidateProgramResponse{Faults: faultsToProto(faults)}, nil
	}
	return &programmev1.ValidateProgramResponse{Program: says.ID}, nil
}

// PlanProgram implements ProgrammeService.
func (s *Server) PlanProgram(ctx context.Context, in *programmev1.PlanProgramRequest) (*programmev1.PlanProgramResponse, error) {
	if err := s.deps.Publisher.Ready(); err != nil {
		return nil, err
	}
	ask := registry.Ask{Program: in.GetProgram(), Files: filesFromProto(in.GetFiles())}
	var err error
	if ask.Effective, err = timeFromProto(in.GetEffectiveAt(), "effective_at"); err != nil {
		return nil, err
	}
	says, err := parse(ask.Files)
	if err != nil {
		return nil, err
	}
	planned, err := s.deps.Applier.Plan(ctx, ask, says)
	if err != nil {
		return nil, err
	}
	return planToProto(in.GetProgram(), planned), nil
}

// ApplyProgram implements ProgrammeService.
func (s *Server) ApplyProgram(ctx context.Context, in *programmev1.ApplyProgramRequest) (*programmev1.ApplyProgramResponse, error) {
	ask := registry.Ask{
		Program: in.GetProgram(), Actor: caller(ctx), Key: in.GetIdempotencyKey(), Base: int(in.GetBaseRevision()),
		Files: filesFromProto(in.GetFiles()),
	}
	var err error
	if ask.Effective, err = timeFromProto(in.GetEffectiveAt(), "effective_at"); err != nil {
		return nil, err
	}
	out, err := s.apply(ctx, ask)
	if err != nil {
		return nil, err
	}
	return &programmev1.ApplyProgramResponse{Revision: revisionToProto(out.Revision), Unchanged: out.Unchanged}, nil
}

// RollbackProgram implements ProgrammeService.
func (s *Server) RollbackProgram(ctx context.Context, in *programmev1.RollbackProgramRequest) (*programmev1.RollbackProgramResponse, error) {
	old, err := s.revision(ctx, in.GetProgram(), in.GetToRevision(), "to_revision")
	if err != nil {
		return nil, err
	}
	ask := registry.Ask{
		Program: in.GetProgram(), Actor: caller(ctx), Key: in.GetIdempotencyKey(), Base: int(in.GetBaseRevision()),
		Files: old.Files, RollbackOf: old.Number,
	}
	if ask.Effective, err = timeFromProto(in.GetEffectiveAt(), "effective_at"); err != nil {
		return nil, err
	}
	out, err := s.apply(ctx, ask)
	if err != nil {
		return nil, err
	}
	return &programmev1.RollbackProgramResponse{Revision: revisionToProto(out.Revision), Unchanged: out.Unchanged}, nil
}

// apply makes an ask a revision, and counts what became of it.
func (s *Server) apply(ctx context.Context, ask registry.Ask) (applying.Outcome, error) {
	says, err := parse(ask.Files)
	var out applying.Outcome
	if err == nil {
		out, err = s.deps.Applier.Apply(ctx, ask, says)
	}
	switch refusal, refused := reason.Of(err); {
	case refused:
		s.deps.Counted(string(refusal.Reason))
	case err != nil:
		s.deps.Counted("failed")
	case out.Unchanged:
		s.deps.Counted("unchanged")
	default:
		s.deps.Counted("applied")
	}
	return out, err
}
