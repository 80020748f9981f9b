package member

import (
	"errors"
	"fmt"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// Config is everything that can be set of the member service.
type Config struct {
	MongoURI   string     `yaml:"mongo_uri" help:"Where MongoDB is. A replica set; a standalone mongod is refused." secret:"true"`
	Database   string     `yaml:"database" default:"laurel_member" help:"Member's own database."`
	NATS       bus.Server `yaml:"nats"`
	TLS        rpc.TLS    `yaml:"tls"`
	Listen     string     `yaml:"listen" default:"127.0.0.1:0" help:"Where gRPC listens; port 0 takes a free one."`
	Callers    []string   `yaml:"callers" help:"Who may call over gRPC, name:secret each; a name may stand twice while its secret is replaced. There is no default." secret:"true"`
	Metrics    string     `yaml:"metrics" default:"127.0.0.1:0" help:"Where /metrics, /healthz and /readyz are; port 0 takes a free one."`
	Partitions int        `yaml:"partitions" default:"16" min:"1" max:"256" help:"Partitions of EVENTS; fixed when the streams are made."`
}

// Check finds what no single field can tell.
func (c Config) Check() error {
	var faults []error
	if c.MongoURI == "" {
		faults = append(faults, errors.New("mongo_uri is not set"))
	}
	if _, err := rpc.ParseCallers(c.Callers); err != nil {
		faults = append(faults, fmt.Errorf("callers: %w", err))
	}
	return errors.Join(faults...)
}
