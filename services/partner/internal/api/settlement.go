// Package api is the gRPC door of partner for the house: settlements, for the operator. Who may call and how errors travel is
// the rpc room's business, what is owed the domain's.
package api

import (
	"context"
	"encoding/base64"
	"strconv"
	"strings"

	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/clearing"
	"github.com/laurel-loyalty/laurel/services/partner/internal/settling"
	"github.com/laurel-loyalty/laurel/services/partner/internal/storage"
)

// settlementsPage is how long a page is when the caller does not say; the contract bounds it by 200.
const settlementsPage = 50

// Settlements implements SettlementService. Safe for many goroutines.
type Settlements struct {
	partnerv1.UnimplementedSettlementServiceServer
	closer  *settling.Closer
	storage *storage.Storage
}

// NewSettlements makes the service; register it on an rpc.Server.
func NewSettlements(closer *settling.Closer, kept *storage.Storage) *Settlements {
	return &Settlements{closer: closer, storage: kept}
}

// CloseSettlement implements SettlementService.
func (s *Settlements) CloseSettlement(ctx context.Context, in *partnerv1.CloseSettlementRequest) (*partnerv1.CloseSettlementResponse, error) {
	period, err := clearing.ParsePeriod(in.GetPeriod())
	if err != nil {
		return nil, err
	}
	closed, err := s.closer.Close(ctx, settling.Order{Program: in.GetProgram(), Period: period, By: string(rpc.Caller(ctx))})
	if err != nil {
		return nil, err
	}
	return &partnerv1.CloseSettlementResponse{Settlement: settlementToProto(closed)}, nil
}

// GetSettlement implements SettlementService.
func (s *Settlements) GetSettlement(ctx context.Context, in *partnerv1.GetSettlementRequest) (*partnerv1.GetSettlementResponse, error) {
	closed, err := s.find(ctx, in.GetProgram(), in.GetPeriod())
	if err != nil {
		return nil, err
	}
	return &partnerv1.GetSettlementResponse{Settlement: settlementToProto(closed)}, nil
}

// find returns the settlement of a month; of no month: the newest.
func (s *Settlements) find(ctx context.Context, program, month string) (clearing.Closed, error) {
	var closed clearing.Closed
	var found bool
	var err error
	if month == "" {
		closed, found, err = s.storage.LastSettlement(ctx, program)
	} else {
		period, bad := clearing.ParsePeriod(month)
		if bad != nil {
			return closed, bad
		}
		closed, found, err = s.storage.Settlement(ctx, program, period)
	}
	switch {
	case err != nil:
		return closed, err
	case !found && month == "":
		return closed, reason.New(reason.SettlementNotFound, "program", "nothing of programme %s is settled", program)
	case !found:
		return closed, reason.New(reason.SettlementNotFound, "period", "%s of programme %s is not settled", month, program)
	}
	return closed, nil
}

// ListSettlements implements SettlementService.
func (s *Settlements) ListSettlements(ctx context.Context, in *partnerv1.ListSettlementsRequest) (*partnerv1.ListSettlementsResponse, error) {
	below, err := settlementsPlace(in.GetProgram(), in.GetPageToken())
	if err != nil {
		return nil, err
	}
	size := int64(in.GetPageSize())
	if size == 0 {
		size = settlementsPage
	}
	list, err := s.storage.Settlements(ctx, in.GetProgram(), below, size+1)
	if err != nil {
		return nil, err
	}
	answer := &partnerv1.ListSettlementsResponse{}
	for i, closed := range list {
		if int64(i) == size {
			answer.NextPageToken = settlementsToken(in.GetProgram(), closed.Number+1)
			break
		}
		short := settlementToProto(closed)
		short.Lines, short.Issuers, short.Statements, short.Marks = nil, nil, nil, nil
		answer.Settlements = append(answer.Settlements, short)
	}
	return answer, nil
}

// A page token is base64url of the list that it belongs to and the number below which the page begins.
func settlementsToken(program string, below int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte("1/" + program + "/" + strconv.FormatInt(below, 10)))
}

// settlementsPlace reads a page token; the empty one is the beginning. INVALID_ARGUMENT for one of another list.
func settlementsPlace(program, token string) (int64, error) {
	if token == "" {
		return 0, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	text, ok := strings.CutPrefix(string(raw), "1/"+program+"/")
	below, bad := strconv.ParseInt(text, 10, 64)
	if err != nil || !ok || bad != nil || below < 1 {
		return 0, reason.New(reason.InvalidArgument, "page_token",
			"this token does not belong to this list; ask for the first page again, without a token")
	}
	return below, nil
}
