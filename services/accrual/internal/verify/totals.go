package verify

import (
	"context"
	"fmt"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/totals"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// days are tallies by programme and day, over all partitions.
type days map[day]*totals.Tally

type day struct {
	program string
	day     calendar.Day
}

func (d days) of(key day) *totals.Tally {
	if d[key] == nil {
		d[key] = &totals.Tally{}
	}
	return d[key]
}

func (d days) see(e ledger.Entry) { d.of(day{e.Program, e.Day}).Add(e) }

func readDays(ctx context.Context, s *storage.Storage, program string) (days, error) {
	d := days{}
	err := s.ScanTotals(ctx, program, func(key totals.Key, t totals.Tally) { d.of(day{key.Program, key.Day}).AddTally(t) })
	return d, err
}

// readVerified adds what the days came to at a checkpoint.
func (d days) readVerified(ctx context.Context, s *storage.Storage, c storage.Checkpoint) error {
	return s.VerifiedDays(ctx, c, func(on calendar.Day, t totals.Tally) { d.of(day{c.Program, on}).AddTally(t) })
}

// compare holds the totals that were stored before the entries were read, and after, against what was read. A day that
// nobody has added to meanwhile must be exact; of any other the number of entries lies between the two.
func (d days) compare(before, after days) *breaches {
	found := &breaches{}
	keys := map[day]bool{}
	for _, list := range []days{d, before, after} {
		for key := range list {
			keys[key] = true
		}
	}
	for key := range keys {
		read, first, last := d.of(key), before.of(key), after.of(key)
		wrong := ""
		switch {
		case first.Entries == last.Entries:
			wrong = totals.Difference(*read, *last)
		case read.Entries < first.Entries || read.Entries > last.Entries:
			wrong = fmt.Sprintf("%d entries were counted, then %d, there are %d", first.Entries, last.Entries, read.Entries)
		}
		if wrong != "" {
			found.add("%s on %s: %s", key.program, key.day, wrong)
		}
	}
	return found
}
