package api

import (
	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
)

func filterFromProto(in *analyticsv1.ReportFilter) history.Filter {
	return history.Filter{
		Merchant: in.GetMerchant(), Channel: in.GetChannel(), Category: in.GetCategory(), Tier: in.GetTier(), Segment: in.GetSegment(),
	}
}
