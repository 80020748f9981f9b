package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/mongod"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// faithful is a club where those who surely still buy earn three times as much.
const faithful = `
programme: cdnow
zone: UTC
currency: USD
unit: points
earning: {points: 1, per: 1.00, multipliers: {segment: {faithful: 3}}}
expiry: {rule: end_of_month, months: 36}
`

// TestAScoreReachesTheNextOrder: a band of P(alive) is published. Ann is in it and leaves when she has been silent for long, bob when a fit
// is put into use that doubts those who bought once, and ann is back the day after she came back. Each change is told once, and the
// next order earns by it.
func TestAScoreReachesTheNextOrder(t *testing.T) {
	t.Parallel()
	m, err := mongod.Start(t.Context(), mongod.Options{Dir: t.TempDir(), Logger: warnings(t)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Stop()) })
	s := bare(t, m.URI(), way{lanes: 2, batch: 8})
	file := filepath.Join(t.TempDir(), "faithful.yaml")
	require.NoError(t, os.WriteFile(file, []byte(faithful), 0o600))
	s.revise(file)
	shop := &scoredShop{stage: s, first: time.Date(1997, time.January, 1, 0, 0, 0, 0, time.UTC)}
	for i := range 12 {
		for _, day := range []int{i, i + 10, i + 20, i + 27}[:1+i%4] {
			shop.buys(fmt.Sprint("other-", i), day)
		}
	}
	for _, day := range []int{0, 7, 15, 21, 30, 36, 44} {
		shop.buys("ann", day)
	}
	shop.buys("bob", 44)
	shop.comes()
	s.drain("accrual")
	s.drain("analytics")
	s.works("accrual")
	tells := s.works("analytics")
	shop.ledger = accrualv1.NewAccrualServiceClient(s.dial("accrual"))
	models := analyticsv1.NewModelServiceClient(s.dial("analytics"))
	fit := shop.fits(models, analyticsv1.BuyingModel_BUYING_MODEL_BG_NBD, analyticsv1.Choice_CHOICE_IF_BETTER)
	require.True(t, fit.GetChampion(), fit.GetVerdict())

	_, err = s.segments().DefineSegment(t.Context(), &analyticsv1.DefineSegmentRequest{
		Program: "cdnow", Name: "faithful", Kind: analyticsv1.SegmentKind_SEGMENT_KIND_LIVE, Condition: "alive_percent >= 75",
	})
	require.NoError(t, err)
	_, err = s.segments().PublishSegment(t.Context(), &analyticsv1.PublishSegmentRequest{Program: "cdnow", Name: "faithful"})
	require.NoError(t, err)
	shop.entered("ann", true)
	shop.entered("bob", true)
	shop.earns("ann", 45, 30)

	// Time goes by: others buy, and ann does not.
	shop.buys("other-1", 150)
	shop.comes()
	shop.entered("ann", false)
	shop.earns("ann", 150, 10)
	shop.earns("bob", 150, 30) // by BG/NBD nobody is lost before they have come back once

	// The next day she is told to be back; and bob, who has come back now, is in it still.
	shop.buys("other-1", 151)
	shop.comes()
	shop.entered("ann", true)
	shop.buys("cid", 151)
	shop.buys("other-2", 230)
	shop.comes()
	shop.entered("cid", true)

	// Another fit is put into use on the same day, by which cid may be lost.
	other := shop.fits(models, analyticsv1.BuyingModel_BUYING_MODEL_PARETO_NBD, analyticsv1.Choice_CHOICE_NEVER)
	_, err = models.ChooseFit(t.Context(), &analyticsv1.ChooseFitRequest{Program: "cdnow", Id: other.GetId(), IdempotencyKey: "other"})
	require.NoError(t, err)
	shop.entered("cid", false)
	shop.earns("cid", 230, 10)

	tells()
	s.drain("analytics")
	facts := s.heard(bus.Facts)
	require.Equal(t, facts, s.heard(bus.Events), "both say the same")
	require.Equal(t, []string{"1 true", "2 false", "3 true"}, facts["ann"][:3])
	require.Equal(t, []string{"1 true", "2 false"}, facts["cid"][:2]) // then cid buys, and may be told to be back already
}

// scoredShop is a shop whose days are counted from its first.
type scoredShop struct {
	*stage

	first  time.Time
	orders int
	rows   []string
	ledger accrualv1.AccrualServiceClient
}

// buys is an order of 10.00, told with the next ones.
func (s *scoredShop) buys(account string, day int) {
	s.orders++
	s.rows = append(s.rows, fmt.Sprintf("%s,%s,o%d,paid,USD,10.00", s.first.AddDate(0, 0, day).Format(time.DateOnly), account, s.orders))
}

// comes publishes what was bought since it came last.
func (s *scoredShop) comes() {
	s.t.Helper()
	slices.Sort(s.rows)
	file := filepath.Join(s.t.TempDir(), "orders.csv")
	require.NoError(s.t, os.WriteFile(file, []byte("occurred_at,account,order_id,kind,currency,amount\n"+strings.Join(s.rows, "\n")+"\n"), 0o600))
	s.publish(readOrders(s.t, file))
	s.rows = nil
}

// account is nil until the ledger has heard of it.
func (s *scoredShop) account(account string) *accrualv1.Account {
	s.t.Helper()
	answer, err := s.ledger.GetAccount(s.t.Context(), &accrualv1.GetAccountRequest{Program: "cdnow", Account: account})
	if err != nil {
		require.ErrorIs(s.t, rpc.FromStatus(err), reason.AccountNotFound)
	}
	return answer.GetAccount()
}

// entered waits until the ledger knows that an account is in the segment, or is not.
func (s *scoredShop) entered(account string, in bool) {
	s.t.Helper()
	testkit.Eventually(s.t, func() bool { return len(s.account(account).GetSegments()) == map[bool]int{true: 1}[in] }, fmt.Sprint(account, " is in the segment: ", in))
}

// earns is an order on a day, and what it brings.
func (s *scoredShop) earns(account string, day int, points int64) {
	s.t.Helper()
	before := s.account(account)
	s.buys(account, day)
	s.comes()
	var now *accrualv1.Account
	testkit.Eventually(s.t, func() bool {
		now = s.account(account)
		return now.GetBalances()[0].GetActive() != before.GetBalances()[0].GetActive()
	}, account+" has earned")
	require.Equal(s.t, points, now.GetBalances()[0].GetActive()-before.GetBalances()[0].GetActive(), account)
}

// fits waits for a fit to all that is in the ledger.
func (s *scoredShop) fits(models analyticsv1.ModelServiceClient, buying analyticsv1.BuyingModel, choice analyticsv1.Choice) *analyticsv1.Fit {
	s.t.Helper()
	in := &analyticsv1.FitModelRequest{Program: "cdnow", IdempotencyKey: buying.String(), Buying: buying, Prior: true, Choice: choice}
	var fit *analyticsv1.Fit
	testkit.Eventually(s.t, func() bool {
		asked, err := models.FitModel(s.t.Context(), in)
		fit = asked.GetFit()
		return err == nil && fit.GetState() == analyticsv1.FitState_FIT_STATE_DONE
	}, "the fit has ended")
	return fit
}
