package orders

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// The first byte of what Content hashes. Another encoding gets another number; old hashes are never made anew.
const (
	contentFormat = 1
	costedFormat  = 2 // where a line tells its cost
	partedFormat  = 3 // where a line tells its tax, what gift cards paid, or that it is shipping; the cost stands there too
	pointedFormat = 4 // where a line tells what was paid with points; cost and parts stand there too
)

// Content is the SHA-256 of all that the event says. Two events of one occurrence with equal
// content are the same event, however they were encoded and under whichever envelope they came. It
// covers the instant of OccurredAt to the millisecond, and a line without an id as the position
// that it stands for.
func (e Event) Content() [sha256.Size]byte {
	var room [512]byte // most events fit, and then nothing is allocated
	costed := slices.ContainsFunc(e.Lines, func(l Line) bool { return l.HasCost })
	b := append(room[:0], contentFormat)
	pointed := slices.ContainsFunc(e.Lines, Line.pointed)
	parted := pointed || slices.ContainsFunc(e.Lines, Line.parted)
	switch {
	case pointed:
		b[0] = pointedFormat
	case parted:
		b[0] = partedFormat
	case costed:
		b[0] = costedFormat
	}
	b = number(b, int64(e.Kind))
	b = text(b, e.Occurrence)
	b = number(b, int64(e.Revision))
	b = number(b, int64(e.LapsedKind))
	b = number(b, e.OccurredAt.UnixMilli())
	b = text(b, string(e.Currency))
	b = number(b, int64(len(e.Lines)))
	for i, l := range e.Lines {
		b = text(b, e.lineID(i))
		b = text(b, l.SKU)
		b = text(b, l.Category)
		b = text(b, l.Brand)
		b = number(b, l.Quantity)
		b = number(b, int64(l.Amount))
		if costed || parted {
			b = cost(b, l)
		}
		if parted {
			b = parts(b, l)
		}
		if pointed {
			b = number(number(b, int64(l.Points)), int64(l.PointsTax))
		}
	}
	b = number(b, int64(len(e.Returned)))
	for _, r := range e.Returned {
		b = text(b, r.Line)
		b = text(b, r.SKU)
		b = number(b, r.Quantity)
		if !r.HasAmount {
			b = number(b, 0)
			continue
		}
		b = number(b, 1)
		b = number(b, int64(r.Amount))
	}
	b = number(b, int64(e.Amount))
	b = text(b, e.Channel)
	b = text(b, e.Member)
	return sha256.Sum256(b)
}

// Contents are Content, and that under which the same event was kept before lines had their part in points.
func (e Event) Contents() [][sha256.Size]byte {
	list := [][sha256.Size]byte{e.Content()}
	if !slices.ContainsFunc(e.Lines, Line.pointed) {
		return list
	}
	e.Lines = slices.Clone(e.Lines)
	for i := range e.Lines {
		e.Lines[i].Points, e.Lines[i].PointsTax = 0, 0
	}
	return append(list, e.Content())
}

// number appends eight bytes, the most significant first.
func number(b []byte, n int64) []byte { return binary.BigEndian.AppendUint64(b, uint64(n)) }

// text appends the length of s in bytes and then s.
func text(b []byte, s string) []byte { return append(number(b, int64(len(s))), s...) }

// cost appends whether the line tells its cost, and then the cost.
func cost(b []byte, l Line) []byte {
	if !l.HasCost {
		return number(b, 0)
	}
	return number(number(b, 1), int64(l.Cost))
}

// parts appends what a programme may leave out of a line.
func parts(b []byte, l Line) []byte {
	b = number(number(b, int64(l.Tax)), int64(l.GiftCard))
	if l.Shipping {
		return number(b, 1)
	}
	return number(b, 0)
}
