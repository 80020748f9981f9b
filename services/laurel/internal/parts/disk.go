package parts

import (
	"context"

	"github.com/laurel-loyalty/laurel/services/internal/disk"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
)

// watchDisk has EVENTS closed, and the house unready, while the disk of its own servers is low: they need room to work off
// what was taken. It looks once already, so that a house that starts on a low disk takes nothing. Servers that somebody
// else runs stand on a disk that is not here.
func (h *House) watchDisk(ctx context.Context) {
	if h.mongod == nil && h.nats == nil {
		return
	}
	space := h.Space
	if space == nil {
		space = disk.SpaceOf
	}
	h.disk = &disk.Watch{
		Path: h.Dir, MinPercent: h.MinFreeDisk, Space: space, Log: h.Log,
		Turned: func(ctx context.Context, low bool) error {
			if low {
				return h.Bus.CloseEvents(ctx)
			}
			return h.Bus.OpenEvents(ctx, eventsBytes)
		},
	}
	h.Health.Add("disk", func(ctx context.Context) error {
		if err := h.disk.Check(ctx); err != nil {
			return telemetry.Grave{Err: err} // it has waited already: the watch has its own hysteresis
		}
		return nil
	})
	h.disk.Look(ctx)
}
