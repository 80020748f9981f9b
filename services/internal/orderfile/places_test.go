package orderfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/orderfile"
)

func TestRejectedRowsAreNeverWrittenOverWhatIsReadOrKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	kept := filepath.Join(dir, "x.csv")
	require.NoError(t, os.WriteFile(kept, nil, 0o600))
	link := filepath.Join(t.TempDir(), "link.csv")
	require.NoError(t, os.Symlink(kept, link))
	for name, c := range map[string]struct {
		read, bases, want []string
	}{
		"one file":                   {[]string{"a/x.csv"}, []string{"x.csv"}, []string{"x.csv"}},
		"two of one name":            {[]string{"a/x.csv", "b/x.csv"}, []string{"x.csv", "x.csv"}, []string{"x.csv", "2-x.csv"}},
		"the kept file itself":       {[]string{kept}, []string{"x.csv"}, []string{"2-x.csv"}},
		"the kept file by a link":    {[]string{link}, []string{"link.csv", "x.csv"}, []string{"link.csv", "2-x.csv"}},
		"the kept file and another":  {[]string{kept, "a/x.csv"}, []string{"x.csv", "x.csv"}, []string{"2-x.csv", "3-x.csv"}},
		"standard input and a file":  {[]string{"-", "stdin.csv"}, []string{"stdin.csv", "stdin.csv"}, []string{"stdin.csv", "2-stdin.csv"}},
		"the one that is to be made": {[]string{"nowhere.csv"}, []string{"nowhere.csv"}, []string{"nowhere.csv"}},
	} {
		p := orderfile.NewPlaces(dir, c.read)
		for i, base := range c.bases {
			require.Equal(t, filepath.Join(dir, c.want[i]), p.Next(base), name)
		}
	}
}
