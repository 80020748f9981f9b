package api_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestDeadLettersComeInPages(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	for i := range 5 {
		d.refuse(storage.Refusal{ID: fmt.Sprint("t", i), Reason: "UNKNOWN_CURRENCY", RefusedAt: moment(t, "2026-01-01").Add(time.Duration(i) * time.Hour)})
	}
	d.refuse(storage.Refusal{ID: "c0", Program: "coffee", Reason: "UNKNOWN_CURRENCY", RefusedAt: moment(t, "2026-01-02")})
	list := func(program string, size int32) []string {
		var ids []string
		request := &accrualv1.ListDeadLettersRequest{Program: program, PageSize: size}
		for {
			answer, err := d.client.ListDeadLetters(t.Context(), request)
			require.NoError(t, err)
			for _, letter := range answer.GetDeadLetters() {
				ids = append(ids, letter.GetId())
			}
			if request.PageToken = answer.GetNextPageToken(); request.GetPageToken() == "" {
				return ids
			}
		}
	}
	tea := []string{"t0", "t1", "t2", "t3", "t4"}
	for _, size := range []int32{0, 1, 2, 5, 6, 200} {
		require.Equal(t, tea, list("tea", size), "pages of %d", size)
		require.ElementsMatch(t, append([]string{"c0"}, tea...), list("", size))
	}
	require.Empty(t, list("juice", 0))
	first, err := d.client.ListDeadLetters(t.Context(), &accrualv1.ListDeadLettersRequest{Program: "tea", PageSize: 1})
	require.NoError(t, err)
	_, err = d.client.ListDeadLetters(t.Context(), &accrualv1.ListDeadLettersRequest{Program: "coffee", PageToken: first.GetNextPageToken()})
	requireField(t, "page_token", err)
}

func TestADeadLetterIsShownWholeWhateverIsInIt(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	body := append([]byte("{\"order_id\": \"\xff"), bytes.Repeat([]byte{0}, 1<<20)...)
	for i := range 4 {
		d.refuse(storage.Refusal{
			ID: fmt.Sprint(i), Account: "ann", Kind: "paid", EventID: "e-1", EventSource: "till", Reason: "MALFORMED_EVENT",
			Message: "broken", Field: "data", Subject: "orders.tea.shop.paid.ann", Sequence: 7, Redriven: 2,
			Headers: []string{"ce-id: e-1", "ce-type: x"}, Body: body, RefusedAt: moment(t, "2026-01-01"),
		})
	}
	request, got := &accrualv1.ListDeadLettersRequest{}, 0
	for {
		answer, err := d.client.ListDeadLetters(t.Context(), request)
		require.NoError(t, err)
		for _, letter := range answer.GetDeadLetters() {
			require.Equal(t, fmt.Sprint(got), letter.GetId())
			require.Equal(t, body, letter.GetBody())
			require.Equal(t, []string{"ce-id: e-1", "ce-type: x"}, letter.GetHeaders())
			require.EqualValues(t, 7, letter.GetStreamSequence())
			require.EqualValues(t, 2, letter.GetRedriven())
			require.Equal(t, moment(t, "2026-01-01"), letter.GetRefusedAt().AsTime())
			alone, err := d.client.GetDeadLetter(t.Context(), &accrualv1.GetDeadLetterRequest{Id: letter.GetId()})
			require.NoError(t, err)
			require.True(t, proto.Equal(letter, alone.GetDeadLetter()), "asked for alone it is the same")
			got++
		}
		if request.PageToken = answer.GetNextPageToken(); request.GetPageToken() == "" {
			break
		}
	}
	require.Equal(t, 4, got)
	_, err := d.client.GetDeadLetter(t.Context(), &accrualv1.GetDeadLetterRequest{Id: "4"})
	requireReason(t, reason.DeadLetterNotFound, err)
	_, err = d.client.GetDeadLetter(t.Context(), &accrualv1.GetDeadLetterRequest{})
	requireField(t, "id", err)
}

// connect starts a bus with empty streams.
func connect(t *testing.T) *bus.Bus {
	t.Helper()
	server := testkit.NATS(t)
	b, err := bus.Connect(t.Context(), bus.Config{URL: server.URL, Token: server.Token, Name: t.Name()}, testkit.Logger(t))
	require.NoError(t, err)
	t.Cleanup(b.Close)
	const limit = 8 << 20
	require.NoError(t, b.EnsureStreams(t.Context(), bus.Layout{Partitions: 1, MaxBytesEvents: limit, MaxBytesFacts: limit, MaxBytesDead: limit}))
	return b
}

// published reads the first n events of the bus.
func published(t *testing.T, b *bus.Bus, n int) []bus.Message {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	var list []bus.Message
	require.NoError(t, b.Read(ctx, bus.ReadConfig{
		Partitions: []int{0}, Marks: func(context.Context) (map[int]bus.Mark, error) { return nil, nil },
		Deliver: func(_ context.Context, run []bus.Message) error {
			if list = append(list, run...); len(list) >= n {
				stop()
			}
			return nil
		},
	}))
	require.Len(t, list, n)
	return list
}

func TestARefusedEventIsPublishedAgainAsANewOne(t *testing.T) {
	t.Parallel()
	b := connect(t)
	d := open(t, b)
	original := cloudevent.Event{
		ID: "order 1/paid", Source: "till/7", Type: "laurel.orders.v1.OrderPaid", ContentType: cloudevent.ContentTypeJSON,
		Extensions: map[string]string{"shift": "night"}, Data: []byte(`{"order_id":"1"}`),
	}
	headers := []string{"Nats-Msg-Id: first", "Nats-Expected-Stream: EVENTS", "traceparent: 00-1", "Ce-Redriveof: older"}
	for name, values := range original.Headers() {
		headers = append(headers, name+": "+values[0])
	}
	row := storage.Refusal{
		ID: "letter", Account: "ann", Kind: "paid", EventID: original.ID, EventSource: original.Source, Reason: "UNKNOWN_PROGRAMME",
		Subject: bus.OrderSubject("tea", "shop", "paid", "ann"), Headers: headers, Body: original.Data, RefusedAt: moment(t, "2026-01-01"),
	}
	d.refuse(row)
	redrive := func(d *desk) string {
		answer, err := d.client.RedriveDeadLetter(t.Context(), &accrualv1.RedriveDeadLetterRequest{Id: "letter"})
		require.NoError(t, err)
		return answer.GetEventId()
	}
	require.Equal(t, "order 1/paid/redrive/1", redrive(d))

	// Another house, which has published the same and died before it counted.
	again := open(t, b)
	again.refuse(row)
	require.Equal(t, "order 1/paid/redrive/1", redrive(again))

	require.Equal(t, "order 1/paid/redrive/2", redrive(d))
	kept, err := d.storage.Refusal(t.Context(), "letter")
	require.NoError(t, err)
	require.Equal(t, 2, kept.Redriven)

	for i, m := range published(t, b, 2) {
		require.Equal(t, row.Subject, m.Subject)
		got, err := cloudevent.Parse(m.Header, m.Data)
		require.NoError(t, err)
		want := original
		want.ID = fmt.Sprintf("order 1/paid/redrive/%d", i+1)
		want.Extensions = map[string]string{"shift": "night", "redriveof": "order 1/paid"}
		require.Equal(t, want, got)
		require.Equal(t, bus.EventID("till/7", want.ID, original.Data), m.ID)
		require.Equal(t, "00-1", m.Header["traceparent"][0])
		require.Empty(t, m.Header["Nats-Expected-Stream"])
	}
}

func TestAnEventWithoutAnIDIsNamedByItsDeadLetter(t *testing.T) {
	t.Parallel()
	b := connect(t)
	d := open(t, b)
	d.refuse(storage.Refusal{
		ID: "letter", Reason: "MALFORMED_EVENT", Subject: bus.OrderSubject("tea", "shop", "paid", "ann"),
		Headers: []string{"ce-type: x", "no colon"}, Body: []byte("{"), RefusedAt: moment(t, "2026-01-01"),
	})
	answer, err := d.client.RedriveDeadLetter(t.Context(), &accrualv1.RedriveDeadLetterRequest{Id: "letter"})
	require.NoError(t, err)
	require.Equal(t, "letter/redrive/1", answer.GetEventId())
	m := published(t, b, 1)[0]
	require.Equal(t, []string{"letter/redrive/1"}, m.Header["ce-id"])
	require.Equal(t, []byte("{"), m.Data)
}

func TestARedriveThatTheBusDoesNotTakeIsNotCounted(t *testing.T) {
	t.Parallel()
	b := connect(t)
	d := open(t, b)
	d.refuse(storage.Refusal{ID: "letter", Reason: "MALFORMED_EVENT", Subject: "nobody.listens.here", RefusedAt: moment(t, "2026-01-01")})
	_, err := d.client.RedriveDeadLetter(t.Context(), &accrualv1.RedriveDeadLetterRequest{Id: "letter"})
	requireReason(t, reason.NotReady, err)
	kept, err := d.storage.Refusal(t.Context(), "letter")
	require.NoError(t, err)
	require.Zero(t, kept.Redriven)
}
