// Package shipped rehearses what `laurel secrets` writes: a nats-server, a mongod and every service are started with their own
// files, and nothing else, as containers start them; orders go through, and what nobody may do is refused.
package shipped

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/laurel-loyalty/laurel/services/accrual"
	"github.com/laurel-loyalty/laurel/services/analytics"
	"github.com/laurel-loyalty/laurel/services/internal/process"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
	"github.com/laurel-loyalty/laurel/services/laurel"
	"github.com/laurel-loyalty/laurel/services/laurelctl"
	"github.com/laurel-loyalty/laurel/services/member"
	"github.com/laurel-loyalty/laurel/services/partner"
	"github.com/laurel-loyalty/laurel/services/programme"
	"github.com/laurel-loyalty/laurel/services/reward"
	"github.com/laurel-loyalty/laurel/services/tier"
)

// asWhat is the variable that makes this program one of those that are shipped: linking each of them takes long.
const asWhat = "LAUREL_SHIPPED_AS"

// services by their names.
var services = map[string]func(ctx context.Context, args, environ []string) int{
	"accrual":   func(ctx context.Context, a, e []string) int { return accrual.Main(ctx, a, e, os.Stdout, os.Stderr) },
	"analytics": func(ctx context.Context, a, e []string) int { return analytics.Main(ctx, a, e, os.Stdout, os.Stderr) },
	"member":    func(ctx context.Context, a, e []string) int { return member.Main(ctx, a, e, os.Stdout, os.Stderr) },
	"partner": func(ctx context.Context, a, e []string) int {
		return partner.Main(ctx, process.World{Args: a, Environ: e, Out: os.Stdout, Err: os.Stderr})
	},
	"programme": func(ctx context.Context, a, e []string) int { return programme.Main(ctx, a, e, os.Stdout, os.Stderr) },
	"reward":    func(ctx context.Context, a, e []string) int { return reward.Main(ctx, a, e, os.Stdout, os.Stderr) },
	"tier": func(ctx context.Context, a, e []string) int {
		return tier.Main(ctx, process.World{Args: a, Environ: e, Out: os.Stdout, Err: os.Stderr})
	},
}

func TestMain(m *testing.M) {
	if name := os.Getenv(asWhat); name != "" {
		os.Exit(run(name, os.Args[1:]))
	}
	_ = os.Getenv("LAUREL_FILES_ARE") // programmes lie outside the module
	testkit.Main(m)
}

// run is what this program does in place of its tests.
func run(name string, args []string) int {
	switch name {
	case "laurel":
		return laurel.Main(context.Background(), args, os.Stdin, os.Stdout, os.Stderr)
	case "laurelctl":
		return laurelctl.Main(context.Background(), args, laurelctl.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
	case "nats-server":
		return natsServer(args)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return services[name](ctx, args, os.Environ())
}

// natsServer is what the program of this name does, with the same flags.
func natsServer(args []string) int {
	flags := flag.NewFlagSet("nats-server", flag.ExitOnError)
	options, err := server.ConfigureOptions(flags, args, nil, nil, nil)
	if err == nil {
		var s *server.Server
		if s, err = server.NewServer(options); err == nil {
			s.ConfigureLogger()
			if err = server.Run(s); err == nil {
				s.WaitForShutdown()
				return 0
			}
		}
	}
	fmt.Fprintln(os.Stderr, "nats-server:", err)
	return 1
}
