package testkit

import "syscall"

// attributes end a program when this process dies without stopping it.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
