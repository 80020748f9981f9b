// Package e2e tests the whole house from the outside: the binaries that people run, each with a directory of its own,
// real order files, real crashes. What it asserts are figures, sentences and exit codes, never insides.
//
// A run prints its seed when it fails; `scripts/test.sh ./services/e2e -seed N` repeats it.
package e2e

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/laurel-loyalty/laurel/services/internal/testkit"
	_ "github.com/laurel-loyalty/laurel/services/laurel"    // a change there makes a cached result stale:
	_ "github.com/laurel-loyalty/laurel/services/laurelctl" // the binaries are built from these
)

// seed is where all random choices come from.
var seed = flag.Uint64("seed", 0, "repeat the run that printed this seed; 0 draws one")

// programs are the binaries under test.
var programs struct{ laurel, faulty, laurelctl string }

const commands = "github.com/laurel-loyalty/laurel/services/"

func TestMain(m *testing.M) {
	flag.Parse()
	if *seed == 0 {
		*seed = drawSeed()
	}
	fmt.Printf("seed %d\n", *seed)
	_ = os.Getenv("LAUREL_FILES_ARE") // what lies outside the module makes a kept result stale by this alone
	dir, err := os.MkdirTemp("", "laurel-e2e-")
	if err == nil {
		err = build(dir)
	}
	code := 1
	if err == nil {
		code = m.Run()
	}
	if code == 0 {
		err = goleak.Find()
	}
	if err = errors.Join(err, os.RemoveAll(dir)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func drawSeed() uint64 {
	var bytes [4]byte // short enough to be typed
	_, _ = rand.Read(bytes[:])
	return uint64(binary.LittleEndian.Uint32(bytes[:])) + 1
}

// build makes the binaries: laurel and laurelctl as they are shipped, and laurel with points at which it kills itself.
func build(dir string) error {
	programs.laurel = filepath.Join(dir, "laurel")
	programs.laurelctl = filepath.Join(dir, "laurelctl")
	programs.faulty = filepath.Join(dir, "faulty", "laurel")
	return errors.Join(
		testkit.Build(context.Background(), dir+"/", commands+"laurel/cmd/laurel", commands+"laurelctl/cmd/laurelctl"),
		testkit.Build(context.Background(), programs.faulty, "-tags", "fault", commands+"laurel/cmd/laurel"),
	)
}

// random returns the test's own generator, so that one test's choices do not depend on which others run.
func random(t *testing.T) *mathrand.Rand {
	t.Helper()
	name := fnv.New64a()
	_, _ = name.Write([]byte(t.Name()))
	t.Logf("seed %d", *seed)
	return mathrand.New(mathrand.NewPCG(*seed, name.Sum64()))
}

// cdnow returns the path of a file of the CDNOW purchases, which are fetched, not committed.
func cdnow(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("LAUREL_CDNOW")
	require.NotEmpty(t, dir, "the CDNOW purchases are not here (LAUREL_CDNOW is not set): run `make test`, which fetches them")
	path := filepath.Join(dir, name)
	_, err := os.Stat(path) // also tells the test cache what the result depends on
	require.NoError(t, err, "run `make test`, which fetches the CDNOW purchases")
	return path
}
