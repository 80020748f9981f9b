package reward

import (
	"context"
	"strings"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/token"
)

// knows tells if the log has a revision of a programme. A programme that was there once stays, so it is asked for once;
// NOT_READY while the bus does not answer.
func (s *Service) knows(ctx context.Context, program string) (bool, error) {
	s.mu.Lock()
	known := s.known[program]
	s.mu.Unlock()
	if known {
		return true, nil
	}
	// Whoever wrote it: the source's token is left open.
	of := bus.ControlTokens(program, s.cfg.Partitions)[0]
	subject := strings.Join([]string{bus.ClassControl, token.Of(program), "*", "revised", token.Of(of)}, ".")
	_, found, err := s.bus.Last(ctx, bus.Events, subject)
	if err != nil {
		s.deps.Log.WarnContext(ctx, "programme not looked for", "programme", program, "error", err)
		return false, reason.New(reason.NotReady, "", "the bus does not say if there is a programme %s; try again", program)
	}
	if found {
		s.mu.Lock()
		s.known[program] = true
		s.mu.Unlock()
	}
	return found, nil
}
