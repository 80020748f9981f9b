package verify

import (
	"context"
	"errors"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
)

// stream reads the stored accounts beside the entries, one at a time.
type stream struct {
	items  chan storedAccount
	cancel context.CancelFunc
	head   *storedAccount
	closed bool
}

type storedAccount struct {
	account storage.Stored
	err     error
	fatal   bool // the reading itself failed
}

var errStopped = errors.New("stopped")

func newStream(ctx context.Context, s *storage.Storage, program string) *stream {
	ctx, cancel := context.WithCancel(ctx)
	st := &stream{items: make(chan storedAccount, 256), cancel: cancel}
	go func() {
		defer close(st.items)
		send := func(a storedAccount) error {
			select {
			case st.items <- a:
				return nil
			case <-ctx.Done():
				return errStopped
			}
		}
		err := s.ScanAccounts(ctx, program, func(a storage.Stored, err error) error {
			return send(storedAccount{account: a, err: err})
		})
		if err != nil && !errors.Is(err, errStopped) {
			_ = send(storedAccount{err: err, fatal: true})
		}
	}()
	return st
}

// peek returns the next account, or the error with which it could not be read; false: there is none, or the reading failed.
func (s *stream) peek() (storage.Stored, error, bool) { //nolint:revive // the error may belong to an account
	if s.head == nil && !s.closed {
		item, ok := <-s.items
		if !ok {
			s.closed = true
		} else {
			s.head = &item
		}
	}
	if s.head == nil {
		return storage.Stored{}, nil, false
	}
	return s.head.account, s.head.err, !s.head.fatal
}

func (s *stream) next() { s.head = nil }

// stop ends the reading and waits for it.
func (s *stream) stop() {
	s.cancel()
	for range s.items {
		continue // drained, so that the reader can end
	}
}
