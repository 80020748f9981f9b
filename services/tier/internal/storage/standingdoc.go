package storage

import (
	"fmt"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/tier/internal/domain/standing"
)

// standingDoc is one account.
type standingDoc struct {
	ID        string       `bson:"_id"` // <programme>/<account>
	Format    int          `bson:"format"`
	Program   string       `bson:"programme"`
	Account   string       `bson:"account"`
	Partition int          `bson:"partition"`
	Version   int64        `bson:"version"`
	Void      bool         `bson:"void,omitempty"` // all that happened to it was taken back
	Lines     int64        `bson:"lines"`
	Clock     time.Time    `bson:"clock"`
	Tier      string       `bson:"tier"`
	Below     string       `bson:"below,omitempty"`
	Days      []spendDoc   `bson:"days,omitempty"`
	Grants    []grantDoc   `bson:"grants,omitempty"`
	Reviewed  int32        `bson:"reviewed"`
	Waiting   []waitingDoc `bson:"waiting,omitempty"`
	Noticed   *int32       `bson:"noticed,omitempty"`
	// DueAt is derived: the first moment at which something happens if nothing more comes. Absent: never.
	DueAt *time.Time `bson:"due_at,omitempty"`
}

type spendDoc struct {
	Day    int32 `bson:"day"`
	Amount int64 `bson:"amount"`
}

type grantDoc struct {
	ID     string `bson:"id"`
	Tier   string `bson:"tier"`
	From   int32  `bson:"from"`
	Until  int32  `bson:"until"`
	Reason string `bson:"reason"`
	Actor  string `bson:"actor"`
	Ended  bool   `bson:"ended,omitempty"`
}

type waitingDoc struct {
	Merchant   string    `bson:"merchant"`
	Order      string    `bson:"order"`
	Kind       string    `bson:"kind"`
	Occurrence string    `bson:"occurrence,omitempty"`
	Deadline   time.Time `bson:"deadline"`
}

// Ref names an account across programmes.
type Ref struct{ Program, Account string }

func (r Ref) key() string { return r.Program + "/" + r.Account }

func list[A, B any](in []A, f func(A) B) []B {
	if len(in) == 0 {
		return nil
	}
	out := make([]B, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}

func standingToDoc(a standing.Account, partition int, due time.Time) standingDoc {
	d := standingDoc{
		ID: Ref{a.Program, a.ID}.key(), Format: format, Program: a.Program, Account: a.ID, Partition: partition,
		Version: a.Version, Void: a.Void, Lines: a.Lines, Clock: a.Clock, Tier: a.Ladder.Tier, Below: a.Ladder.Below, Reviewed: int32(a.Reviewed),
	}
	d.Days = list(a.Ladder.Days, func(s ladder.Spend) spendDoc { return spendDoc{int32(s.Day), int64(s.Amount)} })
	d.Grants = list(a.Ladder.Grants, grantToDoc)
	d.Waiting = list(a.Waiting, func(w standing.Waiting) waitingDoc {
		return waitingDoc{w.Ref.Merchant, w.Ref.Order, w.Kind.String(), w.Occurrence, w.Deadline}
	})
	if a.Noticed != calendar.None {
		noticed := int32(a.Noticed)
		d.Noticed = &noticed
	}
	if !due.IsZero() {
		d.DueAt = &due
	}
	return d
}

func standingFromDoc(d standingDoc) (standing.Account, error) {
	a := standing.New(d.Program, d.Account)
	a.Void = d.Void
	a.Version, a.Lines, a.Clock, a.Reviewed = d.Version, d.Lines, d.Clock.UTC(), calendar.Day(d.Reviewed)
	a.Ladder.Tier, a.Ladder.Below = d.Tier, d.Below
	a.Ladder.Days = list(d.Days, func(s spendDoc) ladder.Spend {
		return ladder.Spend{Day: calendar.Day(s.Day), Amount: money.Minor(s.Amount)}
	})
	a.Ladder.Grants = list(d.Grants, grantFromDoc)
	if d.Noticed != nil {
		a.Noticed = calendar.Day(*d.Noticed)
	}
	for _, w := range d.Waiting {
		kind, err := orders.ParseKind(w.Kind)
		if err != nil {
			return a, fmt.Errorf("read standing %s: %w", d.ID, err)
		}
		a.Waiting = append(a.Waiting, standing.Waiting{
			Ref: orders.Ref{Merchant: w.Merchant, Order: w.Order}, Kind: kind, Occurrence: w.Occurrence, Deadline: w.Deadline.UTC(),
		})
	}
	return a, nil
}

func grantToDoc(g ladder.Grant) grantDoc {
	return grantDoc{g.ID, g.Tier, int32(g.From), int32(g.Until), g.Reason, g.Actor, g.Ended}
}

func grantFromDoc(g grantDoc) ladder.Grant {
	return ladder.Grant{
		ID: g.ID, Tier: g.Tier, From: calendar.Day(g.From), Until: calendar.Day(g.Until), Reason: g.Reason, Actor: g.Actor, Ended: g.Ended,
	}
}
