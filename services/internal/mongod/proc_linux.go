package mongod

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
)

// attributes give the server a process group of its own, so that Ctrl-C reaches it only through Stop, and end it
// when the thread that started it dies with this process.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}

// commandLine returns the arguments of a living process, nil if there is none.
func commandLine(pid int) []string {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || len(raw) == 0 {
		return nil
	}
	var arguments []string
	for argument := range bytes.SplitSeq(bytes.TrimRight(raw, "\x00"), []byte{0}) {
		arguments = append(arguments, string(argument))
	}
	return arguments
}
