package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
)

// till serves one visit of a member. The keys of its calls follow from the receipt: whoever runs it again, after whatever
// went wrong, makes the same calls, and they have their effect once.
type till struct {
	client  partnerv1.PartnerServiceClient
	account string
	receipt string
	out     io.Writer
}

func (t *till) key(step string) string { return t.receipt + "/" + step }

// visit makes each call there is.
func (t *till) visit(ctx context.Context) error {
	_, err := do(ctx, t, t.client.AwardPoints, &partnerv1.AwardPointsRequest{
		Account: t.account, Points: 100, Reason: "BASKET", IdempotencyKey: t.key("award"),
	})
	if err != nil {
		return err
	}
	if err := t.balance(ctx); err != nil {
		return err
	}
	if err := t.tooMuch(ctx); err != nil {
		return err
	}
	if err := t.takeAndGiveBack(ctx); err != nil {
		return err
	}
	return t.letGo(ctx)
}

func (t *till) balance(ctx context.Context) error {
	b, err := t.client.GetBalance(ctx, &partnerv1.GetBalanceRequest{Account: t.account})
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "balance: %d %s\n", b.GetPoints(), b.GetUnit())
	return nil
}

// tooMuch asks for more than there is. The reason and its figures are for programs, the sentence is for people.
func (t *till) tooMuch(ctx context.Context) error {
	_, err := t.client.AuthorizeRedemption(ctx, &partnerv1.AuthorizeRedemptionRequest{
		Account: t.account, Points: 300, IdempotencyKey: t.key("too-much"),
	})
	refusal := refusalOf(err)
	if refusal.GetReason() != "INSUFFICIENT_POINTS" {
		return fmt.Errorf("300 points asked: %w", err)
	}
	figures := refusal.GetMetadata()
	fmt.Fprintf(t.out, "refused: %s, %s asked, %s active\n", refusal.GetReason(), figures["asked"], figures["active"])
	return nil
}

func (t *till) takeAndGiveBack(ctx context.Context) error {
	aside, err := do(ctx, t, t.client.AuthorizeRedemption, &partnerv1.AuthorizeRedemptionRequest{
		Account: t.account, Points: 80, IdempotencyKey: t.key("authorize"),
	})
	if err != nil {
		return err
	}
	taken, err := do(ctx, t, t.client.CaptureRedemption, &partnerv1.CaptureRedemptionRequest{
		AuthorizationId: aside.GetId(), Points: 60, IdempotencyKey: t.key("capture"),
	})
	if err != nil {
		return err
	}
	_, err = do(ctx, t, t.client.RefundRedemption, &partnerv1.RefundRedemptionRequest{
		CaptureId: taken.GetId(), IdempotencyKey: t.key("refund"),
	})
	return err
}

func (t *till) letGo(ctx context.Context) error {
	aside, err := do(ctx, t, t.client.AuthorizeRedemption, &partnerv1.AuthorizeRedemptionRequest{
		Account: t.account, Points: 50, IdempotencyKey: t.key("authorize-2"),
	})
	if err != nil {
		return err
	}
	_, err = do(ctx, t, t.client.VoidRedemption, &partnerv1.VoidRedemptionRequest{
		AuthorizationId: aside.GetId(), IdempotencyKey: t.key("void"),
	})
	return err
}

// transacted is the answer to a write.
type transacted interface {
	GetTransaction() *partnerv1.Transaction
}

// do makes a write and prints what came of it, and if that had been done before.
func do[Q any, A transacted](ctx context.Context, t *till, call func(context.Context, Q, ...grpc.CallOption) (A, error), request Q) (*partnerv1.Transaction, error) {
	var trailer metadata.MD
	answer, err := call(ctx, request, grpc.Trailer(&trailer))
	if err != nil {
		return nil, err
	}
	made := answer.GetTransaction()
	before := ""
	if len(trailer.Get("laurel-replayed")) > 0 {
		before = " (done before)"
	}
	kind := strings.ToLower(strings.TrimPrefix(made.GetKind().String(), "TRANSACTION_KIND_"))
	fmt.Fprintf(t.out, "%s: %d %s, %d left%s\n", kind, made.GetPoints(), made.GetUnit(), made.GetActivePoints(), before)
	return made, nil
}
