package api

import (
	"cmp"
	"context"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/satisfaction"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func statementsReport() report {
	return report{
		name: "statements", question: "Which of seven statements on satisfaction and loyalty hold here, by own counts?", details: true,
		takes: func(in *analyticsv1.GetReportRequest) bool { return in.GetStatements() != nil }, make: (*Server).statements,
		figures: statementsFigures,
	}
}

// bar is from where on a statement is told, and held for certain.
type bar struct {
	certain money.Ratio
	least   int64
}

func barFromProto(in *analyticsv1.StatementsParameters) (bar, error) {
	b := bar{money.MustRatio(9, 10), cmp.Or(int64(in.GetLeast()), satisfaction.StatementLeast)} //nolint:mnd // nine of ten
	if err := share(in.GetCertainShare(), "statements.certain_share", &b.certain); err != nil {
		return b, err
	}
	if b.certain.Num() == 0 || b.certain.Cmp(money.MustRatio(1, 1)) > 0 {
		return b, reason.New(reason.InvalidArgument, "statements.certain_share", "%s is no share above 0; give 0.9 for ninety per cent", b.certain)
	}
	return b, under("statements", satisfaction.CheckLeast(b.least))
}

func (s *Server) statements(ctx context.Context, in *analyticsv1.GetReportRequest, q reporting.Query) (*analyticsv1.Report, error) {
	params, err := loyaltyFromProto(in.GetStatements())
	if err != nil {
		return nil, under("statements", err)
	}
	bar, err := barFromProto(in.GetStatements())
	if err != nil {
		return nil, err
	}
	var b *satisfaction.StatementsBuilder
	made, err := s.read(ctx, q, func(h reporting.Head) adder {
		b = satisfaction.NewStatements(h.AsOf, params)
		return b
	})
	if err != nil {
		return nil, err
	}
	found := b.Report()
	body := &analyticsv1.StatementsReport{
		Customers: found.Customers, Answered: found.Answered, CertainShare: rat(bar.certain).FloatString(9), Least: int32(bar.least), //nolint:gosec,mnd // checked; nine digits
	}
	for _, told := range found.Statements {
		low, high := told.Interval().Texts()
		body.Statements = append(body.Statements, &analyticsv1.LoyaltyStatement{
			Statement: told.Text, Verdict: verdictToProto(told.Verdict(bar.certain, bar.least)), Counted: told.Of, Compared: told.Other,
			Fit: told.This.Fit, Of: told.This.Of, Share: told.This.Share().String(),
			ComparedFit: told.That.Fit, ComparedOf: told.That.Of, ComparedShare: told.That.Share().String(), Low: low, High: high,
		})
	}
	made.Body = &analyticsv1.Report_Statements{Statements: body}
	return made, nil
}

func verdictToProto(v satisfaction.Verdict) analyticsv1.StatementVerdict {
	switch v {
	case satisfaction.TooFew:
		return analyticsv1.StatementVerdict_STATEMENT_VERDICT_TOO_FEW
	case satisfaction.Undecided:
		return analyticsv1.StatementVerdict_STATEMENT_VERDICT_UNDECIDED
	case satisfaction.Held:
		return analyticsv1.StatementVerdict_STATEMENT_VERDICT_HELD
	case satisfaction.Refuted:
		return analyticsv1.StatementVerdict_STATEMENT_VERDICT_REFUTED
	}
	return analyticsv1.StatementVerdict_STATEMENT_VERDICT_UNSPECIFIED
}

func statementsFigures() []figure {
	return []figure{
		{"customers", "accounts with an order before the day", own, "customers", measured, ""},
		{"answered", "of them, with an answer on satisfaction", own, "customers", measured, "what those think who did not answer"},
		{"certain_share", "from which share on something is certain", own, "", assumed, ""},
		{"least", "customers that each side of a statement needs, for it to be held or refuted", own, "", assumed, ""},
		{"statements", "each with those of whom it is true, of those of whom it speaks, and, where it compares, of the others", own, "answered", measured,
			"that the one makes the other: whoever is satisfied and loyal may be so for a third reason"},
		{"statements.verdict", "of certainty: held if the share reaches the mark, else refuted; of comparison: held if the interval of the difference lies above 0, refuted if below",
			own, "answered", estimated, "what another shop would find; seven looks find something by chance more often than one"},
		{"statements.low", "lower end of the 95 % interval of the share, or of the difference of both", "Wilson 1927; Newcombe 1998", "answered", estimated, "what the silent would add"},
		{"statements.high", "its upper end", "Wilson 1927; Newcombe 1998", "answered", estimated, "what the silent would add"},
	}
}
