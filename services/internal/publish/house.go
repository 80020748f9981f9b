package publish

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
)

const (
	// houseSource is who writes the control events that concern no programme.
	houseSource = "laurel"
	// houseProgram stands where a control event concerns no programme.
	houseProgram = "house"
)

// Open makes the clock mode the first message of every partition, once and for ever. A house that was opened with
// the other mode is refused.
func Open(ctx context.Context, b *bus.Bus, mode controlv1.ClockMode, partitions int) error {
	token := bus.ControlTokens(houseProgram, partitions)[0]
	data, found, err := b.Last(ctx, bus.Events, bus.ControlSubject(houseProgram, houseSource, "opened", token))
	if err != nil {
		return err
	}
	if found {
		var opened controlv1.HouseOpened
		if err := proto.Unmarshal(data, &opened); err != nil {
			return fmt.Errorf("read how the house was opened: %w", err)
		}
		if opened.GetClockMode() != mode {
			return fmt.Errorf("the house was opened with %s, and stays so", opened.GetClockMode())
		}
		return nil
	}
	body := &controlv1.HouseOpened{ClockMode: mode, Partitions: int32(partitions)} //nolint:gosec // at most 256
	return tellAll(ctx, b, ControlEvent{Kind: "opened", ID: "opened", Body: body}, partitions)
}

// PassClock takes the clocks of all partitions to a time. The same time again is the same event.
func PassClock(ctx context.Context, b *bus.Bus, to time.Time, partitions int) error {
	return tellAll(ctx, b, ControlEvent{
		Kind: "clock", ID: "clock/" + to.UTC().Format(time.RFC3339Nano), Body: &controlv1.ClockPassed{Time: timestamppb.New(to)},
	}, partitions)
}

// tellAll publishes a control event of the house's own to all partitions.
func tellAll(ctx context.Context, b *bus.Bus, c ControlEvent, partitions int) error {
	c.Program, c.Source = houseProgram, houseSource
	batch, err := Control(c, partitions)
	if err != nil {
		return err
	}
	if err := All(ctx, b, batch); err != nil {
		return fmt.Errorf("publish control event %s: %w", c.ID, err)
	}
	return nil
}
