package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"

	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/partner/internal/paper"
)

// GetStatement implements SettlementService.
func (s *Settlements) GetStatement(ctx context.Context, in *partnerv1.GetStatementRequest) (*partnerv1.GetStatementResponse, error) {
	closed, err := s.find(ctx, in.GetProgram(), in.GetPeriod())
	if err != nil {
		return nil, err
	}
	own, found := closed.Statement(in.GetPartner())
	if !found {
		return nil, reason.New(reason.StatementNotFound, "partner", "%s does not appear in the settlement of %s", in.GetPartner(), closed.Period)
	}
	p := paper.Paper{Settlement: closed, Statement: own}
	statement := statementToProto(p)
	document, err := document(p, statement, in.GetFormat())
	if err != nil {
		return nil, err
	}
	return &partnerv1.GetStatementResponse{Statement: statement, Document: document}, nil
}

func document(p paper.Paper, s *partnerv1.Statement, format partnerv1.StatementFormat) (*partnerv1.StatementDocument, error) {
	var d partnerv1.StatementDocument
	var err error
	switch format {
	case partnerv1.StatementFormat_STATEMENT_FORMAT_JSON:
		d.Name, d.MediaType = p.Name("json"), "application/json"
		d.Content, err = jsonOf(s)
	case partnerv1.StatementFormat_STATEMENT_FORMAT_CSV:
		d.Name, d.MediaType = p.Name("csv"), "text/csv; charset=utf-8"
		d.Content, err = p.CSV()
	case partnerv1.StatementFormat_STATEMENT_FORMAT_HTML:
		d.Name, d.MediaType = p.Name("html"), "text/html; charset=utf-8"
		d.Content, err = p.HTML()
	case partnerv1.StatementFormat_STATEMENT_FORMAT_UNSPECIFIED:
		return nil, nil //nolint:nilnil // none was asked for
	}
	return &d, err
}

// jsonOf writes protojson always in the same way: protojson itself varies its blanks on purpose.
func jsonOf(s *partnerv1.Statement) ([]byte, error) {
	raw, err := protojson.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("write a statement as JSON: %w", err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, raw, "", "  "); err != nil {
		return nil, fmt.Errorf("write a statement as JSON: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}
