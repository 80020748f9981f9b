// Package faults breaks what a house stands on while it is under load, and holds it to what must hold then: nothing that was
// acknowledged is lost, nothing is applied twice, and it recovers by itself. `make test-faults` runs all of it; an ordinary
// test run tries one small fault, so that this cannot rot.
//
// Each fault is a line of the table in suite_test.go. A run prints its seed; -seed repeats it.
package faults

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/laurel-loyalty/laurel/services/internal/testkit"
	_ "github.com/laurel-loyalty/laurel/services/laurel"    // a change there makes a kept result stale:
	_ "github.com/laurel-loyalty/laurel/services/laurelctl" // the binaries are built from these
)

var (
	seed   = flag.Uint64("seed", 0, "repeat the run that printed this seed; 0 draws one")
	chosen = flag.String("faults", "", "which faults, for example X1,X7; all: every one; empty: a small one alone")
	report = flag.String("report", "", "file that the table of what came of it is written to, Markdown")
)

// programs are the binaries under test.
var programs struct{ dir, laurel, laurelctl string }

const commands = "github.com/laurel-loyalty/laurel/services/"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == lazy {
		os.Exit(lazyNats(os.Args[2:]))
	}
	flag.Parse()
	if *seed == 0 {
		var bytes [4]byte // short enough to be typed
		_, _ = rand.Read(bytes[:])
		*seed = uint64(binary.LittleEndian.Uint32(bytes[:])) + 1
	}
	fmt.Printf("seed %d\n", *seed)
	_ = os.Getenv("LAUREL_FILES_ARE") // what lies outside the module makes a kept result stale by this alone
	dir, err := os.MkdirTemp("", "laurel-faults-")
	if err == nil {
		programs.dir, programs.laurel, programs.laurelctl = dir, filepath.Join(dir, "laurel"), filepath.Join(dir, "laurelctl")
		err = testkit.Build(context.Background(), dir+"/", commands+"laurel/cmd/laurel", commands+"laurelctl/cmd/laurelctl")
	}
	code := 1
	if err == nil {
		code = m.Run()
	}
	if code == 0 {
		// A link that was broken in the midst of a write keeps two goroutines of the proxy.
		err = goleak.Find(goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/stream.(*ChanWriter).Write"),
			goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/toxics.(*NoopToxic).Pipe"))
	}
	if err = errors.Join(err, os.RemoveAll(dir)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}
