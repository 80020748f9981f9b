package bench

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
)

const (
	programName = "bench"
	// shopDays is how long the shop has been open, and departed the mean life of a customer in days.
	shopDays = 1095
	departed = 500
	// categoriesMax is how many categories there are.
	categoriesMax = 12
	// pointShare is for how many cents there is a point.
	pointShare = 100
)

// shop makes up customers who come and leave at random, and buy at rates of their own: what BG/NBD supposes, near enough. The
// same size makes the same orders.
type shop struct {
	random  *rand.Rand
	members []member
	weights []float64 // cumulative, of the rates
	opened  calendar.Day
}

// member is a customer, with what is bought so far.
type member struct {
	from, until int32 // days since the shop opened
	entries     int32
	points      int64
	spend       float64 // mean cents of an order
}

func newShop(members int, opened calendar.Day) *shop {
	s := &shop{random: rand.New(rand.NewPCG(1, 2)), opened: opened} //nolint:gosec // the same each time is what is wanted
	sum := 0.0
	for range members {
		from := int32(s.random.IntN(shopDays)) //nolint:gosec // days
		life := int32(s.random.ExpFloat64() * departed)
		rate := s.random.ExpFloat64() + s.random.ExpFloat64()*s.random.Float64()
		sum += rate
		s.members = append(s.members, member{from: from, until: from + life, spend: 2000 * math.Exp(s.random.NormFloat64()/2)})
		s.weights = append(s.weights, sum)
	}
	s.members[0].from, s.members[0].until = 0, shopDays // somebody is there on every day
	return s
}

// buyer draws who buys on a day: one of those who are there, the more likely the higher their rate.
func (s *shop) buyer(day int32) int {
	for {
		at := s.random.Float64() * s.weights[len(s.weights)-1]
		low, high := 0, len(s.weights)-1
		for low < high {
			if mid := (low + high) / 2; s.weights[mid] < at {
				low = mid + 1
			} else {
				high = mid
			}
		}
		if m := s.members[low]; m.entries == 0 && m.from <= day || m.from <= day && day <= m.until {
			return low
		}
	}
}

func account(n int) string { return fmt.Sprintf("m%08d", n) }

// facts makes orders in the order of days, as the ledger would tell of them, and hands them on in batches.
func (s *shop) facts(orders int, give func([]bus.Outgoing) error) error {
	var batch []bus.Outgoing
	for n := range orders {
		day := int32(int64(n) * shopDays / int64(orders)) //nolint:gosec // days
		fact, err := s.order(n, s.buyer(day), s.opened.AddDays(int(day)))
		if err != nil {
			return err
		}
		if batch = append(batch, fact); len(batch) == bus.BatchMessagesMax || n == orders-1 {
			if err := give(batch); err != nil {
				return err
			}
			batch = nil
		}
	}
	return nil
}

// order is the fact of one order that was paid: two lines, points, and what the account has then.
func (s *shop) order(n, who int, day calendar.Day) (bus.Outgoing, error) {
	m := &s.members[who]
	m.entries++
	base := int64(m.spend*(0.5+s.random.Float64())) + 1
	points := base / pointShare
	m.points += points
	at := timestamppb.New(day.Start(time.UTC).Add(12 * time.Hour))
	id := fmt.Sprintf("o%09d", n)
	order := &accrualv1.OrderStanding{PaidDay: day.String(), Channel: []string{"web", "store"}[n%2]}
	for _, part := range []int64{base / 3, base - base/3} {
		order.Lines = append(order.Lines, &accrualv1.StandingLine{
			Sku: fmt.Sprintf("s%04d", s.random.IntN(5000)), Category: fmt.Sprintf("c%02d", s.random.IntN(categoriesMax)), BaseMinor: part, CostMinor: new(part / 2),
		})
	}
	return factOf(account(who), id, &accrualv1.EntryPosted{EffectiveDay: day.String(), Order: order, Entry: &accrualv1.Entry{
		Program: programName, Account: account(who), Seq: int64(m.entries), Key: "order/shop/" + id + "/1", Actor: "merchant/shop",
		Kind: accrualv1.EntryKind_ENTRY_KIND_EARN, OccurredAt: at, EffectiveAt: at, Revision: 1,
		Order:    &accrualv1.OrderPart{Merchant: "shop", OrderId: id, Number: 1, Event: "paid", Currency: "USD", BaseMinor: base, TargetPoints: points},
		Postings: []*accrualv1.Posting{{Unit: "points", Bucket: "active", Points: points}, {Unit: "points", Bucket: "issued/operator", Points: -points}},
		After:    &accrualv1.StateAfter{Balances: []*accrualv1.Balance{{Unit: "points", Active: m.points}}},
	}})
}

// factOf is a fact as accrual's outbox publishes it.
func factOf(account, order string, body proto.Message) (bus.Outgoing, error) {
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(body)
	if err != nil {
		return bus.Outgoing{}, fmt.Errorf("write the fact of order %s: %w", order, err)
	}
	event := cloudevent.Event{
		ID: programName + "/" + order, Source: "laurel/accrual", Type: string(body.ProtoReflect().Descriptor().FullName()),
		ContentType: cloudevent.ContentTypeProtobuf,
	}
	return bus.Outgoing{
		Subject: bus.FactSubject(programName, "accrual", "earn", account), Header: nats.Header(event.Headers()), Data: data, ID: "accrual/" + event.ID,
	}, nil
}
