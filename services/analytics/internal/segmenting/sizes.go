package segmenting

import (
	"context"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Size is how large a group is, as of Head.AsOf.
type Size struct {
	reporting.Head
	Customers, AllCustomers int64
	Sum, AllSum             money.Minor
}

// Size counts a group. Errors are those of segment.Condition.Holds, reason.UnknownProgram, reason.AmountOutOfRange, and
// trouble.
func (s *Segmenter) Size(ctx context.Context, q reporting.Query, g Group) (Size, error) {
	sizes, _, err := s.Compare(ctx, q, []Group{g})
	if err != nil {
		return Size{}, err
	}
	return sizes[0], nil
}

// Overlap is what two groups share, by their places in what was asked for.
type Overlap struct {
	One, Other   int
	Both, Either int64
	BothSum      money.Minor
}

// Compare counts groups, and what each two of them share. Errors as Size.
func (s *Segmenter) Compare(ctx context.Context, q reporting.Query, groups []Group) ([]Size, []Overlap, error) {
	sizes := make([]Size, len(groups))
	var overlaps []Overlap
	for i := range groups {
		for j := range i {
			overlaps = append(overlaps, Overlap{One: j, Other: i})
		}
	}
	err := s.walk(ctx, walk{Query: q, groups: groups}, func(at step) error {
		for i := range sizes {
			sizes[i].Head = at.Head
			if at.customer == nil {
				continue
			}
			if err := sizes[i].everybody(at.customer.Spend()); err != nil {
				return err
			}
			if at.in[i] {
				sizes[i].within(at.customer.Spend())
			}
		}
		if at.customer == nil {
			return nil
		}
		for i := range overlaps {
			overlaps[i].add(at.customer.Spend(), at.in)
		}
		return nil
	})
	return sizes, overlaps, err
}

// everybody takes a customer of the programme, and within one of the group; their sum is no more than that of all.
func (z *Size) everybody(spend money.Minor) error {
	var err error
	z.AllCustomers++
	z.AllSum, err = history.Add(z.AllSum, spend)
	return err
}

func (z *Size) within(spend money.Minor) {
	z.Customers++
	z.Sum += spend
}

func (o *Overlap) add(spend money.Minor, in []bool) {
	if in[o.One] || in[o.Other] {
		o.Either++
	}
	if in[o.One] && in[o.Other] {
		o.Both++
		o.BothSum += spend // no more than of all
	}
}
