// Package reference writes the pages of docs/reference that follow from code, and finds those that do not any more.
//
//	go test ./services/e2e/reference -rewrite
package reference

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/accrual"
	"github.com/laurel-loyalty/laurel/services/internal/config"
)

var rewrite = flag.Bool("rewrite", false, "write the pages of docs/reference anew")

const (
	pages   = "../../../docs/reference"
	command = "go test ./services/e2e/reference -rewrite"
)

// page compares what code says with what is committed, or writes it.
func page(t *testing.T, name string, want []byte) {
	t.Helper()
	path := filepath.Join(pages, name)
	if *rewrite {
		require.NoError(t, os.WriteFile(path, want, 0o644)) //nolint:gosec // a page is for everybody
		return
	}
	got, err := os.ReadFile(path)
	require.NoError(t, err, command+" writes it")
	require.Empty(t, cmp.Diff(string(want), string(got)), "docs/reference/%s is old: run %s, look at the difference and commit it", name, command)
}

func TestSettingsOfAccrual(t *testing.T) {
	const prefix config.Prefix = "LAUREL_ACCRUAL"
	t.Run("the page's example is taken", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "accrual.yaml")
		require.NoError(t, os.WriteFile(path, []byte("mongo_uri: mongodb://127.0.0.1:27017/?replicaSet=laurel\ntoken: a token\nlanes: 2\n"), 0o600))
		cfg, err := config.Load[accrual.Config](path, []string{"LAUREL_ACCRUAL_LANES=4"}, prefix)
		require.NoError(t, err)
		require.Equal(t, 4, cfg.Lanes)
	})
	var b bytes.Buffer
	b.WriteString(`# Settings of accrual

Generated from ` + "`services/accrual/config.go`" + ` by ` + "`" + command + "`" + `.

` + "```sh" + `
LAUREL_ACCRUAL_LANES=4 laurel-accrual --config accrual.yaml   # 4, whatever the file says of lanes
` + "```" + `

The environment stands over the file, the file over the default. The file is YAML, at most 64 KiB. A key or a variable
` + "`LAUREL_ACCRUAL_…`" + ` that is not in this table is refused with the one that is nearest; all faults are named at once.
A duration is a number with its unit: ` + "`2ms`, `5s`, `1m30s`" + `; a list in a variable has commas. Secrets are shown
nowhere: ` + "`--print-config`" + ` says whether they are set.

`)
	require.NoError(t, config.Reference(&b, accrual.Config{}, prefix))
	page(t, "accrual-settings.md", b.Bytes())
}
