package laurel

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/internal/house"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/parts"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/replay"
)

// serveCmd keeps the house up.
type serveCmd struct {
	Programme []string `required:"true" sep:"none" help:"Programme file (YAML) to publish; may be given again for one programme in several files."`
	Home      string   `env:"LAUREL_HOME" default:".laurel" help:"What Laurel keeps on this machine."`
	Data      string   `help:"Where the house's data is. Default: house in what Laurel keeps."`
	Listen    string   `default:"127.0.0.1:7400" help:"Where accrual's gRPC listens."`
	Partners  string   `name:"partner-listen" default:"127.0.0.1:7443" help:"Where partner companies come in, gRPC over TLS with certificates of a development CA that is made at random in the data. Empty: nowhere."`
	Metrics   string   `default:"127.0.0.1:7490" help:"Where /metrics, /healthz and /readyz are."`
	MongoURI  string   `name:"mongodb-uri" env:"MONGODB_URI" help:"A MongoDB replica set to use instead of a private mongod."`
	NATSURL   string   `name:"nats-url" env:"NATS_URL" help:"A NATS server with JetStream to use instead of a private one."`
	NATSToken string   `name:"nats-token" env:"NATS_TOKEN" help:"What that NATS server wants to see."`
	MinDisk   float64  `name:"min-free-disk" env:"LAUREL_MIN_FREE_DISK" default:"10" placeholder:"PERCENT" help:"New work is refused while less of the data's disk is free. 0: the disk is not looked at. Default: ${default}."`
	People    []string `name:"person" placeholder:"NAME/ROLE" help:"A person of the operator, for example anna/clerk; may be given again. A house file with a token of their own is written beside house.json."`
	Lanes     int      `default:"2" help:"Transactions side by side."`
}

// Run serves until Ctrl-C.
func (c *serveCmd) Run(w *world) error {
	log, err := telemetry.NewLogger(w.err, telemetry.LogFormat(w.root.LogForm), w.root.LogLevel)
	if err != nil {
		return err
	}
	people, err := c.people()
	if err != nil {
		return err
	}
	p, files, err := replay.ReadProgram(c.Programme, w.err)
	if err != nil {
		return err
	}
	dir := c.Data
	if dir == "" {
		dir = filepath.Join(c.Home, "house")
	}
	h, err := parts.Build(w.ctx, parts.Options{
		Dir: dir, MongoURI: c.MongoURI, Suffix: suffixOf(dir), NATSURL: c.NATSURL, NATSToken: c.NATSToken,
		Listen: c.Listen, Lanes: c.Lanes, Batch: 512, Log: log, OTLP: w.root.OTLP, Stage: w.stage,
		MinFreeDisk: c.MinDisk, PartnerDoor: c.Partners, People: people,
	})
	if err != nil {
		return err
	}
	err = c.serve(w, h, p, files)
	w.stage("stopping")
	return errors.Join(err, h.Close(context.WithoutCancel(w.ctx)))
}

func (c *serveCmd) serve(w *world, h *parts.House, p *program.Program, files []program.File) error {
	if err := h.Open(w.ctx, controlv1.ClockMode_CLOCK_MODE_WALL); err != nil {
		return err
	}
	h.Run(w.ctx)
	offered, err := h.Offer(w.ctx, p, files)
	if err != nil {
		return err
	}
	if offered.These != offered.Newest {
		w.stage("the programme file is revision %d; revision %d was applied since and stays: to go back, laurelctl programme rollback %d",
			offered.These, offered.Newest, offered.These)
	}
	if err := h.Certify(p); err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(w.ctx, "tcp", c.Metrics)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", c.Metrics, err)
	}
	doors := filepath.Join(c.Home, "house.json")
	place := house.House{
		GRPC: house.GRPC{
			Accrual: h.Accrual.Address(), Analytics: h.Analytics.Address(), Member: h.Member.Address(),
			Partner: h.Partner.Address(), Programme: h.Programme.Address(), Reward: h.Reward.Address(),
			Tier: h.Tier.Address(),
		},
		PartnerDoor: house.PartnerDoor{Address: h.Partner.DoorAddress(), CA: h.CAFile()},
		Token:       h.Secrets[rpc.Operator], NATS: house.NATS{URL: h.NATSURL, Token: h.NATSToken},
		Mongo:   house.Mongo{URI: h.MongoURI, Suffix: h.Suffix},
		Program: p.ID, Zone: p.Zone.String(), Currency: string(p.Currency),
	}
	written, err := writePlaces(doors, place, h)
	defer func() {
		for _, file := range written {
			_ = os.Remove(file) // the next start writes it anew
		}
	}()
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	ctx, stop := context.WithCancel(w.ctx)
	defer stop()
	var group errgroup.Group
	group.Go(func() error {
		return telemetry.Serve(ctx, listener, telemetry.Page(h.Metrics, h.Health), h.Health, h.Log)
	})
	if door := h.Partner.DoorAddress(); door != "" {
		w.stage("partner companies come in on %s; certificates to try it with are in %s", door, filepath.Dir(h.CAFile()))
	}
	w.stage("the house is up: programme %s revision %d, gRPC on %s, http://%s/metrics; Ctrl-C stops it",
		p.ID, offered.Newest, h.Accrual.Address(), listener.Addr())
	select {
	case err = <-h.Failed():
	case <-w.ctx.Done():
		err = nil
	}
	stop()
	return errors.Join(err, group.Wait())
}

// people are the persons that were named.
func (c *serveCmd) people() ([]rpc.Person, error) {
	var people []rpc.Person
	for _, text := range c.People {
		person, err := rpc.ParsePerson(text)
		if err != nil {
			return nil, fmt.Errorf("--person: %w", err)
		}
		people = append(people, person)
	}
	return people, nil
}

// writePlaces writes down where the house is, for whoever keeps it and for each person with their own token, and returns
// what it has written.
func writePlaces(doors string, place house.House, h *parts.House) ([]string, error) {
	written := []string{doors}
	if err := house.Write(doors, place); err != nil {
		return nil, err
	}
	place.Mongo = house.Mongo{} // it is read by whoever keeps the house, past every door
	for _, person := range h.People {
		place.Token = h.Secrets[person.Caller()]
		file := strings.TrimSuffix(doors, ".json") + "-" + person.ID + ".json"
		if err := house.Write(file, place); err != nil {
			return written, err
		}
		written = append(written, file)
	}
	return written, nil
}
