//go:build !linux

package bench

import "syscall"

func attributes() *syscall.SysProcAttr { return nil }

func forgetPeak(int) {}

func peak(int) (float64, bool) { return 0, false }

func processor(int) (float64, bool) { return 0, false }

func children(int) []int { return nil }

func called(int, string) bool { return false }

func holds(int) (float64, bool) { return 0, false }
