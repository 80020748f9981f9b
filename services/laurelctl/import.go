package laurelctl

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"time"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	memberv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/member/v1"
	"github.com/laurel-loyalty/laurel/services/internal/orderfile"
)

// importCmd brings points over from another system.
type importCmd struct {
	File         string        `arg:"" help:"A CSV file, one lot a row: account (or member), points, reference, and issuer, issued_at, expires if there are any."`
	Source       string        `required:"" placeholder:"NAME" help:"The system that they come from. With a row's reference it names the lot for good: run again, nothing is new."`
	DryRun       bool          `name:"dry-run" help:"Say what would happen. Nothing is changed."`
	ExpectPoints *int64        `name:"expect-points" placeholder:"N" help:"How many points all rows must have together; else nothing comes over."`
	ExpectRows   *int64        `name:"expect-rows" placeholder:"N" help:"How many rows there must be; else nothing comes over."`
	Rejected     string        `placeholder:"FILE" help:"Where refused rows go, with what to do. Default: the file's name in .laurel/rejected. Never over the file that is read."`
	Zone         string        `env:"LAUREL_ZONE" placeholder:"ZONE" help:"The programme's time zone, for an issued_at with a time. Default: the house's, else UTC."`
	Members      string        `env:"LAUREL_MEMBERS" placeholder:"HOST:PORT" help:"Where the member service listens that is asked for members' accounts. Default: what the house says."`
	AtOnce       int           `name:"at-once" default:"64" placeholder:"N" help:"How many rows are asked for at once, those of one account one after the other. Default: ${default}."`
	Wait         time.Duration `default:"24h" placeholder:"TIME" help:"How long to try in all. Default: ${default}."`
}

// importAtOnceMost is how many rows may be asked for at once.
const importAtOnceMost = 512

var importSource = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

// Run reads the file twice: first for itself, so that nothing comes over of a file that is another than it should be, then row by row
// for the ledger.
func (c *importCmd) Run(w *world) error {
	switch {
	case !importSource.MatchString(c.Source):
		return &usageError{fmt.Sprintf("--source: %q is no name", c.Source), "write small letters, digits, hyphens and underscores, for example oldshop"}
	case c.AtOnce < 1 || c.AtOnce > importAtOnceMost:
		return &usageError{fmt.Sprintf("--at-once: %d rows", c.AtOnce), fmt.Sprintf("write 1 to %d", importAtOnceMost)}
	}
	h, err := w.place()
	if err != nil {
		return err
	}
	zone, err := time.LoadLocation(cmp.Or(c.Zone, h.Zone, "UTC"))
	if err != nil {
		return &usageError{err.Error(), "give a name such as Europe/London with --zone"}
	}
	first, members, err := c.count(zone)
	if err != nil {
		return err
	}
	if err := c.expected(first); err != nil {
		return err
	}
	d, err := w.dial("accrual", w.root.Server)
	if err != nil {
		return err
	}
	defer d.close()
	i := &importer{
		world: w, file: c.File, ledger: accrualv1.NewAccrualServiceClient(d.conn), address: d.address, atOnce: c.AtOnce,
		outcome: &importOutcome{File: c.File, Source: c.Source, DryRun: c.DryRun, lots: map[lotTotal]tally{}},
		refused: refusedRows{path: c.place()},
	}
	if i.program, err = d.programme(); err != nil {
		return err
	}
	if members {
		m, err := w.dial("member", c.Members)
		if err != nil {
			return err
		}
		defer m.close()
		i.members = memberv1.NewMemberServiceClient(m.conn)
	}
	ctx, cancel := context.WithTimeout(w.ctx, c.Wait)
	defer cancel()
	return i.end(first, i.run(ctx, zone))
}

// place is where refused rows go: never the file that is read.
func (c *importCmd) place() string {
	path := cmp.Or(c.Rejected, filepath.Join(".laurel", "rejected", filepath.Base(c.File)))
	return orderfile.NewPlaces(filepath.Dir(path), []string{c.File}).Next(filepath.Base(path))
}

// count adds the file up.
func (c *importCmd) count(zone *time.Location) (tally, bool, error) {
	var all tally
	members := false
	err := readLots(c.File, zone, func(f *importFile, row importRow) error {
		members = f.members()
		all.add(row.points)
		return nil
	})
	return all, members, err
}

// expected refuses a file that is another than it should be.
func (c *importCmd) expected(read tally) error {
	for _, is := range []struct {
		what string
		want *int64
		got  int64
	}{{"rows", c.ExpectRows, read.Rows}, {"points", c.ExpectPoints, read.Points}} {
		if is.want != nil && *is.want != is.got {
			return &failure{code: "TOTALS_DIFFER", message: fmt.Sprintf("%s has %d %s, %d are expected; nothing came over", c.File, is.got, is.what, *is.want),
				todo: "find out with the other system which rows are missing or too many; rows whose points cannot be read count as none"}
		}
	}
	return nil
}

// end shows what became of the file, also when it ended early.
func (i *importer) end(first tally, err error) error {
	err = errors.Join(err, i.refused.close())
	if i.refused.count > 0 {
		i.outcome.RejectedFile = i.refused.path
		i.world.tell("%d rows of %s are refused; they are in %s with what to do", i.refused.count, i.file, i.refused.path)
	}
	if shown := i.outcome.show(i.world); shown != nil {
		return errors.Join(err, shown)
	}
	o := i.outcome
	switch sum := o.New.plus(o.Already).plus(o.Refused); {
	case errors.Is(err, context.DeadlineExceeded):
		return &failure{code: "DEADLINE_EXCEEDED", message: err.Error(), todo: "run it again: what came over already is known and not taken twice"}
	case err != nil:
		return err
	case o.Read != first || sum != o.Read:
		return &failure{code: "TOTALS_DIFFER", message: fmt.Sprintf("%d rows with %d points were read, then %d with %d; the ledger answered for %d with %d",
			first.Rows, first.Points, o.Read.Rows, o.Read.Points, sum.Rows, sum.Points), todo: "did somebody change the file meanwhile? Run it again: what came over already is known"}
	case o.Refused.Rows > 0:
		return fmt.Errorf("%d %w", o.Refused.Rows, errRows)
	}
	return nil
}
