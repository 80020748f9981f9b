package mongod

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Ports are taken from below the range that the kernel gives to outgoing connections, so that nobody takes the port
// while the server restarts.
const (
	portFirst = 21000
	portCount = 11000
)

// record is what a data directory remembers of its server.
type record struct {
	PID  int `json:"pid"`
	Port int `json:"port"`
}

func recordPath(dir string) string { return filepath.Join(dir, "laurel.json") }

// readRecord returns the zero record when there is none or when a crash cut it short.
func readRecord(dir string) record {
	var r record
	raw, err := os.ReadFile(recordPath(dir))
	if err != nil || json.Unmarshal(raw, &r) != nil {
		return record{}
	}
	return r
}

func writeRecord(dir string, r record) error {
	raw, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode %s: %w", recordPath(dir), err)
	}
	part := recordPath(dir) + ".part"
	if err := os.WriteFile(part, raw, 0o600); err != nil {
		return fmt.Errorf("record port and process: %w", err)
	}
	if err := os.Rename(part, recordPath(dir)); err != nil {
		return fmt.Errorf("record port and process: %w", err)
	}
	return nil
}

// lockDir takes the directory for this process. The kernel frees the lock however the process ends.
func lockDir(dir string) (*os.File, error) {
	path := filepath.Join(dir, "laurel.lock")
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		busy := fmt.Errorf("%s is in use by another process; stop it or give another directory: %w", dir, err)
		return nil, errors.Join(busy, file.Close())
	}
	return file, nil
}

// stopOrphan ends a server whose parent died without stopping it. The process is known by its id and by the data
// directory on its command line, since ids are used again.
func stopOrphan(ctx context.Context, last record, options Options) error {
	if last.PID == 0 || !serves(last.PID, options.Dir) {
		return nil
	}
	options.Logger.Warn("stopping a mongod that was left behind", "pid", last.PID, "dir", options.Dir)
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		_ = syscall.Kill(last.PID, signal) // already gone is as good
		if gone(ctx, last.PID, options) {
			return nil
		}
	}
	return fmt.Errorf("process %d still serves %s and does not end", last.PID, options.Dir)
}

// serves says if the process is a server on the directory.
func serves(pid int, dir string) bool {
	arguments := commandLine(pid)
	i := slices.Index(arguments, "--dbpath")
	return i >= 0 && strings.HasPrefix(strings.Join(arguments[i+1:], " ")+" ", dir+" ")
}

// gone waits until the process no longer serves the directory.
func gone(ctx context.Context, pid int, options Options) bool {
	ctx, cancel := context.WithTimeout(ctx, options.patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for serves(pid, options.Dir) {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
	return true
}

// freePort returns the wanted port on the first try if it is free, else another free one. It begins to look anywhere,
// so that nobody takes the port of a server that is being restarted, and servers that start at once seldom meet.
func freePort(wanted, try int) (int, error) {
	if try == 0 && wanted != 0 && portFree(wanted) {
		return wanted, nil
	}
	var random [4]byte
	_, _ = rand.Read(random[:]) // never fails: it ends the process instead
	begin := int(binary.LittleEndian.Uint32(random[:]) % portCount)
	for i := range portCount {
		if port := portFirst + (begin+i)%portCount; portFree(port) {
			return port, nil
		}
	}
	return 0, fmt.Errorf("no loopback port between %d and %d is free", portFirst, portFirst+portCount-1)
}

func portFree(port int) bool {
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if err != nil {
		return false
	}
	return listener.Close() == nil
}
