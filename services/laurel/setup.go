package laurel

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/config"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/parts"
)

// setupCmd makes what services that run apart share.
type setupCmd struct {
	Config    string        `placeholder:"FILE" help:"Settings in this YAML file, as 'laurel secrets' writes it: NATS' and MongoDB's users."`
	NATSURL   string        `name:"nats-url" env:"NATS_URL" help:"A NATS server with JetStream; it is waited for. Default: what the file says."`
	NATSToken string        `name:"nats-token" env:"NATS_TOKEN" help:"What it wants to see."`
	Replicas  int           `default:"1" help:"On how many nodes of a NATS cluster each stream is kept: 1, 3 or 5; at least what the file says. A stream that has more keeps them."`
	Clock     string        `default:"wall" enum:"wall,events" help:"What moves the house's clock, once and for ever: the time of day, or what happened in what is replayed into it: ${enum}."`
	Wait      time.Duration `default:"5m" placeholder:"TIME" help:"How long to wait for MongoDB and NATS in all. Default: ${default}."`
}

// setupSettings are what only who sets a house up knows.
type setupSettings struct {
	NATS        bus.Server `yaml:"nats"`
	Replicas    int        `yaml:"replicas" default:"1" min:"1" max:"5" help:"On how many nodes of NATS each stream is kept; 3 in a cluster."`
	Merchants   []string   `yaml:"merchants" help:"Who publishes orders, programme/merchant each: an intake is made for each of them."`
	IntakeBytes int64      `yaml:"intake_bytes" default:"134217728" min:"1048576" unit:"bytes" help:"How much may wait in one intake; then it refuses what is new until some of it is taken."`
	Mongo       struct {
		Admin string   `yaml:"admin" help:"Where MongoDB is, with a user who may make its replica set and its users. Empty: somebody else makes them." secret:"true"`
		Users []string `yaml:"users" help:"Users of MongoDB, name:database:password each." secret:"true"`
	} `yaml:"mongo"`
}

// Check finds what no single setting can tell.
func (s setupSettings) Check() error {
	_, err := s.users()
	_, fault := s.merchants()
	return errors.Join(err, fault)
}

// merchants reads who publishes orders.
func (s setupSettings) merchants() ([]bus.Merchant, error) {
	merchants := make([]bus.Merchant, len(s.Merchants))
	for i, text := range s.Merchants {
		program, name, _ := strings.Cut(text, "/")
		if program == "" || name == "" {
			return nil, fmt.Errorf("%q names no merchant; write <programme>/<merchant>, for example cdnow/shop", text)
		}
		merchants[i] = bus.Merchant{Program: program, Name: name}
	}
	return merchants, nil
}

// users reads the users; a fault tells no password.
func (s setupSettings) users() ([]store.User, error) {
	users := make([]store.User, 0, len(s.Mongo.Users))
	for i, text := range s.Mongo.Users {
		parts := strings.Split(text, ":")
		if len(parts) != 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
			return nil, fmt.Errorf("user %d of mongo is not written as name:database:password", i+1)
		}
		users = append(users, store.User{Name: parts[0], Database: parts[1], Password: parts[2]})
	}
	return users, nil
}

// Run makes the replica set and the users of MongoDB where it is told of them, makes the streams and the intakes or brings them up to
// date, and opens the house. Again changes nothing.
func (c *setupCmd) Run(w *world) error {
	log, err := telemetry.NewLogger(w.err, telemetry.LogFormat(w.root.LogForm), w.root.LogLevel)
	if err != nil {
		return err
	}
	settings, err := config.Load[setupSettings](c.Config, os.Environ(), "LAUREL_SETUP")
	if err != nil {
		return err
	}
	at := settings.NATS.As("laurel-setup")
	if c.NATSURL != "" {
		at = bus.Config{URL: c.NATSURL, Token: c.NATSToken, CA: at.CA, Name: at.Name}
	} else if c.Config == "" {
		return errors.New("nobody says where NATS is: give --nats-url, or --config with the file that `laurel secrets` has written")
	}
	ctx, cancel := context.WithTimeout(w.ctx, c.Wait)
	defer cancel()
	if settings.Mongo.Admin != "" {
		w.stage("making the replica set and the users of MongoDB")
		if err := c.mongo(ctx, settings); err != nil {
			return err
		}
	}
	w.stage("making the streams")
	b, err := bus.Connect(ctx, at, log)
	if err != nil {
		return err
	}
	defer b.Close()
	layout := parts.Layout()
	layout.Replicas = max(c.Replicas, settings.Replicas)
	if err := b.EnsureStreams(ctx, layout); err != nil {
		return err
	}
	merchants, err := settings.merchants()
	if err != nil {
		return err
	}
	if err := b.EnsureIntakes(ctx, layout, settings.IntakeBytes, merchants); err != nil {
		return err
	}
	mode := map[string]controlv1.ClockMode{
		"wall": controlv1.ClockMode_CLOCK_MODE_WALL, "events": controlv1.ClockMode_CLOCK_MODE_EVENTS,
	}[c.Clock]
	if err := publish.Open(ctx, b, mode, bus.Partitions); err != nil {
		return err
	}
	w.stage("the streams are there and the house is open; services may begin")
	return nil
}

func (c *setupCmd) mongo(ctx context.Context, s setupSettings) error {
	users, err := s.users()
	if err != nil {
		return err
	}
	if err := store.EnsureSet(ctx, s.Mongo.Admin); err != nil {
		return err
	}
	return store.EnsureUsers(ctx, s.Mongo.Admin, users)
}
