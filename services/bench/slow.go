package bench

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"
)

// slow is a way to a server on which each byte comes late: as if the server were far away, however fast this machine is.
type slow struct {
	to    string
	late  time.Duration // there, and again back
	door  net.Listener
	calls sync.WaitGroup
	mu    sync.Mutex
	open  map[net.Conn]struct{} // nil: closed
}

// newSlow opens a way to an address. It ends with close.
func newSlow(ctx context.Context, to string, late time.Duration) (*slow, error) {
	door, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open a slow way to %s: %w", to, err)
	}
	s := &slow{to: to, late: late, door: door, open: map[net.Conn]struct{}{}}
	s.calls.Go(func() { s.accept(ctx) })
	return s, nil
}

// address is where the way begins.
func (s *slow) address() string { return s.door.Addr().String() }

// close ends the way and all that are on it.
func (s *slow) close() error {
	err := s.door.Close()
	s.mu.Lock()
	open := s.open
	s.open = nil
	s.mu.Unlock()
	for c := range open {
		_ = c.Close() // whoever reads from it notices
	}
	s.calls.Wait()
	return err
}

func (s *slow) accept(ctx context.Context) {
	for {
		from, err := s.door.Accept()
		if err != nil {
			return // closed
		}
		to, err := new(net.Dialer).DialContext(ctx, "tcp", s.to)
		if err != nil {
			_ = from.Close() // who called sees that there is nobody
			continue
		}
		if !s.keep(from, to) {
			return
		}
		s.calls.Go(func() { s.carry(from, to) })
		s.calls.Go(func() { s.carry(to, from) })
	}
}

// keep notes connections for close; false: it has been, and they are closed.
func (s *slow) keep(conns ...net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range conns {
		if s.open == nil {
			_ = c.Close()
			continue
		}
		s.open[c] = struct{}{}
	}
	return s.open != nil
}

// piece is what was read at once, and when it is due.
type piece struct {
	bytes []byte
	due   time.Time
}

// carry brings what it reads to the other end, late, and closes both when either ends. What follows closely does not wait for
// what goes before: it is late by as much, no more.
func (s *slow) carry(from, to net.Conn) {
	const piecesMax, pieceBytes = 1024, 64 << 10
	pieces := make(chan piece, piecesMax)
	s.calls.Go(func() {
		defer close(pieces)
		for {
			buffer := make([]byte, pieceBytes)
			n, err := from.Read(buffer)
			if n > 0 {
				pieces <- piece{buffer[:n], time.Now().Add(s.late)} //nolint:forbidigo // a delay of the machine, not of the house's clock
			}
			if err != nil {
				return
			}
		}
	})
	for p := range pieces {
		wait := time.NewTimer(time.Until(p.due)) //nolint:forbidigo // as above
		<-wait.C
		if _, err := to.Write(p.bytes); err != nil {
			break
		}
	}
	_, _ = from.Close(), to.Close() // closed already is as good
	s.mu.Lock()
	delete(s.open, from)
	delete(s.open, to)
	s.mu.Unlock()
	for range pieces { // until the reader has noticed
	}
}
