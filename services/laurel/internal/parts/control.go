package parts

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
)

// Source is who writes the control events that concern no programme.
const Source = "laurel"

// houseProgram stands where a control event concerns no programme.
const houseProgram = "house"

// Open makes the clock mode the first message of every partition, once and for ever. A house that was opened with
// the other mode is refused.
func (h *House) Open(ctx context.Context, mode controlv1.ClockMode) error {
	token := bus.ControlTokens(houseProgram, bus.Partitions)[0]
	data, found, err := h.Bus.Last(ctx, bus.Events, bus.ControlSubject(houseProgram, Source, "opened", token))
	if err != nil {
		return err
	}
	if found {
		var opened controlv1.HouseOpened
		if err := proto.Unmarshal(data, &opened); err != nil {
			return fmt.Errorf("read how the house was opened: %w", err)
		}
		if opened.GetClockMode() != mode {
			return fmt.Errorf("the house in %s was opened with %s: give another --data", h.Dir, opened.GetClockMode())
		}
		return nil
	}
	return h.control(ctx, houseProgram, "opened", "opened", &controlv1.HouseOpened{ClockMode: mode, Partitions: bus.Partitions})
}

// PassClock takes the clocks of all partitions to a time.
func (h *House) PassClock(ctx context.Context, to time.Time) error {
	return h.control(ctx, houseProgram, "clock", "clock/"+to.UTC().Format(time.RFC3339Nano), &controlv1.ClockPassed{Time: timestamppb.New(to)})
}

func (h *House) control(ctx context.Context, program, kind, id string, body proto.Message) error {
	batch, err := publish.Control(publish.ControlEvent{Program: program, Source: Source, Kind: kind, ID: id, Body: body}, bus.Partitions)
	if err != nil {
		return err
	}
	if err := publish.All(ctx, h.Bus, batch); err != nil {
		return fmt.Errorf("publish control event %s: %w", id, err)
	}
	return nil
}
