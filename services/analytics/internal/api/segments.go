package api

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	typev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/type/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/segment"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/segmenting"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/storage"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/telling"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Segments implements SegmentService. Safe for many goroutines.
type Segments struct {
	analyticsv1.UnimplementedSegmentServiceServer
	segmenter *segmenting.Segmenter
	teller    *telling.Teller
	after     func(ctx context.Context, to *typev1.Position) error
}

// NewSegments makes the service; register it on an rpc.Server. After waits until the copy has come to a position.
func NewSegments(s *segmenting.Segmenter, t *telling.Teller, after func(ctx context.Context, to *typev1.Position) error) *Segments {
	return &Segments{segmenter: s, teller: t, after: after}
}

// DefineSegment implements SegmentService.
func (s *Segments) DefineSegment(ctx context.Context, in *analyticsv1.DefineSegmentRequest) (*analyticsv1.DefineSegmentResponse, error) {
	fixed := in.GetKind() == analyticsv1.SegmentKind_SEGMENT_KIND_FIXED
	if !fixed && in.GetAsOf() != "" {
		return nil, reason.New(reason.InvalidArgument, "as_of", "who belongs to a live segment is decided on each day anew; leave the day out, or make it fixed")
	}
	q, err := s.query(ctx, in)
	if err != nil {
		return nil, err
	}
	g, err := s.segmenter.Define(ctx, segmenting.Wish{
		Program: in.GetProgram(), Name: in.GetName(), Condition: in.GetCondition(), Fixed: fixed, AsOf: q.AsOf,
	})
	if err != nil {
		return nil, err
	}
	return &analyticsv1.DefineSegmentResponse{Segment: segmentToProto(g)}, nil
}

// DeleteSegment implements SegmentService.
func (s *Segments) DeleteSegment(ctx context.Context, in *analyticsv1.DeleteSegmentRequest) (*analyticsv1.DeleteSegmentResponse, error) {
	return &analyticsv1.DeleteSegmentResponse{}, s.segmenter.Delete(ctx, in.GetProgram(), in.GetName())
}

// ListSegments implements SegmentService.
func (s *Segments) ListSegments(ctx context.Context, in *analyticsv1.ListSegmentsRequest) (*analyticsv1.ListSegmentsResponse, error) {
	list, err := s.segmenter.List(ctx, in.GetProgram())
	if err != nil {
		return nil, err
	}
	answer := &analyticsv1.ListSegmentsResponse{}
	for _, g := range list {
		answer.Segments = append(answer.Segments, segmentToProto(g))
	}
	return answer, nil
}

// GetSegment implements SegmentService.
func (s *Segments) GetSegment(ctx context.Context, in *analyticsv1.GetSegmentRequest) (*analyticsv1.GetSegmentResponse, error) {
	q, err := s.query(ctx, in)
	if err != nil {
		return nil, err
	}
	g, group, err := s.segmenter.Find(ctx, in.GetProgram(), in.GetName())
	if err != nil {
		return nil, err
	}
	last, err := s.segmenter.Size(ctx, q, group)
	if err != nil {
		return nil, err
	}
	answer := &analyticsv1.GetSegmentResponse{Segment: segmentToProto(g), Read: reporting.ReadToProto(last.Reading), Currency: string(last.Reading.Currency)}
	for _, day := range monthsBefore(last.AsOf, int(in.GetMonths())) {
		q.AsOf = day
		size, err := s.segmenter.Size(ctx, q, group)
		if err != nil {
			return nil, err
		}
		answer.Sizes = append(answer.Sizes, sizeToProto(size))
	}
	answer.Sizes = append(answer.Sizes, sizeToProto(last))
	return answer, nil
}

// monthsBefore returns the first days of so many months before a day, rising.
func monthsBefore(day calendar.Day, n int) []calendar.Day {
	last := day.FirstOfMonth()
	if last == day {
		last = last.AddMonths(-1)
	}
	var days []calendar.Day
	for i := n - 1; i >= 0; i-- {
		days = append(days, last.AddMonths(-i))
	}
	return days
}

// PreviewSegment implements SegmentService.
func (s *Segments) PreviewSegment(ctx context.Context, in *analyticsv1.PreviewSegmentRequest) (*analyticsv1.PreviewSegmentResponse, error) {
	q, err := s.query(ctx, in)
	if err != nil {
		return nil, err
	}
	condition, err := segment.Parse(in.GetCondition())
	if err != nil {
		return nil, err
	}
	size, err := s.segmenter.Size(ctx, q, segmenting.Group{Condition: condition})
	if err != nil {
		return nil, err
	}
	return &analyticsv1.PreviewSegmentResponse{
		Size: sizeToProto(size), Read: reporting.ReadToProto(size.Reading), Currency: string(size.Reading.Currency),
	}, nil
}

// ListSegmentMembers implements SegmentService.
func (s *Segments) ListSegmentMembers(ctx context.Context, in *analyticsv1.ListSegmentMembersRequest) (*analyticsv1.ListSegmentMembersResponse, error) {
	q, err := s.query(ctx, in)
	if err != nil {
		return nil, err
	}
	g, group, err := s.segmenter.Find(ctx, in.GetProgram(), in.GetName())
	if err != nil {
		return nil, err
	}
	g.Publication = nil // what is told of it meanwhile changes nothing about who belongs to it
	// Of another segment under the same name the pages would not fit together.
	list := &analyticsv1.GetSegmentResponse{Segment: segmentToProto(g), Sizes: []*analyticsv1.SegmentSize{{AsOf: in.GetAsOf()}}}
	at, err := unseal[place](list, in.GetPageToken())
	if err != nil {
		return nil, err
	}
	var from segmenting.Place
	if at != nil {
		q.AsOf, from = at.AsOf, segmenting.Place{After: at.After, Rulers: at.Rulers}
	}
	size := pageDefault
	if in.GetPageSize() > 0 {
		size = int(in.GetPageSize())
	}
	page, err := s.segmenter.Members(ctx, q, group, from, size)
	if err != nil {
		return nil, err
	}
	answer := &analyticsv1.ListSegmentMembersResponse{
		AsOf: page.AsOf.String(), Read: reporting.ReadToProto(page.Reading), Currency: string(page.Reading.Currency),
	}
	for _, c := range page.Members {
		answer.Members = append(answer.Members, &analyticsv1.SegmentMember{Account: c.ID, Orders: int64(len(c.Orders)), SumMinor: int64(c.Spend())})
	}
	if next := page.Next; next != nil {
		at = &place{After: next.After, AsOf: page.AsOf, Rulers: next.Rulers}
		answer.NextPageToken, err = seal(list, at)
	}
	return answer, err
}

// CompareSegments implements SegmentService.
func (s *Segments) CompareSegments(ctx context.Context, in *analyticsv1.CompareSegmentsRequest) (*analyticsv1.CompareSegmentsResponse, error) {
	q, err := s.query(ctx, in)
	if err != nil {
		return nil, err
	}
	groups := make([]segmenting.Group, len(in.GetNames()))
	for i, name := range in.GetNames() {
		if _, groups[i], err = s.segmenter.Find(ctx, in.GetProgram(), name); err != nil {
			return nil, err
		}
	}
	sizes, overlaps, err := s.segmenter.Compare(ctx, q, groups)
	if err != nil {
		return nil, err
	}
	answer := &analyticsv1.CompareSegmentsResponse{}
	for _, size := range sizes {
		answer.Sizes = append(answer.Sizes, sizeToProto(size))
		answer.Read, answer.Currency = reporting.ReadToProto(size.Reading), string(size.Reading.Currency)
	}
	for _, o := range overlaps {
		answer.Overlaps = append(answer.Overlaps, &analyticsv1.SegmentOverlap{
			One: in.GetNames()[o.One], Other: in.GetNames()[o.Other], Both: o.Both, BothSumMinor: int64(o.BothSum), Either: o.Either,
		})
	}
	return answer, nil
}

// PublishSegment implements SegmentService.
func (s *Segments) PublishSegment(ctx context.Context, in *analyticsv1.PublishSegmentRequest) (*analyticsv1.PublishSegmentResponse, error) {
	g, err := s.teller.Publish(ctx, in.GetProgram(), in.GetName())
	if err != nil {
		return nil, err
	}
	return &analyticsv1.PublishSegmentResponse{Segment: segmentToProto(g)}, nil
}

// WithdrawSegment implements SegmentService.
func (s *Segments) WithdrawSegment(ctx context.Context, in *analyticsv1.WithdrawSegmentRequest) (*analyticsv1.WithdrawSegmentResponse, error) {
	g, err := s.teller.Withdraw(ctx, in.GetProgram(), in.GetName())
	if err != nil {
		return nil, err
	}
	return &analyticsv1.WithdrawSegmentResponse{Segment: segmentToProto(g)}, nil
}

// asking is what all questions about segments have.
type asking interface {
	GetProgram() string
	GetAsOf() string
	GetAfter() *typev1.Position
}

// query reads the day of a question, and waits until the copy has come as far as is asked.
func (s *Segments) query(ctx context.Context, in asking) (reporting.Query, error) {
	q := reporting.Query{Program: in.GetProgram(), Compare: calendar.None}
	var err error
	if q.AsOf, err = day(in.GetAsOf(), "as_of"); err != nil {
		return q, err
	}
	return q, s.after(ctx, in.GetAfter())
}

func segmentToProto(g storage.Segment) *analyticsv1.CustomerSegment {
	m := &analyticsv1.CustomerSegment{
		Program: g.Program, Name: g.Name, Kind: analyticsv1.SegmentKind_SEGMENT_KIND_LIVE, Condition: g.Condition,
		DefinedAt: timestamppb.New(g.DefinedAt),
	}
	if f := g.Fixed; f != nil {
		m.Kind, m.FixedOn, m.FixedCustomers = analyticsv1.SegmentKind_SEGMENT_KIND_FIXED, f.On.String(), f.Customers
	}
	if p := g.Publication; p != nil {
		m.Publication = &analyticsv1.SegmentPublication{
			Revision: p.Revision, Withdrawn: p.Withdrawn, AsOf: p.AsOf.String(), Customers: p.Customers, Telling: p.Told < p.Asked,
		}
	}
	return m
}

func sizeToProto(z segmenting.Size) *analyticsv1.SegmentSize {
	return &analyticsv1.SegmentSize{
		AsOf: z.AsOf.String(), Customers: z.Customers, SumMinor: int64(z.Sum), AllCustomers: z.AllCustomers, AllSumMinor: int64(z.AllSum),
	}
}
