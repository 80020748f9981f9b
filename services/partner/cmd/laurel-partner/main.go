// Command laurel-partner is the partner service as a process of its own.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/laurel-loyalty/laurel/services/internal/process"
	"github.com/laurel-loyalty/laurel/services/partner"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := partner.Main(ctx, process.World{Args: os.Args[1:], Environ: os.Environ(), Out: os.Stdout, Err: os.Stderr})
	stop()
	os.Exit(code)
}
