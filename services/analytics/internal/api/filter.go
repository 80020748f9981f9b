package api

import (
	"slices"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/rfm"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// filterFromProto refuses a segment that nobody can be in: a report about nobody would look like an answer.
func filterFromProto(in *analyticsv1.ReportFilter) (history.Filter, error) {
	if name := in.GetSegment(); name != "" && !slices.ContainsFunc(rfm.Default(), func(s rfm.Segment) bool { return s.Name == name }) {
		return history.Filter{}, reason.New(reason.SegmentNotFound, "filter.segment", "the default table of RFM has no segment %.64q; report rfm lists them", name)
	}
	return history.Filter{
		Merchant: in.GetMerchant(), Channel: in.GetChannel(), Category: in.GetCategory(), Tier: in.GetTier(), Segment: in.GetSegment(),
	}, nil
}
