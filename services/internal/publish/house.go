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
	return control(ctx, b, "opened", "opened", &controlv1.HouseOpened{ClockMode: mode, Partitions: int32(partitions)}, partitions) //nolint:gosec // at most 256
}

// PassClock takes the clocks of all partitions to a time. The same time again is the same event.
func PassClock(ctx context.Context, b *bus.Bus, to time.Time, partitions int) error {
	body := &controlv1.ClockPassed{Time: timestamppb.New(to)}
	return control(ctx, b, "clock", "clock/"+to.UTC().Format(time.RFC3339Nano), body, partitions)
}

func control(ctx context.Context, b *bus.Bus, kind, id string, body proto.Message, partitions int) error {
	batch, err := Control(ControlEvent{Program: houseProgram, Source: houseSource, Kind: kind, ID: id, Body: body}, partitions)
	if err != nil {
		return err
	}
	if err := All(ctx, b, batch); err != nil {
		return fmt.Errorf("publish control event %s: %w", id, err)
	}
	return nil
}
