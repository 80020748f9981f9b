// Command natsd is the nats-server of tests: the very one that laurel runs as its child, in a process of its own and
// without the race detector.
package main

import (
	"os"

	"github.com/laurel-loyalty/laurel/services/internal/bus/natsd"
)

func main() { os.Exit(natsd.Main(os.Args[1:])) }
