// Package segmenting keeps segments and tells who is in them: it reads their definitions, and one consistent state of the
// copy customer by customer.
package segmenting

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/segment"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

const (
	// writeMax is how many accounts of a fixed segment are written at once.
	writeMax = 1000
	// abandoned is when somebody who is writing a list must have died: the state that they read is kept for five minutes.
	abandoned = 10 * time.Minute
	// definedMax is how many segments a programme may have.
	definedMax = 1000
)

// Segmenter answers for segments. Safe for many goroutines.
type Segmenter struct {
	storage  *storage.Storage
	reporter *reporting.Reporter
	clock    clock.Clock
	knows    Knows
}

// Score tells what a fit says of a customer.
type Score = func(history.Customer) (segment.Score, error)

// Knows tells what the copy does not hold.
type Knows struct {
	// Scores finds the fit in use of a programme and tells by it, as of a day. Errors are reason.FitNotFound, and those of a fit
	// that cannot be used.
	Scores func(ctx context.Context, program string, asOf calendar.Day, c money.Currency, needs segment.Needs) (Score, error)
	// Economics are what the programme says of costs.
	Economics func(ctx context.Context, program string) (*program.Economics, error)
}

// New makes a segmenter over a copy.
func New(s *storage.Storage, r *reporting.Reporter, c clock.Clock, k Knows) *Segmenter {
	return &Segmenter{storage: s, reporter: r, clock: c, knows: k}
}

// Wish is a segment to be.
type Wish struct {
	Program, Name, Condition string
	Fixed                    bool
	// AsOf is the day of a fixed one; calendar.None: everything that was read counts.
	AsOf calendar.Day
}

// Define keeps a segment, and for a fixed one who is in it. The same again is the same segment. Errors are those of
// segment.Parse and segment.Condition.Holds, reason.SegmentExists, reason.TooManySegments, reason.UnknownProgram, and trouble.
func (s *Segmenter) Define(ctx context.Context, w Wish) (storage.Segment, error) {
	condition, err := segment.Parse(w.Condition)
	if err != nil {
		return storage.Segment{}, err
	}
	there, err := s.storage.Segments(ctx, w.Program)
	if err != nil {
		return storage.Segment{}, err
	}
	known := slices.ContainsFunc(there, func(g storage.Segment) bool { return g.Name == w.Name })
	if !known && len(there) >= definedMax {
		return storage.Segment{}, reason.New(reason.TooManySegments, "", "programme %s has %d segments; delete one", w.Program, len(there))
	}
	g := storage.Segment{Program: w.Program, Name: w.Name, Condition: w.Condition, DefinedAt: s.clock.Now().UTC().Truncate(time.Millisecond)}
	if !w.Fixed {
		// Tried on everybody, so that what cannot be computed is known now.
		if _, err := s.Size(ctx, reporting.Query{Program: w.Program, AsOf: calendar.None, Compare: calendar.None}, Group{Condition: condition}); err != nil {
			return storage.Segment{}, err
		}
		inserted, err := s.storage.InsertSegment(ctx, g)
		if err != nil || inserted {
			return g, err
		}
		return s.already(ctx, w)
	}
	g.Fixed = &storage.Fixed{On: w.AsOf, List: rand.Text()}
	inserted, err := s.storage.InsertSegment(ctx, g)
	if err != nil {
		return storage.Segment{}, err
	}
	if !inserted {
		return s.already(ctx, w)
	}
	if err := s.fill(ctx, &g, condition); err != nil {
		return storage.Segment{}, errors.Join(err, s.storage.DropSegment(context.WithoutCancel(ctx), g))
	}
	return g, nil
}

// already looks at a segment that is there under the name: the wish itself, another, or half of one.
func (s *Segmenter) already(ctx context.Context, w Wish) (storage.Segment, error) {
	g, err := s.storage.Segment(ctx, w.Program, w.Name)
	if err != nil {
		return storage.Segment{}, err
	}
	if f := g.Fixed; f != nil && !f.Ready {
		if s.clock.Now().Sub(g.DefinedAt) < abandoned {
			return storage.Segment{}, reason.New(reason.SegmentExists, "name", "segment %s is being made just now", w.Name)
		}
		if err := s.storage.DropSegment(ctx, g); err != nil {
			return storage.Segment{}, err
		}
		return s.Define(ctx, w)
	}
	same := g.Condition == w.Condition && w.Fixed == (g.Fixed != nil) && (w.AsOf == calendar.None || w.AsOf == g.Fixed.On)
	if !same {
		return storage.Segment{}, reason.New(reason.SegmentExists, "name", "there is another segment %s: %s; delete it first, or take another name", w.Name, g.Condition)
	}
	return g, nil
}

// fill writes who is in a fixed segment.
func (s *Segmenter) fill(ctx context.Context, g *storage.Segment, condition *segment.Condition) error {
	var accounts []string
	q := reporting.Query{Program: g.Program, AsOf: g.Fixed.On, Compare: calendar.None}
	err := s.walk(ctx, walk{Query: q, groups: []Group{{Condition: condition}}}, func(at step) error {
		g.Fixed.On = at.AsOf
		if at.customer == nil || !at.in[0] {
			return nil
		}
		g.Fixed.Customers++
		accounts = append(accounts, at.customer.ID)
		if len(accounts) < writeMax {
			return nil
		}
		err := s.storage.WriteListed(ctx, g.Fixed.List, accounts)
		accounts = accounts[:0]
		return err
	})
	if err != nil {
		return err
	}
	if err := s.storage.WriteListed(ctx, g.Fixed.List, accounts); err != nil {
		return err
	}
	g.Fixed.Ready = true
	finished, err := s.storage.FinishList(ctx, *g)
	if err == nil && !finished {
		err = reason.New(reason.SegmentExists, "name", "segment %s was deleted while it was being made", g.Name)
	}
	return err
}

// Find returns a segment and whom it groups. Errors are reason.SegmentNotFound, also for a fixed one that is not whole, and
// trouble.
func (s *Segmenter) Find(ctx context.Context, program, name string) (storage.Segment, Group, error) {
	g, err := s.storage.Segment(ctx, program, name)
	if err != nil {
		return g, Group{}, err
	}
	if g.Fixed == nil {
		condition, err := segment.Parse(g.Condition)
		return g, Group{Condition: condition}, err
	}
	if !g.Fixed.Ready {
		return g, Group{}, reason.New(reason.SegmentNotFound, "name", "segment %s is being made just now", name)
	}
	return g, Group{List: g.Fixed.List}, nil
}

// List returns the segments of a programme that are whole, by name.
func (s *Segmenter) List(ctx context.Context, program string) ([]storage.Segment, error) {
	all, err := s.storage.Segments(ctx, program)
	if err != nil {
		return nil, err
	}
	var whole []storage.Segment
	for _, g := range all {
		if g.Fixed == nil || g.Fixed.Ready {
			whole = append(whole, g)
		}
	}
	return whole, nil
}

// Delete forgets a segment. Errors are reason.SegmentNotFound, reason.SegmentPublished, and trouble.
func (s *Segmenter) Delete(ctx context.Context, program, name string) error {
	g, err := s.storage.Segment(ctx, program, name)
	if err != nil {
		return err
	}
	if p := g.Publication; p != nil && (!p.Withdrawn || p.Told < p.Asked) {
		return reason.New(reason.SegmentPublished, "name", "others go by segment %s; withdraw it first, and wait until that is told", name)
	}
	return s.storage.DropSegment(ctx, g)
}
