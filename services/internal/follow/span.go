package follow

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/laurel-loyalty/laurel/services/internal/lane"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
)

// span begins the span of a batch. It has many causes and no parent: it links to the span of each event that says in which
// one it was made, and of each call.
func (p *Poster) span(ctx context.Context, items []lane.Item) (context.Context, trace.Span) {
	var links []trace.Link
	messages := 0
	for _, item := range items {
		cause := item.Trace
		if m, ok := item.Payload.(Message); ok {
			messages++
			cause = m.Trace
		}
		if link, ok := telemetry.Link(ctx, cause); ok {
			links = append(links, link)
		}
	}
	return p.Tracing.Start(ctx, p.Service+" batch", trace.WithSpanKind(trace.SpanKindConsumer), trace.WithLinks(links...),
		trace.WithAttributes(
			attribute.String("messaging.system", "nats"), attribute.String("messaging.operation.type", "process"),
			attribute.Int("messaging.batch.message_count", messages), attribute.Int("laurel.batch.items", len(items)),
		))
}
