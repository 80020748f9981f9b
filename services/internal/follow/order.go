package follow

import (
	"errors"
	"fmt"
	"maps"
	"mime"
	"slices"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	ordersv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/orders/v1"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// linesMax is the most lines that one order may have.
const linesMax = 1000

// header is what all order events share.
type header interface {
	proto.Message
	GetOrderId() string
	GetMerchant() string
	GetAccount() string
	GetOccurredAt() *timestamppb.Timestamp
}

// bodyOf makes the empty body of a kind of order event.
func bodyOf(kind string) (header, orders.Kind) {
	switch kind {
	case "placed":
		return &ordersv1.OrderPlaced{}, orders.Placed
	case "paid":
		return &ordersv1.OrderPaid{}, orders.Paid
	case "shipped":
		return &ordersv1.OrderShipped{}, orders.Shipped
	case "returned":
		return &ordersv1.OrderReturned{}, orders.Returned
	case "cancelled":
		return &ordersv1.OrderCancelled{}, orders.Canceled
	case "payment":
		return &ordersv1.PaymentReceived{}, orders.Payment
	}
	return nil, orders.KindUnset
}

func (d *Decoder) order(m *Message, event cloudevent.Event) error {
	body, kind := bodyOf(m.Kind)
	if body == nil {
		return reason.New(reason.UnknownEventType, "subject", "orders have no events of kind %q", m.Kind)
	}
	if want := string(body.ProtoReflect().Descriptor().FullName()); event.Type != want {
		return reason.New(reason.UnknownEventType, "type", "a message on …%s… has the type %s, not %s", m.Kind, want, event.Type)
	}
	if err := d.body(event, body); err != nil {
		return err
	}
	if body.GetMerchant() != "" && body.GetMerchant() != m.Merchant {
		return reason.New(reason.MerchantMismatch, "merchant", "the body names another merchant than the subject, which says %s", m.Merchant)
	}
	if body.GetAccount() != "" && body.GetAccount() != m.Account {
		return reason.New(reason.AccountMismatch, "account", "the body names another account than the subject")
	}
	if m.Account == "" || m.Program == "" || m.Merchant == "" {
		return reason.New(reason.MalformedEvent, "subject", "the subject lacks a programme, merchant or account")
	}
	e, err := orderEvent(body, kind)
	if err != nil {
		return err
	}
	if err := e.Check(); err != nil {
		return err
	}
	m.Order = &Order{Ref: orders.Ref{Merchant: m.Merchant, Order: body.GetOrderId()}, Event: e}
	return nil
}

// body decodes data by its content type and checks it against the contract.
func (d *Decoder) body(event cloudevent.Event, body proto.Message) error {
	media, _, err := mime.ParseMediaType(event.ContentType)
	if err != nil {
		media = cloudevent.ContentTypeJSON // the spec: absent means JSON
	}
	switch media {
	case cloudevent.ContentTypeProtobuf:
		err = proto.Unmarshal(event.Data, body)
	case cloudevent.ContentTypeJSON:
		err = protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(event.Data, body)
	default:
		return reason.New(reason.MalformedEvent, "datacontenttype", "%s is neither JSON nor protobuf", media)
	}
	if err != nil {
		return reason.New(reason.MalformedEvent, "data", "%s", err)
	}
	return d.check(body)
}

func (d *Decoder) check(body proto.Message) error {
	if lines, ok := body.(interface{ GetLines() []*ordersv1.Line }); ok && len(lines.GetLines()) > linesMax {
		return reason.New(reason.TooLarge, "lines", "the order has %d lines, at most %d are taken", len(lines.GetLines()), linesMax)
	}
	err := d.validator.Validate(body)
	if err == nil {
		return nil
	}
	var invalid *protovalidate.ValidationError
	if !errors.As(err, &invalid) || len(invalid.Violations) == 0 {
		return fmt.Errorf("check the event: %w", err)
	}
	first := invalid.Violations[0]
	return reason.New(reason.InvalidField, protovalidate.FieldPathString(first.Proto.GetField()), "%s", first.Proto.GetMessage())
}

// orderEvent maps a checked body to the domain's event.
func orderEvent(body header, kind orders.Kind) (orders.Event, error) {
	at := body.GetOccurredAt()
	if err := at.CheckValid(); err != nil {
		return orders.Event{}, reason.New(reason.InvalidField, "occurred_at", "%s", err)
	}
	e := orders.Event{Kind: kind, OccurredAt: calendar.Millis(at.AsTime())}
	var currency string
	if b, ok := body.(interface{ GetLines() []*ordersv1.Line }); ok {
		var err error
		if e.Lines, err = Lines(b.GetLines()); err != nil {
			return e, err
		}
	}
	switch b := body.(type) {
	case *ordersv1.OrderPlaced:
		e.Channel, e.Member, currency = b.GetChannel(), b.GetMember(), b.GetCurrency()
	case *ordersv1.OrderPaid:
		e.Channel, e.Member, e.Revision, currency = b.GetChannel(), b.GetMember(), b.GetRevision(), b.GetCurrency()
	case *ordersv1.OrderShipped:
		e.Occurrence = b.GetShipmentId()
		return e, nil
	case *ordersv1.OrderReturned:
		e.Occurrence, e.Returned, currency = b.GetReturnId(), returnedFromProto(b.GetLines()), b.GetCurrency()
	case *ordersv1.PaymentReceived:
		e.Occurrence, e.Amount, currency = b.GetPaymentId(), money.Minor(b.GetAmountMinor()), b.GetCurrency()
	default:
		return e, nil
	}
	var err error
	if e.Currency, err = money.ParseCurrency(currency); err != nil {
		return e, reason.New(reason.UnknownCurrency, "currency", "%q is not an ISO 4217 code; write three capitals, for example USD", currency)
	}
	return e, nil
}

// Lines maps the lines of a checked order to the domain's, whose amounts are what was paid in money: the part that was paid
// with points stands beside it, with its share of the tax. Errors: reason.InvalidField where a part is more than the whole.
func Lines(list []*ordersv1.Line) ([]orders.Line, error) {
	lines := make([]orders.Line, len(list))
	for i, l := range list {
		whole, points := l.GetAmountMinor(), l.GetPaidWithPointsMinor()
		if points > whole {
			return nil, reason.New(reason.InvalidField, fmt.Sprintf("lines[%d].paid_with_points_minor", i),
				"%d of the row were paid with points, which is more than its amount, %d", points, whole)
		}
		if l.GetTaxMinor() > whole {
			return nil, reason.New(reason.InvalidField, fmt.Sprintf("lines[%d].tax_minor", i),
				"%d of the row are tax, which is more than its amount, %d", l.GetTaxMinor(), whole)
		}
		lines[i] = orders.Line{
			ID: l.GetLineId(), SKU: l.GetSku(), Category: l.GetCategory(), Brand: l.GetBrand(),
			Quantity: l.GetQuantity(), Amount: money.Minor(whole - points),
			Cost: money.Minor(l.GetCostMinor()), HasCost: l.CostMinor != nil,
			GiftCard: money.Minor(l.GetPaidWithGiftCardsMinor()), Shipping: l.GetShipping(), Points: money.Minor(points),
		}
		lines[i].ShareTax(money.Minor(l.GetTaxMinor()))
	}
	return lines, nil
}

func returnedFromProto(list []*ordersv1.ReturnedLine) []orders.ReturnedLine {
	lines := make([]orders.ReturnedLine, len(list))
	for i, l := range list {
		lines[i] = orders.ReturnedLine{Line: l.GetLineId(), SKU: l.GetSku(), Quantity: l.GetQuantity()}
		if l.AmountMinor != nil {
			lines[i].Amount, lines[i].HasAmount = money.Minor(l.GetAmountMinor()), true
		}
	}
	return lines
}

func sortedNames(header map[string][]string) []string { return slices.Sorted(maps.Keys(header)) }
