package laurel

import (
	"fmt"
	"path/filepath"

	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/parts"
)

// serveCmd keeps the house up.
type serveCmd struct {
	Programme []string `sep:"none" help:"Programme file (YAML) to publish; may be given again for one programme in several files."`
	Home      string   `env:"LAUREL_HOME" default:".laurel" help:"What Laurel keeps on this machine."`
	Data      string   `help:"Where the house's data is. Default: .laurel/house."`
	Listen    string   `default:"127.0.0.1:7400" help:"Where accrual's gRPC listens."`
	Metrics   string   `default:"127.0.0.1:7490" help:"Where /metrics, /healthz and /readyz are."`
	MongoURI  string   `name:"mongodb-uri" env:"MONGODB_URI" help:"A MongoDB replica set to use instead of a private mongod."`
	NATSURL   string   `name:"nats-url" env:"NATS_URL" help:"A NATS server with JetStream to use instead of a private one."`
	NATSToken string   `name:"nats-token" env:"NATS_TOKEN" help:"What that NATS server wants to see."`
	Lanes     int      `default:"2" help:"Transactions side by side."`
}

// Run serves until Ctrl-C.
func (c *serveCmd) Run(w *world) error {
	log, err := telemetry.NewLogger(w.err, telemetry.LogFormat(w.root.LogForm), w.root.LogLevel)
	if err != nil {
		return err
	}
	dir := c.Data
	if dir == "" {
		dir = filepath.Join(c.Home, "house")
	}
	house, err := parts.Build(w.ctx, parts.Options{
		Dir: dir, MongoURI: c.MongoURI, Database: "laurel_accrual", NATSURL: c.NATSURL, NATSToken: c.NATSToken,
		Listen: c.Listen, Lanes: c.Lanes, Batch: 512, Log: log, Stage: w.stage,
	})
	if err != nil {
		return err
	}
	_ = house
	return fmt.Errorf("not yet")
}
