// Package review gathers what reviews say: stars, topics, their trend, how long answers take, and which bad ones call for a
// case. It is fed customer by customer.
package review

import (
	"cmp"
	"maps"
	"slices"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/answers"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Params say which reviews are bad, and which are recent.
type Params struct {
	BadUpTo int64 // stars
	Days    int   // of the recent time, and of the one before it
	Months  int   // of the trend
}

const (
	starsMost  = 5
	badUpTo    = 2
	recentDays = 90
	months     = 12
	daysMost   = 3660
	monthsMost = 120
	listedMost = 1000
	topicsMost = 200
	half       = 2
)

// Defaults are one and two stars, 90 days, and twelve months.
func Defaults() Params { return Params{BadUpTo: badUpTo, Days: recentDays, Months: months} }

// Check refuses what tells nothing. Errors are reason.InvalidArgument.
func (p Params) Check() error {
	for _, c := range []struct {
		field       string
		value, most int64
	}{{"bad_up_to", p.BadUpTo, starsMost - 1}, {"days", int64(p.Days), daysMost}, {"months", int64(p.Months), monthsMost}} {
		if c.value < 1 || c.value > c.most {
			return reason.New(reason.InvalidArgument, c.field, "%d; give 1 to %d", c.value, c.most)
		}
	}
	return nil
}

// Tally is some reviews. Not all have stars.
type Tally struct{ Reviews, Rated, Stars, Bad, Answered int64 }

// Mean is that of the stars.
func (t Tally) Mean() history.Share { return history.ShareOf(t.Stars, t.Rated) }

// BadShare is the share of the rated that are bad.
func (t Tally) BadShare() history.Share { return history.ShareOf(t.Bad, t.Rated) }

// Topic is what is said of one, ever, in the recent days, and in as many before them. Reviews without a topic are under the
// empty name.
type Topic struct {
	Name                string
	All, Recent, Before Tally
}

// Month is the reviews of one.
type Month struct {
	Day calendar.Day // its first
	Tally
}

// Call is a bad review that no case was opened for.
type Call struct {
	Account, Review, Topic string
	Day                    calendar.Day
	Stars                  int64
	Answered               bool
}

// Report is all reviews before the day.
type Report struct {
	All                                 Tally
	Unreadable                          int64
	MedianDays, LongestDays, WithinADay int64   // of the answered: until the answer; the median is the lower one
	Topics                              []Topic // by falling number of reviews; at most 200
	Months                              []Month // the last ones, rising, empty ones too
	Cases                               int64   // bad ones that a case was opened for
	Calls                               int64   // and for how many none was
	Listed                              []Call  // the latest of them
}

// Builder makes a Report. Not safe for many goroutines.
type Builder struct {
	asOf   calendar.Day
	params Params
	report Report
	waits  []int64
	topics map[string]*Topic
	first  calendar.Day // month of the trend
	months map[calendar.Day]*Tally
}

// New makes a builder. The parameters have been checked.
func New(asOf calendar.Day, p Params) *Builder {
	b := &Builder{asOf: asOf, params: p, topics: map[string]*Topic{}, months: map[calendar.Day]*Tally{}}
	b.first = (asOf - 1).FirstOfMonth().AddMonths(1 - p.Months)
	return b
}

// one is a review with what became of it.
type one struct {
	Call
	rated  bool
	wait   int64
	inCase bool
}

// Add takes a customer: who has bought nothing may review too. A review told of again replaces what it said before, and
// stays where it was.
func (b *Builder) Add(c history.Customer) error {
	said, unreadable := answers.All(c.Before(b.asOf).Deeds)
	b.report.Unreadable += unreadable
	var list []one
	at := map[string]int{}
	for _, s := range said {
		id := s.Text(answers.Review)
		if id == "" {
			continue
		}
		i, known := at[id]
		if !known {
			i = len(list)
			at[id] = i
			list = append(list, one{Call: Call{Account: c.ID, Review: id, Day: s.Day}})
		}
		if stars, ok := s.Number(answers.Stars); ok {
			list[i].Stars, list[i].rated = stars, true
		}
		list[i].Topic = cmp.Or(s.Text(answers.Topic), list[i].Topic)
	}
	for _, s := range said {
		if i, known := at[s.Text(answers.AnswerTo)]; known && !list[i].Answered && s.Day >= list[i].Day {
			list[i].Answered, list[i].wait = true, int64(s.Day-list[i].Day)
		}
	}
	for _, trouble := range answers.Cases(said) {
		if i, known := at[trouble.About]; known {
			list[i].inCase = true
		}
	}
	for _, r := range list {
		b.take(r)
	}
	return nil
}

func (b *Builder) take(r one) {
	t := Tally{Reviews: 1, Stars: r.Stars}
	if r.rated {
		t.Rated = 1
	}
	bad := r.rated && r.Stars <= b.params.BadUpTo
	if bad {
		t.Bad = 1
	}
	if r.Answered {
		t.Answered = 1
		b.waits = append(b.waits, r.wait)
	}
	if b.topics[r.Topic] == nil {
		b.topics[r.Topic] = &Topic{Name: r.Topic}
	}
	topic := b.topics[r.Topic]
	b.report.All.add(t)
	topic.All.add(t)
	switch ago := int(b.asOf - r.Day); {
	case ago <= b.params.Days:
		topic.Recent.add(t)
	case ago <= half*b.params.Days:
		topic.Before.add(t)
	}
	if month := r.Day.FirstOfMonth(); month >= b.first {
		if b.months[month] == nil {
			b.months[month] = &Tally{}
		}
		b.months[month].add(t)
	}
	switch {
	case bad && r.inCase:
		b.report.Cases++
	case bad:
		b.report.Calls++
		b.report.Listed = append(b.report.Listed, r.Call)
		if len(b.report.Listed) > half*listedMost {
			b.cut()
		}
	}
}

func (t *Tally) add(o Tally) {
	t.Reviews, t.Rated, t.Stars, t.Bad, t.Answered = t.Reviews+o.Reviews, t.Rated+o.Rated, t.Stars+o.Stars, t.Bad+o.Bad, t.Answered+o.Answered
}

// cut keeps the latest of the bad reviews.
func (b *Builder) cut() {
	slices.SortFunc(b.report.Listed, func(x, y Call) int {
		return cmp.Or(cmp.Compare(y.Day, x.Day), cmp.Compare(x.Account, y.Account), cmp.Compare(x.Review, y.Review))
	})
	b.report.Listed = b.report.Listed[:min(len(b.report.Listed), listedMost)]
}

// Report ends the collection.
func (b *Builder) Report() Report {
	b.cut()
	r := b.report
	slices.Sort(b.waits)
	if n := len(b.waits); n > 0 {
		r.MedianDays, r.LongestDays = b.waits[(n-1)/half], b.waits[n-1]
		for n > 0 && b.waits[n-1] > 1 {
			n--
		}
		r.WithinADay = int64(n)
	}
	for _, t := range slices.SortedFunc(maps.Values(b.topics), func(x, y *Topic) int {
		return cmp.Or(cmp.Compare(y.All.Reviews, x.All.Reviews), cmp.Compare(x.Name, y.Name))
	}) {
		if len(r.Topics) < topicsMost {
			r.Topics = append(r.Topics, *t)
		}
	}
	for month := b.first; month < b.asOf; month = month.NextMonth() {
		m := Month{Day: month}
		if t := b.months[month]; t != nil {
			m.Tally = *t
		}
		r.Months = append(r.Months, m)
	}
	return r
}
