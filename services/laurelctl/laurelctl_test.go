package laurelctl_test

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/house"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the answers in testdata")

func TestMain(m *testing.M) { testkit.Main(m) }

// TestScripts plays each script in testdata against a house of its own: accrual and member on a real mongod and nats-server.
// Beside what testscript knows there are the commands
//
//	exits CODE COMMAND…   runs a command that must end with this code
//	apply FILE            publishes a programme file as its next revision
//	pass TIME             passes the clock of the house
//	drain                 waits until the house has nothing left to do
//	letter N              sets $LETTER to the id in the N-th row of the CSV that was just printed
//	close, open           closes and opens EVENTS, as a house does whose disk is low, and has room again
//	tamper ACCOUNT        alters the account's document behind the back of the house
//	tamper-tier ACCOUNT TIER  alters its tier in the tier service alone; without a tier: removes its standing there
//	everything PARQUET CSV  holds an export as Parquet against one as CSV, table by table of all that there are
//	query FILE.sql…       runs files of deploy/examples/duckdb over what lies in export
func TestScripts(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, scripts)
	bin := t.TempDir()
	require.NoError(t, testkit.Build(t.Context(), bin+"/", "github.com/laurel-loyalty/laurel/services/laurelctl/cmd/laurelctl"))
	for _, script := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(script), ".txt"), func(t *testing.T) {
			t.Parallel()
			var h *standing
			testscript.Run(t, testscript.Params{
				Files: []string{script}, UpdateScripts: *rewrite,
				Setup: func(env *testscript.Env) error {
					h = raise(t) // here, not before: a script waits for its turn, and no house need stand meanwhile
					env.Setenv("PATH", bin+string(filepath.ListSeparator)+env.Getenv("PATH"))
					env.Setenv("SERVER", h.place.GRPC.Accrual)
					env.Setenv("TOKEN", h.place.Token)
					for name, p := range people {
						env.Setenv(name, h.secrets[p.Caller()])
					}
					long := []byte(`{"type": "` + strings.Repeat("x", 1<<20))
					if err := os.WriteFile(filepath.Join(env.WorkDir, "long.jsonl"), long, 0o600); err != nil {
						return err
					}
					env.Setenv("LAUREL_TIMEOUT", "1m") // no script is about a house that is slow
					env.Setenv("NATS", h.place.NATS.URL)
					env.Setenv("NATS_TOKEN", h.place.NATS.Token)
					return house.Write(filepath.Join(env.WorkDir, house.Path), h.place)
				},
				Cmds: map[string]func(*testscript.TestScript, bool, []string){
					"exits": exits, "letter": letter, "everything": everything,
					"apply": func(ts *testscript.TestScript, _ bool, args []string) {
						ts.Check(h.apply(args[0], []byte(ts.ReadFile(args[0]))))
					},
					"pass":    func(ts *testscript.TestScript, _ bool, args []string) { ts.Check(h.pass(args[0])) },
					"arrives": func(*testscript.TestScript, bool, []string) { h.arrived() },
					"drain":   func(*testscript.TestScript, bool, []string) { h.drain() },
					"close":   func(ts *testscript.TestScript, _ bool, _ []string) { ts.Check(h.bus.CloseEvents(t.Context())) },
					"open": func(ts *testscript.TestScript, _ bool, _ []string) {
						ts.Check(h.bus.OpenEvents(t.Context(), streamBytes))
					},
					"query":  query,
					"tamper": func(ts *testscript.TestScript, _ bool, args []string) { ts.Check(h.tamper(args[0])) },
					"tamper-tier": func(ts *testscript.TestScript, _ bool, args []string) {
						ts.Check(h.tamperTier(args[0], strings.Join(args[1:], "")))
					},
				},
			})
		})
	}
}

func exits(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	exit, ended := errors.AsType[*exec.ExitError](err)
	if ended {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if want, _ := strconv.Atoi(args[0]); code != want {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

func letter(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	rows := strings.Split(ts.ReadFile("stdout"), "\n")
	if n >= len(rows) {
		ts.Fatalf("there is no row %d", n)
	}
	id, _, _ := strings.Cut(rows[n], ",")
	ts.Setenv("LETTER", id)
}

// examples are SQL files and what runs them.
const examples = "../../deploy/examples/duckdb/"

// query runs SQL over an export by DuckDB, and leaves the answer in stdout.
func query(ts *testscript.TestScript, _ bool, files []string) {
	_ = os.Getenv("LAUREL_FILES_ARE") // what lies outside the module makes a kept result stale by this alone
	interpreter, err := exec.Command("bash", "../../scripts/venv.sh", strings.TrimPrefix(examples, "../../")+"requirements.txt").Output()
	ts.Check(err)
	args := []string{}
	for _, name := range append([]string{"query.py"}, files...) {
		path, err := filepath.Abs(examples + name)
		ts.Check(err)
		_, err = os.Stat(path) // tells the test cache what the result depends on
		ts.Check(err)
		args = append(args, path)
	}
	ts.Check(ts.Exec(strings.TrimSpace(string(interpreter)), args...))
}
