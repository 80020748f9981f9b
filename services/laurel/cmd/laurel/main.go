// Command laurel is the whole house in one process: all services, with a mongod and a nats-server of its own where
// none is given.
package main

import (
	"context"
	"os"

	"github.com/laurel-loyalty/laurel/services/laurel"
)

func main() { os.Exit(laurel.Main(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
