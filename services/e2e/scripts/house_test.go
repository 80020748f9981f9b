// Package scripts tests the shell of the repository: how MongoDB is found, how a wheel is fetched and checked. Docker,
// the house's own binary and MongoDB are stand-ins here; what they are asked to do is what is tested.
package scripts

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// tools are the programs that the scripts may use; a machine's own mongod and docker are not among them.
var tools = []string{
	"awk", "basename", "bash", "cat", "cksum", "cut", "date", "dirname", "env", "id", "mkdir", "rm", "sed", "seq", "sh",
	"sleep", "sort", "tr", "uname",
}

// house is an empty LAUREL_HOME with a PATH of its own.
type house struct {
	t    *testing.T
	home string
	bin  string
	log  string // what the stand-ins were called with
	env  []string
}

func newHouse(t *testing.T) *house {
	t.Helper()
	dir := t.TempDir()
	h := &house{t: t, home: filepath.Join(dir, "home"), bin: filepath.Join(dir, "bin"), log: filepath.Join(dir, "log")}
	require.NoError(t, os.MkdirAll(filepath.Join(h.home, "bin"), 0o750))
	require.NoError(t, os.MkdirAll(h.bin, 0o750))
	for _, tool := range tools {
		path, err := exec.LookPath(tool)
		require.NoError(t, err)
		h.program(tool, `exec `+path+` "$@"`)
	}
	python, err := exec.CommandContext(t.Context(), "python3", "-c", "import sys; print(sys.executable)").Output()
	require.NoError(t, err)
	h.program("python3", `exec `+strings.TrimSpace(string(python))+` "$@"`)
	h.env = []string{"PATH=" + h.bin, "HOME=" + dir, "LAUREL_HOME=" + h.home, "LOG=" + h.log}
	return h
}

// program puts a stand-in on PATH. No link to the machine's own program is ever made there: writing to it would go
// through.
func (h *house) program(name, body string) string {
	h.t.Helper()
	path := filepath.Join(h.bin, name)
	require.NoError(h.t, os.WriteFile(path, []byte("#!/bin/bash\n"+body+"\n"), 0o700))
	return path
}

// laurel puts a stand-in of the house's binary where the scripts look for it: it runs what it is given.
func (h *house) laurel() {
	h.t.Helper()
	body := "#!/bin/bash\necho \"laurel $*\" >>$LOG\n" +
		"while [ \"$1\" != -- ]; do shift; done; shift\nexport MONGODB_URI=private\n\"$@\"\n"
	require.NoError(h.t, os.WriteFile(filepath.Join(h.home, "bin", "laurel"), []byte(body), 0o700))
}

// command prepares a script of the repository.
func (h *house) command(script string, args ...string) *exec.Cmd {
	h.t.Helper()
	_ = os.Getenv("LAUREL_FILES_ARE") // what lies outside the module makes a kept result stale by this alone
	path, err := filepath.Abs(filepath.Join("../../../scripts", script))
	require.NoError(h.t, err)
	cmd := exec.CommandContext(h.t.Context(), path, args...)
	cmd.Env = h.env
	return cmd
}

// run runs a script and returns its exit code and what it said.
func (h *house) run(script string, args ...string) (code int, stdout, stderr string) {
	h.t.Helper()
	var out, err bytes.Buffer
	cmd := h.command(script, args...)
	cmd.Stdout, cmd.Stderr = &out, &err
	_ = cmd.Run() // the exit code tells
	require.NotNil(h.t, cmd.ProcessState, "start %s", script)
	return cmd.ProcessState.ExitCode(), out.String(), err.String()
}

// said returns what the stand-ins were called with.
func (h *house) said() string {
	h.t.Helper()
	raw, err := os.ReadFile(h.log)
	if err != nil {
		require.ErrorIs(h.t, err, os.ErrNotExist)
	}
	return string(raw)
}
