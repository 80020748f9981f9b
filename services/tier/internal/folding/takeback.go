package folding

import (
	"context"
	"slices"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/tier/internal/domain/standing"
	"github.com/laurel-loyalty/laurel/services/tier/internal/storage"
)

// refusedBy is the ledger's refusal that a message tells of, nil if it tells of none.
func refusedBy(m follow.Message) *controlv1.EventRefused {
	r, _ := m.Control.(*controlv1.EventRefused)
	return r
}

// takeBack undoes an event that the ledger has refused: the account's life is told again without it.
func (b *batch) takeBack(ctx context.Context, m follow.Message) error {
	h, s, err := b.stage(ctx, m)
	if err != nil {
		return err
	}
	life, err := b.life(ctx, h.ref())
	if err != nil {
		return err
	}
	gone := standing.Gone{Sequence: refusedBy(m).GetStreamSequence(), Identity: refusedBy(m).GetIdentity()}
	if !slices.ContainsFunc(life, func(e standing.Heard) bool { return e.Sequence == gone.Sequence }) {
		b.outcome.Duplicates++ // it was taken back before, or never heard
		b.forget(m, gone)
		return nil
	}
	told, err := standing.TakeBack(h.account, life, gone, s.schedule, s.t)
	if err != nil {
		return err
	}
	b.replace(h.ref(), told)
	b.judgeAgain(m, life, told.Heard)
	b.forget(m, gone)
	return b.keep(h, standing.Step{Account: told.Account, Line: told.Line})
}

// forget makes the event that is gone stay so if it comes again.
func (b *batch) forget(m follow.Message, gone standing.Gone) {
	if !b.refused[gone.Identity] {
		why := reason.Reason(refusedBy(m).GetReason())
		b.remember(m, standing.Place{Sequence: gone.Sequence, Identity: gone.Identity}, why)
	}
}

// life is all that an account has heard, this batch included.
func (b *batch) life(ctx context.Context, ref storage.Ref) ([]standing.Heard, error) {
	var life []standing.Heard
	addRow := func(r standing.Row) {
		if h, ok := standing.HeardOf(r); ok {
			life = append(life, h)
		}
	}
	if i := slices.IndexFunc(b.changes.Lives, func(l storage.LifeWrite) bool { return l.Ref == ref }); i >= 0 {
		for _, r := range b.changes.Lives[i].Rows {
			addRow(r)
		}
		life = append(life, b.changes.Lives[i].Heard...)
	} else {
		var err error
		if life, err = b.folder.Storage.Life(ctx, ref); err != nil {
			return nil, err
		}
	}
	for _, w := range b.changes.Rows {
		if w.Program == ref.Program && w.Row.Account == ref.Account {
			addRow(w.Row)
		}
	}
	for _, w := range b.changes.Heard {
		if w.Ref == ref {
			life = append(life, w.Heard)
		}
	}
	return life, nil
}

// replace has all that an account has heard written anew; what the batch was to add to it is part of that.
func (b *batch) replace(ref storage.Ref, told standing.Retold) {
	b.changes.Rows = slices.DeleteFunc(b.changes.Rows, func(w storage.RowWrite) bool {
		return w.Program == ref.Program && w.Row.Account == ref.Account
	})
	b.changes.Heard = slices.DeleteFunc(b.changes.Heard, func(w storage.HeardWrite) bool { return w.Ref == ref })
	b.changes.Lives = slices.DeleteFunc(b.changes.Lives, func(l storage.LifeWrite) bool { return l.Ref == ref })
	b.changes.Lives = append(b.changes.Lives, storage.LifeWrite{Ref: ref, Rows: told.Rows, Heard: told.Heard})
	for order := range b.books[ref] {
		if _, left := told.Books[order]; !left {
			told.Books[order] = standing.Book{}
		}
	}
	b.books[ref] = told.Books
}

// judgeAgain remembers which events are refused now that were not, and the reverse.
func (b *batch) judgeAgain(m follow.Message, before, after []standing.Heard) {
	was, is := refusals(before), refusals(after)
	for id := range was {
		if _, still := is[id]; still {
			continue
		}
		delete(b.refused, id)
		pending := len(b.changes.Refusals)
		b.changes.Refusals = slices.DeleteFunc(b.changes.Refusals, func(r storage.Refusal) bool { return r.ID == id })
		if len(b.changes.Refusals) == pending {
			b.changes.Forgiven = append(b.changes.Forgiven, id)
		}
	}
	for id, h := range is {
		if _, before := was[id]; !before {
			b.remember(m, h.Place, h.Refused)
		}
	}
}

func refusals(life []standing.Heard) map[string]standing.Heard {
	refused := map[string]standing.Heard{}
	for _, h := range life {
		if h.Refused != "" {
			refused[h.Identity] = h
		}
	}
	return refused
}
