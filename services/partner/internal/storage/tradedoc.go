package storage

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/trade"
)

type tradeDoc struct {
	ID      string      `bson:"_id"` // <programme>/<partner>/<id>
	Format  int         `bson:"format"`
	Owner   string      `bson:"owner"` // <programme>/<partner>
	Kind    int         `bson:"kind"`
	Account string      `bson:"account"`
	Points  int64       `bson:"points"`
	Key     string      `bson:"key"`
	Content bson.Binary `bson:"content"` // SHA-256 of what was asked
	Of      string      `bson:"of,omitempty"`
	TTL     int64       `bson:"ttl,omitempty"` // milliseconds
	Reason  string      `bson:"reason,omitempty"`
	Base    string      `bson:"base,omitempty"`
	Counted int32       `bson:"counted,omitempty"` // day + 1; 0: it does not count
	AskedAt time.Time   `bson:"asked_at"`
	Open    bool        `bson:"open,omitempty"` // the ledger has not answered
	Done    *outcomeDoc `bson:"done,omitempty"`
}

type outcomeDoc struct {
	Entry       string    `bson:"entry"`
	Points      int64     `bson:"points"`
	Unit        string    `bson:"unit"`
	Active      int64     `bson:"active"`
	EffectiveAt time.Time `bson:"effective_at"`
	Deadline    time.Time `bson:"deadline,omitempty"`
}

// owner is whose trades they are: neither id has a slash.
func owner(program, partner string) string { return program + "/" + partner }

func tradeKey(program, partner, id string) string { return owner(program, partner) + "/" + id }

func tradeToDoc(t trade.Trade) tradeDoc {
	content := t.Content()
	d := tradeDoc{
		ID: tradeKey(t.Program, t.Partner, t.ID), Format: format, Owner: owner(t.Program, t.Partner), Kind: int(t.Kind),
		Account: t.Account, Points: int64(t.Points), Key: t.Key, Content: bson.Binary{Data: content[:]}, Of: t.Of,
		TTL: t.TTL.Milliseconds(), Reason: t.Reason, Base: t.Base, AskedAt: t.AskedAt, Open: t.Done == nil, Done: outcomeToDoc(t.Done),
	}
	if t.Limited() {
		d.Counted = int32(t.Counted) + 1
	}
	return d
}

func outcomeToDoc(o *trade.Outcome) *outcomeDoc {
	if o == nil {
		return nil
	}
	return &outcomeDoc{o.Entry, int64(o.Points), o.Unit, int64(o.Active), o.EffectiveAt, o.Deadline}
}

// Stored is a trade as it is kept, and the hash of what was asked.
type Stored struct {
	trade.Trade
	Content [sha256.Size]byte
}

func tradeFromDoc(d tradeDoc) (Stored, error) {
	parts := strings.SplitN(d.ID, "/", 3)
	if len(parts) != 3 || len(d.Content.Data) != sha256.Size || d.Format != format {
		return Stored{}, fmt.Errorf("trade %s of format %d cannot be read", d.ID, d.Format)
	}
	s := Stored{Content: [sha256.Size]byte(d.Content.Data), Trade: trade.Trade{
		ID: parts[2], AskedAt: d.AskedAt.UTC(), Base: d.Base, Counted: calendar.None,
		Ask: trade.Ask{
			Program: parts[0], Partner: parts[1], Key: d.Key, Kind: trade.Kind(d.Kind), Account: d.Account, //nolint:gosec // of ours
			Points: money.Points(d.Points), Of: d.Of, TTL: time.Duration(d.TTL) * time.Millisecond, Reason: d.Reason,
		},
	}}
	if d.Counted != 0 {
		s.Counted = calendar.Day(d.Counted - 1)
	}
	if o := d.Done; o != nil {
		s.Done = &trade.Outcome{
			Entry: o.Entry, Points: money.Points(o.Points), Unit: o.Unit, Active: money.Points(o.Active),
			EffectiveAt: o.EffectiveAt.UTC(), Deadline: o.Deadline.UTC(),
		}
	}
	return s, nil
}
