package laurel

import (
	"path/filepath"

	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/parts"
)

// ownFlags say where a house is of which no service is up, for commands that work on what it keeps.
type ownFlags struct {
	Home      string `env:"LAUREL_HOME" default:".laurel" help:"What Laurel keeps on this machine."`
	Data      string `help:"Where the house's data is, or is to be. Default: house in what Laurel keeps. The house must not be up."`
	MongoURI  string `name:"mongodb-uri" env:"MONGODB_URI" help:"A MongoDB replica set to use instead of a private mongod."`
	NATSURL   string `name:"nats-url" env:"NATS_URL" help:"A NATS server with JetStream to use instead of a private one."`
	NATSToken string `name:"nats-token" env:"NATS_TOKEN" help:"What that NATS server wants to see."`
}

// options are those of the house.
func (f ownFlags) options(w *world) (parts.Options, error) {
	log, err := telemetry.NewLogger(w.err, telemetry.LogFormat(w.root.LogForm), w.root.LogLevel)
	dir := f.Data
	if dir == "" {
		dir = filepath.Join(f.Home, "house")
	}
	return parts.Options{Dir: dir, MongoURI: f.MongoURI, Suffix: suffixOf(dir), NATSURL: f.NATSURL, NATSToken: f.NATSToken, Log: log, Stage: w.stage}, err
}
