package scripts

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// tell is a command that shows what it was given, with an exit code that nothing else here has.
var tell = []string{"sh", "-c", `echo "uri=$MONGODB_URI mongod=$LAUREL_MONGOD"; exit 7`}

// docker is a server that answers; its containers become primary at once.
const docker = `echo "docker $*" >>$LOG
case $1 in
inspect) exit 1 ;;
esac`

func (h *house) mongod(command []string) (code int, stdout, stderr string) {
	h.t.Helper()
	return h.run("mongod.sh", append([]string{"run", "--dir", filepath.Join(h.home, "mongo")}, command...)...)
}

// cached puts a program where the wheel's mongod would stand.
func (h *house) cached(body string) string {
	h.t.Helper()
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		h.t.Skip("the path of the pin is that of Linux on x86-64")
	}
	path := filepath.Join(h.home, "mongod", "f07a739c821e", "mongod")
	require.NoError(h.t, os.MkdirAll(filepath.Dir(path), 0o750))
	require.NoError(h.t, os.WriteFile(path, []byte("#!/bin/bash\n"+body+"\n"), 0o700))
	return path
}

func TestAGivenMongoDBIsUsedAsItIs(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.program("docker", docker)
	h.program("mongod", "")
	h.env = append(h.env, "MONGODB_URI=given")
	code, out, _ := h.mongod(tell)
	require.Equal(t, 7, code)
	require.Equal(t, "uri=given mongod=\n", out)
	require.Empty(t, h.said(), "nothing is started")
}

func TestABinaryOnTheMachineComesBeforeDocker(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.laurel()
	h.program("docker", docker)
	onPath := h.program("mongod", "")
	code, out, _ := h.mongod(tell)
	require.Equal(t, 7, code)
	require.Equal(t, "uri=private mongod="+onPath+"\n", out)
	require.Contains(t, h.said(), "laurel mongod --dir "+filepath.Join(h.home, "mongo")+" -- sh -c")
	require.NotContains(t, h.said(), "docker")

	named := h.program("another", "")
	h.env = append(h.env, "LAUREL_MONGOD="+named)
	_, out, _ = h.mongod(tell)
	require.Equal(t, "uri=private mongod="+named+"\n", out)
}

func TestGiveLetsTheCommandStartItsOwn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	onPath := h.program("mongod", "")
	code, out, _ := h.run("mongod.sh", append([]string{"give", "--dir", filepath.Join(h.home, "mongo")}, tell...)...)
	require.Equal(t, 7, code)
	require.Equal(t, "uri= mongod="+onPath+"\n", out)
}

func TestANamedBinaryThatIsNotThereIsAFault(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.program("mongod", "")
	h.env = append(h.env, "LAUREL_MONGOD=/nowhere/mongod")
	code, _, stderr := h.mongod(tell)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "/nowhere/mongod is no program")
}

func TestADockerServerThatAnswersServes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.program("docker", docker)
	code, out, stderr := h.mongod(tell)
	require.Equal(t, 7, code, "the command's own exit code: %s", stderr)
	require.Regexp(t, `^uri=mongodb://127\.0\.0\.1:\d+/\?replicaSet=laurel mongod=\n$`, out)
	said := h.said()
	require.Regexp(t, `(?m)^docker run --detach --rm --name laurel-mongo-\d+ .*--publish 127\.0\.0\.1:(\d+):\d+ `+
		`--volume .*/mongo:/data/db mongo:\S+ --port \d+ --bind_ip_all --replSet laurel `, said)
	require.Regexp(t, `docker stop --time 20 laurel-mongo-\d+\n$`, said, "the last thing is to stop it")
}

func TestAContainerThatDoesNotComeUpIsStopped(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.program("docker", docker+"\n[ $1 != exec ]")
	h.program("sleep", "")
	code, _, stderr := h.mongod(tell)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "did not become a primary")
	require.Regexp(t, `docker stop --time 20 laurel-mongo-\d+\n$`, h.said())
}

func TestAnotherProcessKeepsItsContainer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.program("docker", "echo \"docker $*\" >>$LOG\n[ $1 = inspect ] && echo "+strconv.Itoa(os.Getpid())+"\nexit 0")
	code, _, stderr := h.mongod(tell)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "is in use by process")
	require.NotContains(t, h.said(), "docker stop")
	require.NotContains(t, h.said(), "docker rm")
}

func TestAContainerOfADeadProcessIsRemoved(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.program("docker", "echo \"docker $*\" >>$LOG\n[ $1 = inspect ] && echo 4194304\nexit 0")
	code, _, stderr := h.mongod(tell)
	require.Equal(t, 7, code, stderr)
	require.Regexp(t, `docker rm --force laurel-mongo-\d+\n`, h.said())
}

func TestASignalStopsCommandAndContainer(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		signal  syscall.Signal
		group   bool // to the whole group, as a terminal's Ctrl-C
		command string
		code    int
	}{
		{"Ctrl-C at a terminal", syscall.SIGINT, true, `echo ready; while :; do sleep 0.05; done`, 130},
		{"Ctrl-C, and the command stops in its own time", syscall.SIGINT, true,
			`trap 'sleep 0.2; exit 5' INT; echo ready; while :; do sleep 0.05; done`, 5},
		{"SIGTERM to the script alone", syscall.SIGTERM, false,
			`trap 'exit 6' TERM; echo ready; while :; do sleep 0.05; done`, 6},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.program("docker", docker)
			cmd := h.command("mongod.sh", "run", "--dir", filepath.Join(h.home, "mongo"), "bash", "-c", c.command)
			cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
			out, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			line, err := bufio.NewReader(out).ReadString('\n')
			require.NoError(t, err)
			require.Equal(t, "ready\n", line)

			target := cmd.Process.Pid
			if c.group {
				target = -target
			}
			require.NoError(t, syscall.Kill(target, c.signal))
			_, err = io.Copy(io.Discard, out)
			require.NoError(t, err)
			require.Error(t, cmd.Wait())
			require.Equal(t, c.code, cmd.ProcessState.ExitCode())
			require.Regexp(t, `docker stop --time 20 laurel-mongo-\d+\n$`, h.said())
		})
	}
}

func TestWithoutADockerServerTheWheelServes(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, docker string }{
		{"a client without a server", "echo \"docker $*\" >>$LOG; exit 1"},
		{"an image that cannot be had", "echo \"docker $*\" >>$LOG; [ $1 = version ]"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.laurel()
			h.program("docker", c.docker)
			cached := h.cached("")
			code, out, stderr := h.mongod(tell)
			require.Equal(t, 7, code, stderr)
			require.Equal(t, "uri=private mongod="+cached+"\n", out)
			require.Contains(t, h.said(), "docker version")
			require.NotContains(t, h.said(), "docker run")
		})
	}
}

func TestFindPrintsABinaryForTheShell(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	cached := h.cached("")
	code, out, _ := h.run("mongod.sh", "find")
	require.Zero(t, code)
	require.Equal(t, "export LAUREL_MONGOD="+cached+"\n", out)
}

func TestMissingLibrariesAreNamedWithTheirPackages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.cached("exit 127")
	h.program("ldd", `printf '\tlibcurl.so.4 => not found\n\tlibssl.so.3 => not found\n\tlibcrypto.so.3 => not found\n'`)
	code, _, stderr := h.run("mongod.sh", "find")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "lacks shared libraries: libcurl.so.4 libssl.so.3 libcrypto.so.3. "+
		"Install them (Debian, Ubuntu: apt-get install libcurl4 libssl3).")
}

func TestAPlatformWithoutAPinSaysWhatElseWorks(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.program("uname", `[ $1 = -s ] && echo Plan9 || echo vax`)
	code, _, stderr := h.run("mongod.sh", "find")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "no MongoDB is pinned for Plan9 vax: set MONGODB_URI (a replica set) or LAUREL_MONGOD")
}
