package accrual

import (
	"errors"
	"fmt"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// Config is everything that can be set of the accrual service.
type Config struct {
	MongoURI    string        `yaml:"mongo_uri" help:"Where MongoDB is. A replica set; a standalone mongod is refused." secret:"true"`
	Database    string        `yaml:"database" default:"laurel_accrual" help:"Accrual's own database."`
	NATS        bus.Server    `yaml:"nats"`
	TLS         rpc.TLS       `yaml:"tls"`
	Listen      string        `yaml:"listen" default:"127.0.0.1:0" help:"Where gRPC listens; port 0 takes a free one."`
	Advertise   string        `yaml:"advertise" help:"Where other replicas reach this one, host:port; nothing: where gRPC listens."`
	Callers     []string      `yaml:"callers" help:"Who may call over gRPC, name:secret each, operator/person/role:secret for people; a name may stand twice while its secret is replaced. There is no default." secret:"true"`
	Metrics     string        `yaml:"metrics" default:"127.0.0.1:0" help:"Where /metrics, /healthz and /readyz are; port 0 takes a free one."`
	Partitions  int           `yaml:"partitions" default:"16" min:"1" max:"256" help:"Partitions of EVENTS; fixed when the streams are made."`
	Lanes       int           `yaml:"lanes" default:"2" min:"1" max:"64" help:"How many transactions run side by side."`
	BatchItems  int           `yaml:"batch_items" default:"512" min:"1" max:"512" unit:"items" help:"Items in one transaction at most."`
	BatchIdle   time.Duration `yaml:"batch_idle" default:"2ms" help:"How long a batch waits for more."`
	QueueItems  int           `yaml:"queue_items" default:"2048" min:"1" max:"100000" unit:"items" help:"Items that may wait for a lane."`
	IntakeAhead int           `yaml:"intake_ahead" default:"2048" min:"1" max:"100000" unit:"orders" help:"Orders of intakes that may stand in EVENTS and are not applied yet. The more, the longer one merchant waits for another."`
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
