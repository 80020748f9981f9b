// Command natsd is the nats-server of tests, in a process of its own and without the race detector: the very one that laurel
// runs as its child, or, with --config FILE, one as the file says, for instance a node of a cluster.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/laurel-loyalty/laurel/services/internal/bus/natsd"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == "--config" {
		if err := configured(os.Args[2]); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(natsd.Main(os.Args[1:]))
}

// configured runs a server until its standard input ends.
func configured(file string) error {
	options, err := server.ProcessConfigFile(file)
	if err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	options.NoSigs = true
	s, err := server.NewServer(options)
	if err != nil {
		return fmt.Errorf("make the server: %w", err)
	}
	s.ConfigureLogger()
	s.Start()
	_, _ = io.Copy(io.Discard, os.Stdin)
	s.Shutdown()
	s.WaitForShutdown()
	return nil
}
