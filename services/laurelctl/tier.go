package laurelctl

import (
	"context"
	"fmt"
	"strings"

	tierv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/tier/v1"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// tiers is a connection to the tier service, and the programme that is meant.
type tiers struct {
	tierv1.TierServiceClient
	program  string
	currency money.Currency
}

// askTiers lets f ask the tier service about a programme.
func (w *world) askTiers(f func(ctx context.Context, t *tiers) error) error {
	return w.through("tier", w.root.Timeout, func(ctx context.Context, d *door) error {
		program, err := d.programme()
		if err != nil {
			return err
		}
		return f(ctx, &tiers{tierv1.NewTierServiceClient(d.conn), program, d.currency})
	})
}

// tierShowCmd shows where an account stands.
type tierShowCmd struct {
	Account string   `arg:"" help:"The account."`
	After   position `placeholder:"N" help:"Not before this position of EVENTS is applied, as orders publish has told it."`
	At      *instant `placeholder:"TIME" help:"Where it stood at this time, for example 1998-07-01T00:00Z."`
}

// Run asks for it.
func (c *tierShowCmd) Run(w *world) error {
	return w.askTiers(func(ctx context.Context, t *tiers) error {
		answer, err := t.GetMemberTier(ctx, &tierv1.GetMemberTierRequest{
			Program: t.program, Account: c.Account, At: c.At.toProto(), After: c.After.toProto(),
		})
		if err != nil {
			return err
		}
		m := answer.GetMemberTier()
		return w.show(answer, memberTierRows(m), memberTierTables(m, t.currency)...)
	})
}

func memberTierRows(m *tierv1.MemberTier) grid {
	g := grid{columns: []string{
		"programme", "account", "tier", "earned_tier", "version", "as_of", "qualifying_minor", "next", "missing_minor", "until",
		"drop", "drop_on", "keep_minor",
	}}
	g.add(m.GetProgram(), m.GetAccount(), m.GetTier(), m.GetEarnedTier(), number(m.GetVersion()), moment(m.GetAsOf()),
		number(m.GetQualifyingMinor()), m.GetNext().GetTier(), number(m.GetNext().GetMissingMinor()), m.GetNext().GetUntilDay(),
		m.GetDrop().GetTo(), m.GetDrop().GetDay(), number(m.GetDrop().GetMissingMinor()))
	return g
}

// memberTierTables are for people: where it stands and what lies ahead, then its grants.
func memberTierTables(m *tierv1.MemberTier, currency money.Currency) []grid {
	has := grid{columns: []string{"what", "value"}}
	has.add("account", m.GetProgram()+"/"+m.GetAccount())
	has.add("tier", m.GetTier())
	if m.GetEarnedTier() != m.GetTier() {
		has.add("earned by itself", m.GetEarnedTier())
	}
	has.add("as of", moment(m.GetAsOf()))
	if m.GetWindowMonths() > 0 {
		has.add("qualifying", fmt.Sprintf("%s in %d months", amount(m.GetQualifyingMinor(), currency), m.GetWindowMonths()))
	}
	if next := m.GetNext(); next != nil {
		text := amount(next.GetMissingMinor(), currency) + " more"
		if next.GetUntilDay() != "" {
			text += " before " + next.GetUntilDay()
		}
		has.add("to reach "+next.GetTier(), text)
	}
	if drop := m.GetDrop(); drop != nil {
		has.add("to keep "+drop.GetFrom(), fmt.Sprintf("%s more before %s, else %s", amount(drop.GetMissingMinor(), currency), drop.GetDay(), drop.GetTo()))
	}
	if len(m.GetGrants()) == 0 {
		return []grid{has}
	}
	return []grid{has, grantRows(m.GetGrants()...)}
}

func grantRows(list ...*tierv1.Grant) grid {
	g := grid{columns: []string{"grant", "tier", "from", "last_day", "actor", "reason"}}
	for _, grant := range list {
		g.add(grant.GetGrantId(), grant.GetTier(), grant.GetFromDay(), lastDay(grant.GetUntilDay()), grant.GetActor(), grant.GetReason())
	}
	return g
}

// tierHistoryCmd lists the moves of an account.
type tierHistoryCmd struct {
	Account string   `arg:"" help:"The account."`
	After   position `placeholder:"N" help:"Not before this position of EVENTS is applied, as orders publish has told it."`
}

// Run asks for the lines, page by page.
func (c *tierHistoryCmd) Run(w *world) error {
	return w.askTiers(func(ctx context.Context, t *tiers) error {
		all, request := &tierv1.ListTierHistoryResponse{}, &tierv1.ListTierHistoryRequest{
			Program: t.program, Account: c.Account, PageSize: 200, After: c.After.toProto(),
		}
		for {
			answer, err := t.ListTierHistory(ctx, request)
			if err != nil {
				return err
			}
			all.Lines = append(all.GetLines(), answer.GetLines()...)
			if request.PageToken = answer.GetNextPageToken(); request.GetPageToken() == "" {
				return w.show(all, lineRows(all.GetLines()), lineTable(all.GetLines(), t.currency))
			}
		}
	})
}

func lineRows(lines []*tierv1.HistoryLine) grid {
	g := grid{columns: []string{
		"seq", "effective_at", "from", "to", "cause", "qualifying_minor", "reach_minor", "revision", "merchant", "order", "event", "grant",
	}}
	for _, l := range lines {
		g.add(number(l.GetSeq()), moment(l.GetEffectiveAt()), l.GetFrom(), l.GetTo(), l.GetCause(), number(l.GetQualifyingMinor()),
			number(l.GetReachMinor()), number(l.GetRevision()), l.GetMerchant(), l.GetOrderId(), l.GetEvent(), l.GetGrantId())
	}
	return g
}

// lineTable tells each move and why.
func lineTable(lines []*tierv1.HistoryLine, currency money.Currency) grid {
	g := grid{columns: []string{"at", "from", "to", "why", "held", "needed"}, numbers: []string{"held", "needed"}}
	for _, l := range lines {
		why := strings.ReplaceAll(l.GetCause(), "_", " ")
		switch {
		case l.GetOrderId() != "":
			why += ", order " + l.GetOrderId()
		case l.GetGrantId() != "":
			why += ", " + l.GetGrantId()
		}
		g.add(moment(l.GetEffectiveAt()), l.GetFrom(), l.GetTo(), why, amount(l.GetQualifyingMinor(), currency), amount(l.GetReachMinor(), currency))
	}
	return g
}

// ladderCmd shows the ladder, and how many stand on it.
type ladderCmd struct {
	After position `placeholder:"N" help:"Not before this position of EVENTS is applied, as orders publish has told it."`
	At    *instant `placeholder:"TIME" help:"As it stood at this time."`
}

// Run asks for both. As JSON it is the count.
func (c *ladderCmd) Run(w *world) error {
	return w.askTiers(func(ctx context.Context, t *tiers) error {
		steps, err := t.DescribeLadder(ctx, &tierv1.DescribeLadderRequest{Program: t.program, At: c.At.toProto(), After: c.After.toProto()})
		if err != nil {
			return err
		}
		counts, err := t.CountTiers(ctx, &tierv1.CountTiersRequest{Program: t.program, At: c.At.toProto(), After: c.After.toProto()})
		if err != nil {
			return err
		}
		accounts := map[string]int64{}
		for _, n := range counts.GetCounts() {
			accounts[n.GetTier()] = n.GetAccounts()
		}
		rows := grid{columns: []string{"tier", "reach_minor", "accounts"}}
		people := grid{
			title:   fmt.Sprintf("%d months, told %d days before a fall", steps.GetWindowMonths(), steps.GetNoticeDays()),
			columns: []string{"tier", "from", "accounts"}, numbers: []string{"from", "accounts"},
		}
		for _, s := range steps.GetSteps() {
			n := accounts[s.GetTier()]
			rows.add(s.GetTier(), number(s.GetReachMinor()), number(n))
			people.add(s.GetTier(), amount(s.GetReachMinor(), t.currency), number(n))
		}
		return w.show(counts, rows, people)
	})
}

// grantCmd grants a tier.
type grantCmd struct {
	keyed
	Account string `arg:"" help:"To which account."`
	Tier    string `arg:"" help:"At which tier it is held at least."`
	From    string `placeholder:"DAY" help:"The first day with it. Default: at once."`
	Until   string `required:"" placeholder:"DAY" help:"The first day without it, YYYY-MM-DD."`
	Reason  string `required:"" placeholder:"TEXT" help:"Why; nothing personal."`
}

// Run grants it.
func (c *grantCmd) Run(w *world) error {
	return w.askTiers(func(ctx context.Context, t *tiers) error {
		answer, err := t.GrantTier(ctx, &tierv1.GrantTierRequest{
			IdempotencyKey: c.key(), Program: t.program, Account: c.Account, Tier: c.Tier, FromDay: c.From, UntilDay: c.Until, Reason: c.Reason,
		})
		if err != nil {
			return err
		}
		return w.show(answer, grantRows(answer.GetGrant()))
	})
}

// endGrantCmd ends a grant before its time.
type endGrantCmd struct {
	keyed
	Account string `arg:"" help:"Whose."`
	Grant   string `arg:"" help:"Which grant, as tier show names it."`
	Reason  string `required:"" placeholder:"TEXT" help:"Why; nothing personal."`
}

// Run ends it.
func (c *endGrantCmd) Run(w *world) error {
	return w.askTiers(func(ctx context.Context, t *tiers) error {
		answer, err := t.EndTierGrant(ctx, &tierv1.EndTierGrantRequest{
			IdempotencyKey: c.key(), Program: t.program, Account: c.Account, GrantId: c.Grant, Reason: c.Reason,
		})
		if err != nil {
			return err
		}
		ended := grid{columns: []string{"account", "grant", "ended"}}
		ended.add(c.Account, c.Grant, "yes")
		return w.show(answer, ended)
	})
}
