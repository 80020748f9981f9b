package laurelctl

import (
	"context"
	"fmt"
	"strings"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// segments is a connection to the segments of a programme.
type segments struct {
	analyticsv1.SegmentServiceClient
	program string
}

// askSegments lets f ask analytics about the segments of a programme.
func (w *world) askSegments(f func(ctx context.Context, s *segments) error) error {
	return w.through("analytics", w.root.Timeout, func(ctx context.Context, d *door) error {
		program, err := d.programme()
		if err != nil {
			return err
		}
		return f(ctx, &segments{analyticsv1.NewSegmentServiceClient(d.conn), program})
	})
}

// segmentDefineCmd keeps a segment.
type segmentDefineCmd struct {
	Name      string `arg:"" help:"Lower-case letters, digits and '-'."`
	Condition string `arg:"" help:"Who belongs, in CEL: for example 'orders >= 3 && recency_days > 90'. docs/reference/segments.md lists what may be asked for."`
	Fixed     bool   `help:"Who fits now belongs for good. Default: who fits on the day that is looked at."`
	AsOf      string `name:"as-of" placeholder:"DATE" help:"The day of a fixed one: orders of all days before it count. Default: everything that was read."`
}

// Run defines it.
func (c *segmentDefineCmd) Run(w *world) error {
	return w.askSegments(func(ctx context.Context, s *segments) error {
		in := &analyticsv1.DefineSegmentRequest{
			Program: s.program, Name: c.Name, Kind: analyticsv1.SegmentKind_SEGMENT_KIND_LIVE, Condition: c.Condition, AsOf: c.AsOf,
		}
		if c.Fixed {
			in.Kind = analyticsv1.SegmentKind_SEGMENT_KIND_FIXED
		}
		answer, err := s.DefineSegment(ctx, in)
		if err != nil {
			return err
		}
		return w.show(answer, segmentGrid(answer.GetSegment()))
	})
}

func segmentGrid(list ...*analyticsv1.CustomerSegment) grid {
	g := grid{columns: []string{"name", "kind", "condition", "fixed_on", "fixed_customers", "published"}, numbers: []string{"fixed_customers"}}
	for _, s := range list {
		kind, customers := strings.ToLower(strings.TrimPrefix(s.GetKind().String(), "SEGMENT_KIND_")), ""
		if s.GetKind() == analyticsv1.SegmentKind_SEGMENT_KIND_FIXED {
			customers = number(s.GetFixedCustomers())
		}
		g.add(s.GetName(), kind, s.GetCondition(), s.GetFixedOn(), customers, published(s.GetPublication()))
	}
	return g
}

// published says what is told of a segment.
func published(p *analyticsv1.SegmentPublication) string {
	switch {
	case p == nil || p.GetWithdrawn() && !p.GetTelling():
		return ""
	case p.GetTelling():
		return "being told"
	}
	return fmt.Sprintf("%d as of %s", p.GetCustomers(), p.GetAsOf())
}

// segmentPublishCmd publishes a segment.
type segmentPublishCmd struct {
	Name string `arg:"" help:"Which one."`
}

// Run asks for it.
func (c *segmentPublishCmd) Run(w *world) error {
	return w.askSegments(func(ctx context.Context, s *segments) error {
		answer, err := s.PublishSegment(ctx, &analyticsv1.PublishSegmentRequest{Program: s.program, Name: c.Name})
		if err != nil {
			return err
		}
		return w.show(answer, segmentGrid(answer.GetSegment()))
	})
}

// segmentWithdrawCmd ends a publication.
type segmentWithdrawCmd struct {
	Name string `arg:"" help:"Which one."`
}

// Run asks for it.
func (c *segmentWithdrawCmd) Run(w *world) error {
	return w.askSegments(func(ctx context.Context, s *segments) error {
		answer, err := s.WithdrawSegment(ctx, &analyticsv1.WithdrawSegmentRequest{Program: s.program, Name: c.Name})
		if err != nil {
			return err
		}
		return w.show(answer, segmentGrid(answer.GetSegment()))
	})
}

// segmentListCmd lists them.
type segmentListCmd struct{}

// Run lists them.
func (c *segmentListCmd) Run(w *world) error {
	return w.askSegments(func(ctx context.Context, s *segments) error {
		answer, err := s.ListSegments(ctx, &analyticsv1.ListSegmentsRequest{Program: s.program})
		if err != nil {
			return err
		}
		return w.show(answer, segmentGrid(answer.GetSegments()...))
	})
}

// segmentPreviewCmd tries a condition.
type segmentPreviewCmd struct {
	Condition string `arg:"" help:"Who would belong, in CEL."`
	AsOf      string `name:"as-of" placeholder:"DATE" help:"Orders of all days before it count. Default: everything that was read."`
}

// Run counts who fits.
func (c *segmentPreviewCmd) Run(w *world) error {
	return w.askSegments(func(ctx context.Context, s *segments) error {
		answer, err := s.PreviewSegment(ctx, &analyticsv1.PreviewSegmentRequest{Program: s.program, Condition: c.Condition, AsOf: c.AsOf})
		if err != nil {
			return err
		}
		rows, table := sizeGrids(money.Currency(answer.GetCurrency()), answer.GetSize())
		return w.show(answer, rows, table)
	})
}

// sizeGrids are sizes as rows, and as a table for people.
func sizeGrids(currency money.Currency, sizes ...*analyticsv1.SegmentSize) (grid, grid) {
	rows := grid{columns: []string{"as_of", "customers", "all_customers", "sum_minor", "all_sum_minor"}}
	table := grid{columns: []string{"as of", "customers", "of all", "spent", "of all spent"}, numbers: []string{"customers", "of all", "spent", "of all spent"}}
	for _, z := range sizes {
		rows.add(z.GetAsOf(), number(z.GetCustomers()), number(z.GetAllCustomers()), number(z.GetSumMinor()), number(z.GetAllSumMinor()))
		table.add(z.GetAsOf(), number(z.GetCustomers()), percent(z.GetCustomers(), z.GetAllCustomers()), amount(z.GetSumMinor(), currency),
			percent(z.GetSumMinor(), z.GetAllSumMinor()))
	}
	return rows, table
}

// percent is a part of a whole for people; empty of nothing.
func percent(part, whole int64) string {
	if whole == 0 {
		return ""
	}
	return share(fmt.Sprintf("%d/%d", part, whole))
}

// segmentShowCmd shows a segment.
type segmentShowCmd struct {
	Name   string `arg:"" help:"Which one."`
	AsOf   string `name:"as-of" placeholder:"DATE" help:"Orders of all days before it count. Default: everything that was read."`
	Months int32  `placeholder:"N" help:"Say how large it was on the first of each of so many months before, too."`
}

// Run shows it.
func (c *segmentShowCmd) Run(w *world) error {
	return w.askSegments(func(ctx context.Context, s *segments) error {
		answer, err := s.GetSegment(ctx, &analyticsv1.GetSegmentRequest{Program: s.program, Name: c.Name, AsOf: c.AsOf, Months: c.Months})
		if err != nil {
			return err
		}
		rows, table := sizeGrids(money.Currency(answer.GetCurrency()), answer.GetSizes()...)
		return w.show(answer, rows, segmentGrid(answer.GetSegment()), table)
	})
}

// segmentMembersCmd lists who is in a segment.
type segmentMembersCmd struct {
	Name      string `arg:"" help:"Which one."`
	AsOf      string `name:"as-of" placeholder:"DATE" help:"Orders of all days before it count. Default: everything that was read."`
	Limit     int    `default:"100" placeholder:"N" help:"At most so many; 0: all. Default: ${default}."`
	PageToken string `placeholder:"TOKEN" help:"Go on where an answer that was limited ended (nextPageToken of its JSON)."`
}

// Run lists them, page by page.
func (c *segmentMembersCmd) Run(w *world) error {
	return w.askSegments(func(ctx context.Context, s *segments) error {
		request := &analyticsv1.ListSegmentMembersRequest{Program: s.program, Name: c.Name, AsOf: c.AsOf, PageToken: c.PageToken}
		all := &analyticsv1.ListSegmentMembersResponse{}
		err := pages(c.Limit, func(size int32) (int, bool, error) {
			request.PageSize = size
			answer, err := s.ListSegmentMembers(ctx, request)
			if err != nil {
				return 0, false, err
			}
			answer.Members = append(all.GetMembers(), answer.GetMembers()...)
			all, request.PageToken = answer, answer.GetNextPageToken()
			return len(all.GetMembers()), request.GetPageToken() != "", nil
		})
		if err != nil {
			return err
		}
		rows := grid{columns: []string{"account", "orders", "sum_minor"}, numbers: []string{"orders", "sum_minor"}}
		for _, m := range all.GetMembers() {
			rows.add(m.GetAccount(), number(m.GetOrders()), number(m.GetSumMinor()))
		}
		return w.show(all, rows)
	})
}

// segmentCompareCmd compares segments.
type segmentCompareCmd struct {
	Names []string `arg:"" help:"Two to sixteen."`
	AsOf  string   `name:"as-of" placeholder:"DATE" help:"Orders of all days before it count. Default: everything that was read."`
}

// Run compares them.
func (c *segmentCompareCmd) Run(w *world) error {
	return w.askSegments(func(ctx context.Context, s *segments) error {
		answer, err := s.CompareSegments(ctx, &analyticsv1.CompareSegmentsRequest{Program: s.program, Names: c.Names, AsOf: c.AsOf})
		if err != nil {
			return err
		}
		rows := grid{columns: []string{"one", "other", "both", "either", "both_sum_minor"}}
		table := grid{columns: []string{"one", "other", "both", "either", "of either", "spent by both"}, numbers: []string{"both", "either", "of either", "spent by both"}}
		for _, o := range answer.GetOverlaps() {
			rows.add(o.GetOne(), o.GetOther(), number(o.GetBoth()), number(o.GetEither()), number(o.GetBothSumMinor()))
			table.add(o.GetOne(), o.GetOther(), number(o.GetBoth()), number(o.GetEither()), percent(o.GetBoth(), o.GetEither()),
				amount(o.GetBothSumMinor(), money.Currency(answer.GetCurrency())))
		}
		return w.show(answer, rows, table)
	})
}

// segmentDeleteCmd forgets a segment.
type segmentDeleteCmd struct {
	Name string `arg:"" help:"Which one."`
}

// Run forgets it.
func (c *segmentDeleteCmd) Run(w *world) error {
	return w.askSegments(func(ctx context.Context, s *segments) error {
		if _, err := s.DeleteSegment(ctx, &analyticsv1.DeleteSegmentRequest{Program: s.program, Name: c.Name}); err != nil {
			return err
		}
		return w.lines([]string{"segment " + c.Name + " is forgotten"})
	})
}
