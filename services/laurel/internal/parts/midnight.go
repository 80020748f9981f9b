package parts

import (
	"context"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
)

// midnightEvery is how often the wall clock is looked at.
const midnightEvery = time.Second

// KeepMidnight lets day boundaries pass in the log where no order comes by to carry the clock over them: once everything
// published is applied, the last 00:00 of the programme's zone is published to all partitions. It ends with ctx.
func (h *House) KeepMidnight(ctx context.Context, wall clock.Clock, zone *time.Location) {
	tick := time.NewTicker(midnightEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		midnight := calendar.DayOf(wall.Now(), zone).Start(zone)
		if !h.Accrual.Behind(midnight) {
			continue
		}
		progress, err := h.Progress(ctx)
		if err == nil && progress.Behind == 0 {
			err = h.PassClock(ctx, midnight)
		}
		if err != nil && ctx.Err() == nil {
			h.Log.WarnContext(ctx, "midnight has not passed in the log yet, trying again", "midnight", midnight, "error", err)
		}
	}
}
