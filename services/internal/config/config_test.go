package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/config"
)

const prefix config.Prefix = "LAUREL_TEST"

// settings has one of everything.
type settings struct {
	Name   string        `yaml:"name" default:"laurel" min:"1" max:"20" help:"What it is called."`
	Lanes  int           `yaml:"lanes" default:"2" min:"1" max:"64" help:"How many run side by side."`
	Bytes  int64         `yaml:"queue_bytes" default:"8388608" max:"1099511627776" unit:"bytes" help:"What may wait."`
	Idle   time.Duration `yaml:"idle" default:"2ms" max:"1s" help:"How long it waits."`
	Loud   bool          `yaml:"loud" help:"Whether it says so."`
	Days   []string      `yaml:"days" default:"mon, tue" max:"7" unit:"days" help:"When."`
	Bus    busSettings   `yaml:"bus"`
	Secret string        `yaml:"secret" secret:"true" min:"4" help:"What nobody sees."`
}

type busSettings struct {
	URL   string `yaml:"url" default:"nats://127.0.0.1:4222" help:"Where NATS is."`
	Token string `yaml:"token" secret:"true" help:"What NATS wants to see."`
}

func (s settings) Check() error {
	var errs []error
	if s.Lanes > 8 && s.Idle == 0 {
		errs = append(errs, errors.New("lanes above 8 need an idle above 0s"))
	}
	if s.Secret == "open sesame" {
		errs = append(errs, errors.New("secret is known to everybody: "+s.Secret))
	}
	return errors.Join(errs...)
}

func (b *busSettings) Check() error {
	if b.Token == "" && b.URL != "nats://127.0.0.1:4222" {
		return errors.New("token is not set: a server elsewhere wants one")
	}
	return nil
}

func defaults() settings {
	return settings{
		Name: "laurel", Lanes: 2, Bytes: 8 << 20, Idle: 2 * time.Millisecond, Days: []string{"mon", "tue"},
		Bus: busSettings{URL: "nats://127.0.0.1:4222"},
	}
}

// write makes a file and returns its path.
func write(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.yaml")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// faults loads and returns every fault in one line each, with the file's directory cut off.
func faults(t testing.TB, file string, environ ...string) []string {
	t.Helper()
	_, err := config.Load[settings](file, environ, prefix)
	if err == nil {
		return nil
	}
	var all *config.Error
	require.ErrorAs(t, err, &all)
	var list []string
	for _, f := range all.Faults {
		list = append(list, strings.ReplaceAll(f.String(), filepath.Dir(file)+"/", ""))
	}
	return list
}

func TestNothingSetIsTheDefaults(t *testing.T) {
	for _, file := range []string{"", write(t, ""), write(t, "# nothing\n"), write(t, "bus:\n  # nothing\n")} {
		got, err := config.Load[settings](file, []string{"HOME=/", "LAUREL_TESTED=1", "LAUREL_OTHER_LANES=9"}, prefix)
		require.NoError(t, err)
		require.Equal(t, defaults(), got)
	}
}

func TestEnvironmentOverFileOverDefault(t *testing.T) {
	file := write(t, `
name: 4711
lanes: 3
queue_bytes: 0
idle: 5ms
loud: true
days: [wed, "thu, really"]
bus: {url: "nats://bus:4222", token: from-file}
secret: also from the file
`)
	want := settings{
		Name: "4711", Lanes: 3, Idle: 5 * time.Millisecond, Loud: true, Days: []string{"wed", "thu, really"},
		Bus: busSettings{URL: "nats://bus:4222", Token: "from-file"}, Secret: "also from the file",
	}
	got, err := config.Load[settings](file, nil, prefix)
	require.NoError(t, err)
	require.Equal(t, want, got)

	got, err = config.Load[settings](file, []string{
		"LAUREL_TEST_LANES=4", "LAUREL_TEST_LANES=5", "LAUREL_TEST_QUEUE_BYTES=1099511627776", "LAUREL_TEST_IDLE=0",
		"LAUREL_TEST_LOUD=false", "LAUREL_TEST_DAYS= fri , sat", "LAUREL_TEST_BUS_TOKEN=a=b", "LAUREL_TEST_NAME=x",
	}, prefix)
	require.NoError(t, err)
	want.Name, want.Lanes, want.Bytes, want.Idle, want.Loud = "x", 5, 1<<40, 0, false
	want.Days, want.Bus.Token = []string{"fri", "sat"}, "a=b"
	require.Equal(t, want, got)
}

func TestAllFaultsAtOnce(t *testing.T) {
	file := write(t, `lanez: 3
lanes: two
idle: 5
bus:
  url: nats://elsewhere:4222
  tocken: s3cret
secret: *s
`)
	// An alias without its anchor stops the YAML reader: only its place can be told.
	require.Equal(t, []string{
		`test.yaml:7:9: broken YAML; look at the indentation, quotes and brackets before this place`,
		`LAUREL_TEST_LANES: lanes: "99" is out of range; write 1 to 64`,
		`LAUREL_TEST_LANEZ: unknown variable; did you mean LAUREL_TEST_LANES?`,
	}, faults(t, file, "LAUREL_TEST_LANEZ=3", "LAUREL_TEST_LANES=99"))

	file = write(t, `lanez: 3
lanes: two
idle: 5
bus:
  url: nats://elsewhere:4222
  tocken: s3cret
  zzz: 1
secret: abc
`)
	require.Equal(t, []string{
		`test.yaml:1:1: lanez: unknown key; did you mean "lanes"?`,
		`test.yaml:2:8: lanes: "two" is no whole number; write digits alone`,
		`test.yaml:3:7: idle: "5" is no duration; write a number with its unit, for example 20ms, 5s or 2m`,
		`test.yaml:6:3: bus.tocken: unknown key; did you mean "token"?`,
		`test.yaml:7:3: bus.zzz: unknown key; known here: url, token`,
		`test.yaml:8:9: secret: the value is out of range; write at least 4 characters`,
		`LAUREL_TEST_BUS_URI: unknown variable; did you mean LAUREL_TEST_BUS_URL?`,
		`LAUREL_TEST_XY: unknown variable; known behind LAUREL_TEST_: NAME, LANES, QUEUE_BYTES, IDLE, LOUD, DAYS, BUS_URL, BUS_TOKEN, SECRET`,
		`bus: token is not set: a server elsewhere wants one`,
	}, faults(t, file, "LAUREL_TEST_XY=", "LAUREL_TEST_BUS_URI=", "LAUREL_TEST_SERVICE_HOST=10.0.0.1", "LAUREL_TEST_PORT=tcp://10.0.0.1:1",
		"LAUREL_TEST_PORT_7400_TCP_ADDR=10.0.0.1", "LAUREL_TEST_SERVICE_PORT_GRPC=7400"))
}

func TestFaultsOfOneSetting(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"a number below its limit", "lanes: 0", `test.yaml:1:8: lanes: "0" is out of range; write 1 to 64`},
		{"a number that means something else in old YAML", "lanes: 010", `test.yaml:1:8: lanes: "010" is no whole number; write digits alone`},
		{"a number with a fraction", "lanes: 2.0", `test.yaml:1:8: lanes: "2.0" is no whole number; write digits alone`},
		{"a number beyond 64 bits", "queue_bytes: 99999999999999999999", `test.yaml:1:14: queue_bytes: "99999999999999999999" does not fit into 64 bits`},
		{"a number beyond its limit", "queue_bytes: 1099511627777", `test.yaml:1:14: queue_bytes: "1099511627777" is out of range; write at most 1099511627776 bytes`},
		{"a duration below zero", "idle: -1ms", `test.yaml:1:7: idle: "-1ms" is out of range; write 0s to 1s`},
		{"a duration that is too long", "idle: 2s", `test.yaml:1:7: idle: "2s" is out of range; write 0s to 1s`},
		{"yes is not true", "loud: yes", `test.yaml:1:7: loud: "yes" is neither true nor false`},
		{"a text that is too long", "name: abcdefghijklmnopqrstu", `test.yaml:1:7: name: "abcdefghijklmnopqrstu" is out of range; write 1 to 20 characters`},
		{"a text that is empty", `name: ""`, `test.yaml:1:7: name: "" is out of range; write 1 to 20 characters`},
		{"no value", "name:", `test.yaml:1:6: name: has no value; write one or delete the key`},
		{"a list for a value", "name: [a]", `test.yaml:1:7: name: is a list; write one value`},
		{"a section for a value", "name: {a: 1}", `test.yaml:1:7: name: is a section with keys; write one value`},
		{"a value for a list", "days: mon", `test.yaml:1:7: days: is one value; write a list, for example [one, two]`},
		{"a list in a list", "days: [mon, [tue]]", `test.yaml:1:13: days: item 2 is a list; write a text`},
		{"nothing in a list", "days: [mon, ~]", `test.yaml:1:13: days: item 2 is nothing; write a text`},
		{"an empty item", `days: [mon, ""]`, `test.yaml:1:7: days: item 2 is empty; write it or delete it`},
		{"a list that is too long", `days: [a, b, c, d, e, f, g, h]`, `test.yaml:1:7: days: "a, b, c, d, e, f, g, h" is out of range; write at most 7 days`},
		{"a value for a section", "bus: nats://u:s3cret@bus", `test.yaml:1:6: bus: is one value; write keys with values below it`},
		{"a value for the whole", "s3cret", `test.yaml:1:1: is one value; write keys with values below it`},
		{"a key twice", "lanes: 2\nlanes: 3", `test.yaml:2:1: a key is there twice, first at test.yaml:1:1; keep one of the two`},
		{"a key that is none", "[a, b]: 1", `test.yaml:1:1: a key is no word; write it as "name: value", with a blank behind the colon`},
		{"a secret in a key", "{secret:s3cret}", `test.yaml:1:2: a key is no word; write it as "name: value", with a blank behind the colon`},
		{"an anchor", "name: &a b", `test.yaml:1:7: name: anchors, aliases and merge keys are not read; write the value out, in quotes if it begins with & or *`},
		{"an alias", "days: [&a b]\nname: *a", `test.yaml:1:8: days: anchors, aliases and merge keys are not read; write the value out, in quotes if it begins with & or *
test.yaml:2:7: name: anchors, aliases and merge keys are not read; write the value out, in quotes if it begins with & or *`},
		{"a merge key", "<<: {lanes: 2}", `test.yaml:1:1: anchors, aliases and merge keys are not read; write the value out, in quotes if it begins with & or *`},
		{"a tag", "name: !s3cret", `test.yaml:1:7: name: tags are not read; delete it, or put the value in quotes if it begins with !`},
		{"a second document", "lanes: 2\n---\nlanes: 3", `test.yaml:2:1: a second YAML document begins here; keep one to a file`},
		{"broken YAML", "name: [a", `test.yaml:2:1: broken YAML; look at the indentation, quotes and brackets before this place`},
		{"the mask of a printed secret", "bus: {token: '***'}", `test.yaml:1:14: bus.token: is what is shown instead of a secret; write the secret itself`},
		{"a byte that is no text", "name: \"a\\0b\"", `test.yaml:1:7: name: holds bytes that are no text; write UTF-8`},
		{"settings that do not fit each other", "lanes: 9\nidle: 0s", `lanes above 8 need an idle above 0s`},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, strings.Join(faults(t, write(t, c.file)), "\n"))
		})
	}
}

func TestFaultsOfTheEnvironment(t *testing.T) {
	for _, c := range []struct{ name, variable, want string }{
		{"nothing is no number", "LAUREL_TEST_LANES=", `LAUREL_TEST_LANES: lanes: "" is no whole number; write digits alone`},
		{"a gap in a list", "LAUREL_TEST_DAYS=mon,,tue", `LAUREL_TEST_DAYS: days: item 2 is empty; write it or delete it`},
		{"bytes that are no text", "LAUREL_TEST_NAME=\xff", `LAUREL_TEST_NAME: name: holds bytes that are no text; write UTF-8`},
		{"a section has no variable", "LAUREL_TEST_BUS=x", `LAUREL_TEST_BUS: unknown variable; known behind LAUREL_TEST_: NAME, LANES, QUEUE_BYTES, IDLE, LOUD, DAYS, BUS_URL, BUS_TOKEN, SECRET`},
		{"a name in small letters", "LAUREL_TEST_lanes=2", `LAUREL_TEST_lanes: unknown variable; did you mean LAUREL_TEST_LANES?`},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, []string{c.want}, faults(t, "", c.variable)) })
	}
	require.Empty(t, faults(t, "", "LAUREL_TEST_DAYS=", "LAUREL_TEST_BUS_TOKEN=", "NO_SIGN", "=C:=x"), "what may be empty")
}

func TestAFileThatCannotBeRead(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none.yaml")
	require.Equal(t, []string{
		"none.yaml: cannot be read: no such file or directory",
		`LAUREL_TEST_LOUD: loud: "1" is neither true nor false`,
	}, faults(t, missing, "LAUREL_TEST_LOUD=1"))

	const line = "# nothing\n"
	most := strings.Repeat(line, 64<<10/len(line))
	require.Empty(t, faults(t, write(t, most+strings.Repeat("#", 64<<10-len(most)))), "64 KiB are read")
	require.Equal(t, []string{"test.yaml: has more than 64 KiB; these are no settings"},
		faults(t, write(t, most+strings.Repeat("#", 64<<10-len(most)+1))))
}

func TestManyFaultsAreCounted(t *testing.T) {
	var b strings.Builder
	for range 60 {
		b.WriteString("? [x]\n")
	}
	_, err := config.Load[settings](write(t, b.String()), nil, prefix)
	require.ErrorContains(t, err, "settings: 60 faults\n")
	require.True(t, strings.HasSuffix(err.Error(), "\n  and 10 more"))
	require.Equal(t, 51, strings.Count(err.Error(), "\n"))
}
