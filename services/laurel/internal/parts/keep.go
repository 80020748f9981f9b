package parts

import (
	"context"
	"time"
)

// Waits between tries to start mongod again.
const (
	restartWaitMin = 200 * time.Millisecond
	restartWaitMax = 5 * time.Second
)

// keepMongod starts mongod again, on the same port and data, whenever it dies while the house stands. The services wait
// and try again meanwhile; nothing that was acknowledged is lost.
func (h *House) keepMongod(ctx context.Context) {
	wait := restartWaitMin
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.mongod.Done():
		}
		if ctx.Err() != nil {
			return
		}
		h.Log.ErrorContext(ctx, "mongod has died; starting it again")
		err := h.mongod.Restart(ctx)
		if err == nil {
			wait = restartWaitMin
			continue
		}
		h.Log.ErrorContext(ctx, "mongod does not start, trying again", "error", err, "wait", wait)
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		wait = min(2*wait, restartWaitMax)
	}
}
