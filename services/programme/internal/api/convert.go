package api

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	programmev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/programme/v1"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/programme/internal/applying"
	"github.com/laurel-loyalty/laurel/services/programme/internal/domain/registry"
)

// faultsInDetails is how many faults a refusal carries: details travel in headers. ValidateProgram tells all.
const faultsInDetails = 20

// caller is who asks, by the credential.
func caller(ctx context.Context) string { return string(rpc.Caller(ctx)) }

// parse checks files; INVALID_PROGRAMME with the first faults in its details.
func parse(files []program.File) (*program.Program, error) {
	says, faults := program.Parse(files)
	if len(faults) == 0 {
		return says, nil
	}
	refusal := reason.New(reason.InvalidProgram, "files", "the programme has faults, the first is %s", faults[0]).
		With("faults", len(faults))
	return nil, rpc.WithDetails(refusal, &programmev1.ProgramFaults{
		Faults: faultsToProto(faults[:min(len(faults), faultsInDetails)]), Total: int32(len(faults)), //nolint:gosec // bounded by program
	})
}

func filesFromProto(files []*programmev1.File) []program.File {
	list := make([]program.File, len(files))
	for i, f := range files {
		list[i] = program.File{Name: f.GetName(), Content: f.GetContent()}
	}
	return list
}

func filesToProto(files []program.File) []*programmev1.File {
	list := make([]*programmev1.File, len(files))
	for i, f := range files {
		list[i] = &programmev1.File{Name: f.Name, Content: f.Content}
	}
	return list
}

func faultsToProto(faults []program.Fault) []*programmev1.Fault {
	list := make([]*programmev1.Fault, len(faults))
	for i, f := range faults {
		list[i] = &programmev1.Fault{
			File: f.File, Line: int32(f.Line), Column: int32(f.Column), Path: f.Path, Message: f.Message, //nolint:gosec // within 256 KiB
		}
	}
	return list
}

func changesToProto(changes []program.Change) []*programmev1.Change {
	kinds := map[program.ChangeKind]programmev1.ChangeKind{
		program.ChangeAdded:   programmev1.ChangeKind_CHANGE_KIND_ADDED,
		program.ChangeRemoved: programmev1.ChangeKind_CHANGE_KIND_REMOVED,
		program.ChangeChanged: programmev1.ChangeKind_CHANGE_KIND_CHANGED,
	}
	list := make([]*programmev1.Change, len(changes))
	for i, c := range changes {
		list[i] = &programmev1.Change{Kind: kinds[c.Kind], Path: c.Path, Was: c.Was, Is: c.Is}
	}
	return list
}

func planToProto(id string, p applying.Planned) *programmev1.PlanProgramResponse {
	answer := &programmev1.PlanProgramResponse{
		Program: id, BaseRevision: int32(p.Base), ComparedRevision: int32(p.Compared), //nolint:gosec // at most RevisionsMax
		Changes: changesToProto(p.Changes), Unchanged: p.Unchanged, KnownRevision: int32(p.Known), //nolint:gosec // at most RevisionsMax
	}
	for _, w := range p.Warnings {
		answer.Warnings = append(answer.Warnings, &programmev1.Warning{Path: w.Path, Message: w.Message})
	}
	return answer
}

// revisionToProto leaves the files out.
func revisionToProto(r registry.Revision) *programmev1.Revision {
	answer := &programmev1.Revision{
		Program: r.Program, Number: int32(r.Number), AppliedAt: timestamppb.New(r.AppliedAt), Actor: r.Actor, //nolint:gosec // at most RevisionsMax
		Published: r.Published, RollbackOf: int32(r.RollbackOf), Digest: r.Digest.String(), //nolint:gosec // at most RevisionsMax
	}
	if !r.Effective.IsZero() {
		answer.EffectiveAt = timestamppb.New(r.Effective)
	}
	return answer
}

// timeFromProto reads a time to the millisecond, as control events carry it; zero where it is absent.
func timeFromProto(t *timestamppb.Timestamp, field string) (time.Time, error) {
	if t == nil {
		return time.Time{}, nil
	}
	if err := t.CheckValid(); err != nil {
		return time.Time{}, reason.New(reason.InvalidArgument, field, "%s", err)
	}
	return calendar.Millis(t.AsTime()), nil
}
