package testkit

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Ports for who must come back on the same one. The system gives those from 32768 on to whoever asks for any, and so to
// another test while the first is away; mongod takes those from 21000 on.
const (
	portFirst = 12_000
	portCount = 8_000
)

// given are the ports that this process has handed out. Whoever has one may not listen on it yet, or be away for a moment.
var given sync.Map

// Port returns a loopback port that is free, that nobody is given who asks for any, and that this process is given once.
func Port(t testing.TB) int {
	t.Helper()
	var random [4]byte
	_, _ = rand.Read(random[:]) // never fails: it ends the process instead
	begin := int(binary.LittleEndian.Uint32(random[:]) % portCount)
	for i := range portCount {
		port := portFirst + (begin+i)%portCount
		if _, taken := given.LoadOrStore(port, true); taken {
			continue
		}
		listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
		if err == nil {
			require.NoError(t, listener.Close())
			return port
		}
	}
	require.Fail(t, "no port is free", "%d to %d on loopback", portFirst, portFirst+portCount-1)
	return 0
}

// Address is that of a free port on loopback: see Port.
func Address(t testing.TB) string {
	t.Helper()
	return fmt.Sprint("127.0.0.1:", Port(t))
}
