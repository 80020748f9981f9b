// Package api is the partner service's gRPC doors: PartnerService for partner companies, PartnerKeyService for the
// operator. Who may call and how errors travel is the rpc room's and the callers' business; what a call does is trading's.
package api

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/partner/internal/callers"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/trade"
	"github.com/laurel-loyalty/laurel/services/partner/internal/storage"
	"github.com/laurel-loyalty/laurel/services/partner/internal/trading"
)

// Partners answers partner companies.
type Partners struct {
	partnerv1.UnimplementedPartnerServiceServer
	desk    *trading.Desk
	storage *storage.Storage
}

// NewPartners returns the door of partner companies.
func NewPartners(desk *trading.Desk, kept *storage.Storage) *Partners {
	return &Partners{desk: desk, storage: kept}
}

// do has the desk do what the caller asks for. Whose it is, is told by the credential.
func (s *Partners) do(ctx context.Context, ask trade.Ask) (*partnerv1.Transaction, error) {
	caller := callers.Of(ctx)
	ask.Program, ask.Partner = caller.Program, caller.Partner
	answer, err := s.desk.Do(ctx, ask)
	if err != nil {
		return nil, err
	}
	if answer.Replayed {
		rpc.Replayed(ctx)
	}
	return toProto(answer.Trade), nil
}

// AwardPoints implements PartnerService.
func (s *Partners) AwardPoints(ctx context.Context, in *partnerv1.AwardPointsRequest) (*partnerv1.AwardPointsResponse, error) {
	t, err := s.do(ctx, trade.Ask{
		Kind: trade.Award, Key: in.GetIdempotencyKey(), Account: in.GetAccount(), Points: money.Points(in.GetPoints()), Reason: in.GetReason(),
	})
	return &partnerv1.AwardPointsResponse{Transaction: t}, err
}

// AuthorizeRedemption implements PartnerService.
func (s *Partners) AuthorizeRedemption(ctx context.Context, in *partnerv1.AuthorizeRedemptionRequest) (*partnerv1.AuthorizeRedemptionResponse, error) {
	ask := trade.Ask{Kind: trade.Authorization, Key: in.GetIdempotencyKey(), Account: in.GetAccount(), Points: money.Points(in.GetPoints())}
	if in.GetTtl() != nil {
		ask.TTL = in.GetTtl().AsDuration().Truncate(time.Millisecond)
	}
	t, err := s.do(ctx, ask)
	return &partnerv1.AuthorizeRedemptionResponse{Transaction: t}, err
}

// CaptureRedemption implements PartnerService.
func (s *Partners) CaptureRedemption(ctx context.Context, in *partnerv1.CaptureRedemptionRequest) (*partnerv1.CaptureRedemptionResponse, error) {
	t, err := s.do(ctx, trade.Ask{
		Kind: trade.Capture, Key: in.GetIdempotencyKey(), Of: in.GetAuthorizationId(), Points: money.Points(in.GetPoints()),
	})
	return &partnerv1.CaptureRedemptionResponse{Transaction: t}, err
}

// VoidRedemption implements PartnerService.
func (s *Partners) VoidRedemption(ctx context.Context, in *partnerv1.VoidRedemptionRequest) (*partnerv1.VoidRedemptionResponse, error) {
	t, err := s.do(ctx, trade.Ask{Kind: trade.Void, Key: in.GetIdempotencyKey(), Of: in.GetAuthorizationId()})
	return &partnerv1.VoidRedemptionResponse{Transaction: t}, err
}

// RefundRedemption implements PartnerService.
func (s *Partners) RefundRedemption(ctx context.Context, in *partnerv1.RefundRedemptionRequest) (*partnerv1.RefundRedemptionResponse, error) {
	t, err := s.do(ctx, trade.Ask{Kind: trade.Refund, Key: in.GetIdempotencyKey(), Of: in.GetCaptureId()})
	return &partnerv1.RefundRedemptionResponse{Transaction: t}, err
}

// GetBalance implements PartnerService.
func (s *Partners) GetBalance(ctx context.Context, in *partnerv1.GetBalanceRequest) (*partnerv1.GetBalanceResponse, error) {
	b, err := s.desk.Balance(ctx, callers.Of(ctx).Program, in.GetAccount())
	if err != nil {
		return nil, err
	}
	return &partnerv1.GetBalanceResponse{Points: int64(b.Points), Unit: b.Unit, AsOf: timestamp(b.AsOf)}, nil
}

// ListTransactions implements PartnerService.
func (s *Partners) ListTransactions(ctx context.Context, in *partnerv1.ListTransactionsRequest) (*partnerv1.ListTransactionsResponse, error) {
	caller := callers.Of(ctx)
	of := trade.Ask{Program: caller.Program, Partner: caller.Partner, Account: in.GetAccount()}
	list := []string{"transactions", of.Program, of.Partner, of.Account}
	place, err := tradePlace(list, in.GetPageToken())
	if err != nil {
		return nil, err
	}
	size := sizeOf(in.GetPageSize())
	trades, err := s.storage.Trades(ctx, of, place, int64(size)+1)
	if err != nil {
		return nil, err
	}
	out := &partnerv1.ListTransactionsResponse{}
	if len(trades) > size {
		trades = trades[:size]
		out.NextPageToken = tradeCursor(list, trades[size-1])
	}
	for _, t := range trades {
		out.Transactions = append(out.Transactions, toProto(t))
	}
	return out, nil
}

const pageDefault = 50

func sizeOf(asked int32) int {
	if asked == 0 {
		return pageDefault
	}
	return int(asked)
}

// toProto shows a trade that is done.
func toProto(t trade.Trade) *partnerv1.Transaction {
	return &partnerv1.Transaction{
		Id: t.ID, Kind: kinds[t.Kind], Account: t.Account, Points: int64(t.Done.Points), Unit: t.Done.Unit, Of: t.Of,
		IdempotencyKey: t.Key, Reason: t.Reason, ActivePoints: int64(t.Done.Active), EffectiveAt: timestamp(t.Done.EffectiveAt),
		Deadline: timestamp(t.Done.Deadline), AskedAt: timestamp(t.AskedAt),
	}
}

var kinds = map[trade.Kind]partnerv1.TransactionKind{
	trade.Award:         partnerv1.TransactionKind_TRANSACTION_KIND_AWARD,
	trade.Authorization: partnerv1.TransactionKind_TRANSACTION_KIND_AUTHORIZATION,
	trade.Capture:       partnerv1.TransactionKind_TRANSACTION_KIND_CAPTURE,
	trade.Void:          partnerv1.TransactionKind_TRANSACTION_KIND_VOID,
	trade.Refund:        partnerv1.TransactionKind_TRANSACTION_KIND_REFUND,
}

func timestamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
