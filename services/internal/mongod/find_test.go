package mongod

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFindTakesTheNamedBinaryThenPath(t *testing.T) {
	dir := t.TempDir()
	onPath, named := filepath.Join(dir, "mongod"), filepath.Join(dir, "another")
	for _, file := range []string{onPath, named} {
		require.NoError(t, os.WriteFile(file, []byte("#!/bin/sh\n"), 0o700))
	}

	t.Setenv("PATH", dir)
	t.Setenv("LAUREL_MONGOD", named)
	found, err := Find()
	require.NoError(t, err)
	require.Equal(t, named, found)

	t.Setenv("LAUREL_MONGOD", "")
	found, err = Find()
	require.NoError(t, err)
	require.Equal(t, onPath, found)

	t.Setenv("PATH", t.TempDir())
	_, err = Find()
	require.ErrorIs(t, err, ErrNotFound)

	t.Setenv("LAUREL_MONGOD", filepath.Join(dir, "absent"))
	_, err = Find()
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestNamesMissingLibrariesWithTheirPackages(t *testing.T) {
	dir := t.TempDir()
	fake := `#!/bin/sh
printf '\tlinux-vdso.so.1 (0x0)\n\tlibcurl.so.4 => not found\n\tlibssl.so.3 => not found\n'
printf '\tlibcrypto.so.3 => not found\n\tlibodd.so.9 => not found\n\tlibc.so.6 => /lib/libc.so.6 (0x0)\n'
`
	require.NoError(t, os.WriteFile(filepath.Join(dir, "ldd"), []byte(fake), 0o700))
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))

	err := missingLibraries(t.Context(), "/opt/mongod")
	require.EqualError(t, err, "/opt/mongod needs shared libraries that are not installed: "+
		"libcurl.so.4, libssl.so.3, libcrypto.so.3, libodd.so.9; "+
		"install libcurl4, libssl3, the package that holds libodd.so.9")
}

func TestNothingIsMissingWithoutLdd(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	require.NoError(t, missingLibraries(t.Context(), "/opt/mongod"))
}
