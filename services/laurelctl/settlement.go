package laurelctl

import (
	"context"
	"fmt"

	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// settlements is a connection to the partner service, and the programme that is meant.
type settlements struct {
	partnerv1.SettlementServiceClient
	program string
}

// askSettlements lets f ask the partner service about a programme.
func (w *world) askSettlements(f func(ctx context.Context, s *settlements) error) error {
	return w.through("partner", w.root.Timeout, func(ctx context.Context, d *door) error {
		program, err := d.programme()
		if err != nil {
			return err
		}
		return f(ctx, &settlements{partnerv1.NewSettlementServiceClient(d.conn), program})
	})
}

// settlementCloseCmd closes a month.
type settlementCloseCmd struct {
	Period string `arg:"" help:"The month, YYYY-MM in the programme's zone. Closed again it is the same settlement."`
}

// Run closes it, and shows what came of it.
func (c *settlementCloseCmd) Run(w *world) error {
	return w.askSettlements(func(ctx context.Context, s *settlements) error {
		answer, err := s.CloseSettlement(ctx, &partnerv1.CloseSettlementRequest{Program: s.program, Period: c.Period, IdempotencyKey: c.Period})
		if err != nil {
			return err
		}
		return w.showSettlement(&partnerv1.GetSettlementResponse{Settlement: answer.GetSettlement()})
	})
}

// settlementShowCmd shows a settlement.
type settlementShowCmd struct {
	Period string `arg:"" optional:"" help:"The month, YYYY-MM. Default: the newest that is closed."`
}

// Run asks for it.
func (c *settlementShowCmd) Run(w *world) error {
	return w.askSettlements(func(ctx context.Context, s *settlements) error {
		answer, err := s.GetSettlement(ctx, &partnerv1.GetSettlementRequest{Program: s.program, Period: c.Period})
		if err != nil {
			return err
		}
		return w.showSettlement(answer)
	})
}

// showSettlement writes who owes whom: as CSV the lines, as tables where each stands and the gross matrix.
func (w *world) showSettlement(answer *partnerv1.GetSettlementResponse) error {
	s := answer.GetSettlement()
	amount := func(minor int64) string { return money.Format(money.Minor(minor), money.Currency(s.GetCurrency())) }
	lines := grid{
		columns: []string{"debtor", "creditor", "basis", "issuer", "redeemer", "late_period", "price", "points", "points_back", "amount", "currency"},
	}
	for _, l := range s.GetLines() {
		lines.add(l.GetDebtor(), l.GetCreditor(), plainEnum(l.GetBasis().String(), "SETTLEMENT_BASIS_"), l.GetIssuer(), l.GetRedeemer(),
			l.GetLatePeriod(), l.GetPrice(), number(l.GetPoints()), number(l.GetPointsBack()), amount(l.GetAmountMinor()), s.GetCurrency())
	}
	net := grid{
		title:   fmt.Sprintf("settlement %d of %s, %s, in %s", s.GetNumber(), s.GetProgram(), s.GetPeriod(), s.GetCurrency()),
		columns: []string{"partner", "statement", "owes", "owed", "net"}, numbers: []string{"statement", "owes", "owed", "net"},
	}
	statements := map[string]int64{}
	for _, n := range s.GetStatements() {
		statements[n.GetPartner()] = n.GetNumber()
	}
	for _, p := range s.GetNet() {
		net.add(p.GetPartner(), number(statements[p.GetPartner()]), amount(p.GetOwesMinor()), amount(p.GetOwedMinor()), amount(p.GetNetMinor()))
	}
	gross := grid{title: "who owes whom", columns: []string{"debtor", "creditor", "amount"}, numbers: []string{"amount"}}
	for _, g := range s.GetGross() {
		gross.add(g.GetDebtor(), g.GetCreditor(), amount(g.GetAmountMinor()))
	}
	return w.show(answer, lines, net, gross)
}

// settlementListCmd lists the settlements.
type settlementListCmd struct {
	Limit int `default:"100" placeholder:"N" help:"At most so many; 0: all. Default: ${default}."`
}

// Run asks for them, page by page.
func (c *settlementListCmd) Run(w *world) error {
	return w.askSettlements(func(ctx context.Context, s *settlements) error {
		request := &partnerv1.ListSettlementsRequest{Program: s.program}
		all := &partnerv1.ListSettlementsResponse{}
		err := pages(c.Limit, func(size int32) (int, bool, error) {
			request.PageSize = size
			answer, err := s.ListSettlements(ctx, request)
			if err != nil {
				return 0, false, err
			}
			answer.Settlements = append(all.GetSettlements(), answer.GetSettlements()...)
			all, request.PageToken = answer, answer.GetNextPageToken()
			return len(all.GetSettlements()), request.GetPageToken() != "", nil
		})
		if err != nil {
			return err
		}
		rows := grid{
			columns: []string{"period", "number", "partners", "gross", "currency", "closed_at", "closed_by"},
			numbers: []string{"number", "partners", "gross"},
		}
		for _, s := range all.GetSettlements() {
			gross := money.Minor(0)
			for _, g := range s.GetGross() {
				gross += money.Minor(g.GetAmountMinor())
			}
			rows.add(s.GetPeriod(), number(s.GetNumber()), fmt.Sprint(len(s.GetNet())), money.Format(gross, money.Currency(s.GetCurrency())),
				s.GetCurrency(), moment(s.GetClosedAt()), s.GetClosedBy())
		}
		return w.show(all, rows)
	})
}

// statementCmd writes a partner's statement.
type statementCmd struct {
	Period  string `arg:"" help:"The month, YYYY-MM."`
	Partner string `arg:"" help:"Whose."`
	As      string `enum:"csv,html,json" default:"csv" help:"As what: ${enum}. Default: ${default}."`
}

// Run asks for it, and writes the document as it is.
func (c *statementCmd) Run(w *world) error {
	return w.askSettlements(func(ctx context.Context, s *settlements) error {
		answer, err := s.GetStatement(ctx, &partnerv1.GetStatementRequest{
			Program: s.program, Period: c.Period, Partner: c.Partner, Format: map[string]partnerv1.StatementFormat{
				"csv": partnerv1.StatementFormat_STATEMENT_FORMAT_CSV, "html": partnerv1.StatementFormat_STATEMENT_FORMAT_HTML,
				"json": partnerv1.StatementFormat_STATEMENT_FORMAT_JSON,
			}[c.As],
		})
		if err != nil {
			return err
		}
		_, err = w.Out.Write(answer.GetDocument().GetContent())
		return err
	})
}
