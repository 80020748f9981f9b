// Command go is a partner company's till, as an example: it gives points, looks at what a member can spend, sets points
// aside, takes some of them, gives them back, and lets go of others. It needs the contract (proto/gen) and gRPC, and
// nothing else of Laurel. See docs/guides/partner.md.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "partner:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, log io.Writer) error {
	var door door
	flags := flag.NewFlagSet("partner", flag.ContinueOnError)
	flags.StringVar(&door.address, "address", "127.0.0.1:7443", "where partner companies come in")
	flags.StringVar(&door.ca, "ca", ".laurel/house/tls/ca.pem", "who has signed the door's certificate")
	flags.StringVar(&door.cert, "cert", ".laurel/house/tls/partner-a.pem", "certificate of this company")
	flags.StringVar(&door.key, "key", ".laurel/house/tls/partner-a.key", "its private key")
	account := flags.String("account", "bea", "the member's account")
	receipt := flags.String("receipt", "till-7/1", "what this visit is called here: the idempotency keys are made from it")
	if err := flags.Parse(args); err != nil {
		return err
	}
	conn, err := door.dial(log)
	if err != nil {
		return err
	}
	t := &till{client: partnerv1.NewPartnerServiceClient(conn), account: *account, receipt: *receipt, out: out}
	err = t.visit(ctx)
	if e := conn.Close(); err == nil {
		err = e
	}
	return err
}
