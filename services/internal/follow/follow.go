// Package follow is what every service does that learns from the log: it reads a stream behind its partition documents,
// decodes and checks each message, collects them into batches, and commits what the service makes of a batch as one
// transaction with the documents that fence it. Each message takes effect exactly once, in the order of its partition,
// whoever crashes and however many replicas run.
//
// A service brings a Handler. It owns what is read, decided and written; this room owns marks, clocks, revisions,
// attempts, the outbox and the transaction.
package follow

import (
	"context"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/lane"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// Handler is a service as the lanes see it. It is called by several lanes at once, each with partitions of its own.
type Handler interface {
	// Load reads whatever the items need and returns a batch that will decide on them. Items are lane items whose
	// payload is a Message or whatever the service submitted; a message may lie at or below its partition's mark, and
	// then needs nothing. An error is trouble, and tried again.
	Load(ctx context.Context, items []lane.Item, parts *Parts) (Batch, error)
}

// Batch decides on items in their order, each seeing what the ones before have done, and then writes all of it. It is
// dropped when anything fails, and made anew by Load.
type Batch interface {
	// Message decides on one message, whose partition's mark and clock have moved over it. What a message is refused for
	// stands in m.Refusal. An error undoes the whole batch: a *lane.Stop for good, any other until it passes.
	Message(ctx context.Context, m Message) error
	// Work does what the service submitted itself: a sweep, a command.
	Work(ctx context.Context, partition int, payload any) error
	// Finish ends the batch. What it returns writes everything inside the transaction; recorded tells when what belongs to a partition
	// is recorded: never before what was recorded of it earlier, by whichever clock. That may be called several times, and returns
	// store.ErrConflict where somebody else was faster.
	Finish(recorded func(partition int) time.Time) func(ctx context.Context) error
	// Committed is called once everything is durable.
	Committed(o Outcome)
}

// Outcome is what one commit did.
type Outcome struct {
	Partitions []store.Partition
	Messages   int           // that the marks have passed
	Streams    []string      // for which messages were stored in the outbox
	Took       time.Duration // of the commit alone
}
