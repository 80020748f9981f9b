package analytics_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
)

// ledger writes the facts that accrual would publish. It knows what every order is, and so what a report must say.
type ledger struct {
	program string
	seqs    map[string]int64 // by account
	orders  map[string]*order
}

type order struct {
	account   string
	day       calendar.Day
	base      int64
	entries   int32
	cancelled bool
	channel   string
	lines     []*accrualv1.StandingLine
}

func newLedger(program string) *ledger {
	return &ledger{program: program, seqs: map[string]int64{}, orders: map[string]*order{}}
}

// entry is the next fact of an account.
func (l *ledger) entry(account, kind string, day calendar.Day, fact *accrualv1.EntryPosted) bus.Outgoing {
	l.seqs[account]++
	e := fact.GetEntry()
	e.Program, e.Account, e.Seq, e.EffectiveAt = l.program, account, l.seqs[account], timestamppb.New(day.Start(time.UTC).Add(12*time.Hour))
	if e.GetKey() == "" {
		e.Key = fmt.Sprintf("due/%s/%d", account, e.GetSeq())
		e.Actor, e.EffectiveAt = "clock", timestamppb.New(day.Start(time.UTC))
	}
	fact.EffectiveDay = day.String()
	return factOf(bus.FactSubject(l.program, "accrual", kind, account), l.program+"/"+e.GetKey(), fact)
}

// factOf is a fact as accrual's outbox publishes it.
func factOf(subject, id string, body proto.Message) bus.Outgoing {
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(body)
	if err != nil {
		panic(err)
	}
	event := cloudevent.Event{
		ID: id, Source: "laurel/accrual", Type: string(body.ProtoReflect().Descriptor().FullName()),
		ContentType: cloudevent.ContentTypeProtobuf,
	}
	return bus.Outgoing{Subject: subject, Header: nats.Header(event.Headers()), Data: data, ID: "accrual/" + id}
}

// about is the next fact of an order, on a day.
func (l *ledger) about(id, event string, on calendar.Day) bus.Outgoing {
	o := l.orders[id]
	o.entries++
	fact := &accrualv1.EntryPosted{Entry: &accrualv1.Entry{
		Key: fmt.Sprintf("order/shop/%s/%d", id, o.entries), Actor: "merchant/shop",
		Order: &accrualv1.OrderPart{Merchant: "shop", OrderId: id, Number: o.entries, Event: event, Currency: "USD", BaseMinor: o.base},
	}}
	if o.day != calendar.None {
		fact.Order = &accrualv1.OrderStanding{PaidDay: o.day.String(), Cancelled: o.cancelled, Channel: o.channel, Lines: o.lines}
	}
	return l.entry(o.account, "earn", on, fact)
}

// paid is an order that was bought on a day and told on it.
func (l *ledger) paid(account, id string, day calendar.Day, cents int64) bus.Outgoing {
	return l.late(account, id, day, day, cents)
}

// detailed is an order of lines that was bought on a day over a channel.
func (l *ledger) detailed(account, id, channel string, day calendar.Day, lines ...*accrualv1.StandingLine) bus.Outgoing {
	cents := int64(0)
	for _, line := range lines {
		cents += line.GetBaseMinor()
	}
	l.orders[id] = &order{account: account, channel: channel, lines: lines}
	return l.paid(account, id, day, cents)
}

// said is an action that says something, a JSON object.
func (l *ledger) said(account, kind string, day calendar.Day, data string) bus.Outgoing {
	id := fmt.Sprint(kind, l.seqs[account])
	return l.entry(account, "action", day, &accrualv1.EntryPosted{ActionData: []byte(data), Entry: &accrualv1.Entry{
		Key: "action/app/" + account + id, Actor: "action/app",
		Action: &accrualv1.ActionPart{Type: kind, Source: "app", ActionId: id, Day: day.String()},
	}})
}

// rises moves an account to a tier on a day.
func (l *ledger) rises(account, tier string, day calendar.Day) bus.Outgoing {
	return l.entry(account, "state", day, &accrualv1.EntryPosted{Entry: &accrualv1.Entry{TierChange: &accrualv1.TierChange{To: tier}}})
}

// late is an order that was bought on a day and told on a later one.
func (l *ledger) late(account, id string, day, told calendar.Day, cents int64) bus.Outgoing {
	if l.orders[id] == nil {
		l.orders[id] = &order{account: account}
	}
	o := l.orders[id]
	o.day, o.base = day, cents
	return l.about(id, "paid", told)
}

// placed is an order that was made and not paid yet.
func (l *ledger) placed(account, id string, day calendar.Day) bus.Outgoing {
	l.orders[id] = &order{account: account, day: calendar.None}
	return l.about(id, "placed", day)
}

// back is what came back of an order on a day, in cents.
func (l *ledger) back(id string, day calendar.Day, cents int64) bus.Outgoing {
	l.orders[id].base -= cents
	return l.about(id, "returned", day)
}

// off cancels an order on a day.
func (l *ledger) off(id string, day calendar.Day) bus.Outgoing {
	o := l.orders[id]
	o.base, o.cancelled = 0, true
	return l.about(id, "cancelled", day)
}

// due is an entry that falls due by time at the beginning of a day.
func (l *ledger) due(account string, day calendar.Day) bus.Outgoing {
	return l.entry(account, "expire", day, &accrualv1.EntryPosted{Entry: &accrualv1.Entry{}})
}

// did is an action of an account on a day, and what it was given.
func (l *ledger) did(account, kind string, day calendar.Day, points int64) bus.Outgoing {
	id := fmt.Sprint(kind, l.seqs[account])
	return l.entry(account, "action", day, &accrualv1.EntryPosted{Entry: &accrualv1.Entry{
		Key: "action/app/" + account + id, Actor: "action/app",
		Action: &accrualv1.ActionPart{Type: kind, Source: "app", ActionId: id, Day: day.String(), Points: points},
	}})
}

// makeUp tells a random history of some accounts, with late orders, returns, amendments and cancellations.
func (l *ledger) makeUp(seed uint64, accounts, facts int) []bus.Outgoing {
	r := rand.New(rand.NewPCG(seed, seed))
	day := calendar.Date(2025, time.January, 1)
	var told []bus.Outgoing
	for i := range facts {
		day += calendar.Day(r.IntN(3))
		account := fmt.Sprintf("member-%02d", r.IntN(accounts))
		own := slices.Sorted(maps.Keys(l.orders))
		own = slices.DeleteFunc(own, func(id string) bool { return l.orders[id].account != account || l.orders[id].cancelled })
		switch n := r.IntN(10); {
		case n < 6 || len(own) == 0:
			told = append(told, l.late(account, fmt.Sprintf("o%04d", i), day.AddDays(-r.IntN(4)), day, int64(r.IntN(5000))))
		case n < 7:
			id := own[r.IntN(len(own))]
			told = append(told, l.back(id, day, l.orders[id].base/2))
		case n < 8: // an amendment
			id := own[r.IntN(len(own))]
			told = append(told, l.late(account, id, l.orders[id].day, day, int64(r.IntN(9000))))
		case n < 9:
			told = append(told, l.off(own[r.IntN(len(own))], day))
		case i%2 == 0:
			told = append(told, l.did(account, "visit", day, 1))
		default:
			told = append(told, l.due(account, day))
		}
	}
	return told
}

// moves is an entry that moves points: what was issued, spent and lapsed by it, and what is active afterwards.
func (l *ledger) moves(account string, day calendar.Day, issued, spent, lapsed, active int64) bus.Outgoing {
	e := &accrualv1.Entry{
		Key: fmt.Sprintf("cmd/app/%s%d", account, l.seqs[account]), Actor: "caller/app",
		After: &accrualv1.StateAfter{Balances: []*accrualv1.Balance{{Unit: "points", Active: active, Pending: 5}}},
	}
	for bucket, points := range map[string]int64{"issued/shop": -issued, "redeemed/shop": spent, "expired": lapsed, "active": issued - spent - lapsed} {
		if points != 0 {
			e.Postings = append(e.Postings, &accrualv1.Posting{Unit: "points", Bucket: bucket, Points: points})
		}
	}
	slices.SortFunc(e.GetPostings(), func(a, b *accrualv1.Posting) int { return strings.Compare(a.GetBucket(), b.GetBucket()) })
	return l.entry(account, "earn", day, &accrualv1.EntryPosted{Entry: e})
}
