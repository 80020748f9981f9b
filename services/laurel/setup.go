package laurel

import (
	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/parts"
)

// setupCmd makes what services that run apart share.
type setupCmd struct {
	NATSURL   string `name:"nats-url" env:"NATS_URL" required:"true" help:"A NATS server with JetStream; it is waited for."`
	NATSToken string `name:"nats-token" env:"NATS_TOKEN" help:"What it wants to see."`
	Replicas  int    `default:"1" help:"On how many nodes of a NATS cluster each stream is kept: 1, 3 or 5. A stream that has more keeps them."`
	Clock     string `default:"wall" enum:"wall,events" help:"What moves the house's clock, once and for ever: the time of day, or what happened in what is replayed into it: ${enum}."`
}

// Run makes the streams, or brings them up to date, and opens the house. Again changes nothing.
func (c *setupCmd) Run(w *world) error {
	log, err := telemetry.NewLogger(w.err, telemetry.LogFormat(w.root.LogForm), w.root.LogLevel)
	if err != nil {
		return err
	}
	b, err := bus.Connect(w.ctx, bus.Config{URL: c.NATSURL, Token: c.NATSToken, Name: "laurel-setup"}, log)
	if err != nil {
		return err
	}
	defer b.Close()
	layout := parts.Layout()
	layout.Replicas = c.Replicas
	if err := b.EnsureStreams(w.ctx, layout); err != nil {
		return err
	}
	mode := map[string]controlv1.ClockMode{
		"wall": controlv1.ClockMode_CLOCK_MODE_WALL, "events": controlv1.ClockMode_CLOCK_MODE_EVENTS,
	}[c.Clock]
	if err := publish.Open(w.ctx, b, mode, bus.Partitions); err != nil {
		return err
	}
	w.stage("the streams are there and the house is open; services may begin")
	return nil
}
