// Package api is the tier service's gRPC door: it answers laurel.tier.v1.TierService. Who may call and how errors travel
// is the rpc room's business; where an account stands is the domain's.
package api

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	tierv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/tier/v1"
	typev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/type/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/tier/internal/domain/standing"
	"github.com/laurel-loyalty/laurel/services/tier/internal/storage"
)

// How long a page is when the caller does not say; the contract bounds it.
const (
	historyPageDefault = 50
	tiersPageDefault   = 200
)

// Deps are what the door stands on.
type Deps struct {
	Storage  *storage.Storage
	Store    *store.Store
	Programs *follow.Programs
	Bus      *bus.Bus // where grants go
	// After waits until a position is applied to the accounts, or to all; without a position not at all.
	After      func(ctx context.Context, to *typev1.Position, accounts ...follow.Account) error
	Clock      clock.Clock
	Partitions int // of EVENTS
}

// Server implements TierService. Safe for many goroutines.
type Server struct {
	tierv1.UnimplementedTierServiceServer
	deps Deps
}

// New makes the service; register it on an rpc.Server.
func New(deps Deps) *Server { return &Server{deps: deps} }

// place is what a partition knows: how far its clock is, and the revisions of a programme that it has passed.
type place struct {
	clock    time.Time
	schedule program.Schedule
	replay   bool // its clock is that of events
}

// now is the time at which a command is given. In a replay nobody looks at the wall clock.
func (s *Server) now(p place) time.Time {
	now := calendar.Millis(s.deps.Clock.Now())
	if p.replay || now.Before(p.clock) {
		return p.clock
	}
	return now
}

// place reads the partition of an account. UNKNOWN_PROGRAMME if it has passed no revision of the programme.
func (s *Server) place(ctx context.Context, programID, account string) (place, error) {
	id := bus.Partition(programID, account, s.deps.Partitions)
	parts, err := s.deps.Store.ReadPartitions(ctx, []int{id})
	if err != nil {
		return place{}, err
	}
	part := parts[id]
	if err := s.deps.Programs.Load(ctx, part.Revisions); err != nil {
		return place{}, err
	}
	p := place{part.Clock, s.deps.Programs.Schedule(part, programID), part.Events}
	if len(p.schedule) == 0 {
		return p, reason.New(reason.UnknownProgram, "program", "no revision of programme %s is known", programID)
	}
	return p, nil
}

// account reads an account as it stands at its partition's clock: what is due by then and no sweep has come to is done
// in memory. ACCOUNT_NOT_FOUND if nothing is known of it.
func (s *Server) account(ctx context.Context, ref storage.Ref, p place) (standing.Account, []standing.Line, error) {
	found, err := s.deps.Storage.Standings(ctx, []storage.Ref{ref})
	if err != nil {
		return standing.Account{}, nil, err
	}
	a, ok := found[ref]
	if !ok {
		return a, nil, notFound(ref)
	}
	a.Waiting = nil // a wait that ends moves no tier
	steps, a, err := standing.BringUp(a, p.schedule, standing.Books{}, p.clock)
	var lines []standing.Line
	for _, step := range steps {
		if step.Line != nil {
			lines = append(lines, *step.Line)
		}
	}
	return a, lines, err
}

func notFound(ref storage.Ref) error {
	return reason.New(reason.AccountNotFound, "account", "there is no account %s in programme %s, or not yet at that time", ref.Account, ref.Program)
}

// known refuses a programme of which no partition has passed a revision.
func (s *Server) known(ctx context.Context, programID string) (program.Known, error) {
	ids := make([]int, s.deps.Partitions)
	for i := range ids {
		ids[i] = i
	}
	parts, err := s.deps.Store.ReadPartitions(ctx, ids)
	if err != nil {
		return program.Known{}, err
	}
	var latest program.Known
	for _, part := range parts {
		if err := s.deps.Programs.Load(ctx, part.Revisions); err != nil {
			return latest, err
		}
		if k := s.deps.Programs.Schedule(part, programID).Latest(); k.Revision > latest.Revision {
			latest = k
		}
	}
	if latest.Revision == 0 {
		return latest, reason.New(reason.UnknownProgram, "program", "no revision of programme %s is known", programID)
	}
	return latest, nil
}

func timeFromProto(t *timestamppb.Timestamp) (time.Time, error) {
	if t == nil {
		return time.Time{}, nil
	}
	if err := t.CheckValid(); err != nil {
		return time.Time{}, reason.New(reason.InvalidArgument, "at", "%s", err)
	}
	return t.AsTime(), nil
}

func pageSize(asked int32, otherwise int) int {
	if asked == 0 {
		return otherwise
	}
	return int(asked)
}
