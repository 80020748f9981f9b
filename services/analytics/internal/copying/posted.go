package copying

import (
	"cmp"
	"slices"
	"strings"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// posted keeps an entry for exports.
func (b *batch) posted(m follow.Message, posted *accrualv1.EntryPosted) error {
	e := posted.GetEntry()
	day, err := calendar.Parse(posted.GetEffectiveDay())
	if err != nil {
		return stop(m, "it took effect on %q, which is no day", posted.GetEffectiveDay())
	}
	moved, err := movedBy(m, e.GetPostings())
	if err != nil {
		return err
	}
	b.entries = append(b.entries, storage.EntryWrite{
		At: storage.Position{Program: m.Program, Partition: m.Partition},
		Entry: storage.Entry{
			Account: m.Account, Seq: e.GetSeq(), Day: day, Kind: strings.ToLower(strings.TrimPrefix(e.GetKind().String(), "ENTRY_KIND_")),
			Key: e.GetKey(), Actor: e.GetActor(), Merchant: e.GetOrder().GetMerchant(), Order: e.GetOrder().GetOrderId(),
			Moved: moved, Change: b.change(m),
		},
	})
	return nil
}

// movedBy sums postings up by unit and bucket, the units by name. A bucket that is not known stops the copy: an export that left it
// out would not add up.
func movedBy(m follow.Message, postings []*accrualv1.Posting) ([]storage.Moved, error) {
	var list []storage.Moved
	for _, p := range postings {
		i := slices.IndexFunc(list, func(of storage.Moved) bool { return of.Unit == p.GetUnit() })
		if i < 0 {
			i, list = len(list), append(list, storage.Moved{Unit: p.GetUnit()})
		}
		sum := bucketOf(&list[i], p.GetBucket())
		if sum == nil {
			return nil, stop(m, "it posts to %q, which is no bucket", p.GetBucket())
		}
		*sum += money.Points(p.GetPoints())
	}
	slices.SortFunc(list, func(a, b storage.Moved) int { return cmp.Compare(a.Unit, b.Unit) })
	return list, nil
}

// bucketOf is where a bucket's points are summed up; nil: it is none.
func bucketOf(m *storage.Moved, bucket string) *money.Points {
	name, _, _ := strings.Cut(bucket, "/")
	switch name {
	case "active":
		return &m.Active
	case "pending":
		return &m.Pending
	case "held":
		return &m.Held
	case "debt":
		return &m.Debt
	case "issued":
		return &m.Issued
	case "redeemed":
		return &m.Redeemed
	case "expired":
		return &m.Expired
	case "adjusted":
		return &m.Adjusted
	case "forgiven":
		return &m.Forgiven
	case "in_transit":
		return &m.InTransit
	case "fees":
		return &m.Fees
	case "donated":
		return &m.Donated
	case "imported":
		return &m.Imported
	default:
		return nil
	}
}
