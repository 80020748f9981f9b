package laurelctl

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/backup"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
)

// storesFlags say where a house keeps what it has, to whoever may see all of it.
type storesFlags struct {
	MongoURI     string `name:"mongodb-uri" env:"MONGODB_URI" placeholder:"URI" help:"The MongoDB of all services. Default: what the house says."`
	Suffix       string `env:"LAUREL_DATABASE_SUFFIX" placeholder:"TEXT" help:"What follows laurel_accrual and the like in the databases' names. Default: what the house says."`
	NATSURL      string `name:"nats-url" env:"NATS_URL" placeholder:"URL" help:"The NATS server. Default: what the house says."`
	NATSToken    string `name:"nats-token" env:"NATS_TOKEN" placeholder:"SECRET" help:"What it wants to see; rather set NATS_TOKEN."`
	NATSUser     string `name:"nats-user" env:"NATS_USER" placeholder:"NAME" help:"A user of its own, who may do everything with the streams."`
	NATSPassword string `name:"nats-password" env:"NATS_PASSWORD" placeholder:"SECRET" help:"Their password; rather set NATS_PASSWORD."`
	NATSCA       string `name:"nats-ca" env:"NATS_CA" placeholder:"FILE" help:"The authorities of its certificate, PEM."`
}

// dialMax is how long NATS is waited for.
const dialMax = 30 * time.Second

// through opens the stores.
func (f storesFlags) through(w *world, do func(h backup.House) error) error {
	said, err := w.place()
	if err != nil {
		return err
	}
	h := backup.House{MongoURI: cmp.Or(f.MongoURI, said.Mongo.URI), Suffix: f.Suffix, Now: clock.System().Now}
	if f.MongoURI == "" && f.Suffix == "" {
		h.Suffix = said.Mongo.Suffix
	}
	url := cmp.Or(f.NATSURL, said.NATS.URL)
	if h.MongoURI == "" || url == "" {
		return &usageError{"it is not known where the house keeps what it has", "give --mongodb-uri and --nats-url"}
	}
	server := bus.Config{URL: url, Token: f.NATSToken, User: f.NATSUser, Password: f.NATSPassword, CA: f.NATSCA, Name: "laurelctl"}
	if f.NATSURL == "" && server.User == "" {
		server.Token = cmp.Or(server.Token, said.NATS.Token)
		server.User, server.Password, server.CA = said.NATS.User, said.NATS.Password, cmp.Or(server.CA, said.NATS.CA)
	}
	waiting, cancel := context.WithTimeout(w.ctx, dialMax)
	defer cancel()
	h.Bus, err = bus.Connect(waiting, server, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer h.Bus.Close()
	begun := h.Now()
	h.Stage = func(format string, args ...any) {
		w.tell("[%5.1fs] %s", h.Now().Sub(begun).Seconds(), fmt.Sprintf(format, args...))
	}
	return do(h)
}

// backupCmd copies a whole house.
type backupCmd struct {
	Dir string `arg:"" placeholder:"DIR" help:"Where to: a directory of its own, which is made."`
	storesFlags
}

// Run takes the backup; the house may go on working.
func (c *backupCmd) Run(w *world) error {
	return c.through(w, func(h backup.House) error {
		m, err := backup.Take(w.ctx, h, c.Dir)
		if err != nil {
			return err
		}
		return w.showBackup(m)
	})
}

// restoreCmd makes a house of a backup.
type restoreCmd struct {
	Dir string `arg:"" placeholder:"DIR" help:"The backup."`
	// Archive puts back what was taken out.
	Archive string `placeholder:"DIR" help:"An archive of the house: the streams have again what was taken out of them, and services can be read anew."`
	// Replicas is another number than the backup's house had.
	Replicas int  `placeholder:"N" help:"How many nodes of NATS keep each stream. Default: as many as did."`
	Check    bool `help:"Only read the backup and hold it against its checksums. No house is needed."`
	storesFlags
}

// Run restores into an empty house, of which no service is up.
func (c *restoreCmd) Run(w *world) error {
	if c.Check {
		m, err := backup.Check(c.Dir)
		if err != nil {
			return err
		}
		return w.showBackup(m)
	}
	return c.through(w, func(h backup.House) error {
		h.Replicas = c.Replicas
		m, err := backup.Restore(w.ctx, h, c.Dir, c.Archive)
		if err != nil {
			return err
		}
		return w.showBackup(m)
	})
}

// archiveCmd makes room in the streams.
type archiveCmd struct {
	Dir     string        `arg:"" placeholder:"DIR" help:"Where to; each run adds files."`
	Keep    time.Duration `default:"168h" placeholder:"TIME" help:"How long messages stay in their stream at least. Default: ${default}."`
	TakeOut bool          `name:"take-out" help:"Then remove from the streams what the archive holds. A service can be read anew only from a backup that was restored with the archive."`
	storesFlags
}

// Run archives; the house may go on working.
func (c *archiveCmd) Run(w *world) error {
	return c.through(w, func(h backup.House) error {
		added, err := backup.Archive(w.ctx, h, c.Dir, backup.ArchiveOptions{Keep: c.Keep, TakeOut: c.TakeOut})
		if err != nil {
			return err
		}
		if w.root.Output == formatJSON {
			out := json.NewEncoder(w.Out)
			out.SetIndent("", "  ")
			return out.Encode(map[string][]backup.Segment{"segments": added})
		}
		rows := grid{columns: []string{"stream", "first", "last", "messages", "bytes", "file"}, numbers: []string{"first", "last", "messages", "bytes"}}
		for _, s := range added {
			rows.add(s.Stream, number(s.First), number(s.Last), number(s.Documents), number(s.Bytes), s.Path)
		}
		return w.show(nil, rows)
	})
}

// showBackup shows what a backup holds.
func (w *world) showBackup(m *backup.Manifest) error {
	if w.root.Output == formatJSON {
		out := json.NewEncoder(w.Out)
		out.SetIndent("", "  ")
		return out.Encode(m)
	}
	rows := grid{
		title:   fmt.Sprintf("backup %s of %s", m.ID, m.Taken.Format(time.RFC3339)),
		columns: []string{"of", "part", "documents", "bytes"}, numbers: []string{"documents", "bytes"},
	}
	for _, s := range m.Services {
		for _, c := range s.Collections {
			rows.add(s.Name, c.Name, number(c.Documents), number(c.Bytes))
		}
	}
	for _, s := range m.Streams {
		rows.add("streams", s.Config.Name, number(s.Documents), number(s.Bytes))
	}
	if w.root.Output == formatCSV {
		out := csv.NewWriter(w.Out)
		return out.WriteAll(append([][]string{rows.columns}, rows.rows...))
	}
	_, err := fmt.Fprintln(w.Out, rows.render())
	return err
}

// badBackup tells what to do about a backup that cannot be restored, or streams that cannot be mended.
func badBackup(err error) (*failure, bool) {
	if bad, ok := errors.AsType[*backup.BadFile](err); ok {
		return &failure{"BAD_BACKUP", bad.Error(), "nothing was changed; take another backup, or another copy of this one"}, true
	}
	if full, ok := errors.AsType[*backup.NotEmpty](err); ok {
		return &failure{"NOT_EMPTY", full.Error(), "name another MongoDB and NATS, or another --suffix; or take away what is there"}, true
	}
	if cannot, ok := errors.AsType[*backup.CannotMend](err); ok {
		return &failure{"CANNOT_MEND", cannot.Error(), "restore a backup, and have the shops publish again what came after it"}, true
	}
	if up, ok := errors.AsType[*backup.ServiceUp](err); ok {
		return &failure{"SERVICE_UP", up.Error(), "stop all services, then mend"}, true
	}
	if finished, ok := errors.AsType[*backup.MendFinished](err); ok {
		return &failure{"MEND_FINISHED", finished.Error(), "name another directory"}, true
	}
	return nil, false
}
