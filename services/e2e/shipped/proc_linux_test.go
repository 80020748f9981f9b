package shipped

import "syscall"

// attributes end a program, and with it its servers, when this process dies without stopping it.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} }
