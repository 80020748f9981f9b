package store

import (
	"context"
	"errors"
	"strconv"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/laurel-loyalty/laurel/services/internal/metric"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
)

// Watch is who watches the commands that go to mongod. Of a command it learns the name, the collection, how long it took and the
// code of a failure; never what it asked or was answered.
type Watch struct {
	Page    metric.Page       // how long they take, and which fail
	Tracing telemetry.Tracing // a span of each command that is part of a trace: not of those that poll
}

// usualCommands are shown from the start, with no failure yet.
var usualCommands = []string{"abortTransaction", "aggregate", "commitTransaction", "delete", "find", "getMore", "insert", "update"}

// monitor implements event.CommandMonitor for one client.
type monitor struct {
	tracing  telemetry.Tracing
	seconds  *prometheus.HistogramVec // by command and collection
	failures *prometheus.CounterVec   // by command
	running  sync.Map                 // by request: command
}

// command is one that is not answered yet.
type command struct {
	collection string
	span       trace.Span // nil: nobody traces it
}

// monitor makes one, or nil where nobody watches.
func (w Watch) monitor() *event.CommandMonitor {
	if w.Page.None() {
		return nil
	}
	m := &monitor{tracing: w.Tracing, seconds: w.Page.Histograms("mongo_seconds"), failures: w.Page.Counters("mongo_failures_total")}
	for _, name := range usualCommands {
		m.failures.WithLabelValues(name)
	}
	return &event.CommandMonitor{Started: m.started, Succeeded: m.succeeded, Failed: m.failed}
}

func (m *monitor) started(ctx context.Context, e *event.CommandStartedEvent) {
	c := command{collection: collectionOf(e.CommandName, e.Command)}
	if m.tracing.On() && trace.SpanContextFromContext(ctx).IsValid() {
		_, c.span = m.tracing.Start(ctx, e.CommandName+" "+c.collection, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
			attribute.String("db.system.name", "mongodb"), attribute.String("db.namespace", e.DatabaseName),
			attribute.String("db.operation.name", e.CommandName), attribute.String("db.collection.name", c.collection),
		))
	}
	m.running.Store(e.RequestID, c)
}

func (m *monitor) succeeded(_ context.Context, e *event.CommandSucceededEvent) {
	m.ended(&e.CommandFinishedEvent, nil)
}

func (m *monitor) failed(_ context.Context, e *event.CommandFailedEvent) {
	m.failures.WithLabelValues(e.CommandName).Inc()
	m.ended(&e.CommandFinishedEvent, e.Failure)
}

func (m *monitor) ended(e *event.CommandFinishedEvent, failure error) {
	stored, _ := m.running.LoadAndDelete(e.RequestID)
	c, _ := stored.(command)
	m.seconds.WithLabelValues(e.CommandName, c.collection).Observe(e.Duration.Seconds())
	if c.span == nil {
		return
	}
	if failure != nil {
		c.span.SetStatus(codes.Error, "the command failed") // an error's text may hold values
		if said, ok := errors.AsType[mongo.CommandError](failure); ok {
			c.span.SetAttributes(attribute.String("db.response.status_code", strconv.Itoa(int(said.Code))))
		}
	}
	c.span.End()
}

// collectionOf is what a command goes to; empty for one that goes to no collection.
func collectionOf(name string, body bson.Raw) string {
	field := name
	if name == "getMore" {
		field = "collection"
	}
	collection, _ := body.Lookup(field).StringValueOK()
	return collection
}
