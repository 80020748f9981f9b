package trade_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/trade"
)

func anyAsk(t *rapid.T) trade.Ask {
	text := rapid.SampledFrom([]string{"", "a", "b", "a/b", "b/", "\x00"})
	return trade.Ask{
		Program: text.Draw(t, "programme"), Partner: text.Draw(t, "partner"), Key: text.Draw(t, "key"),
		Kind: trade.Kind(rapid.IntRange(1, 5).Draw(t, "kind")), Account: text.Draw(t, "account"),
		Points: money.Points(rapid.Int64Range(0, 2).Draw(t, "points")), Of: text.Draw(t, "of"),
		TTL: time.Duration(rapid.Int64Range(0, 1).Draw(t, "ttl")), Reason: text.Draw(t, "reason"),
	}
}

// TestTwoAsksAreTheSameWhenAllThatIsAskedIs: but for the account of what builds on another trade, which nobody asks for.
func TestTwoAsksAreTheSameWhenAllThatIsAskedIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyAsk(t), anyAsk(t)
		x, y := a, b
		x.Program, x.Partner, x.Key = "", "", ""
		y.Program, y.Partner, y.Key = "", "", ""
		if x.Kind.Builds() != trade.KindUnset && y.Kind.Builds() != trade.KindUnset {
			x.Account, y.Account = "", ""
		}
		require.Equal(t, x == y, a.Content() == b.Content())
		err := b.Repeats(a.Content())
		require.Equal(t, x == y, err == nil)
		if err != nil {
			require.ErrorIs(t, err, reason.IdempotencyKeyReused)
		}
	})
}

// TestOneKeyIsOneTrade: of the same partner in the same programme, and of nobody else.
func TestOneKeyIsOneTrade(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.StringMatching(`[a-z0-9_-]{1,3}`)
		draw := func() trade.Ask {
			return trade.Ask{Program: plain.Draw(t, "programme"), Partner: plain.Draw(t, "partner"), Key: rapid.StringMatching(`[!-?A-~]{1,3}`).Draw(t, "key")}
		}
		a, b := draw(), draw()
		require.Equal(t, a == b, a.ID() == b.ID())
		same := a.Partner == b.Partner && a.Key == b.Key
		require.Equal(t, same, a.LedgerKey() == b.LedgerKey())
	})
}

const agreements = `
programme: tea
zone: Europe/Berlin
currency: EUR
unit: points
earning: {points: 1, per: 1.00}
expiry: {rule: never}
partners:
  air:
    roles: [issue]
    category: airline
    from: 2026-03-01
    until: 2026-04-01
    limits: {points_per_call: 100, points_per_day: 150}
  sky: {roles: [redeem], category: ferry, redemption_price: 1}
`

func TestWhatAnAgreementAllows(t *testing.T) {
	p, faults := program.Parse([]program.File{{Name: "tea.yaml", Content: []byte(agreements)}})
	require.Empty(t, faults)
	schedule := program.Schedule{{Revision: 1, Program: p}}
	march := time.Date(2026, 2, 28, 23, 0, 0, 0, time.UTC) // 00:00 in Berlin
	april := time.Date(2026, 3, 31, 22, 0, 0, 0, time.UTC)
	for _, row := range []struct {
		name   string
		ask    trade.Ask
		at     time.Time
		reason reason.Reason
	}{
		{"the day before it begins", trade.Ask{Kind: trade.Award, Partner: "air", Points: 1}, march.Add(-1), reason.NoAgreement},
		{"when it begins", trade.Ask{Kind: trade.Award, Partner: "air", Points: 100}, march, ""},
		{"one point more than a call may give", trade.Ask{Kind: trade.Award, Partner: "air", Points: 101}, march, reason.PartnerLimitExceeded},
		{"when it ends", trade.Ask{Kind: trade.Award, Partner: "air", Points: 1}, april, reason.NoAgreement},
		{"just before", trade.Ask{Kind: trade.Award, Partner: "air", Points: 1}, april.Add(-1), ""},
		{"who may not take", trade.Ask{Kind: trade.Authorization, Partner: "air", Points: 1}, march, reason.RoleNotAgreed},
		{"who may", trade.Ask{Kind: trade.Authorization, Partner: "sky", Points: 1 << 40}, march, ""},
		{"who may not give", trade.Ask{Kind: trade.Award, Partner: "sky", Points: 1}, march, reason.RoleNotAgreed},
		{"somebody else", trade.Ask{Kind: trade.Award, Partner: "rail", Points: 1}, march, reason.NoAgreement},
		{"the operator has no agreement", trade.Ask{Kind: trade.Award, Partner: "operator", Points: 1}, march, reason.NoAgreement},
	} {
		t.Run(row.name, func(t *testing.T) {
			allowance, err := row.ask.Allow(schedule, row.at)
			if row.reason != "" {
				require.ErrorIs(t, err, row.reason)
				return
			}
			require.NoError(t, err)
			if row.ask.Partner == "air" {
				require.NoError(t, allowance.Room(100, 50))
				require.ErrorIs(t, allowance.Room(100, 51), reason.PartnerLimitExceeded)
				require.ErrorIs(t, allowance.Room(1, 200), reason.PartnerLimitExceeded, "the limit was lowered in the day")
				return
			}
			require.NoError(t, allowance.Room(1<<40, 1<<60), "without limit")
		})
	}
}
