package laurelctl

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/actions"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// actionCmd publishes an own event of the programme.
type actionCmd struct {
	Type    string   `arg:"" help:"Type, as the programme declares it under actions."`
	Account string   `required:"" placeholder:"ACCOUNT" help:"Whose it is."`
	ID      string   `name:"id" required:"" placeholder:"ID" help:"Names the action: under one id it counts once, however often it is published."`
	Data    string   `default:"{}" placeholder:"JSON|FILE" help:"What it says: JSON that begins with {, else the name of a file; - is standard input. Default: ${default}."`
	At      *instant `placeholder:"TIME" help:"When it happened, for example 1998-07-01T00:00:00Z. Default: when the bus stores it."`
	From    string   `default:"laurelctl" placeholder:"SOURCE" help:"Who publishes it. Default: ${default}."`
	onBus
}

// onBus says where own events are published.
type onBus struct {
	NATS      string        `name:"nats" env:"LAUREL_NATS_URL" placeholder:"URL" help:"Where the bus is. Default: what the house says."`
	NATSToken string        `name:"nats-token" env:"LAUREL_NATS_TOKEN" placeholder:"SECRET" help:"What to show there. Default: what the house says."`
	Wait      time.Duration `default:"1m" placeholder:"TIME" help:"How long to try in all. Default: ${default}."`
}

// onBus connects to the bus of the house for as long as do takes, and says why it could not.
func (w *world) onBus(c onBus, do func(context.Context, *bus.Bus, string) error) error {
	h, err := w.place()
	if err != nil {
		return err
	}
	url := cmp.Or(c.NATS, h.NATS.URL)
	switch {
	case url == "":
		return &usageError{"there is no house in " + w.root.House + ", and no --nats is given", "start one with `make serve` and stay in its directory, or say where the bus is"}
	case h.Program == "":
		return &usageError{"no programme is named", "name it with --programme"}
	}
	ctx, cancel := context.WithTimeout(w.ctx, c.Wait)
	defer cancel()
	b, err := connect(ctx, w.root.Timeout, shown(h, url, c.NATSToken))
	if err != nil {
		return err
	}
	defer b.Close()
	err = do(ctx, b, h.Program)
	switch {
	case errors.Is(err, bus.ErrDenied):
		return &failure{code: "PERMISSION_DENIED", message: err.Error(), todo: "come as somebody who may; the house file says as whom you come"}
	case errors.Is(err, bus.ErrFull):
		return reason.New(reason.Overloaded, "", "the bus is full: %s", err)
	case errors.Is(err, context.DeadlineExceeded):
		return &failure{code: "DEADLINE_EXCEEDED", message: err.Error(), todo: "run it again: what was published already is known and not taken twice"}
	}
	return err
}

// Run publishes the action. What becomes of it is decided by the house: look at the account's entries, or at dead list.
func (c *actionCmd) Run(w *world) error {
	data, err := c.data(w)
	if err != nil {
		return err
	}
	if _, err := actions.Parse(data); err != nil {
		return err
	}
	err = w.onBus(c.onBus, func(ctx context.Context, b *bus.Bus, program string) error {
		event := publish.ActionEvent{Program: program, Source: c.From, Type: c.Type, Account: c.Account, ID: c.ID, Data: data}
		if c.At != nil {
			event.At = c.At.UTC()
		}
		return publish.All(ctx, b, []bus.Outgoing{publish.Action(event)})
	})
	if err != nil {
		return err
	}
	w.tell("published %s %s for %s", safe(c.Type), safe(c.ID), safe(c.Account))
	return nil
}

// data is the JSON itself, or what the file that is named holds.
func (c *actionCmd) data(w *world) ([]byte, error) {
	switch {
	case strings.HasPrefix(strings.TrimSpace(c.Data), "{"):
		return []byte(c.Data), nil
	case c.Data == "-":
		return read(w.In)
	}
	file, err := os.Open(c.Data)
	if err != nil {
		return nil, fmt.Errorf("read the data: %w", err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	return read(file)
}

// dataBytesMax is more than any action may carry.
const dataBytesMax = 1 << 20

func read(from io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(from, dataBytesMax))
	if err != nil {
		return nil, fmt.Errorf("read the data: %w", err)
	}
	return data, nil
}
