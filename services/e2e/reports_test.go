package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

// requireAnalyticsService asks analytics over gRPC for what it knows of all CDNOW purchases: the digests and a sample of
// data.md 4 to 7, after what a whole house made of the orders. (Every figure over gRPC: analytics' own TestF7LifetimesOfARealShop.)
func requireAnalyticsService(t *testing.T, h *house, l *ledger) {
	t.Helper()
	c := reports{t, analyticsv1.NewAnalyticsServiceClient(h.serveAlone(l, "analytics", "laurel_analytics_"+filepath.Base(h.data)))}
	customers := c.customers("1998-07-01")
	require.Len(t, customers, referenceAccounts)
	require.Equal(t, "92bcec43763d824f68469897a87167937e4246556131a3c72882973f2846bcbb", digestOf(customers, classOf))
	require.Equal(t, "1779e0e80c5bdd721c540147b0ec9e530dea6470afaf75fe84ab81388848ff73", digestOf(customers, scoresOf))
	require.Equal(t, "44f8f010284e00394809997eda74cb17f722f7cf154ae14aa7b88c83a67beb2d", digestOf(c.customers("1998-01-01"), classOf))

	pareto := c.report(&analyticsv1.GetReportRequest{Name: "pareto"}).GetPareto() // everything that was read
	require.EqualValues(t, 250_031_563, pareto.GetTotalMinor())
	require.EqualValues(t, 68, pareto.GetZeroSpenders())
	require.Equal(t, "0.677773830", pareto.GetTop().GetSumShare())
	require.EqualValues(t, 7_695, pareto.GetMost().GetCustomers())
	require.EqualValues(t, 2_262, pareto.GetHalf().GetCustomers())
	require.Equal(t, "0.634571185", pareto.GetGini())
	require.Len(t, pareto.GetLorenz(), 101)

	moved := c.report(&analyticsv1.GetReportRequest{Name: "rfm", AsOf: "1998-07-01", Compare: "1998-01-01"})
	require.Equal(t, "1998-01-01", moved.GetCompare())
	require.EqualValues(t, 3_394, moved.GetRfm().GetSegments()[0].GetCustomers())
	require.EqualValues(t, 122_574_725, moved.GetRfm().GetSegments()[0].GetSumMinor())
	require.Len(t, moved.GetRfm().GetCells(), 57)
	sum := int64(0)
	for _, m := range moved.GetRfm().GetMoves() {
		sum += m.GetCustomers()
	}
	require.EqualValues(t, referenceAccounts, sum)

	cohorts := c.report(&analyticsv1.GetReportRequest{Name: "cohorts", AsOf: "1998-07-01"}).GetCohorts()
	require.Equal(t, "1997-03", cohorts.GetCohorts()[2].GetMonth())
	require.EqualValues(t, 457, cohorts.GetCohorts()[2].GetActive()[15])
	require.Equal(t, "0.488587187", cohorts.GetAll().GetSecondShare())
	require.EqualValues(t, 10_810, cohorts.GetAll().GetWindows()[3].GetSecond())
	require.EqualValues(t, 11_662, cohorts.GetTwoOrders())

	survival := c.report(&analyticsv1.GetReportRequest{Name: "survival", AsOf: "1998-07-01"}).GetSurvival()
	require.EqualValues(t, 11_516, survival.GetFirstRepeat().GetEvents())
	require.EqualValues(t, 5_539_745, survival.GetLoss().GetTotalDays())
	require.EqualValues(t, 180, survival.GetLoss().GetMedianDays())
}

// reports is the door of analytics.
type reports struct {
	t      *testing.T
	client analyticsv1.AnalyticsServiceClient
}

func (c reports) report(in *analyticsv1.GetReportRequest) *analyticsv1.Report {
	c.t.Helper()
	in.Program = "cdnow"
	answer, err := c.client.GetReport(c.t.Context(), in)
	require.NoError(c.t, err, "%v", in)
	return answer.GetReport()
}

// customers lists all customers as of a day, page by page.
func (c reports) customers(asOf string) []*analyticsv1.Customer {
	c.t.Helper()
	var all []*analyticsv1.Customer
	in := &analyticsv1.ListCustomersRequest{Program: "cdnow", AsOf: asOf, PageSize: 4000}
	for {
		answer, err := c.client.ListCustomers(c.t.Context(), in)
		require.NoError(c.t, err)
		all = append(all, answer.GetCustomers()...)
		if in.PageToken = answer.GetNextPageToken(); in.GetPageToken() == "" {
			return all
		}
	}
}

// digestOf is the SHA-256 of one line per customer, each ended by a line feed.
func digestOf(list []*analyticsv1.Customer, line func(*analyticsv1.Customer) string) string {
	h := sha256.New()
	for _, c := range list {
		_, _ = fmt.Fprintln(h, line(c))
	}
	return hex.EncodeToString(h.Sum(nil))
}

func classOf(c *analyticsv1.Customer) string { return c.GetAccount() + "," + c.GetClass() }

func scoresOf(c *analyticsv1.Customer) string {
	return fmt.Sprintf("%s,%d,%d,%d", c.GetAccount(), c.GetRecencyScore(), c.GetFrequencyScore(), c.GetMonetaryScore())
}
