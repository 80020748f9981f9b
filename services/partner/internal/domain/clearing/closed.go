package clearing

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"hash"
	"slices"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Closed is a settlement that was closed: from then on it never changes.
type Closed struct {
	Settlement
	Number   int64     // dense per programme, from 1, in the order of the periods
	ClosedAt time.Time // by the wall clock, in milliseconds
	ClosedBy string
	// Statements has the number of each partner's statement, sorted by partner; the numbers go on from the settlement before.
	Statements []Numbered
	// LastStatement is the highest number of a statement so far, of all settlements.
	LastStatement int64
	// Marks is up to where the books had been read, sorted by partition. What stands behind is late.
	Marks []Mark
}

// Numbered is a statement's number, and what its partner was called when it was made.
type Numbered struct {
	Partner string
	Name    string
	Number  int64
}

// Mark is a place in the log of facts.
type Mark struct {
	Partition, Epoch int
	Sequence         uint64
}

// Closing is how a settlement is closed.
type Closing struct {
	At    time.Time
	By    string
	Marks []Mark
	// Names are those of partners, for people; one that is missing is called by its id.
	Names map[string]string
}

// Close numbers a settlement, behind the one that was closed last: the zero Closed where there was none.
func (s Settlement) Close(last Closed, how Closing) Closed {
	c := Closed{
		Settlement: s, Number: last.Number + 1, ClosedAt: how.At, ClosedBy: how.By, LastStatement: last.LastStatement, Marks: how.Marks,
	}
	for _, partner := range s.Partners() {
		c.LastStatement++
		c.Statements = append(c.Statements, Numbered{partner, cmp.Or(how.Names[partner], partner), c.LastStatement})
	}
	return c
}

// Numbered returns the number of a partner's statement; the zero Numbered if it has none.
func (c Closed) Numbered(partner string) Numbered {
	for _, n := range c.Statements {
		if n.Partner == partner {
			return n
		}
	}
	return Numbered{}
}

// Passed tells whether the books had been read up to a place when the settlement was closed.
func (c Closed) Passed(partition int, sequence uint64) bool {
	i := slices.IndexFunc(c.Marks, func(m Mark) bool { return m.Partition == partition })
	return i >= 0 && sequence <= c.Marks[i].Sequence
}

// Restore makes a settlement from what is kept of it: lines and issuers. The rest follows.
func Restore(s Settlement) (Settlement, error) {
	s.Gross, s.Net = nil, nil
	return s, s.position()
}

// Digest is SHA-256 over all that the settlement says.
func (c Closed) Digest() [sha256.Size]byte {
	h := sha256.New()
	say(h, "laurel settlement 1", c.Program, c.Period, c.Currency, c.Unit, c.Number, c.ClosedAt.UTC().UnixMilli(), c.ClosedBy, c.LastStatement)
	for _, l := range c.Lines {
		say(h, "line", l.Debtor, l.Creditor, l.Basis, l.Issuer, l.Redeemer, l.Price, l.Late, int64(l.Points), int64(l.Back), int64(l.Amount))
	}
	for _, i := range c.Issued {
		say(h, "issuer", i.Issuer, int64(i.Given), int64(i.TakenBack), int64(i.Spent), int64(i.Lapsed), int64(i.Adjusted), int64(i.Breakage))
	}
	for _, n := range c.Statements {
		say(h, "statement", n.Partner, n.Name, n.Number)
	}
	for _, m := range c.Marks {
		say(h, "mark", m.Partition, m.Epoch, m.Sequence)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// say writes values so that no two lists of them are written alike.
func say(h hash.Hash, values ...any) {
	for _, v := range values {
		text := fmt.Sprint(v)
		_, _ = fmt.Fprintf(h, "%d:%s", len(text), text) // a hash takes everything
	}
	_, _ = h.Write([]byte{'\n'})
}

// Calendar is which months of a programme are closed, and which have something to be settled.
type Calendar struct {
	Last Period   // the last one that was closed; none: the zero Period
	Open []Period // later ones in which points of a partner moved, or were spent at one; rising
}

// Next refuses to close a month before one that comes first: SETTLEMENT_OUT_OF_ORDER.
func (c Calendar) Next(p Period) error {
	switch {
	case c.Last != (Period{}) && p.Compare(c.Last) <= 0:
		refusal := reason.New(reason.SettlementOutOfOrder, "period",
			"%s was passed over when %s was closed; what comes for it now stands in %s", p, c.Last, c.Last.Next())
		return refusal.With("last_closed", c.Last)
	case len(c.Open) > 0 && c.Open[0].Compare(p) < 0:
		refusal := reason.New(reason.SettlementOutOfOrder, "period", "%s is not closed yet; close it first", c.Open[0])
		return refusal.With("next_period", c.Open[0])
	}
	return nil
}

// Concerns tells whether a row is more than the operator's own: only those have to be settled.
func (c Cell) Concerns() bool {
	return c.Issuer != Operator || c.Redeemer != "" && c.Redeemer != Operator
}

// Books returns the period in whose books something stands that took effect in p and was read at a place: p itself, or
// the one after the last that was closed by then. Closed are in the order of their periods.
func Books(closed []Closed, p Period, partition int, sequence uint64) Period {
	for _, c := range slices.Backward(closed) {
		if !c.Passed(partition, sequence) {
			if p.Compare(c.Period) <= 0 {
				return c.Period.Next()
			}
			return p
		}
	}
	return p
}
