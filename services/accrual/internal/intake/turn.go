package intake

import (
	"context"
	"errors"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// againEvery is how often it is tried whether EVENTS has room again.
const againEvery = time.Second

// byTurns publishes what the intakes bring, one turn after the other, each once there is room for it.
func (t *Taker) byTurns(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case turn := <-t.turns:
			turn.done <- t.take(ctx, turn)
		}
	}
}

func (t *Taker) take(ctx context.Context, turn turn) error {
	t.window.await(ctx, len(turn.messages))
	for told := false; ; told = true {
		places, err := t.publish(ctx, turn)
		switch {
		case err == nil:
			t.window.note(turn.messages, places)
			t.taken.Add(float64(len(places)))
			return nil
		case !errors.Is(err, bus.ErrFull):
			return err // of this turn; other intakes go on
		case !told:
			t.deps.Log.WarnContext(ctx, "EVENTS takes nothing, and so nothing is taken from intakes", "error", err)
		}
		again := time.NewTimer(againEvery)
		select {
		case <-again.C:
		case <-ctx.Done():
			again.Stop()
			return ctx.Err()
		}
	}
}

// publish puts a turn into EVENTS, and returns where each message stands.
func (t *Taker) publish(ctx context.Context, turn turn) ([]uint64, error) {
	batch := make([]bus.Outgoing, len(turn.messages))
	for i, m := range turn.messages {
		batch[i] = m.Onward(turn.intake)
	}
	places, err := publish.Places(ctx, t.deps.Bus, batch)
	if !errors.Is(err, reason.TooLarge) {
		return places, err
	}
	places = make([]uint64, len(turn.messages))
	for i, m := range batch {
		err := publish.UntilAnswered(ctx, func() error {
			var err error
			places[i], err = t.deps.Bus.PublishAsIs(ctx, m)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return places, nil
}
