//go:build !linux

package mongod

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// attributes give the server a process group of its own, so that Ctrl-C reaches it only through Stop.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// commandLine returns the arguments of a living process, nil if there is none.
func commandLine(pid int) []string {
	out, err := exec.Command("ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return nil
	}
	return strings.Fields(string(out))
}
