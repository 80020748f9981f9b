//go:build !linux

package faults

func diskIsFull(x *trial) { x.t.Skip("NOT RUN: it needs a disk in memory, as Linux has") }
