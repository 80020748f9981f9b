package accrual_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	ordersv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/orders/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// TestAMessageMadeToStopTheLedgerStopsNothing publishes what a stranger's client may store on the bus. Whatever it is, it
// ends as one dead letter with its reason, and the orders of the same partition behind it count and are told.
func TestAMessageMadeToStopTheLedgerStopsNothing(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub)
	now := clock.System().Now()
	h.requireRefusedEach(letter.whole, strange(paid("mallory", "m", now, 5000)), now)
}

// TestAMessageMadeToStopAnIntakeStopsNothing: the same out of the merchant's intake, and what only there makes trouble.
func TestAMessageMadeToStopAnIntakeStopsNothing(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub)
	h.makeIntakes("shop")
	now := clock.System().Now()
	usual := paid("mallory", "m", now, 5000)
	letters := slices.DeleteFunc(strange(usual), func(s oddity) bool { return !strings.HasPrefix(s.letter.subject, "orders.tea.shop.") })
	letters = append(letters,
		oddity{"what was asked of the intake", reason.MalformedEvent, usual.text("{{").head("Nats-Expected-Stream", "INTAKE=tea=shop")},
		oddity{"a status that says the consumer is gone", reason.MalformedEvent, letter{usual.subject, nats.Header{"Status": {"409"}, "Description": {"Consumer Deleted"}}, nil}},
		oddity{"an account as long as a subject may be", reason.MalformedEvent, usual.on("orders.tea.shop.paid." + strings.Repeat("a", 3900))},
	)
	h.requireRefusedEach(letter.intoIntake, letters, now)
}

// oddity is a message that is made to stop somebody, and what it is refused for.
type oddity struct {
	name   string
	want   reason.Reason
	letter letter
}

func strange(usual letter) []oddity {
	full := usual
	full.header = nats.Header{}
	full.body = make([]byte, 1<<20-len("NATS/1.0\r\n\r\n"))
	return []oddity{
		{"a number of 200,000 digits", reason.MalformedEvent, usual.text(`{"lines":[{"amount_minor":` + strings.Repeat("9", 200_000) + `}]}`)},
		{"a name of 200,000 letters where a number belongs", reason.MalformedEvent, usual.text(`{"lines":[{"amount_minor":"` + strings.Repeat("x", 200_000) + `"}]}`)},
		{"lists 100,000 deep", reason.MalformedEvent, usual.text(`{"x":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`)},
		{"bytes between the JSON that are no text", reason.MalformedEvent, usual.text("{\"order_id\":\xff\xfe}")},
		{"as much as a message may hold", reason.MalformedEvent, full},
		{"headers of 60 KiB", reason.TooLarge, usual.head("x-note", strings.Repeat("n", 60<<10)).text(strings.Repeat(" ", 300<<10))},
		{"a version of 50 KiB", reason.MalformedEvent, usual.head("ce-specversion", strings.Repeat("\"", 50<<10))},
		{"a header that is no text", reason.MalformedEvent, usual.text("{}").head("ce-type", "\xff\xfe")},
		{"a header that says what the dead letter says", reason.MalformedEvent, usual.text("{").
			head("Laurel-Reason", "FINE").head("Laurel-Subject", "elsewhere").head("Laurel-Outbox", "0/999999999")},
		{"a header that asks the bus for something", reason.MalformedEvent, usual.text("[").head("Nats-TTL-Not", "1s").head("nats-expected-stream", "NONE")},
		{"a token of 900 strange letters", reason.MalformedEvent, usual.on("orders.tea.shop.paid." + strings.Repeat("+", 900))},
		{"an account of 1,200 letters", reason.MalformedEvent, usual.on("orders.tea.shop.paid." + strings.Repeat("a", 1200))},
		{"a merchant of 1,200 letters", reason.MalformedEvent, usual.on("orders.tea." + strings.Repeat("m", 1200) + ".paid.mallory")},
		{"a programme and a kind of 1,200 letters", reason.MalformedEvent, usual.on("orders." + strings.Repeat("p", 1200) + ".shop." + strings.Repeat("k", 1200) + ".mallory")},
		{"an account whose token holds no text", reason.MalformedEvent, usual.on("orders.tea.shop.paid.~__79")},
		{"a token of bytes that are no text", reason.MalformedEvent, usual.on("orders.tea.shop.paid.\xff\xfe")},
		{"a merchant whose token holds no text", reason.MalformedEvent, usual.on("orders.tea.~__79.paid.mallory")},
	}
}

// requireRefusedEach publishes messages, and behind each an order: each is one dead letter, and each order counts.
func (h *standing) requireRefusedEach(by func(letter) letter, letters []oddity, at time.Time) {
	h.t.Helper()
	s := h.run(size{})
	for i, c := range letters {
		h.t.Run(c.name, func(t *testing.T) {
			h.send(by(c.letter))
			h.publish(by(paid("after", "after "+c.name, at, 100)))
			s.through()
			stream, err := h.js.Stream(t.Context(), bus.Dead)
			require.NoError(t, err)
			require.EqualValues(t, i+1, stream.CachedInfo().State.LastSeq, "dead letters")
			dead, err := stream.GetMsg(t.Context(), uint64(i+1))
			require.NoError(t, err)
			require.Equal(t, string(c.want), dead.Header.Get("Laurel-Reason"), "%s", dead.Header.Get("Laurel-Message"))
		})
	}
	require.EqualValues(h.t, len(letters), s.active("after"))
	_, refusals := h.facts()
	require.Len(h.t, refusals, len(letters))
	s.requireSound()
}

func TestNamesOfAnyLettersAreNames(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub)
	s := h.run(size{})
	now := clock.System().Now()
	for _, account := range []string{"ann b.", "Ωmega/⁂", "a\x00b", "*", ">", "~", strings.Repeat("ж", 80)} {
		h.publish(paid(account, "order of "+account, now, 900).as("e"))
		s.drained()
		for _, m := range h.stored(bus.Dead) {
			require.Fail(t, "refused", "%v", m.Header)
		}
		require.EqualValues(t, 9, s.active(account))
	}
	s.requireSound()
}

// TestAnOrderAsLongAsOrdersMayBe meets the limits of lines and bytes: it counts, and its fact leaves.
func TestAnOrderAsLongAsOrdersMayBe(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub)
	s := h.run(size{})
	order := purchase("long", clock.System().Now(), 0)
	order.Lines = nil
	for i := range 1000 {
		order.Lines = append(order.Lines, &ordersv1.Line{Sku: strings.Repeat("s", 128), Category: strings.Repeat("c", 60+i%8), Brand: "b", Quantity: 1, AmountMinor: 100})
	}
	require.Less(t, proto.Size(order), 256<<10)
	h.publish(write("ann", "paid", "long", order), returned("ann", "long", "r", order.GetOccurredAt().AsTime(), 0))
	s.drained()
	require.EqualValues(t, 0, s.active("ann"))
	posted, _ := h.facts()
	require.Len(t, posted, 2)
	require.EqualValues(t, 1000, posted[0].GetOrder().GetTargetPoints())
	s.requireSound()
}

// TestAControlEventThatIsRefusedTwice: whoever writes control events tries again, too.
func TestAControlEventThatIsRefusedTwice(t *testing.T) {
	t.Parallel()
	h := open(t, wall)
	h.apply(theTeaClub)
	s := h.run(size{})
	again := func(program, kind, id string, body proto.Message) {
		batch, err := publish.Control(publish.ControlEvent{Program: program, Source: "laurel", Kind: kind, ID: id, Body: body}, partitions)
		require.NoError(t, err)
		for range 2 {
			for i := range batch {
				batch[i].ID = "" // the bus has forgotten it
			}
			require.NoError(t, h.bus.PublishBatch(t.Context(), batch))
			s.drained()
		}
	}
	again("house", "opened", "other clock", &controlv1.HouseOpened{ClockMode: events, Partitions: partitions})
	again("tea", "revised", "gap", &controlv1.ProgramRevised{
		Program: "tea", Revision: 7, Files: []*controlv1.ProgramFile{{Name: "tea.yaml", Content: []byte(theTeaClub)}},
	})
	again("tea", "revised", "broken", &controlv1.ProgramRevised{
		Program: "tea", Revision: 2, Files: []*controlv1.ProgramFile{{Name: "tea.yaml", Content: []byte("programme: [")}},
	})
	reasons := map[string]int{}
	for _, m := range h.stored(bus.Dead) {
		id, _, _ := strings.Cut(m.Header.Get("ce-id"), "/")
		reasons[id+" "+m.Header.Get("Laurel-Reason")]++
	}
	require.Equal(t, map[string]int{
		"other%20clock REVISION_OUT_OF_ORDER": partitions, "gap REVISION_OUT_OF_ORDER": partitions, "broken INVALID_PROGRAMME": partitions,
	}, reasons, "each once in each partition")
	h.publish(paid("ann", "o", clock.System().Now(), 100))
	s.drained()
	require.EqualValues(t, 1, s.active("ann"))
}
