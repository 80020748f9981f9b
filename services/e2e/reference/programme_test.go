package reference

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/config"
	"github.com/laurel-loyalty/laurel/services/internal/house"
	"github.com/laurel-loyalty/laurel/services/programme"
)

func TestSettingsOfProgramme(t *testing.T) {
	const name, prefix = "programme-settings.md", programme.EnvironPrefix
	var table bytes.Buffer
	require.NoError(t, config.Reference(&table, programme.Config{}, prefix))
	page(t, name, table.Bytes())

	_, example, _ := strings.Cut(string(introduction(t, name)), "```yaml\n")
	example, _, _ = strings.Cut(example, "```")
	example = strings.ReplaceAll(example, madeAtRandom, house.NewToken())
	file := filepath.Join(t.TempDir(), "programme.yaml")
	require.NoError(t, os.WriteFile(file, []byte(example), 0o600))
	cfg, err := config.Load[programme.Config](file, []string{"LAUREL_PROGRAMME_PARTITIONS=4"}, prefix)
	require.NoError(t, err)
	require.Equal(t, 4, cfg.Partitions, "the environment stands over the file")
}
