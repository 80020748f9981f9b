package partner

import (
	"errors"
	"fmt"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// Config is everything that can be set of the partner service.
type Config struct {
	MongoURI     string        `yaml:"mongo_uri" help:"Where MongoDB is. A replica set; a standalone mongod is refused." secret:"true"`
	Database     string        `yaml:"database" default:"laurel_partner" help:"The partner service's own database."`
	NATS         bus.Server    `yaml:"nats"`
	TLS          rpc.TLS       `yaml:"tls"`
	Listen       string        `yaml:"listen" default:"127.0.0.1:0" help:"Where gRPC listens for the house; port 0 takes a free one."`
	Advertise    string        `yaml:"advertise" help:"Where other replicas reach this one, host:port; nothing: where gRPC listens."`
	Callers      []string      `yaml:"callers" help:"Who of the house may call over gRPC, name:secret each; a name may stand twice while its secret is replaced. There is no default." secret:"true"`
	Accrual      string        `yaml:"accrual" help:"Where the gRPC of accrual is, host:port: the ledger that partner asks."`
	AccrualToken string        `yaml:"accrual_token" help:"What partner shows to accrual." secret:"true"`
	Metrics      string        `yaml:"metrics" default:"127.0.0.1:0" help:"Where /metrics, /healthz and /readyz are; port 0 takes a free one."`
	Partitions   int           `yaml:"partitions" default:"16" min:"1" max:"256" help:"Partitions of EVENTS and FACTS; fixed when the streams are made."`
	Lanes        int           `yaml:"lanes" default:"2" min:"1" max:"64" help:"How many transactions run side by side."`
	BatchItems   int           `yaml:"batch_items" default:"512" min:"1" max:"512" unit:"items" help:"Items in one transaction at most."`
	BatchIdle    time.Duration `yaml:"batch_idle" default:"2ms" help:"How long a batch waits for more."`
	QueueItems   int           `yaml:"queue_items" default:"2048" min:"1" max:"100000" unit:"items" help:"Items that may wait for a lane."`

	Door           string `yaml:"door" help:"Where gRPC over TLS listens for partner companies. Empty: there is no door for them."`
	DoorCert       string `yaml:"door_cert" help:"PEM file of the certificate that the door shows, with what stands between it and its authority."`
	DoorKey        string `yaml:"door_key" help:"PEM file of its private key."`
	ClientCA       string `yaml:"client_ca" help:"PEM file of the authorities whose client certificates count."`
	CallsPerSecond int    `yaml:"calls_per_second" default:"200" min:"1" max:"100000" help:"How many calls of one credential each replica takes in a second; twice as many at once."`
}

// Check finds what no single field can tell.
func (c Config) Check() error {
	var faults []error
	if c.MongoURI == "" {
		faults = append(faults, errors.New("mongo_uri is not set"))
	}
	if c.Accrual == "" || c.AccrualToken == "" {
		faults = append(faults, errors.New("accrual or accrual_token is not set"))
	}
	if _, err := rpc.ParseCallers(c.Callers); err != nil {
		faults = append(faults, fmt.Errorf("callers: %w", err))
	}
	if c.Door != "" && (c.DoorCert == "" || c.DoorKey == "" || c.ClientCA == "") {
		faults = append(faults, errors.New("a door needs door_cert, door_key and client_ca; there is no default certificate"))
	}
	return errors.Join(faults...)
}
