package accrual

import (
	"context"
	"io"

	"github.com/laurel-loyalty/laurel/services/internal/config"
	"github.com/laurel-loyalty/laurel/services/internal/process"
)

// EnvironPrefix begins the names of accrual's settings in the environment.
const EnvironPrefix config.Prefix = "LAUREL_ACCRUAL"

// Main runs the service as a process of its own until ctx ends, and returns its exit code.
func Main(ctx context.Context, args, environ []string, out, errs io.Writer) int {
	return process.Main(ctx, process.Spec[Config]{
		Name:    "accrual",
		About:   "The ledger: orders from EVENTS become entries; what was done goes to FACTS; questions are answered over gRPC.",
		Environ: EnvironPrefix,
		Metrics: func(c Config) string { return c.Metrics },
		Servers: func(c Config) process.Servers {
			return process.Servers{MongoURI: c.MongoURI, NATS: c.NATS.As("laurel-accrual")}
		},
		New: func(ctx context.Context, c Config, d Deps) (process.Service, error) { return New(ctx, c, d) },
	}, process.World{Args: args, Environ: environ, Out: out, Err: errs})
}
