// Command laurel-accrual is the accrual service as a process of its own.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/laurel-loyalty/laurel/services/accrual"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := accrual.Main(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
