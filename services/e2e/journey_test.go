package e2e

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var rewritePlots = flag.Bool("rewrite-plots", false, "write the plots of docs/guides/journey anew")

const (
	journeyGuide = repository + "/docs/guides/know-your-customers.md"
	journeyPlots = repository + "/docs/guides/journey"
	plotBytesMax = 60_000
)

// TestTheCompleteJourneyIsAsTheGuideSays plays docs/guides/know-your-customers.md from its first command to its last: each line
// that it shows, each figure in its sentences and each of its plots is what comes out now.
func TestTheCompleteJourneyIsAsTheGuideSays(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(journeyGuide)
	require.NoError(t, err)
	adapter := filepath.Join(repository, "deploy/examples/complete-journey")
	_, err = os.Stat(filepath.Join(adapter, "orders.py")) // tells the test cache what the result depends on
	require.NoError(t, err)
	d := newDesk(t, filepath.Join(adapter, "journey.yaml"))
	bin, err := filepath.EvalSymlinks(filepath.Join(d.dir, ".laurel/bin"))
	require.NoError(t, err)
	data := filepath.Join(filepath.Dir(bin), "data")
	require.NoError(t, os.MkdirAll(data, 0o750))
	require.NoError(t, os.Symlink(data, filepath.Join(d.dir, ".laurel/data")))

	sections := strings.Split(string(page), "\n## ")
	heard := "" // all commands, and what they printed
	for _, section := range sections[1:] {
		said := "" // since the last lines that are shown
		for _, block := range fenced.FindAllStringSubmatch(section, -1) {
			if block[1] == "sh" {
				out := d.follow(block[2])
				said, heard = said+out, heard+block[2]+out
				continue
			}
			requireShown(t, block[2], said)
			said = ""
		}
		requireFigures(t, fenced.ReplaceAllString(section, ""), heard)
	}
	requirePlots(t, string(page), filepath.Join(d.dir, "plots"))
}

// follow runs commands of the guide and returns what they print. The house is up already; what it is sent is read before the
// next command.
func (d *desk) follow(commands string) string {
	d.t.Helper()
	commands = regexp.MustCompile(`(?m)^laurel serve .*\n`).ReplaceAllString(commands, "")
	commands = strings.Replace(commands, "laurel replay ", "laurel replay --data .laurel/replayed ", 1) // not what an earlier run has left
	ctx, cancel := context.WithTimeout(d.t.Context(), stepMax)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-eo", "pipefail", "-c", commands)
	cmd.Dir, cmd.Env = d.dir, d.env
	out, err := cmd.Output()
	require.NoError(d.t, err, "%s\n%s%s", commands, out, errorOutput(err))
	if sent := regexp.MustCompile(`(?m)^ orders\.csv +(\d+)`).FindSubmatch(out); sent != nil {
		d.house.becomes("read up to .*, "+string(sent[1])+" entries", "analytics", "report", "pareto")
	}
	return string(out)
}

// requireShown asserts that the lines which the guide shows were printed, in their order; others may lie between them, and a
// table may be as wide as its longest line makes it.
func requireShown(t *testing.T, shown, said string) {
	t.Helper()
	narrow := func(line string) string { return strings.Join(strings.Fields(line), " ") }
	rest := strings.Split(said, "\n")
	for line := range strings.Lines(shown) {
		at := 0
		for at < len(rest) && narrow(rest[at]) != narrow(line) {
			at++
		}
		require.Less(t, at, len(rest), "the guide shows\n%s\nand it says\n%s", line, said)
		rest = rest[at+1:]
	}
}

var (
	figure = regexp.MustCompile(`\d[\d,]*(?:\.\d+)?`)
	// told apart from figures: addresses of pictures and pages, and times written out.
	noFigure = regexp.MustCompile(`\]\([^)]*\)|\d{4}-\d\d-\d\d\S*|80/20`)
)

// requireFigures asserts that each figure in the sentences of the guide is one of those in the commands so far and what they
// printed.
func requireFigures(t *testing.T, sentences, heard string) {
	t.Helper()
	known := map[float64]bool{}
	for _, n := range figuresIn(t, heard) {
		known[n] = true
	}
	title, _, _ := strings.Cut(sentences, "\n")
	for _, n := range figuresIn(t, noFigure.ReplaceAllString(sentences, " ")) {
		require.True(t, known[n] || notComputed[title][n], "%s: %v is said by no command", title, n)
	}
}

// notComputed are figures of the guide that no command prints: what the data and the programme file are.
var notComputed = map[string]map[float64]bool{
	"Load":                      {31.6: true, 155848: true, 2469: true, 84.51: true, 70: true},
	"What is left of it?":       {8: true, 1.20: true},
	"What will they still buy?": {2005: true},
}

func figuresIn(t *testing.T, text string) []float64 {
	t.Helper()
	var list []float64
	for _, found := range figure.FindAllString(text, -1) {
		n, err := strconv.ParseFloat(strings.ReplaceAll(found, ",", ""), 64)
		require.NoError(t, err, found)
		list = append(list, n)
	}
	return list
}

var picture = regexp.MustCompile(`!\[[^\]]+\]\(journey/([a-z0-9-]+\.svg)\)`)

// requirePlots asserts that the plots of the guide are those of its commands, to the last byte, small, and no more than it shows.
func requirePlots(t *testing.T, page, made string) {
	t.Helper()
	shown := map[string]bool{}
	for _, found := range picture.FindAllStringSubmatch(page, -1) {
		name := found[1]
		shown[name] = true
		fresh, err := os.ReadFile(filepath.Join(made, name))
		require.NoError(t, err, "no command of the guide makes %s", name)
		require.Less(t, len(fresh), plotBytesMax, name)
		if *rewritePlots {
			require.NoError(t, os.MkdirAll(journeyPlots, 0o750))
			require.NoError(t, os.WriteFile(filepath.Join(journeyPlots, name), fresh, 0o600))
		}
		kept, err := os.ReadFile(filepath.Join(journeyPlots, name))
		require.NoError(t, err)
		require.Equal(t, string(fresh), string(kept), "%s is not what comes out now: go test ./services/e2e -run CompleteJourney -rewrite-plots", name)
	}
	require.GreaterOrEqual(t, len(shown), 9)
	kept, err := os.ReadDir(journeyPlots)
	require.NoError(t, err)
	require.Len(t, kept, len(shown), "a plot that no page shows")
}
