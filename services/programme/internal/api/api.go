// Package api is the gRPC door of the programme service: it answers laurel.programme.v1.ProgrammeService. Who may call and
// how errors travel is the rpc room's business, what may become a revision is the registry's.
package api

import (
	"context"

	programmev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/programme/v1"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/programme/internal/applying"
	"github.com/laurel-loyalty/laurel/services/programme/internal/domain/registry"
	"github.com/laurel-loyalty/laurel/services/programme/internal/publishing"
	"github.com/laurel-loyalty/laurel/services/programme/internal/storage"
)

// Deps are what the door stands on.
type Deps struct {
	Storage   *storage.Storage
	Publisher *publishing.Publisher
	Applier   *applying.Applier
	Clock     clock.Clock
	Counted   func(outcome string) // is told what became of each ask
}

// Server implements ProgrammeService. Safe for many goroutines.
type Server struct {
	programmev1.UnimplementedProgrammeServiceServer
	deps Deps
}

// New makes the service; register it on an rpc.Server.
func New(deps Deps) *Server { return &Server{deps: deps} }

// revision finds a revision with its files; number 0 is the newest.
func (s *Server) revision(ctx context.Context, program string, number int32, field string) (registry.Revision, error) {
	if err := s.deps.Publisher.Ready(); err != nil {
		return registry.Revision{}, err
	}
	if number > 0 {
		r, found, err := s.deps.Storage.Get(ctx, program, int(number))
		if err != nil || found {
			return r, err
		}
	}
	newest, found, err := s.deps.Storage.Newest(ctx, program)
	switch {
	case err != nil:
		return newest, err
	case !found:
		return newest, unknown(program)
	case number > 0:
		return newest, reason.New(reason.RevisionNotFound, field, "programme %s has no revision %d; its newest is %d",
			program, number, newest.Number).With("newest", newest.Number)
	}
	return newest, nil
}

func unknown(program string) error {
	return reason.New(reason.UnknownProgram, "program", "there is no revision of a programme %s", program)
}
