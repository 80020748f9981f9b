package coalition

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orderfile"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

const (
	historySeed  = 20260301
	stepsAMonth  = 70
	shoppers     = 3
	stepsBetween = time.Minute
)

// trade is points that a partner holds, or has taken.
type trade struct {
	who    caller
	id     string
	points int64
}

// purchase is an order, and how much of it is left.
type purchase struct {
	account, merchant, id string
	left                  int64
}

// history is what members do at three partners and their shops, drawn from a seed.
type history struct {
	h         *standing
	draw      *rand.Rand
	issuers   []caller
	redeemers []caller
	held      []trade
	taken     []trade
	bought    []purchase
	at        time.Time
	done      map[string]int
}

// month lets a month's steps happen, from a day on.
func (y *history) month(day time.Time) {
	y.at = day
	for range stepsAMonth {
		y.at = y.at.Add(stepsBetween)
		y.step()
	}
}

func (y *history) upTo(n int64) int64 { return 1 + y.draw.Int64N(n) }

// pick takes one out of a list.
func pick[T any](draw *rand.Rand, list *[]T) (T, bool) {
	if len(*list) == 0 {
		var none T
		return none, false
	}
	i := draw.IntN(len(*list))
	one := (*list)[i]
	*list = append((*list)[:i], (*list)[i+1:]...)
	return one, true
}

// step does one thing, or nothing where there is nothing to do it with.
func (y *history) step() {
	account := fmt.Sprint("member-", y.draw.IntN(shoppers))
	switch y.draw.IntN(10) {
	case 0, 1:
		y.note("award", y.award(account))
	case 2, 3, 4:
		y.note("hold", y.hold(account))
	case 5, 6:
		y.note("capture", y.capture())
	case 7:
		if t, ok := pick(y.draw, &y.held); ok {
			_, err := t.who.VoidRedemption(y.h.t.Context(), &partnerv1.VoidRedemptionRequest{AuthorizationId: t.id, IdempotencyKey: y.h.key()})
			y.note("void", err)
		}
		if t, ok := pick(y.draw, &y.taken); ok {
			_, err := t.who.RefundRedemption(y.h.t.Context(), &partnerv1.RefundRedemptionRequest{CaptureId: t.id, IdempotencyKey: y.h.key()})
			y.note("refund", err)
		}
	case 8:
		y.buy(account)
	default:
		y.bring()
	}
}

// note counts what was done; what was refused must say why.
func (y *history) note(deed string, err error) {
	y.h.t.Helper()
	if refusal, refused := reason.Of(rpc.FromStatus(err)); refused {
		require.Contains(y.h.t, []reason.Reason{reason.InsufficientPoints, reason.AccountNotFound, reason.HoldNotFound}, refusal.Reason, "%s: %v", deed, err)
		return
	}
	require.NoError(y.h.t, err, deed)
	y.done[deed]++
}

func (y *history) award(account string) error {
	who := y.issuers[y.draw.IntN(len(y.issuers))]
	_, err := who.AwardPoints(y.h.t.Context(), &partnerv1.AwardPointsRequest{Account: account, Points: y.upTo(60), IdempotencyKey: y.h.key()})
	return err
}

// hold sets at least half of what the account has aside, so that returns find too little.
func (y *history) hold(account string) error {
	who, points := y.redeemers[y.draw.IntN(len(y.redeemers))], y.upTo(90)
	has, err := who.GetBalance(y.h.t.Context(), &partnerv1.GetBalanceRequest{Account: account})
	if err == nil && has.GetPoints() > 0 {
		points = has.GetPoints() - y.draw.Int64N(has.GetPoints()/2+1)
	}
	answer, err := who.AuthorizeRedemption(y.h.t.Context(), &partnerv1.AuthorizeRedemptionRequest{Account: account, Points: points, IdempotencyKey: y.h.key()})
	if err == nil {
		y.held = append(y.held, trade{who, answer.GetTransaction().GetId(), points})
	}
	return err
}

// capture takes a part of what is held, or all.
func (y *history) capture() error {
	t, ok := pick(y.draw, &y.held)
	if !ok {
		return nil
	}
	if y.draw.IntN(2) == 0 {
		t.points = y.upTo(t.points)
	}
	answer, err := t.who.CaptureRedemption(y.h.t.Context(), &partnerv1.CaptureRedemptionRequest{
		AuthorizationId: t.id, Points: t.points, IdempotencyKey: y.h.key(),
	})
	if err == nil {
		y.taken = append(y.taken, trade{t.who, answer.GetTransaction().GetId(), t.points})
	}
	return err
}

func (y *history) buy(account string) {
	p := purchase{account, []string{"a-shop", "b-shop"}[y.draw.IntN(2)], y.h.key(), y.upTo(9_000)}
	y.bought = append(y.bought, p)
	y.publish(p, orders.Event{Kind: orders.Paid, Lines: []orders.Line{{SKU: "tea", Quantity: 1, Amount: money.Minor(p.left)}}})
}

// bring brings a part of a purchase back.
func (y *history) bring() {
	p, ok := pick(y.draw, &y.bought)
	if !ok {
		return
	}
	back := y.upTo(p.left)
	if p.left -= back; p.left > 0 {
		y.bought = append(y.bought, p)
	}
	y.publish(p, orders.Event{Kind: orders.Returned, Occurrence: y.h.key(), Returned: []orders.ReturnedLine{
		{Line: "1", HasAmount: true, Amount: money.Minor(back)},
	}})
}

func (y *history) publish(p purchase, e orders.Event) {
	y.h.t.Helper()
	e.OccurredAt, e.Currency = y.at, "EUR"
	m, err := publish.Order("tea", "test", orderfile.Group{
		Account: p.account, Merchant: p.merchant, Ref: orders.Ref{Merchant: p.merchant, Order: p.id}, Event: e, ID: p.id + "/" + e.Occurrence,
	})
	require.NoError(y.h.t, err)
	require.NoError(y.h.t, publish.All(y.h.t.Context(), y.h.bus, []bus.Outgoing{m}))
	y.done[e.Kind.String()]++
}

// flow is points of an issuer that have gone to a redeemer.
type flow struct{ issuer, redeemer string }

// moved sums what the entries of a month say of points that went from an issuer to another partner: spent there, or taken
// for what was owed to it, less what came back.
func (y *history) moved(from, to time.Time) map[flow]int64 {
	y.h.t.Helper()
	sums := map[flow]int64{}
	for n := range shoppers {
		in := &accrualv1.ListEntriesRequest{Program: "tea", Account: fmt.Sprint("member-", n), PageSize: 200}
		for {
			page, err := y.h.ledger.ListEntries(y.h.t.Context(), in)
			require.NoError(y.h.t, err)
			for _, e := range page.GetEntries() {
				at := e.GetEffectiveAt().AsTime()
				if at.Before(from) || !at.Before(to) {
					continue
				}
				for _, m := range e.GetMovements() {
					points := m.GetPoints()
					if m.GetKind() == accrualv1.MovementKind_MOVEMENT_KIND_REFUND {
						points = -points
					}
					if m.GetRedeemer() != "" && m.GetRedeemer() != m.GetIssuer() {
						sums[flow{m.GetIssuer(), m.GetRedeemer()}] += points
						y.done["moved by "+m.GetKind().String()]++
					}
				}
			}
			if in.PageToken = page.GetNextPageToken(); in.GetPageToken() == "" {
				break
			}
		}
	}
	return sums
}

// requireCleared wants a settlement to be what was moved, each statement to be its part, and all of them to sum to zero.
func (y *history) requireCleared(d *desk, s *partnerv1.Settlement, moved map[flow]int64) {
	t := y.h.t
	t.Helper()
	prices := map[string]*big.Rat{"a": big.NewRat(1, 1), "c": big.NewRat(8, 10)} // in minor units
	points, exact := map[flow]int64{}, map[string]*big.Rat{}
	for _, l := range s.GetLines() {
		sign := int64(1)
		if l.GetBasis() == partnerv1.SettlementBasis_SETTLEMENT_BASIS_REFUND {
			sign = -1
		}
		points[flow{l.GetIssuer(), l.GetRedeemer()}] += sign * (l.GetPoints() - l.GetPointsBack())
	}
	for f, n := range moved {
		require.Equal(t, n, points[f], "points of %s at %s", f.issuer, f.redeemer)
		price, ok := prices[f.redeemer]
		if !ok {
			price = new(big.Rat) // no agreement says what they are worth
		}
		for partner, sign := range map[string]int64{f.issuer: -n, f.redeemer: n} {
			if exact[partner] == nil {
				exact[partner] = new(big.Rat)
			}
			exact[partner].Add(exact[partner], new(big.Rat).Mul(price, big.NewRat(sign, 1)))
		}
	}
	require.Len(t, points, len(moved))
	sum := int64(0)
	for partner, position := range net(s) {
		if exact[partner] == nil {
			exact[partner] = new(big.Rat)
		}
		answer, err := d.GetStatement(t.Context(), &partnerv1.GetStatementRequest{Program: "tea", Period: s.GetPeriod(), Partner: partner})
		require.NoError(t, err)
		require.Equal(t, position, answer.GetStatement().GetNetMinor())
		sum += position
		off := new(big.Rat).Sub(big.NewRat(position, 1), exact[partner])
		require.LessOrEqual(t, off.Abs(off).Cmp(big.NewRat(int64(len(answer.GetStatement().GetLines())), 1)), 0,
			"%s: %d, exactly %s", partner, position, exact[partner].FloatString(3))
	}
	require.Zero(t, sum)
}

// TestAnyHistoryClearsToWhatWasMoved: two months of awards, holds, captures in whole and in part, voids and refunds of three
// partners, with orders and returns that leave debts, through every real door.
func TestAnyHistoryClearsToWhatWasMoved(t *testing.T) {
	t.Parallel()
	t.Log("seed", historySeed)
	shops := strings.NewReplacer("category: airline,", "category: airline, merchants: [a-shop],", "category: bank}", "category: bank, merchants: [b-shop]}")
	h := open(t, shops.Replace(e2))
	d := h.desk()
	h.pass("2026-03-02")
	a, b, c := d.caller("a"), d.caller("b"), d.caller("c")
	y := &history{h: h, draw: rand.New(rand.NewPCG(historySeed, 0)), issuers: []caller{a, b}, redeemers: []caller{a, c}, done: map[string]int{}}
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	begin := func(month time.Month) time.Time { return time.Date(2026, month, 1, 0, 0, 0, 0, berlin) }

	y.month(begin(time.March).AddDate(0, 0, 1))
	h.pass("2026-04-01")
	march := d.mustClose("2026-03")
	y.requireCleared(d, march, y.moved(begin(time.March), begin(time.April)))
	y.month(begin(time.April).AddDate(0, 0, 1))
	h.pass("2026-05-01")
	april := d.mustClose("2026-04")
	y.requireCleared(d, april, y.moved(begin(time.April), begin(time.May)))
	d.requireSound(2)
	for _, deed := range []string{
		"award", "hold", "capture", "void", "refund", "paid", "returned",
		"moved by MOVEMENT_KIND_CAPTURE", "moved by MOVEMENT_KIND_REFUND", "moved by MOVEMENT_KIND_REVERSE", "moved by MOVEMENT_KIND_PAYOFF",
	} {
		require.Positive(t, y.done[deed], "the history never came to: %s (%v)", deed, y.done)
	}
}
