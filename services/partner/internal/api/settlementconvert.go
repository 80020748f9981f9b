package api

import (
	"encoding/hex"

	"google.golang.org/protobuf/types/known/timestamppb"

	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/clearing"
	"github.com/laurel-loyalty/laurel/services/partner/internal/paper"
)

func settlementToProto(c clearing.Closed) *partnerv1.Settlement {
	p := &partnerv1.Settlement{
		Program: c.Program, Number: c.Number, Period: c.Period.String(), FirstDay: c.Period.First().String(),
		EndDay: c.Period.Next().First().String(), Currency: string(c.Currency), Unit: c.Unit,
		ClosedAt: timestamppb.New(c.ClosedAt), ClosedBy: c.ClosedBy, Lines: linesToProto(c.Lines, c.Currency), Digest: digest(c),
	}
	for _, g := range c.Gross {
		p.Gross = append(p.Gross, &partnerv1.GrossCell{Debtor: g.Debtor, Creditor: g.Creditor, AmountMinor: int64(g.Amount)})
	}
	for _, n := range c.Net {
		p.Net = append(p.Net, &partnerv1.NetPosition{
			Partner: n.Partner, OwesMinor: int64(n.Owes), OwedMinor: int64(n.Owed), NetMinor: int64(n.Net),
		})
	}
	for _, i := range c.Issued {
		p.Issuers = append(p.Issuers, issuedToProto(i))
	}
	for _, n := range c.Statements {
		p.Statements = append(p.Statements, &partnerv1.StatementNumber{Partner: n.Partner, Number: n.Number, Name: n.Name})
	}
	for _, m := range c.Marks {
		p.Marks = append(p.Marks, &partnerv1.SettlementMark{
			Partition: int32(m.Partition), Epoch: int32(m.Epoch), Sequence: m.Sequence, //nolint:gosec // small
		})
	}
	return p
}

func digest(c clearing.Closed) string {
	sum := c.Digest()
	return hex.EncodeToString(sum[:])
}

func linesToProto(lines []clearing.Line, c money.Currency) []*partnerv1.SettlementLine {
	list := make([]*partnerv1.SettlementLine, len(lines))
	for i, l := range lines {
		list[i] = &partnerv1.SettlementLine{
			Debtor: l.Debtor, Creditor: l.Creditor, Basis: basisToProto(l.Basis), Issuer: l.Issuer, Redeemer: l.Redeemer,
			Price: paper.Price(l.Price, c), LatePeriod: l.Late.String(), Points: int64(l.Points), PointsBack: int64(l.Back),
			AmountMinor: int64(l.Amount),
		}
	}
	return list
}

func issuedToProto(i clearing.Issued) *partnerv1.IssuerPoints {
	return &partnerv1.IssuerPoints{
		Issuer: i.Issuer, Given: int64(i.Given), TakenBack: int64(i.TakenBack), Spent: int64(i.Spent), Lapsed: int64(i.Lapsed),
		Adjusted: int64(i.Adjusted), BreakageMinor: int64(i.Breakage),
	}
}

func statementToProto(p paper.Paper) *partnerv1.Statement {
	c, own := p.Settlement, p.Statement
	n := c.Numbered(own.Partner)
	s := &partnerv1.Statement{
		Program: c.Program, Number: n.Number, SettlementNumber: c.Number, Period: c.Period.String(), FirstDay: c.Period.First().String(),
		EndDay: c.Period.Next().First().String(), Partner: own.Partner, PartnerName: n.Name, Currency: string(c.Currency), Unit: c.Unit,
		ClosedAt: timestamppb.New(c.ClosedAt), Lines: linesToProto(own.Lines, c.Currency), OwesMinor: int64(own.Owes),
		OwedMinor: int64(own.Owed), NetMinor: int64(own.Net), Digest: digest(c),
	}
	if own.Issued != nil {
		s.Issuer = issuedToProto(*own.Issued)
	}
	return s
}

func basisToProto(b clearing.Basis) partnerv1.SettlementBasis {
	switch b {
	case clearing.BasisRedemption:
		return partnerv1.SettlementBasis_SETTLEMENT_BASIS_REDEMPTION
	case clearing.BasisRefund:
		return partnerv1.SettlementBasis_SETTLEMENT_BASIS_REFUND
	case clearing.BasisIssue:
		return partnerv1.SettlementBasis_SETTLEMENT_BASIS_ISSUE
	case clearing.BasisIssueReturn:
		return partnerv1.SettlementBasis_SETTLEMENT_BASIS_ISSUE_RETURN
	case clearing.BasisFee:
		return partnerv1.SettlementBasis_SETTLEMENT_BASIS_FEE
	case clearing.BasisFeeReturn:
		return partnerv1.SettlementBasis_SETTLEMENT_BASIS_FEE_RETURN
	case clearing.BasisUnset:
	}
	return partnerv1.SettlementBasis_SETTLEMENT_BASIS_UNSPECIFIED
}
