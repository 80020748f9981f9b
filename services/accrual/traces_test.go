package accrual_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
)

const (
	traceOfShop = "4bf92f3577b34da6a3ce929d0e0e4736"
	spanOfShop  = "00f067aa0ba902b7"
	madeInShop  = "00-" + traceOfShop + "-" + spanOfShop + "-01"
)

// TestATraceGoesFromTheShopToTheFact: the span of the batch links to that in which the order was published, and what is told
// because of the order carries the trace on, whether spans are made here or not.
func TestATraceGoesFromTheShopToTheFact(t *testing.T) {
	t.Parallel()
	for name, spans := range map[string]*tracetest.InMemoryExporter{"traced": tracetest.NewInMemoryExporter(), "not traced": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t, events)
			h.apply(theTeaClub)
			h.publish(
				paid("ann", "o-1", moment("2026-01-01"), 5000).head(cloudevent.HeaderTraceParent, madeInShop).head(cloudevent.HeaderTraceState, "shop=1"),
				paid("ann", "o-2", moment("2026-01-02"), 5000),
				paid("ann", "o-3", moment("2026-01-03"), 5000).head("ce-type", "no.such.Type").head(cloudevent.HeaderTraceParent, madeInShop),
				paid("ann", "o-4", moment("2026-01-04"), 5000).head(cloudevent.HeaderTraceParent, "nonsense"),
			)
			s := size{}
			if spans != nil {
				s.tracing = telemetry.NewTracingTo(spans)
			}
			h.run(s).drained()
			require.Equal(t, []string{madeInShop, "", madeInShop, ""}, h.traces(bus.Facts), "facts, in the order of their causes")
			require.Equal(t, []string{madeInShop}, h.traces(bus.Dead), "a dead letter has the headers of its event, each once")
			if spans == nil {
				return
			}
			links := 0
			for _, span := range spans.GetSpans() {
				if span.SpanKind == trace.SpanKindClient { // a command to MongoDB, within its batch
					require.True(t, span.Parent.IsValid(), span.Name)
				} else {
					require.Equal(t, "accrual batch", span.Name)
				}
				for _, attribute := range span.Attributes {
					require.NotContains(t, attribute.Value.String(), "ann", attribute.Key)
				}
				for _, link := range span.Links {
					links++
					require.Equal(t, traceOfShop, link.SpanContext.TraceID().String())
					require.Equal(t, spanOfShop, link.SpanContext.SpanID().String())
				}
			}
			require.Equal(t, 2, links, "one for each event that says where it was made")
		})
	}
}

// TestATraceGoesFromTheCallerToTheFact: what is told because of a call belongs to the caller's trace, and the batch links
// to the call.
func TestATraceGoesFromTheCallerToTheFact(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewInMemoryExporter()
	h := open(t, events)
	h.apply(theTeaClub)
	h.publish(paid("ann", "o-1", moment("2026-01-01"), 5000))
	s := h.run(size{tracing: telemetry.NewTracingTo(spans)})
	s.drained()
	caller := telemetry.NewTracingTo(tracetest.NewInMemoryExporter())
	conn, err := rpc.Dial(s.Address(), s.secrets[rpc.Operator], rpc.WithTracing(caller))
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	ctx, span := caller.Start(t.Context(), "a gift")
	_, err = accrualv1.NewAccrualServiceClient(conn).AwardPoints(ctx, &accrualv1.AwardPointsRequest{
		Program: "tea", Account: "ann", Points: 5, IdempotencyKey: "gift",
	})
	span.End()
	require.NoError(t, err)
	s.drained()
	made := h.traces(bus.Facts)
	require.Len(t, made, 2)
	require.Empty(t, made[0], "the order came without one")
	of := span.SpanContext().TraceID().String()
	require.Contains(t, made[1], of)
	linked := false
	for _, batch := range spans.GetSpans() {
		for _, link := range batch.Links {
			linked = linked || batch.Name == "accrual batch" && link.SpanContext.TraceID().String() == of
		}
	}
	require.True(t, linked)
}

// traces are the trace of each message of a stream, in its order; a header that comes twice would show.
func (h *standing) traces(stream string) []string {
	h.t.Helper()
	var list []string
	for _, m := range h.stored(stream) {
		list = append(list, strings.Join(m.Header[cloudevent.HeaderTraceParent], " and "))
	}
	return list
}
