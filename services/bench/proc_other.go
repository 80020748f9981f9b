//go:build !linux

package bench

import "syscall"

func attributes() *syscall.SysProcAttr { return nil }

func forgetPeak(int) {}

func peak(int) (float64, bool) { return 0, false }
