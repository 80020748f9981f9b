package house_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/house"
)

func here() house.House {
	return house.House{
		GRPC: house.GRPC{Accrual: "127.0.0.1:7010", Programme: "127.0.0.1:7011"}, Token: house.NewToken(),
		NATS: house.NATS{URL: "nats://127.0.0.1:4222", Token: house.NewToken()}, Program: "cdnow", Zone: "UTC",
	}
}

func TestAHouseIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), house.Path)
	for _, want := range []house.House{here(), here()} { // the second replaces the first
		require.NoError(t, house.Write(path, want))
		got, err := house.Read(path)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, left, 1, "nothing half-written stays behind")
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, content string
		mode          fs.FileMode
		problem       string
	}{
		{"a file that the group may read", `{}`, 0o640, "nobody but you may read it"},
		{"a file that everybody may read", `{}`, 0o604, "nobody but you may read it"},
		{"what is no JSON", `{`, 0o600, "unexpected end of JSON input"},
		{"what is far too long", strings.Repeat(" ", 64<<10+1), 0o600, "this is no house"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "house.json")
			require.NoError(t, os.WriteFile(path, []byte(c.content), 0o600))
			require.NoError(t, os.Chmod(path, c.mode))
			_, err := house.Read(path)
			require.ErrorContains(t, err, c.problem)
		})
	}
	_, err := house.Read(filepath.Join(t.TempDir(), "house.json"))
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestWhatANewerHouseAddsIsPassedOver(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "house.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"grpc":{"accrual":"a:1","tomorrow":"b:2"},"token":"t","since":1}`), 0o600))
	h, err := house.Read(path)
	require.NoError(t, err)
	require.Equal(t, house.House{GRPC: house.GRPC{Accrual: "a:1"}, Token: "t"}, h)
}

func TestTokensAreSecret(t *testing.T) {
	t.Parallel()
	one, two := house.NewToken(), house.NewToken()
	require.NotEqual(t, one, two)
	require.Regexp(t, "^[0-9a-f]{64}$", one, "32 bytes; a flag takes whatever they are")
}

func TestAHouseThatCannotBeWrittenLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "house.json", "in the way"), 0o700))
	require.ErrorContains(t, house.Write(filepath.Join(dir, "house.json"), here()), "write down the house")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1)
}

func TestEachServiceIsFoundByItsName(t *testing.T) {
	t.Parallel()
	grpc := house.GRPC{Accrual: "1", Analytics: "2", Member: "3", Programme: "4", Tier: "5"}
	for name, want := range map[string]string{"accrual": "1", "analytics": "2", "member": "3", "programme": "4", "tier": "5", "nobody": ""} {
		require.Equal(t, want, grpc.Of(name), name)
	}
}
