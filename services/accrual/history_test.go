package accrual_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	ordersv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/orders/v1"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// happening is one event of a made-up history.
type happening struct {
	at      time.Time
	account string
	letter  letter
}

// history makes up what happened to some accounts from 2026-01-01 on, in the order of time: orders, amendments, returns
// and cancellations, some of which come before their order, never have one, or ask for more than is left.
type history struct {
	*rand.Rand
	at     time.Time
	orders map[string][]string // by account
	events []happening
}

// makeUp is the same for the same seed.
func makeUp(seed uint64, accounts, events int) []happening {
	h := &history{
		Rand: rand.New(rand.NewPCG(seed, 1)), at: time.Date(2026, 1, 1, 8, 0, 0, 0, time.UTC), orders: map[string][]string{},
	}
	for i := range events {
		h.at = h.at.Add(time.Duration(h.IntN(12*60)) * time.Minute)
		h.happen(fmt.Sprintf("member-%02d", h.IntN(accounts)), i)
	}
	return h.events
}

func (h *history) happen(account string, i int) {
	known := h.orders[account]
	order := fmt.Sprint("order-", i)
	if kind := h.IntN(100); kind < 60 || len(known) == 0 {
		h.orders[account] = append(known, order)
		if h.IntN(8) == 0 { // the shop tells of the return first
			h.add(account, h.back(account, order, i))
		}
		if h.IntN(20) > 0 {
			h.add(account, h.buy(account, order, 0))
		}
	} else {
		order = known[h.IntN(len(known))]
		switch {
		case kind < 82:
			h.add(account, h.back(account, order, i))
		case kind < 90:
			h.add(account, cancelled(account, order, h.at).as(fmt.Sprint("cancel-", i)))
		default:
			h.add(account, h.buy(account, order, int32(1+h.IntN(3))))
		}
	}
}

func (h *history) add(account string, l letter) {
	h.events = append(h.events, happening{h.at, account, l})
}

func (h *history) buy(account, order string, revision int32) letter {
	body := &ordersv1.OrderPaid{OrderId: order, OccurredAt: timestamppb.New(h.at), Currency: "USD", Revision: revision}
	for line := range 1 + h.IntN(3) {
		body.Lines = append(body.Lines, &ordersv1.Line{
			LineId: fmt.Sprint(line + 1), Category: []string{"tea", "books", "card"}[h.IntN(3)], Quantity: 4, AmountMinor: h.Int64N(9000),
		})
	}
	return write(account, "paid", fmt.Sprintf("%s/paid/%d/%d", order, revision, h.at.Unix()), body)
}

func (h *history) back(account, order string, i int) letter {
	return returned(account, order, fmt.Sprint("r-", i), h.at, int64(h.IntN(4)))
}

// letters are those of a history, in its order.
func letters(events []happening) []letter {
	list := make([]letter, len(events))
	for i, e := range events {
		list[i] = e.letter
	}
	return list
}

// interleave mixes the events of each day of a zone anew. What happened to one account keeps its order.
func interleave(r *rand.Rand, zone *time.Location, events []happening) []happening {
	day := func(e happening) calendar.Day { return calendar.DayOf(e.at, zone) }
	mixed := slices.Clone(events)
	for from := 0; from < len(mixed); {
		to := from
		for to < len(mixed) && day(mixed[to]) == day(mixed[from]) {
			to++
		}
		for range (to - from) * 4 {
			i := from + r.IntN(to-from)
			if i+1 < to && mixed[i].account != mixed[i+1].account {
				mixed[i], mixed[i+1] = mixed[i+1], mixed[i]
			}
		}
		from = to
	}
	return mixed
}

// repeat publishes some events once or twice more, at any later place. A payment may come under another event id.
func repeat(r *rand.Rand, events []happening) []happening {
	again := slices.Clone(events)
	for _, e := range events {
		for range max(0, r.IntN(5)-2) {
			copied := e
			if r.IntN(2) == 0 && e.letter.header["ce-type"][0] == "laurel.orders.v1.OrderPaid" {
				copied.letter = e.letter.as(fmt.Sprint("sent again ", r.Uint32()))
			}
			first := slices.IndexFunc(again, func(x happening) bool { return x.letter.header["ce-id"][0] == e.letter.header["ce-id"][0] })
			again = slices.Insert(again, first+1+r.IntN(len(again)-first), copied)
		}
	}
	return again
}
