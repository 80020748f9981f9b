package orderfile

import (
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	ordersv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/orders/v1"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

// EventType is the CloudEvents type of a group's event: laurel.orders.v1.OrderPaid, ...
func EventType(g Group) string { return string(ToProto(g).ProtoReflect().Descriptor().FullName()) }

// Marshal returns the event as protobuf, the same bytes for the same group in the same build.
func Marshal(g Group) ([]byte, error) {
	body, err := proto.MarshalOptions{Deterministic: true}.Marshal(ToProto(g))
	if err != nil {
		return nil, fmt.Errorf("encode %s of order %s: %w", g.Event.Kind, g.Ref.Order, err)
	}
	return body, nil
}

// ToProto returns the event as a message of laurel.orders.v1. Merchant and account stand in the body too, so that
// the same order under another account is another message. It is nil for a kind that shops do not send.
func ToProto(g Group) proto.Message {
	e, at := g.Event, timestamppb.New(g.Event.OccurredAt)
	switch e.Kind {
	case orders.Placed:
		return &ordersv1.OrderPlaced{OrderId: g.Ref.Order, Merchant: g.Merchant, Account: g.Account, OccurredAt: at,
			Currency: string(e.Currency), Lines: linesToProto(e.Lines), Channel: e.Channel, Member: e.Member}
	case orders.Paid:
		return &ordersv1.OrderPaid{OrderId: g.Ref.Order, Merchant: g.Merchant, Account: g.Account, OccurredAt: at,
			Currency: string(e.Currency), Lines: linesToProto(e.Lines), Channel: e.Channel, Member: e.Member, Revision: e.Revision}
	case orders.Shipped:
		return &ordersv1.OrderShipped{OrderId: g.Ref.Order, Merchant: g.Merchant, Account: g.Account, OccurredAt: at,
			ShipmentId: e.Occurrence}
	case orders.Returned:
		return &ordersv1.OrderReturned{OrderId: g.Ref.Order, Merchant: g.Merchant, Account: g.Account, OccurredAt: at,
			ReturnId: e.Occurrence, Currency: string(e.Currency), Lines: returnedToProto(e.Returned)}
	case orders.Canceled:
		return &ordersv1.OrderCancelled{OrderId: g.Ref.Order, Merchant: g.Merchant, Account: g.Account, OccurredAt: at}
	case orders.Payment:
		return &ordersv1.PaymentReceived{OrderId: g.Ref.Order, Merchant: g.Merchant, Account: g.Account, OccurredAt: at,
			PaymentId: e.Occurrence, Currency: string(e.Currency), AmountMinor: int64(e.Amount)}
	default:
		return nil
	}
}

func linesToProto(lines []orders.Line) []*ordersv1.Line {
	list := make([]*ordersv1.Line, len(lines))
	for i, l := range lines {
		list[i] = &ordersv1.Line{LineId: l.ID, Sku: l.SKU, Category: l.Category, Brand: l.Brand,
			Quantity: l.Quantity, AmountMinor: int64(l.Amount + l.Points), TaxMinor: int64(l.Tax + l.PointsTax),
			PaidWithPointsMinor: int64(l.Points), PaidWithGiftCardsMinor: int64(l.GiftCard), Shipping: l.Shipping}
		if l.HasCost {
			list[i].CostMinor = new(int64(l.Cost))
		}
	}
	return list
}

func returnedToProto(lines []orders.ReturnedLine) []*ordersv1.ReturnedLine {
	list := make([]*ordersv1.ReturnedLine, len(lines))
	for i, l := range lines {
		list[i] = &ordersv1.ReturnedLine{LineId: l.Line, Sku: l.SKU, Quantity: l.Quantity}
		if l.HasAmount {
			list[i].AmountMinor = new(int64(l.Amount))
		}
	}
	return list
}
