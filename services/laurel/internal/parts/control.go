package parts

import (
	"context"
	"fmt"
	"time"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
)

// Open makes the clock mode the first message of every partition, once and for ever. A house that was opened with
// the other mode is refused.
func (h *House) Open(ctx context.Context, mode controlv1.ClockMode) error {
	if err := publish.Open(ctx, h.Bus, mode, bus.Partitions); err != nil {
		return fmt.Errorf("open the house in %s, or give another --data: %w", h.Dir, err)
	}
	return nil
}

// PassClock takes the clocks of all partitions to a time.
func (h *House) PassClock(ctx context.Context, to time.Time) error {
	return publish.PassClock(ctx, h.Bus, to, bus.Partitions)
}
