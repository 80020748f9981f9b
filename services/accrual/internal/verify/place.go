package verify

import (
	"context"
	"fmt"
	"time"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
)

// places compares what is derived from an account, and so in no entry: its partition, and when something falls due on it.
// With either altered no sweep would find the account in time.
func (r *reader) places(ctx context.Context, a *account) error {
	if r.place == nil || len(misplaced(r.place, a.Account, *a.document)) == 0 {
		return nil
	}
	// The house may just have learnt of another revision: what is stored goes by what was known before or after it is read.
	before, err := r.options.Places(ctx)
	if err != nil {
		return err
	}
	stored, err := r.storage.Stored(ctx, storage.AccountRef{Program: a.Program, ID: a.ID})
	if err != nil {
		return err
	}
	after, err := r.options.Places(ctx)
	if err != nil || len(misplaced(before, stored.Account, stored)) == 0 {
		return err
	}
	for _, d := range misplaced(after, stored.Account, stored) {
		r.documents.add("account %s: %s", a.key, d)
	}
	return nil
}

// misplaced names in which ways a document is not where it belongs. It may be due earlier than something falls due: a new
// revision has it looked at once more.
func misplaced(place storage.Place, account ledger.Account, stored storage.Stored) []string {
	partition, due := place(account)
	var list []string
	if stored.Partition != partition {
		list = append(list, fmt.Sprintf("partition is %d, that of its name is %d", stored.Partition, partition))
	}
	if !due.IsZero() && (stored.Due.IsZero() || stored.Due.After(due)) {
		list = append(list, fmt.Sprintf("due at %s, its entries give %s", moment(stored.Due), moment(due)))
	}
	return list
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "no time"
	}
	return t.Format(time.RFC3339)
}
