package reporting

import (
	"context"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// Changes are what changed in the copy of a programme, in one state of it.
type Changes struct {
	Partitions []int
	Reading    storage.Reading
	program    string
	storage    *storage.Storage
}

// Changes opens one state of the copy for as long as look lasts. It waits for its turn as reports do. The error is
// reason.UnknownProgram, what look returns, or trouble.
func (r *Reporter) Changes(ctx context.Context, program string, look func(context.Context, *Changes) error) error {
	return r.open(ctx, Query{Program: program, Compare: calendar.None}, func(ctx context.Context, h Head) error {
		return look(ctx, &Changes{Partitions: r.partitions, Reading: h.Reading, program: program, storage: r.storage})
	})
}

// Orders returns at most so many orders of a partition that changed after a change, by rising change.
func (c *Changes) Orders(ctx context.Context, partition int, after storage.Change, limit int) ([]storage.ChangedOrder, error) {
	return c.storage.OrderChanges(ctx, storage.Position{Program: c.program, Partition: partition}, after, limit)
}

// Tiers returns at most so many accounts of a partition whose tiers changed after a change, by rising change.
func (c *Changes) Tiers(ctx context.Context, partition int, after storage.Change, limit int) ([]storage.ChangedTiers, error) {
	return c.storage.TierChanges(ctx, storage.Position{Program: c.program, Partition: partition}, after, limit)
}

// Entries returns at most so many entries of a partition that were told after a change, by rising change.
func (c *Changes) Entries(ctx context.Context, partition int, after storage.Change, limit int) ([]storage.Entry, error) {
	return c.storage.EntryChanges(ctx, storage.Position{Program: c.program, Partition: partition}, after, limit)
}

// Actions returns at most so many counts of actions of a partition that changed after a change, by rising change.
func (c *Changes) Actions(ctx context.Context, partition int, after storage.Change, limit int) ([]storage.ChangedActions, error) {
	return c.storage.ActionChanges(ctx, storage.Position{Program: c.program, Partition: partition}, after, limit)
}
