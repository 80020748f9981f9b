package member

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/alecthomas/kong"
	"golang.org/x/sync/errgroup"

	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/config"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
)

// Exit codes of the binary (design 12).
const (
	exitDone    = 0
	exitRefused = 1
	exitUsage   = 2
)

// flags of laurel-member; everything else is a setting.
type flags struct {
	Config      string `help:"Settings in this YAML file; LAUREL_MEMBER_… in the environment goes before it."`
	PrintConfig bool   `name:"print-config" help:"Show the settings that hold, without secrets, and end."`
	LogLevel    string `name:"log-level" env:"LAUREL_LOG_LEVEL" default:"info" enum:"debug,info,warn,error" help:"What is logged: ${enum}."`
	LogForm     string `name:"log-format" env:"LAUREL_LOG_FORMAT" default:"json" enum:"text,json" help:"How it is logged: ${enum}."`
}

// Main runs the service as a process of its own until ctx ends, and returns its exit code.
func Main(ctx context.Context, args, environ []string, out, errs io.Writer) int {
	var f flags
	helped := false
	parser, err := kong.New(&f, kong.Name("laurel-member"), kong.Writers(out, errs), kong.Exit(func(int) { helped = true }),
		kong.Description("Who belongs to which account, and by what they are known; enrolments go to EVENTS."))
	if err == nil {
		_, err = parser.Parse(args)
	}
	if helped {
		return exitDone
	}
	if err != nil {
		_, _ = fmt.Fprintln(errs, "laurel-member:", err)
		return exitUsage
	}
	cfg, err := config.Load[Config](f.Config, environ, EnvironPrefix)
	if err == nil && f.PrintConfig {
		err = config.Print(out, cfg)
	} else if err == nil {
		err = run(ctx, f, cfg, errs)
	}
	if err != nil {
		_, _ = fmt.Fprintln(errs, "laurel-member:", err)
		return exitRefused
	}
	return exitDone
}

// EnvironPrefix begins the names of the settings in the environment.
const EnvironPrefix config.Prefix = "LAUREL_MEMBER"

func run(ctx context.Context, f flags, cfg Config, errs io.Writer) error {
	log, err := telemetry.NewLogger(errs, telemetry.LogFormat(f.LogForm), f.LogLevel)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.Metrics)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", cfg.Metrics, err)
	}
	health := &telemetry.Health{}
	registry := telemetry.NewRegistry("member", telemetry.ReadBuild())
	s, err := New(ctx, cfg, Deps{Log: log, Clock: clock.System(), Registry: registry, Health: health})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	log.InfoContext(ctx, "member is up", "grpc", s.Address(), "metrics", listener.Addr().String())
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.Run(ctx) })
	group.Go(func() error { return health.Run(ctx) })
	group.Go(func() error { return telemetry.Serve(ctx, listener, telemetry.Page(registry, health), health, log) })
	return errors.Join(group.Wait(), s.Close(context.WithoutCancel(ctx)))
}
