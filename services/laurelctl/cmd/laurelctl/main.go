// Command laurelctl asks and tells a house of Laurel things: orders, accounts, the ledger, dead letters.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/laurel-loyalty/laurel/services/laurelctl"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := laurelctl.Main(ctx, os.Args[1:], laurelctl.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
	stop()
	os.Exit(code)
}
