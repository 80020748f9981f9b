package e2e

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestEveryBinaryIsStartedAlike asks all seven binaries for their flags and their settings: the same flags with the same
// words, settings from a file, the environment before it, secrets never shown, all that is wrong named at once.
func TestEveryBinaryIsStartedAlike(t *testing.T) {
	t.Parallel()
	buildServices(t)
	var flags string
	for _, name := range everyService {
		prefix := "LAUREL_" + strings.ToUpper(name) + "_"
		o := newHouse(t).run(binaryOf(name), "--help").wait()
		require.Contains(t, o.out, prefix[:len(prefix)-1])
		of := strings.Join(flagLines.FindAllString(o.out, -1), "\n")
		require.Contains(t, of, "--print-config")
		if flags == "" {
			flags = of
		}
		require.Equal(t, flags, of, "%s has the same flags, with the same words", name)

		file := write(t, "settings.yaml", "database: of_the_file\nmetrics: 127.0.0.1:7999\nnats: {url: 'nats://file:4222', token: hush-nats}\n")
		wrong := write(t, "wrong.yaml", "datebase: one\nmetricks: two\n")
		secrets := []string{
			prefix + "MONGO_URI=mongodb://hush-mongo", prefix + "CALLERS=operator:hush-operator-0123456789abcdef0123456789", prefix + "ACCRUAL=127.0.0.1:7401", prefix + "ACCRUAL_TOKEN=hush-accrual-0123456789abcdef0123456789",
		}
		if name != "reward" && name != "partner" { // they alone ask accrual
			secrets = secrets[:2]
		}
		for _, c := range []struct {
			what string
			args []string
			env  []string
			code int
			says []string
		}{
			{what: "a flag that is none", args: []string{"--lunch"}, code: 2, says: []string{"laurel-" + name + ": unknown flag --lunch"}},
			{what: "defaults", args: []string{"--print-config"}, says: []string{"database: laurel_" + name + "\n", "listen: 127.0.0.1:0"}},
			{what: "a file", args: []string{"--print-config", "--config", file}, says: []string{"database: of_the_file\n", "metrics: 127.0.0.1:7999", "nats://file:4222"}},
			{
				what: "the environment goes before a file", args: []string{"--print-config", "--config", file}, env: []string{prefix + "DATABASE=of_the_environment"},
				says: []string{"database: of_the_environment\n", "metrics: 127.0.0.1:7999"},
			},
			{what: "settings that are none", args: []string{"--config", wrong}, code: 1, says: []string{"datebase", "metricks"}},
			{what: "a variable that is none", env: []string{prefix + "DATEBASE=one"}, code: 1, says: []string{prefix + "DATEBASE"}},
			{what: "a file that is not there", args: []string{"--config", file + ".gone"}, code: 1, says: []string{".gone"}},
		} {
			t.Run(name+"/"+c.what, func(t *testing.T) {
				t.Parallel()
				h := newHouse(t)
				h.env = append(append(h.env, secrets...), c.env...)
				o := h.run(binaryOf(name), c.args...).wait()
				require.Equal(t, c.code, o.code, "%v", o)
				for _, want := range c.says {
					require.Contains(t, o.out+o.err, want)
				}
				require.NotContains(t, o.out+o.err, "hush")
			})
		}
	}
}

// flagLines are what --help says of flags.
var flagLines = regexp.MustCompile(`(?m)^ +(-h, )?--.*(\n {8,}.*)*`)
