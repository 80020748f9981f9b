package storage

import (
	"fmt"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/tier/internal/domain/standing"
)

// lineDoc is one move of an account.
type lineDoc struct {
	ID          string    `bson:"_id"` // <programme>/<account>/<seq>
	Format      int       `bson:"format"`
	Account     string    `bson:"account"` // <programme>/<account>
	Seq         int64     `bson:"seq"`
	From        string    `bson:"from"`
	To          string    `bson:"to"`
	Cause       string    `bson:"cause"`
	Qualifying  int64     `bson:"qualifying"`
	Reach       int64     `bson:"reach"`
	EffectiveAt time.Time `bson:"effective_at"`
	Revision    int       `bson:"revision"`
	Merchant    string    `bson:"merchant,omitempty"`
	Order       string    `bson:"order,omitempty"`
	Event       string    `bson:"event,omitempty"`
	Grant       string    `bson:"grant,omitempty"`
	Earned      string    `bson:"earned,omitempty"`
}

func lineToDoc(ref Ref, l standing.Line) lineDoc {
	return lineDoc{
		ID: fmt.Sprintf("%s/%d", ref.key(), l.Seq), Format: format, Account: ref.key(), Seq: l.Seq, From: l.From, To: l.To,
		Cause: l.Cause, Qualifying: int64(l.Qualifying), Reach: int64(l.Reach), EffectiveAt: l.EffectiveAt, Revision: l.Revision,
		Merchant: l.Ref.Merchant, Order: l.Ref.Order, Event: l.Event, Grant: l.Grant, Earned: l.Earned,
	}
}

func lineFromDoc(d lineDoc) standing.Line {
	return standing.Line{
		Seq: d.Seq, From: d.From, To: d.To, Cause: d.Cause, Qualifying: money.Minor(d.Qualifying), Reach: money.Minor(d.Reach),
		EffectiveAt: d.EffectiveAt.UTC(), Revision: d.Revision, Ref: orders.Ref{Merchant: d.Merchant, Order: d.Order},
		Event: d.Event, Grant: d.Grant, Earned: d.Earned,
	}
}
