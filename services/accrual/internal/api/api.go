// Package api is accrual's gRPC door: it answers laurel.accrual.v1.AccrualService from the stored ledger. Who may call
// and how errors travel is the rpc room's business; what an entry says in words is the ledger's.
package api

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	typev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/type/v1"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/adjusting"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/closing"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/verify"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// Limits of an answer.
const (
	// pageDefault is how long a page is when the caller does not say; the contract bounds it by 200.
	pageDefault = 50
	// answerBytes is where a page ends early: well below rpc.MessageBytesMax, since one entry or dead letter more must fit.
	answerBytes = 2 << 20
	// foldPage is how many entries are read at a time while an account is folded.
	foldPage = 500
)

// Deps are what the door stands on.
type Deps struct {
	Storage  *storage.Storage
	Programs *follow.Programs
	Bus      *bus.Bus // where redriven events go
	// After waits until a position is applied to the accounts, or to all; without a position not at all.
	After func(ctx context.Context, to *typev1.Position, accounts ...follow.Account) error
	// Do has the ledger do what a caller asks for, and returns its entry once that is durable.
	Do    func(ctx context.Context, ref storage.AccountRef, r ledger.Request) (ledger.Entry, error)
	Clock clock.Clock
	// Partitions is how many EVENTS has.
	Partitions int
	Closing    *closing.Closer
	Adjusting  *adjusting.Adjuster
	// Stopping is closed when the server takes no more: who watches is sent away.
	Stopping <-chan struct{}
	// Verify reads a programme's ledger, all of them when program is empty, and tells how far it has come.
	Verify func(ctx context.Context, program string, o verify.Options) (verify.Report, error)
}

// Server implements AccrualService. Safe for many goroutines.
type Server struct {
	accrualv1.UnimplementedAccrualServiceServer
	deps     Deps
	watchers watchers
}

// New makes the service; register it on an rpc.Server.
func New(deps Deps) *Server { return &Server{deps: deps} }

// program returns a revision that an entry names.
func (s *Server) program(ctx context.Context, id string, number int) (*program.Program, error) {
	if err := s.deps.Programs.Load(ctx, []store.Revision{{Program: id, Number: number}}); err != nil {
		return nil, err
	}
	if p := s.deps.Programs.Find(id, number); p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("revision %d of programme %s made an entry and is not kept", number, id)
}

// page cuts a list, of which one more than asked for was read, to what the answer holds. More tells if something is left.
func page[M proto.Message](list []M, size int) (shown []M, more bool) {
	bytes := 0
	for i, m := range list {
		bytes += proto.Size(m)
		if i == size || i > 0 && bytes > answerBytes {
			return list[:i], true
		}
	}
	return list, false
}

func pageSize(asked int32) int {
	if asked == 0 {
		return pageDefault
	}
	return int(asked)
}
