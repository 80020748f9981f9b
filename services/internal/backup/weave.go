package backup

import (
	"bytes"
	"errors"
	"io"
	"math"

	"github.com/laurel-loyalty/laurel/services/internal/journal"
)

// source is one that has messages of a stream, in the order of their sequences: a service's journal, or what the stream holds
// now.
type source struct {
	service string // empty: the stream
	next    func() (journal.Message, error)
	head    journal.Message
	ended   bool
	// displaced tells that another one had something else at a place before: what it alone has from there on stands in an
	// order of its own, and goes behind.
	displaced bool
}

// woven is how messages of several sources came into one order.
type woven struct {
	Messages uint64
	Last     int64
	First    int64    // 0: there are none
	PutBack  uint64   // of which the stream had something else, or nothing, at their place
	Moved    uint64   // which go behind, because their sequence was given out twice
	Again    []string // services that have applied what goes behind now at the place that it had

	time int64 // latest so far
}

// weave brings the messages of sources into one order. At one place the earlier source of the list is right. Place is called with what
// keeps its place, and then with what goes behind, under new sequences that follow on the last; last is where the stream ends at
// least. Keep and kept hold meanwhile what goes behind.
func weave(sources []*source, last int64, place func(journal.Message) error, keep func(journal.Message) error, kept func() (func() (journal.Message, error), error)) (woven, error) {
	w := woven{Last: last}
	for _, s := range sources {
		if err := s.advance(); err != nil {
			return w, err
		}
	}
	for {
		at := int64(math.MaxInt64)
		for _, s := range sources {
			if !s.ended {
				at = min(at, s.head.Sequence)
			}
		}
		if at == math.MaxInt64 {
			break
		}
		placed, behind, err := w.choose(sources, at)
		if err != nil {
			return w, err
		}
		if placed != nil {
			if err := w.put(*placed, place); err != nil {
				return w, err
			}
		}
		for _, m := range behind {
			if err := keep(m); err != nil {
				return w, err
			}
		}
	}
	return w, w.append(place, kept)
}

// choose takes everybody's messages of one sequence, and decides which of them keeps it.
func (w *woven) choose(sources []*source, at int64) (*journal.Message, []journal.Message, error) {
	var placed *journal.Message
	var behind, others []journal.Message
	stream := false // the stream has what is placed
	for _, s := range sources {
		for !s.ended && s.head.Sequence == at {
			m := s.head
			switch {
			case placed == nil && !s.displaced:
				placed = &m
				stream = s.service == ""
			case placed != nil && same(*placed, m):
				stream = stream || s.service == ""
			case s.displaced:
				others = append(others, m)
			default:
				s.displaced = true
				if s.service != "" {
					w.Again = append(w.Again, s.service)
				}
				others = append(others, m)
			}
			if err := s.advance(); err != nil {
				return nil, nil, err
			}
		}
	}
	for _, m := range others {
		if placed != nil && same(*placed, m) || contains(behind, m) {
			continue
		}
		behind = append(behind, m)
	}
	if placed != nil && !stream {
		w.PutBack++
	}
	return placed, behind, nil
}

func (w *woven) put(m journal.Message, place func(journal.Message) error) error {
	if w.First == 0 {
		w.First = m.Sequence
	}
	w.Messages++
	w.Last, w.time = max(w.Last, m.Sequence), max(w.time, m.Time)
	return place(m)
}

// append puts what goes behind there. Its times never go back.
func (w *woven) append(place func(journal.Message) error, kept func() (func() (journal.Message, error), error)) error {
	next, err := kept()
	if err != nil {
		return err
	}
	for {
		m, err := next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		m.Sequence, m.Time = w.Last+1, max(w.time, m.Time)
		w.Moved++
		if err := w.put(m, place); err != nil {
			return err
		}
	}
}

func (s *source) advance() error {
	var err error
	s.head, err = s.next()
	if errors.Is(err, io.EOF) {
		s.ended, err = true, nil
	}
	return err
}

// same tells whether two are one message. Headers may stand in another order.
func same(a, b journal.Message) bool {
	return a.Time == b.Time && a.Subject == b.Subject && bytes.Equal(a.Data, b.Data)
}

func contains(list []journal.Message, m journal.Message) bool {
	for _, other := range list {
		if same(other, m) {
			return true
		}
	}
	return false
}
