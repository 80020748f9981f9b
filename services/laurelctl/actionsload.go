package laurelctl

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/actions"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
)

// actionsLoadCmd publishes own events from files.
type actionsLoadCmd struct {
	Files []string `arg:"" name:"file" help:"Files of JSON lines: {\"type\": …, \"account\": …, \"id\": …, \"at\": \"2025-07-01T12:00:00Z\", \"data\": {…}}."`
	From  string   `default:"laurelctl" placeholder:"SOURCE" help:"Who publishes them. Default: ${default}."`
	onBus
}

// actionLine is one line of such a file.
type actionLine struct {
	Type    string          `json:"type"`
	Account string          `json:"account"`
	ID      string          `json:"id"`
	At      *time.Time      `json:"at"`
	Data    json.RawMessage `json:"data"`
}

// actionLineLike shows one.
const actionLineLike = `{"type": "survey", "account": "ann", "id": "s-1", "data": {"satisfaction": 4}}`

var (
	errMoreOnLine   = errors.New("there is more than one object on the line")
	errNamesMissing = errors.New("type, account or id is missing")
)

// actionsBatch is how many own events are published at once.
const actionsBatch = 200

// Run reads every file before it publishes any: a line that is none stops it, and nothing has happened.
func (c *actionsLoadCmd) Run(w *world) error {
	for _, name := range c.Files {
		if err := c.each(name, "", func(bus.Outgoing) error { return nil }); err != nil {
			return err
		}
	}
	return w.onBus(c.onBus, func(ctx context.Context, b *bus.Bus, program string) error {
		for _, name := range c.Files {
			var batch []bus.Outgoing
			n := 0
			err := c.each(name, program, func(m bus.Outgoing) error {
				batch, n = append(batch, m), n+1
				if len(batch) < actionsBatch {
					return nil
				}
				err := publish.All(ctx, b, batch)
				batch = nil
				return err
			})
			if err == nil && len(batch) > 0 {
				err = publish.All(ctx, b, batch)
			}
			if err != nil {
				return err
			}
			w.tell("published %d own events of %s", n, safe(name))
		}
		return nil
	})
}

// each gives the message of every line of a file.
func (c *actionsLoadCmd) each(name, program string, take func(bus.Outgoing) error) error {
	file, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("read the own events: %w", err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, dataBytesMax)
	n := 1
	for ; lines.Scan(); n++ {
		text := bytes.TrimSpace(lines.Bytes())
		if len(text) == 0 {
			continue
		}
		m, err := c.message(program, text)
		if err != nil {
			return &usageError{fmt.Sprintf("%s:%d: %s", safe(name), n, err), "write " + actionLineLike + ", one a line; nothing was published"}
		}
		if err := take(m); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return &usageError{fmt.Sprintf("%s:%d: %s", safe(name), n, err), "write one event a line, of less than 1 MiB; nothing was published"}
	}
	return nil
}

// message is the event of a line.
func (c *actionsLoadCmd) message(program string, text []byte) (bus.Outgoing, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	var line actionLine
	if err := d.Decode(&line); err != nil {
		return bus.Outgoing{}, err
	}
	if _, err := d.Token(); err != io.EOF {
		return bus.Outgoing{}, errMoreOnLine
	}
	if line.Type == "" || line.Account == "" || line.ID == "" {
		return bus.Outgoing{}, errNamesMissing
	}
	event := publish.ActionEvent{Program: program, Source: c.From, Type: line.Type, Account: line.Account, ID: line.ID, Data: []byte(line.Data)}
	if len(event.Data) == 0 {
		event.Data = []byte("{}")
	}
	if _, err := actions.Parse(event.Data); err != nil {
		return bus.Outgoing{}, err
	}
	if line.At != nil {
		event.At = line.At.UTC()
	}
	return publish.Action(event), nil
}
