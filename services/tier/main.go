package tier

import (
	"context"

	"github.com/laurel-loyalty/laurel/services/internal/config"
	"github.com/laurel-loyalty/laurel/services/internal/process"
)

// EnvironPrefix begins the names of the service's settings in the environment.
const EnvironPrefix config.Prefix = "LAUREL_TIER"

// Main runs the service as a process of its own until ctx ends, and returns its exit code.
func Main(ctx context.Context, w process.World) int {
	return process.Main(ctx, process.Spec[Config]{
		Name: "tier", About: "At which tier accounts stand, why, and what is missing.", Environ: EnvironPrefix,
		Metrics: func(c Config) string { return c.Metrics },
		Servers: func(c Config) process.Servers {
			return process.Servers{MongoURI: c.MongoURI, NATS: c.NATS.As("laurel-tier")}
		},
		New: func(ctx context.Context, cfg Config, deps process.Deps) (process.Service, error) {
			return New(ctx, cfg, deps)
		},
	}, w)
}
