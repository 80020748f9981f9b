package api

import (
	"context"
	"strconv"

	programmev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/programme/v1"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/programme/internal/applying"
	"github.com/laurel-loyalty/laurel/services/programme/internal/domain/registry"
)

// pageDefault is how long a page is when the caller does not say; the contract bounds it by 200.
const pageDefault = 50

// ListRevisions implements ProgrammeService.
func (s *Server) ListRevisions(ctx context.Context, in *programmev1.ListRevisionsRequest) (*programmev1.ListRevisionsResponse, error) {
	if err := s.deps.Publisher.Ready(); err != nil {
		return nil, err
	}
	below, err := place(in.GetProgram(), in.GetPageToken())
	if err != nil {
		return nil, err
	}
	all, err := s.deps.Storage.List(ctx, in.GetProgram(), 0, registry.RevisionsMax)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, unknown(in.GetProgram())
	}
	answer := &programmev1.ListRevisionsResponse{InForce: int32(s.inForce(all))} //nolint:gosec // at most RevisionsMax
	size := int(in.GetPageSize())
	if size == 0 {
		size = pageDefault
	}
	for _, r := range all {
		switch {
		case below > 0 && r.Number >= below:
			continue
		case len(answer.GetRevisions()) == size:
			answer.NextPageToken = cursor(in.GetProgram(), strconv.Itoa(r.Number+1))
			return answer, nil
		}
		answer.Revisions = append(answer.Revisions, revisionToProto(r))
	}
	return answer, nil
}

// inForce is the revision that holds now, of those that are published.
func (s *Server) inForce(newestFirst []registry.Revision) int {
	for i, r := range newestFirst {
		if r.Published {
			return registry.InForce(newestFirst[i:], s.deps.Clock.Now())
		}
	}
	return 0
}

// GetRevision implements ProgrammeService.
func (s *Server) GetRevision(ctx context.Context, in *programmev1.GetRevisionRequest) (*programmev1.GetRevisionResponse, error) {
	r, err := s.revision(ctx, in.GetProgram(), in.GetNumber(), "number")
	if err != nil {
		return nil, err
	}
	answer := revisionToProto(r)
	answer.Files = filesToProto(r.Files)
	return &programmev1.GetRevisionResponse{Revision: answer}, nil
}

// CompareRevisions implements ProgrammeService.
func (s *Server) CompareRevisions(ctx context.Context, in *programmev1.CompareRevisionsRequest) (*programmev1.CompareRevisionsResponse, error) {
	var says [2]*program.Program
	for i, side := range []struct {
		number int32
		field  string
	}{{in.GetFromNumber(), "from_number"}, {in.GetToNumber(), "to_number"}} {
		r, err := s.revision(ctx, in.GetProgram(), side.number, side.field)
		if err != nil {
			return nil, err
		}
		if says[i], err = applying.Says(r); err != nil {
			return nil, err
		}
	}
	return &programmev1.CompareRevisionsResponse{Changes: changesToProto(program.Compare(says[0], says[1]))}, nil
}
