package backup_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/laurel-loyalty/laurel/services/internal/backup"
)

// TestADamagedBackupIsRefusedByTheNameOfItsFile, before anything is written.
func TestADamagedBackupIsRefusedByTheNameOfItsFile(t *testing.T) {
	t.Parallel()
	was := newStores(t)
	was.fill(mathrand.New(mathrand.NewPCG(6, 1)))
	dir, _ := was.take()
	const things, events = "tier/things.bson.zst", "streams/EVENTS.bson.zst"
	for name, c := range map[string]struct {
		file, why string
		damage    func(t *testing.T, dir string)
	}{
		"a file is cut off":         {things, "bytes, not", change(things, func(b []byte) []byte { return b[:len(b)-1] })},
		"a byte is another":         {events, "SHA-256 is another", change(events, func(b []byte) []byte { b[len(b)/2] ^= 1; return b })},
		"a file is gone":            {things, "it is not there", remove(things)},
		"the manifest is gone":      {"manifest.json", "it is not there", remove("manifest.json")},
		"its seal is gone":          {"manifest.sha256", "it is not there", remove("manifest.sha256")},
		"the manifest was altered":  {"manifest.json", "not as it was written", change("manifest.json", func(b []byte) []byte { return append(b, ' ') })},
		"another format":            {"manifest.json", "it has format 2; this program reads format 1", manifest(func(m *backup.Manifest) { m.Format = 2 })},
		"another service":           {"manifest.json", "it has the services [accrual shop ", manifest(func(m *backup.Manifest) { m.Services[1].Name = "shop" })},
		"a service is missing":      {"manifest.json", "it has the services [accrual", manifest(func(m *backup.Manifest) { m.Services = m.Services[:6] })},
		"a stream is missing":       {"manifest.json", "it has no stream DEAD", manifest(func(m *backup.Manifest) { m.Streams = m.Streams[:2] })},
		"a file outside":            {"manifest.json", "not in the backup", manifest(func(m *backup.Manifest) { m.Streams[0].Path = "../../x" })},
		"another count":             {events, "documents, which are not the", manifest(func(m *backup.Manifest) { m.Streams[0].Documents++ })},
		"documents of another file": {things, "documents, which are not", manifest(func(m *backup.Manifest) { last(m.Services[6]).Digest = m.Streams[0].Digest })},
		"no JSON":                   {"manifest.json", "it is no manifest", sealed([]byte("{"))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			copied := filepath.Join(t.TempDir(), "copy")
			require.NoError(t, os.CopyFS(copied, os.DirFS(dir)))
			c.damage(t, copied)
			s := newStores(t)
			_, err := backup.Restore(t.Context(), s.house, copied, "")
			var bad *backup.BadFile
			require.ErrorAs(t, err, &bad)
			require.Equal(t, c.file, bad.File)
			require.ErrorContains(t, err, c.why)
			names, err := s.db("tier").ListCollectionNames(t.Context(), bson.D{})
			require.NoError(t, err)
			require.Empty(t, names)
		})
	}
}

// TestAHouseOfACluster: three nodes kept its streams, here is one.
func TestAHouseOfACluster(t *testing.T) {
	t.Parallel()
	was := newStores(t)
	was.fill(mathrand.New(mathrand.NewPCG(7, 1)))
	dir, _ := was.take()
	manifest(func(m *backup.Manifest) {
		for i := range m.Streams {
			m.Streams[i].Config.Replicas = 3
		}
	})(t, dir)
	is := newStores(t)
	_, err := backup.Restore(t.Context(), is.house, dir, "")
	require.ErrorContains(t, err, "replicas > 1 not supported in non-clustered mode")
	is.house.Replicas = 1
	_, err = backup.Restore(t.Context(), is.house, dir, "")
	require.NoError(t, err)
	requireSame(t, was.contents(), is.contents())
}

func last(s backup.Service) *backup.Collection { return &s.Collections[len(s.Collections)-1] }

func change(file string, f func([]byte) []byte) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		content, err := os.ReadFile(filepath.Join(dir, file))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, file), f(content), 0o600))
	}
}

func remove(file string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		require.NoError(t, os.Remove(filepath.Join(dir, file)))
	}
}

// manifest alters a manifest and seals it again.
func manifest(f func(*backup.Manifest)) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		m, err := backup.ReadManifest(dir)
		require.NoError(t, err)
		f(m)
		text, err := json.Marshal(m)
		require.NoError(t, err)
		sealed(text)(t, dir)
	}
}

func sealed(text []byte) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "manifest.json"), text, 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "manifest.sha256"), fmt.Appendf(nil, "%x\n", sum(text)), 0o600))
	}
}

func sum(text []byte) [sha256.Size]byte { return sha256.Sum256(text) }
