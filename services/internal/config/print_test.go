package config_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/config"
)

func TestPrintShowsWhetherASecretIsSet(t *testing.T) {
	s := defaults()
	s.Days, s.Bus.Token = nil, "s3cret"
	var out bytes.Buffer
	require.NoError(t, config.Print(&out, &s))
	require.Equal(t, `name: laurel
lanes: 2
queue_bytes: 8388608
idle: 2ms
loud: false
days: []
bus:
  url: nats://127.0.0.1:4222
  token: '***'
secret: ''
`, out.String())
}

// TestWhatIsPrintedIsReadAgain: whatever the settings hold, but for secrets.
func TestWhatIsPrintedIsReadAgain(t *testing.T) {
	text := rapid.String().Filter(func(s string) bool { return !bytes.ContainsRune([]byte(s), 0) })
	rapid.Check(t, func(rt *rapid.T) {
		want := settings{
			Name:  rapid.StringN(1, 20, -1).Filter(func(s string) bool { return !bytes.ContainsRune([]byte(s), 0) }).Draw(rt, "name"),
			Lanes: rapid.IntRange(1, 8).Draw(rt, "lanes"),
			Bytes: rapid.Int64Range(-1<<62, 1<<40).Draw(rt, "bytes"),
			Idle:  time.Duration(rapid.Int64Range(0, int64(time.Second)).Draw(rt, "idle")),
			Loud:  rapid.Bool().Draw(rt, "loud"),
			Days:  rapid.SliceOfN(text.Filter(func(s string) bool { return s != "" }), 0, 7).Draw(rt, "days"),
			Bus:   busSettings{URL: "nats://127.0.0.1:4222"},
		}
		var out bytes.Buffer
		require.NoError(rt, config.Print(&out, want))
		got, err := config.Load[settings](write(t, out.String()), nil, prefix)
		require.NoError(rt, err, out.String())
		require.Empty(rt, cmp.Diff(want, got, cmpopts.EquateEmpty()), out.String())
	})
}

func TestReferenceReadsLikeThis(t *testing.T) {
	type tabled struct {
		settings
		Pipe string `yaml:"pipe" default:"a|b" help:"Lines\n  and | pipes."`
	}
	var out bytes.Buffer
	require.Error(t, config.Reference(&out, tabled{}, prefix), "an embedded struct is no section")

	type whole struct {
		All   settings      `yaml:"all"`
		Pipe  string        `yaml:"pipe" default:"a|b" help:"Lines\n  and | pipes."`
		Grow  int           `yaml:"grow" unit:"items" help:"A number without limits."`
		Late  time.Duration `yaml:"late" min:"-1h" help:"A duration that may lie behind."`
		Items []string      `yaml:"items" min:"0" help:"A list."`
	}
	require.NoError(t, config.Reference(&out, &whole{}, prefix))
	require.Equal(t, "| setting | variable | values | default | what it sets |\n"+
		"|---|---|---|---|---|\n"+
		"| `all.name` | `LAUREL_TEST_ALL_NAME` | text, 1 to 20 characters | `laurel` | What it is called. |\n"+
		"| `all.lanes` | `LAUREL_TEST_ALL_LANES` | whole number, 1 to 64 | `2` | How many run side by side. |\n"+
		"| `all.queue_bytes` | `LAUREL_TEST_ALL_QUEUE_BYTES` | whole number, at most 1099511627776 bytes | `8388608` | What may wait. |\n"+
		"| `all.idle` | `LAUREL_TEST_ALL_IDLE` | duration, 0s to 1s | `2ms` | How long it waits. |\n"+
		"| `all.loud` | `LAUREL_TEST_ALL_LOUD` | true or false | `false` | Whether it says so. |\n"+
		"| `all.days` | `LAUREL_TEST_ALL_DAYS` | list of texts, at most 7 days | `mon, tue` | When. |\n"+
		"| `all.bus.url` | `LAUREL_TEST_ALL_BUS_URL` | text | `nats://127.0.0.1:4222` | Where NATS is. |\n"+
		"| `all.bus.token` | `LAUREL_TEST_ALL_BUS_TOKEN` | text, secret |  | What NATS wants to see. |\n"+
		"| `all.secret` | `LAUREL_TEST_ALL_SECRET` | text, at least 4 characters, secret |  | What nobody sees. |\n"+
		"| `pipe` | `LAUREL_TEST_PIPE` | text | `a\\|b` | Lines and \\| pipes. |\n"+
		"| `grow` | `LAUREL_TEST_GROW` | whole number of items | `0` | A number without limits. |\n"+
		"| `late` | `LAUREL_TEST_LATE` | duration, at least -1h0m0s | `0s` | A duration that may lie behind. |\n"+
		"| `items` | `LAUREL_TEST_ITEMS` | list of texts, at least 0 items |  | A list. |\n", out.String())
}

// full refuses what is written to it.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no room") }

func TestAWriterThatIsFull(t *testing.T) {
	require.ErrorContains(t, config.Print(full{}, defaults()), "no room")
	require.ErrorContains(t, config.Reference(full{}, defaults(), prefix), "no room")
}
