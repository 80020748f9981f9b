package laurel

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/parts"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/replay"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/spend"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/summary"
)

// replayCmd is the main job.
type replayCmd struct {
	Orders    []string           `required:"true" sep:"none" help:"Order file (CSV); may be given again; - is standard input."`
	Programme []string           `required:"true" sep:"none" help:"Programme file (YAML); may be given again for one programme in several files."`
	Clock     string             `default:"events" enum:"events" help:"What moves the clock: the events themselves."`
	Until     calendar.Instant   `placeholder:"TIME" help:"Bring everybody up to this time, for example 1998-07-01T00:00Z, what is due at that moment included. Default: the last event."`
	At        []calendar.Instant `placeholder:"TIME" help:"Also say how the programme stood at this time; may be given again."`
	Spend     bool               `help:"Then have members redeem rewards and partners give and take points on the replayed balances, close the month, and verify all of it. Where the programme has no partner that takes points, nothing is spent."`
	Summary   string             `help:"Write the figures as JSON to this file."`
	Report    string             `help:"Write a page for people (HTML) to this file."`
	Data      string             `help:"Where the house's data is. Default: one place under .laurel/houses for these orders and this programme."`
	Home      string             `env:"LAUREL_HOME" default:".laurel" help:"What Laurel keeps on this machine."`
	MongoURI  string             `name:"mongodb-uri" env:"MONGODB_URI" help:"A MongoDB replica set to use instead of a private mongod."`
	NATSURL   string             `name:"nats-url" env:"NATS_URL" help:"A NATS server with JetStream to use instead of a private one."`
	NATSToken string             `name:"nats-token" env:"NATS_TOKEN" help:"What that NATS server wants to see."`
	MinDisk   float64            `name:"min-free-disk" env:"LAUREL_MIN_FREE_DISK" default:"10" placeholder:"PERCENT" help:"New work is refused while less of the data's disk is free. 0: the disk is not looked at. Default: ${default}."`
	Lanes     int                `default:"2" help:"Transactions side by side."`
	Batch     int                `default:"512" help:"Items in one transaction at most."`
}

// Run replays, prints the closing table and ends with one line of what happened.
func (c *replayCmd) Run(w *world) error {
	log, err := telemetry.NewLogger(w.err, telemetry.LogFormat(w.root.LogForm), w.root.LogLevel)
	if err != nil {
		return err
	}
	dir, err := c.dir()
	if err != nil {
		return err
	}
	s, err := replay.Run(w.ctx, replay.Options{
		Orders: c.Orders, Program: c.Programme, Until: c.Until.Time, At: c.at(), Spend: c.Spend, Summary: c.Summary, Report: c.Report,
		RejectedDir: filepath.Join(c.Home, "rejected"), In: w.in, Err: w.err, Terminal: isTerminal(w.err),
		Clock: w.clock, Log: log,
		House: parts.Options{
			Dir: dir, MongoURI: c.MongoURI, Suffix: suffixOf(dir), NATSURL: c.NATSURL, NATSToken: c.NATSToken,
			Listen: "127.0.0.1:0", Lanes: c.Lanes, Batch: c.Batch, Log: log, OTLP: w.root.OTLP, Stage: w.stage,
			MinFreeDisk: c.MinDisk,
		},
	})
	if s.After.Entries > 0 {
		w.say("%s", summary.Table(s))
		c.closing(w, s)
	}
	return err
}

// closing is the one line that says what happened.
func (c *replayCmd) closing(w *world, s summary.Summary) {
	verdict := "every invariant of the ledger holds"
	if !s.Verify.OK {
		verdict = "THE LEDGER DOES NOT HOLD: see the checks above"
	}
	known := ""
	if s.After.Duplicates > 0 {
		known = fmt.Sprintf("%d of the events were known already and changed nothing; ", s.After.Duplicates)
	}
	settled := ""
	if n := len(s.Settlements); n > 0 {
		settled = fmt.Sprintf("%d points redeemed, %s settled; ", s.After.Points.Redeemed-s.Before.Points.Redeemed, s.Settlements[n-1].Period)
	}
	w.say("done in %.1f s: %d orders, %d points earned; %s%s%s.%s\n", w.clock.Now().Sub(w.begun).Seconds(),
		s.Before.Orders, s.Before.Points.Earned, settled, known, verdict, memory())
	if c.Report != "" {
		w.say("read %s\n", c.Report)
	}
}

func (c *replayCmd) at() []time.Time {
	times := make([]time.Time, len(c.At))
	for i, at := range c.At {
		times[i] = at.Time
	}
	return times
}

// dir is where the house of these orders under this programme is: the same input finds it again, other input does not
// meet it.
func (c *replayCmd) dir() (string, error) {
	if c.Data != "" {
		return c.Data, nil
	}
	h := sha256.New()
	for _, name := range append(append([]string{}, c.Programme...), c.Orders...) {
		if err := hashFile(h, name); err != nil {
			return "", err
		}
	}
	if c.Spend {
		// Who can spend what follows from when it is: another end of the replay is another house.
		_, _ = fmt.Fprintf(h, "spend/%d/%s", spend.Plan, c.Until.UTC().Format(time.RFC3339Nano))
	}
	return filepath.Join(c.Home, "houses", hex.EncodeToString(h.Sum(nil)[:6])), nil
}

func hashFile(h io.Writer, name string) error {
	if name == "-" {
		// What comes by standard input cannot be read twice: it has one house of its own.
		_, err := io.WriteString(h, "-")
		return err
	}
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	defer f.Close() //nolint:errcheck // only read
	_, err = io.Copy(h, f)
	return err
}

// suffixOf ends the names of the databases so that houses that share a MongoDB do not meet: nothing for the one that
// serves, the name of its place for a replay's.
func suffixOf(dir string) string {
	if name := filepath.Base(dir); name != "house" {
		return "_" + name
	}
	return ""
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
