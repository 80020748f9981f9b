package laurelctl

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/house"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orderfile"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

const (
	// source names who publishes. With the ids of order files it makes the same file the same events.
	source = "laurelctl"
	// stdinName is what standard input is called in messages and where its rejected rows go.
	stdinName = "stdin.csv"
	// rejectedShown is how many rejected rows of a file are named on the terminal; the file of rejected rows has all.
	rejectedShown = 20
)

// columns are what order files may leave open, and how their accounts are read.
type columns struct {
	Resolve  string `enum:"marked,none,card,number,email,phone,token,device" default:"marked" placeholder:"HOW" help:"What stands in the column account. marked: card:4711, number:12, email:HASH and so on are asked for, anything else is an account; a kind: all of them are of this kind; none: all are accounts. Default: ${default}."`
	Members  string `name:"members" env:"LAUREL_MEMBERS" placeholder:"HOST:PORT" help:"Where the member service listens that is asked then. Default: what the house says."`
	Zone     string `env:"LAUREL_ZONE" placeholder:"ZONE" help:"The programme's time zone: where a date without a time means 12:00. Default: the house's, else UTC."`
	Currency string `env:"LAUREL_CURRENCY" placeholder:"CODE" help:"Of rows without a currency. Default: the house's."`
}

// publishCmd publishes orders.
type publishCmd struct {
	columns
	Files     []string      `arg:"" name:"file" help:"Order files (CSV, one row a line item); - is standard input."`
	NATS      string        `name:"nats" env:"LAUREL_NATS_URL" placeholder:"URL" help:"Where the bus is. Default: what the house says."`
	NATSToken string        `name:"nats-token" env:"LAUREL_NATS_TOKEN" placeholder:"SECRET" help:"What to show there. Default: what the house says."`
	Rejected  string        `default:".laurel/rejected" placeholder:"DIR" help:"Where rejected rows go. Default: ${default}."`
	Ahead     int           `default:"2000" placeholder:"N" help:"How many orders may stand on the bus that the ledger has not taken; the orders of others wait behind them. 0: no limit. Default: ${default}."`
	Wait      time.Duration `default:"10m" placeholder:"TIME" help:"How long to try without getting on. Default: ${default}."`
}

// Run publishes file after file. Rows that do not parse are shown and kept, the rest goes on; then the exit code is 1.
func (c *publishCmd) Run(w *world) error {
	h, err := w.place()
	if err != nil {
		return err
	}
	defaults, err := c.defaults(h)
	if err != nil {
		return err
	}
	url := cmp.Or(c.NATS, h.NATS.URL)
	switch {
	case url == "":
		return &usageError{"there is no house in " + w.root.House + ", and no --nats is given", "start one with `make serve` and stay in its directory, or say where the bus is"}
	case h.Program == "":
		return &usageError{"no programme is named", "name it with --programme"}
	case c.Ahead < 0:
		return &usageError{fmt.Sprintf("--ahead %d is no number of orders", c.Ahead), "give one of 1 or more, or 0 for no limit"}
	}
	b, err := connect(w.ctx, w.root.Timeout, shown(h, url, c.NATSToken))
	if err != nil {
		return err
	}
	defer b.Close()
	r := w.resolver(w.ctx, c.columns)
	defer r.close()
	pace := w.pace(c)
	defer pace.close()
	p := &publisher{
		ctx: w.ctx, world: w, bus: b, program: h.Program, defaults: defaults, resolver: r, places: orderfile.NewPlaces(c.Rejected, c.Files),
		pace: pace, wait: c.Wait,
	}
	return w.published(p, p.all(c.Files))
}

func (c *columns) defaults(h house.House) (orderfile.Defaults, error) {
	zone, err := time.LoadLocation(cmp.Or(c.Zone, h.Zone, "UTC"))
	if err != nil {
		return orderfile.Defaults{}, &usageError{err.Error(), "give a name such as Europe/London with --zone"}
	}
	d := orderfile.Defaults{Zone: zone}
	if code := cmp.Or(c.Currency, h.Currency); code != "" {
		if d.Currency, err = money.ParseCurrency(code); err != nil {
			return d, err
		}
	}
	return d, nil
}

// shown is what the bus at an address wants to see: a token that was said, else what the house says.
func shown(h house.House, url, token string) bus.Config {
	if token != "" {
		return bus.Config{URL: url, Token: token, CA: h.NATS.CA, Name: source}
	}
	return bus.Config{URL: url, Token: h.NATS.Token, User: h.NATS.User, Password: h.NATS.Password, CA: h.NATS.CA, Name: source}
}

// connect gives up after the time in which an answer is expected: the bus itself would try for ever.
func connect(ctx context.Context, patience time.Duration, cfg bus.Config) (*bus.Bus, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	b, err := bus.Connect(ctx, cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, &failure{code: "UNAVAILABLE", message: err.Error(), todo: "start the house with `make serve`, or name the bus with --nats and --nats-token"}
	}
	return b, nil
}

// published shows what was done, also when it ended early.
func (w *world) published(p *publisher, err error) error {
	if shown := w.showFiles(p.files); shown != nil {
		err = errors.Join(err, shown)
	}
	rejected := 0
	for _, f := range p.files {
		rejected += f.Rejected
	}
	switch {
	case errors.Is(err, reason.DiskLow):
		return err
	case errors.Is(err, bus.ErrDenied):
		return &failure{code: "PERMISSION_DENIED", message: err.Error(), todo: "publish under your own merchant's name and programme; the house file says as whom you come"}
	case errors.Is(err, bus.ErrFull):
		return reason.New(reason.Overloaded, "", "the bus is full: %s", err)
	case errors.Is(err, context.DeadlineExceeded):
		return &failure{code: "DEADLINE_EXCEEDED", message: err.Error(), todo: "run it again: what was published already is known and not taken twice"}
	case err == nil && rejected > 0:
		return fmt.Errorf("%d %w", rejected, errRows)
	}
	return err
}

// fileOutcome is what became of a file.
type fileOutcome struct {
	File         string `json:"file"`
	Events       int    `json:"events"` // published
	Rows         int    `json:"rows"`   // of these events
	Rejected     int    `json:"rejected"`
	RejectedFile string `json:"rejectedFile,omitempty"`
	// Position of EVENTS behind which all of them stand: what --after takes.
	Position uint64 `json:"position,omitempty"`
}

func (w *world) showFiles(files []*fileOutcome) error {
	if w.root.Output == formatJSON {
		out := json.NewEncoder(w.Out)
		out.SetIndent("", "  ")
		return out.Encode(map[string][]*fileOutcome{"files": files})
	}
	rows := grid{
		columns: []string{"file", "events", "rows", "rejected", "rejected_file", "position"},
		numbers: []string{"events", "rows", "rejected", "position"},
	}
	for _, f := range files {
		rows.add(f.File, fmt.Sprint(f.Events), fmt.Sprint(f.Rows), fmt.Sprint(f.Rejected), f.RejectedFile, f.position())
	}
	return w.show(nil, rows)
}

// position is where the file ends in EVENTS, for people; empty where nothing of it was published.
func (f *fileOutcome) position() string {
	if f.Position == 0 {
		return ""
	}
	return fmt.Sprint(f.Position)
}
