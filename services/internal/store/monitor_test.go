package store_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/laurel-loyalty/laurel/services/internal/metric"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// TestCommandsAreWatched: each command is timed by name and collection, a failure counts; what is part of a trace is a span of
// it, and nothing of what was asked or answered stands in one.
func TestCommandsAreWatched(t *testing.T) {
	t.Parallel()
	uri, database := testkit.Mongo(t)
	spans, registry := tracetest.NewInMemoryExporter(), prometheus.NewRegistry()
	tracing := telemetry.NewTracingTo(spans)
	s, err := store.OpenWatched(t.Context(), uri, database, store.Watch{Page: metric.On(registry, "tier"), Tracing: tracing})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close(context.WithoutCancel(t.Context()))) }()
	const secret = "ann@example.com"
	things := s.Collection("things")
	_, err = things.InsertOne(t.Context(), bson.M{"_id": "before", "who": secret})
	require.NoError(t, err)
	require.Empty(t, spans.GetSpans(), "what nobody traces is no span")

	ctx, parent := tracing.Start(t.Context(), "a batch")
	require.NoError(t, s.Transact(ctx, func(ctx context.Context) error {
		_, err := things.UpdateOne(ctx, bson.M{"who": secret}, bson.M{"$set": bson.M{"who": secret + "!"}})
		return err
	}))
	list := []bson.M{}
	for i := range 5 {
		list = append(list, bson.M{"_id": fmt.Sprint(secret, i)})
	}
	_, err = things.InsertMany(ctx, list)
	require.NoError(t, err)
	_, err = things.Find(ctx, bson.M{"$" + secret: 1})
	require.ErrorContains(t, err, secret, "the error does tell")
	parent.End()

	var made []string
	for _, span := range spans.GetSpans() {
		require.NotContains(t, fmt.Sprint(span.Name, span.Attributes, span.Status, span.Events), "example.com")
		if span.Name == "a batch" {
			continue
		}
		made = append(made, span.Name)
		require.Equal(t, parent.SpanContext().SpanID(), span.Parent.SpanID())
		require.Equal(t, span.Name == "find things", span.Status.Code == codes.Error, span.Name)
	}
	require.Equal(t, []string{"update things", "commitTransaction ", "insert things", "find things"}, made)

	families, err := registry.Gather()
	require.NoError(t, err)
	seen := map[string]uint64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			key := f.GetName()[len("laurel_tier_mongo_"):]
			for _, l := range m.GetLabel() {
				key += " " + l.GetValue()
			}
			if n := m.GetHistogram().GetSampleCount() + uint64(m.GetCounter().GetValue()); n > 0 {
				seen[key] = n
			}
		}
	}
	delete(seen, "seconds  hello")         // how often depends on how soon mongod answered
	delete(seen, "seconds restoring find") // what Open asks
	require.Equal(t, map[string]uint64{
		"seconds things insert": 2, "seconds things update": 1, "seconds  commitTransaction": 1, "seconds things find": 1, "failures_total find": 1,
	}, seen)
}
