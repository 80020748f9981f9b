// Package reference writes what follows from code, and finds what does not any more: the pages of docs/reference, the dashboard
// and the alerts.
//
//	go test ./services/e2e/reference -rewrite
package reference

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/accrual"
	"github.com/laurel-loyalty/laurel/services/analytics"
	"github.com/laurel-loyalty/laurel/services/internal/config"
	"github.com/laurel-loyalty/laurel/services/internal/house"
	"github.com/laurel-loyalty/laurel/services/member"
	"github.com/laurel-loyalty/laurel/services/partner"
	"github.com/laurel-loyalty/laurel/services/reward"
	"github.com/laurel-loyalty/laurel/services/tier"
)

var rewrite = flag.Bool("rewrite", false, "write the pages of docs/reference anew")

const (
	pages = "../../../docs/reference"
	// madeAtRandom stands in an example for a secret, so that no example is one.
	madeAtRandom = "<made at random>"
	command      = "go test ./services/e2e/reference -rewrite"
)

// page holds the committed page against its introduction, which testdata keeps, and the table that code gives; or writes it.
func page(t *testing.T, name string, table []byte) {
	t.Helper()
	file(t, filepath.Join(pages, name), append(introduction(t, name), table...))
}

// file holds a committed file against what it should be, or writes it.
func file(t *testing.T, path string, want []byte) {
	t.Helper()
	if *rewrite {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755)) //nolint:gosec // it is for everybody
		require.NoError(t, os.WriteFile(path, want, 0o644))        //nolint:gosec // it is for everybody
		return
	}
	_ = os.Getenv("LAUREL_FILES_ARE") // what lies outside the module makes a kept result stale by this alone
	got, err := os.ReadFile(path)
	require.NoError(t, err, command+" writes it")
	require.Empty(t, cmp.Diff(string(want), string(got)), "%s is old: run %s, look at the difference and commit it", strings.TrimLeft(path, "./"), command)
}

func introduction(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return text
}

func TestSettingsOfAccrual(t *testing.T) {
	settings(t, "accrual-settings.md", "LAUREL_ACCRUAL", func(c accrual.Config) int { return c.Lanes })
}

func TestSettingsOfAnalytics(t *testing.T) {
	settings(t, "analytics-settings.md", "LAUREL_ANALYTICS", func(c analytics.Config) int { return c.Lanes })
}

func TestSettingsOfTier(t *testing.T) {
	settings(t, "tier-settings.md", "LAUREL_TIER", func(c tier.Config) int { return c.Lanes })
}

// settings holds a page against the settings of a service, and the example on it against what it says.
func settings[C any](t *testing.T, name string, prefix config.Prefix, lanes func(C) int) {
	t.Helper()
	var table bytes.Buffer
	var none C
	require.NoError(t, config.Reference(&table, none, prefix))
	page(t, name, table.Bytes())

	_, example, _ := strings.Cut(string(introduction(t, name)), "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	for strings.Contains(example, madeAtRandom) {
		example = strings.Replace(example, madeAtRandom, house.NewToken(), 1)
	}
	file := filepath.Join(t.TempDir(), "settings.yaml")
	require.NoError(t, os.WriteFile(file, []byte(example), 0o600))
	cfg, err := config.Load[C](file, nil, prefix)
	require.NoError(t, err)
	require.Equal(t, 2, lanes(cfg), "the example of the page")
	cfg, err = config.Load[C](file, []string{string(prefix) + "_LANES=4"}, prefix)
	require.NoError(t, err)
	require.Equal(t, 4, lanes(cfg))
}

func TestSettingsOfPartner(t *testing.T) {
	settings(t, "partner-settings.md", partner.EnvironPrefix, func(c partner.Config) int { return c.Lanes })
}

func TestSettingsOfMember(t *testing.T) {
	const name, prefix = "member-settings.md", member.EnvironPrefix
	var table bytes.Buffer
	require.NoError(t, config.Reference(&table, member.Config{}, prefix))
	page(t, name, table.Bytes())
}

func TestSettingsOfReward(t *testing.T) {
	const name, prefix = "reward-settings.md", reward.EnvironPrefix
	var table bytes.Buffer
	require.NoError(t, config.Reference(&table, reward.Config{}, prefix))
	page(t, name, table.Bytes())
}
