package accrual_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	ordersv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/orders/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// letter is a message as a shop would publish it. It carries no Nats-Msg-Id: the bus knows none of them again, so
// that it is the ledger which must.
type letter struct {
	subject string
	header  nats.Header
	body    []byte
}

// write makes the letter of an order's event, in protobuf.
func write(account, kind, id string, body proto.Message) letter {
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(body)
	if err != nil {
		panic(err)
	}
	event := cloudevent.Event{
		ID: id, Source: "till", Type: string(body.ProtoReflect().Descriptor().FullName()), ContentType: cloudevent.ContentTypeProtobuf,
	}
	return letter{bus.OrderSubject("tea", "shop", kind, account), event.Headers(), data}
}

// json is the letter with the same event as JSON.
func (l letter) json(body proto.Message) letter {
	data, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(body)
	if err != nil {
		panic(err)
	}
	return l.text(string(data))
}

// text is the letter with this text as its JSON.
func (l letter) text(data string) letter {
	l = l.head("ce-datacontenttype", cloudevent.ContentTypeJSON).head("content-type", cloudevent.ContentTypeJSON)
	l.body = []byte(data)
	return l
}

// head is the letter with another value of a header, or without it when the value is empty.
func (l letter) head(name, value string) letter {
	l.header = maps.Clone(l.header)
	delete(l.header, name)
	if value != "" {
		l.header[name] = []string{value}
	}
	return l
}

// as is the same letter under another event id.
func (l letter) as(id string) letter { return l.head("ce-id", id) }

// on is the same letter on another subject.
func (l letter) on(subject string) letter {
	l.subject = subject
	return l
}

func (l letter) outgoing() bus.Outgoing {
	return bus.Outgoing{Subject: l.subject, Header: l.header, Data: l.body}
}

// purchase is the body of an order of one line.
func purchase(order string, at time.Time, cents int64) *ordersv1.OrderPaid {
	return &ordersv1.OrderPaid{
		OrderId: order, OccurredAt: timestamppb.New(at), Currency: "USD",
		Lines: []*ordersv1.Line{{LineId: "1", Sku: "assam", Quantity: 4, AmountMinor: cents}},
	}
}

func paid(account, order string, at time.Time, cents int64) letter {
	return write(account, "paid", order+"/paid", purchase(order, at, cents))
}

// goingBack is the body of a return: so many of the four pieces, all that is left for 0.
func goingBack(order, id string, at time.Time, pieces int64) *ordersv1.OrderReturned {
	body := &ordersv1.OrderReturned{OrderId: order, ReturnId: id, OccurredAt: timestamppb.New(at), Currency: "USD"}
	if pieces > 0 {
		body.Lines = []*ordersv1.ReturnedLine{{LineId: "1", Quantity: pieces}}
	}
	return body
}

func returned(account, order, id string, at time.Time, pieces int64) letter {
	return write(account, "returned", order+"/returned/"+id, goingBack(order, id, at, pieces))
}

func cancelled(account, order string, at time.Time) letter {
	return write(account, "cancelled", order+"/cancelled", &ordersv1.OrderCancelled{OrderId: order, OccurredAt: timestamppb.New(at)})
}

// publish puts letters next to each other on the bus, as one batch or several full ones.
func (h *standing) publish(letters ...letter) {
	h.t.Helper()
	for chunk := range slices.Chunk(letters, bus.BatchMessagesMax) {
		batch := make([]bus.Outgoing, len(chunk))
		for i, l := range chunk {
			batch[i] = l.outgoing()
		}
		h.store(batch)
	}
}

// store publishes one batch, again while the bus does not answer: then it may be stored already.
func (h *standing) store(batch []bus.Outgoing) {
	h.t.Helper()
	var err error
	again := false
	testkit.Eventually(h.t, func() bool {
		err = h.bus.PublishBatch(h.t.Context(), batch)
		again = again || errors.Is(err, bus.ErrRetry)
		return !errors.Is(err, bus.ErrRetry)
	}, "the bus answers")
	if !again || !errors.Is(err, bus.ErrStored) {
		require.NoError(h.t, err)
	}
}

// send publishes a letter as a stranger's client would, past the checks of our own.
func (h *standing) send(l letter) {
	h.t.Helper()
	_, err := h.js.PublishMsg(h.t.Context(), &nats.Msg{Subject: l.subject, Header: l.header, Data: l.body})
	require.NoError(h.t, err, l.subject[:min(len(l.subject), 80)])
}

// stored reads a whole stream.
func (h *standing) stored(name string) []*jetstream.RawStreamMsg {
	h.t.Helper()
	stream, err := h.js.Stream(h.t.Context(), name)
	require.NoError(h.t, err)
	var all []*jetstream.RawStreamMsg
	for sequence := uint64(1); sequence <= stream.CachedInfo().State.LastSeq; sequence++ {
		m, err := stream.GetMsg(h.t.Context(), sequence)
		require.NoError(h.t, err)
		all = append(all, m)
	}
	return all
}

// dead are the dead letters by the subject on which each was published first.
func (h *standing) dead() map[string][]*jetstream.RawStreamMsg {
	h.t.Helper()
	letters := map[string][]*jetstream.RawStreamMsg{}
	for _, m := range h.stored(bus.Dead) {
		subject := m.Header.Get("Laurel-Subject")
		letters[subject] = append(letters[subject], m)
	}
	return letters
}

// facts are what accrual has told, in the order of the stream.
func (h *standing) facts() ([]*accrualv1.Entry, []*accrualv1.EventRefused) {
	h.t.Helper()
	facts, refused := h.wholeFacts()
	posted := make([]*accrualv1.Entry, len(facts))
	for i, f := range facts {
		posted[i] = f.GetEntry()
	}
	return posted, refused
}

// wholeFacts are the facts themselves.
func (h *standing) wholeFacts() ([]*accrualv1.EntryPosted, []*accrualv1.EventRefused) {
	h.t.Helper()
	var posted []*accrualv1.EntryPosted
	var refused []*accrualv1.EventRefused
	for _, m := range h.stored(bus.Facts) {
		event, err := cloudevent.Parse(m.Header, m.Data)
		require.NoError(h.t, err)
		switch event.Type {
		case "laurel.accrual.v1.EntryPosted":
			var fact accrualv1.EntryPosted
			require.NoError(h.t, proto.Unmarshal(m.Data, &fact))
			posted = append(posted, &fact)
		case "laurel.accrual.v1.EventRefused":
			var fact accrualv1.EventRefused
			require.NoError(h.t, proto.Unmarshal(m.Data, &fact))
			refused = append(refused, &fact)
		default:
			require.Fail(h.t, "a fact of no known type", event.Type)
		}
	}
	return posted, refused
}

// original are the headers with which a letter came, without those of the bus and of the dead letter.
func original(h nats.Header) nats.Header {
	kept := nats.Header{}
	for name, values := range h {
		if lower := strings.ToLower(name); !strings.HasPrefix(lower, "nats-") && !strings.HasPrefix(lower, "laurel-") {
			kept[name] = values
		}
	}
	return kept
}

// byAccount groups facts of entries.
func byAccount(posted []*accrualv1.Entry) map[string][]*accrualv1.Entry {
	accounts := map[string][]*accrualv1.Entry{}
	for _, e := range posted {
		accounts[e.GetAccount()] = append(accounts[e.GetAccount()], e)
	}
	return accounts
}
