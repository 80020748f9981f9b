package reward

import (
	"errors"
	"fmt"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// Config is everything that can be set of the reward service.
type Config struct {
	MongoURI     string        `yaml:"mongo_uri" help:"Where MongoDB is. A replica set; a standalone mongod is refused." secret:"true"`
	Database     string        `yaml:"database" default:"laurel_reward" help:"Reward's own database."`
	NATS         bus.Server    `yaml:"nats"`
	TLS          rpc.TLS       `yaml:"tls"`
	Listen       string        `yaml:"listen" default:"127.0.0.1:0" help:"Where gRPC listens; port 0 takes a free one."`
	Callers      []string      `yaml:"callers" help:"Who may call over gRPC, name:secret each; a name may stand twice while its secret is replaced. There is no default." secret:"true"`
	Accrual      string        `yaml:"accrual" help:"Where accrual's gRPC is, host:port."`
	AccrualToken string        `yaml:"accrual_token" help:"What accrual wants to see of reward." secret:"true"`
	Metrics      string        `yaml:"metrics" default:"127.0.0.1:0" help:"Where /metrics, /healthz and /readyz are; port 0 takes a free one."`
	Partitions   int           `yaml:"partitions" default:"16" min:"1" max:"256" help:"Partitions of EVENTS; fixed when the streams are made."`
	Lease        time.Duration `yaml:"lease" default:"15s" min:"100ms" max:"10m" help:"How long a redemption is left to the process that goes on with it; then any other one may. Longer than a call to accrual lasts."`
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
	if c.Accrual == "" || c.AccrualToken == "" {
		faults = append(faults, errors.New("accrual and accrual_token are not both set: points are spent there"))
	}
	return errors.Join(faults...)
}
