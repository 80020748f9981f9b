// Package posting is what a lane does: it loads what a batch of messages needs, has the ledger decide on each in order,
// and commits everything as one transaction with the partition documents that fence it.
package posting

import (
	"time"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Message is one message of EVENTS, decoded by the bus door. Exactly one of Refusal, Order, Opened, Clock and Revised says
// what it is; none of them: it concerns somebody else and only moves the mark.
type Message struct {
	Partition int
	Sequence  uint64
	Time      time.Time // stream time
	ID        string    // Nats-Msg-Id
	After     uint64    // it follows on this sequence: the partition has nothing between the two
	Created   time.Time // when the stream was made

	Program, Merchant, Account, Kind string
	EventID, EventSource             string
	// Identity is subject, event id and content as one: what a refusal is remembered by. The subject fixes the partition,
	// so two partitions never refuse under one identity.
	Identity string
	Original storage.Original

	Refusal *reason.Error
	Order   *Order
	Opened  *Opened
	Clock   time.Time // ClockPassed
	Revised *Revised
}

// Order is an order event.
type Order struct {
	Ref   orders.Ref
	Event orders.Event
}

// Opened fixes what moves the clocks: Events is true for a replay.
type Opened struct{ Events bool }

// Revised is one revision of a programme, parsed.
type Revised struct {
	Number    int
	Effective time.Time // zero: at once
	Files     []storage.File
	Program   *program.Program
}

// Sweep brings one account up to its partition's clock.
type Sweep struct{ Account storage.AccountRef }

// refusable tells whether the message may be refused, and so may have been refused before.
func (m Message) refusable() bool {
	return m.Order != nil || m.Refusal != nil || m.Opened != nil || m.Revised != nil
}

func (m Message) account() storage.AccountRef {
	return storage.AccountRef{Program: m.Program, ID: ledger.AccountID(m.Account)}
}

func (m Message) order() storage.OrderRef {
	return storage.OrderRef{Program: m.Program, Ref: m.Order.Ref}
}
