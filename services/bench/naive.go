package bench

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"google.golang.org/protobuf/proto"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	ordersv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/orders/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
)

// Collections of the naive loop.
const (
	naiveEntries  = "entries"
	naiveAccounts = "accounts"
	naiveOutbox   = "outbox"
)

// naive does what accrual does for each order in a transaction of its own: it reads the account and what stands under the order,
// writes the entry, the account with its balance, lot and hash, and the fact in the outbox. It knows one rule, a point for each
// full dollar, and publishes nothing: it has less to do than accrual.
func (l *loops) naive(program string) deed {
	return func(ctx context.Context, messages []jetstream.Msg) error {
		for _, m := range messages {
			var order ordersv1.OrderPaid
			if err := proto.Unmarshal(m.Data(), &order); err != nil {
				return fmt.Errorf("read an order: %w", err)
			}
			if err := l.transact(ctx, change{
				program: program, account: order.GetAccount(), key: "order/" + order.GetMerchant() + "/" + order.GetOrderId(), kind: "earn",
				order: &order, id: m.Headers().Get(jetstream.MsgIDHeader),
			}); err != nil {
				return err
			}
		}
		return nil
	}
}

// change is what one transaction does to one account.
type change struct {
	program, account string
	key              string // what stands under it was done before
	kind             string
	id               string              // of the event, or of the call
	order            *ordersv1.OrderPaid // earns; nil: points are moved
	points           int64               // that move from active to held, or (negative) are captured
	trade            bool                // a partner's call is kept beside
}

type naiveEntry struct {
	ID          string         `bson:"_id"`
	Format      int            `bson:"format"`
	Account     string         `bson:"account"`
	Seq         int64          `bson:"seq"`
	Kind        string         `bson:"kind"`
	OccurredAt  time.Time      `bson:"occurred_at"`
	EffectiveAt time.Time      `bson:"effective_at"`
	Day         int32          `bson:"day"`
	Revision    int            `bson:"revision"`
	Actor       string         `bson:"actor"`
	EventID     string         `bson:"event_id"`
	EventSource string         `bson:"event_source"`
	Order       *naiveOrder    `bson:"order,omitempty"`
	Lines       []naiveLine    `bson:"lines,omitempty"`
	Movements   []naiveLot     `bson:"movements"`
	Postings    []naivePosting `bson:"postings"`
	After       naiveBalance   `bson:"after"`
	Hash        []byte         `bson:"hash"`
	RecordedAt  time.Time      `bson:"recorded_at"`
}

type naiveOrder struct {
	Merchant   string       `bson:"merchant"`
	Order      string       `bson:"order"`
	Number     int          `bson:"number"`
	Kind       string       `bson:"kind"`
	OccurredAt time.Time    `bson:"occurred_at"`
	Currency   string       `bson:"currency"`
	Lines      []naiveGoods `bson:"lines"`
	Content    []byte       `bson:"content"`
	Base       int64        `bson:"base"`
	Target     int64        `bson:"target"`
}

type naiveGoods struct {
	ID       string `bson:"id"`
	SKU      string `bson:"sku"`
	Quantity int64  `bson:"quantity"`
	Amount   int64  `bson:"amount"`
}

type naiveLine struct {
	ID     string `bson:"id"`
	SKU    string `bson:"sku"`
	Base   int64  `bson:"base"`
	Rate   string `bson:"rate"`
	Points int64  `bson:"points"`
}

type naiveLot struct {
	Unit   string `bson:"unit"`
	Issuer string `bson:"issuer"`
	Expiry int32  `bson:"expiry"`
	Points int64  `bson:"points"`
}

type naivePosting struct {
	Unit   string `bson:"unit"`
	Bucket string `bson:"bucket"`
	Points int64  `bson:"points"`
}

type naiveBalance struct {
	Unit    string `bson:"unit"`
	Pending int64  `bson:"pending"`
	Active  int64  `bson:"active"`
	Held    int64  `bson:"held"`
	Debt    int64  `bson:"debt"`
}

type naiveAccount struct {
	ID        string         `bson:"_id"`
	Format    int            `bson:"format"`
	Program   string         `bson:"programme"`
	Account   string         `bson:"account"`
	Partition int            `bson:"partition"`
	Version   int64          `bson:"version"`
	Clock     time.Time      `bson:"clock"`
	Hash      []byte         `bson:"hash"`
	Balances  []naiveBalance `bson:"balances"`
	Lots      []naiveLot     `bson:"lots"`
	DueAt     time.Time      `bson:"due_at"`
}

type naiveFact struct {
	ID      string    `bson:"_id"`
	Subject string    `bson:"subject"`
	Created time.Time `bson:"created"`
	Data    []byte    `bson:"data"`
}

type naiveTrade struct {
	ID      string    `bson:"_id"`
	Kind    string    `bson:"kind"`
	Account string    `bson:"account"`
	Points  int64     `bson:"points"`
	Entry   string    `bson:"entry"`
	At      time.Time `bson:"at"`
}

// transact makes a change in one transaction, trying again where another was faster. What was made before is left alone.
func (l *loops) transact(ctx context.Context, c change) error {
	session, err := l.client.StartSession(options.Session().SetDefaultTransactionOptions(options.Transaction().SetReadConcern(readconcern.Snapshot())))
	if err != nil {
		return fmt.Errorf("begin a session: %w", err)
	}
	defer session.EndSession(ctx)
	_, err = session.WithTransaction(ctx, func(ctx context.Context) (any, error) { return nil, l.apply(ctx, c) })
	if err != nil {
		return fmt.Errorf("post %s: %w", c.key, err)
	}
	return nil
}

func (l *loops) apply(ctx context.Context, c change) error {
	at := time.Now().UTC() //nolint:forbidigo // as an ordinary program would
	account := naiveAccount{ID: c.program + "/" + c.account, Format: 1, Program: c.program, Account: c.account, Partition: bus.Partition(c.program, c.account, bus.Partitions)}
	err := l.db.Collection(naiveAccounts).FindOne(ctx, bson.M{"_id": account.ID}).Decode(&account)
	fresh := errors.Is(err, mongo.ErrNoDocuments)
	if err != nil && !fresh {
		return err
	}
	entry := naiveEntry{ID: c.program + "/" + c.key + "/1", Format: 1, Account: account.ID, Seq: account.Version + 1, Kind: c.kind, OccurredAt: at, EffectiveAt: at,
		Day: int32(at.Unix() / (24 * 60 * 60)), Revision: 1, Actor: "merchant/shop", EventID: c.id, EventSource: "bench", RecordedAt: at} //nolint:gosec // days
	known, err := l.db.Collection(naiveEntries).CountDocuments(ctx, bson.M{"_id": bson.M{"$gte": c.program + "/" + c.key + "/", "$lt": c.program + "/" + c.key + "0"}})
	if err != nil || known > 0 {
		return err
	}
	account.post(&entry, c)
	content, err := bson.Marshal(entry)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(append(account.Hash, content...))
	entry.Hash, account.Hash, account.Version, account.Clock, account.DueAt = sum[:], sum[:], entry.Seq, at, at.AddDate(1, 0, 0)
	fact, err := factOf(c.account, c.key, entry.fact(c))
	if err != nil {
		return err
	}
	if _, err := l.db.Collection(naiveEntries).InsertOne(ctx, entry); err != nil {
		return err
	}
	keep := l.replace
	if fresh {
		keep = l.insert
	}
	if err := keep(ctx, account); err != nil {
		return err
	}
	if c.trade {
		if _, err := l.db.Collection("trades").InsertOne(ctx, naiveTrade{ID: c.id, Kind: c.kind, Account: c.account, Points: c.points, Entry: entry.ID, At: at}); err != nil {
			return err
		}
	}
	_, err = l.db.Collection(naiveOutbox).InsertOne(ctx, naiveFact{ID: entry.ID, Subject: fact.Subject, Created: at, Data: fact.Data})
	return err
}

// openAccounts gives accounts a thousand points each, in place of those that are there.
func (l *loops) openAccounts(ctx context.Context, program string, many int) error {
	if _, err := l.db.Collection(naiveAccounts).DeleteMany(ctx, bson.M{}); err != nil {
		return fmt.Errorf("empty the naive accounts: %w", err)
	}
	accounts := make([]naiveAccount, many)
	for n := range accounts {
		id := account(n)
		accounts[n] = naiveAccount{ID: program + "/" + id, Format: 1, Program: program, Account: id, Partition: bus.Partition(program, id, bus.Partitions), Version: openedAt,
			Balances: []naiveBalance{{Unit: "points", Active: openedPoints}}, Lots: []naiveLot{{"points", "operator", openedDays, openedPoints}}}
	}
	if _, err := l.db.Collection(naiveAccounts).InsertMany(ctx, accounts); err != nil {
		return fmt.Errorf("open %d naive accounts: %w", many, err)
	}
	return nil
}

// What naive accounts are opened with: as if there had been entries before, but more than orders have given them.
const (
	openedAt     = 1_000_000
	openedPoints = 1_000
	openedDays   = 30_000
)

func (l *loops) insert(ctx context.Context, a naiveAccount) error {
	_, err := l.db.Collection(naiveAccounts).InsertOne(ctx, a)
	return err
}

// replace writes the account unless it has another version by now.
func (l *loops) replace(ctx context.Context, a naiveAccount) error {
	result, err := l.db.Collection(naiveAccounts).ReplaceOne(ctx, bson.D{{Key: "_id", Value: a.ID}, {Key: "version", Value: a.Version - 1}}, a)
	if err == nil && result.MatchedCount != 1 {
		err = fmt.Errorf("account %s has another version", a.ID)
	}
	return err
}

// post moves the points of a change.
func (a *naiveAccount) post(e *naiveEntry, c change) {
	if len(a.Balances) == 0 {
		a.Balances = []naiveBalance{{Unit: "points"}}
		a.Lots = []naiveLot{{Unit: "points", Issuer: "operator", Expiry: e.Day + 365}}
	}
	balance, lot, points := &a.Balances[0], &a.Lots[0], c.points
	switch {
	case c.order != nil:
		points = e.rate(c.order)
		balance.Active += points
		lot.Points += points
	case points > 0: // held
		balance.Active, balance.Held = balance.Active-points, balance.Held+points
		lot.Points -= points
	default: // captured
		balance.Held += points
	}
	e.Movements = []naiveLot{{lot.Unit, lot.Issuer, lot.Expiry, points}}
	e.Postings = []naivePosting{{"points", "active", points}, {"points", "issued/operator", -points}}
	e.After = *balance
}

// rate gives a point for each full dollar, and notes the order with the entry.
func (e *naiveEntry) rate(order *ordersv1.OrderPaid) int64 {
	o := &naiveOrder{Merchant: order.GetMerchant(), Order: order.GetOrderId(), Number: 1, Kind: "paid", OccurredAt: order.GetOccurredAt().AsTime(), Currency: order.GetCurrency()}
	for _, line := range order.GetLines() {
		o.Base += line.GetAmountMinor()
		o.Lines = append(o.Lines, naiveGoods{line.GetLineId(), line.GetSku(), line.GetQuantity(), line.GetAmountMinor()})
		e.Lines = append(e.Lines, naiveLine{line.GetLineId(), line.GetSku(), line.GetAmountMinor(), "1/100", line.GetAmountMinor() / pointShare})
	}
	o.Target = o.Base / pointShare
	content := sha256.Sum256([]byte(order.String()))
	o.Content, e.Order = content[:], o
	return o.Target
}

// fact tells of the entry.
func (e *naiveEntry) fact(c change) *accrualv1.EntryPosted {
	entry := &accrualv1.Entry{Program: c.program, Account: c.account, Seq: e.Seq, Key: c.key, Actor: e.Actor, Revision: 1}
	for _, p := range e.Postings {
		entry.Postings = append(entry.Postings, &accrualv1.Posting{Unit: p.Unit, Bucket: p.Bucket, Points: p.Points})
	}
	entry.After = &accrualv1.StateAfter{Balances: []*accrualv1.Balance{{Unit: e.After.Unit, Active: e.After.Active, Held: e.After.Held}}}
	posted := &accrualv1.EntryPosted{Entry: entry}
	if o := e.Order; o != nil {
		entry.Order = &accrualv1.OrderPart{Merchant: o.Merchant, OrderId: o.Order, Number: 1, Event: o.Kind, Currency: o.Currency, BaseMinor: o.Base, TargetPoints: o.Target}
		posted.Order = &accrualv1.OrderStanding{}
		for _, line := range o.Lines {
			posted.Order.Lines = append(posted.Order.Lines, &accrualv1.StandingLine{Sku: line.SKU, BaseMinor: line.Amount})
		}
	}
	return posted
}
