package telemetry

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	bridge "go.opentelemetry.io/contrib/bridges/prometheus"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

// Export sends what the page shows to a collector too. The zero value sends nothing.
type Export struct{ provider *sdkmetric.MeterProvider }

// NewExport sends what a registry holds to a collector that speaks OTLP over gRPC, every minute, or as often as
// OTEL_METRIC_EXPORT_INTERVAL says, and once more at the end. Without an endpoint it sends nothing. While the collector is away
// the log says so; nothing waits for it, and the page for Prometheus is there all the same.
func NewExport(ctx context.Context, service, endpoint string, from prometheus.Gatherer, log *slog.Logger) (Export, error) {
	if endpoint == "" {
		return Export{}, nil
	}
	exporter, err := otlpmetricgrpc.New(ctx, otlpmetricgrpc.WithEndpointURL(endpoint), otlpmetricgrpc.WithTimeout(sendMax),
		otlpmetricgrpc.WithRetry(otlpmetricgrpc.RetryConfig{
			Enabled: true, InitialInterval: sendMax / 10, MaxInterval: sendMax / 2, MaxElapsedTime: sendMax,
		}))
	if err != nil {
		return Export{}, fmt.Errorf("send metrics to %s: %w", endpoint, err)
	}
	tellErrors(log)
	reader := sdkmetric.NewPeriodicReader(exporter, sdkmetric.WithProducer(bridge.NewMetricProducer(bridge.WithGatherer(from))))
	return Export{sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithResource(madeBy(service)))}, nil
}

// Close sends the last figures, for a while.
func (e Export) Close(ctx context.Context) error {
	if e.provider == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, flushMax)
	defer cancel()
	if err := e.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("send the last metrics: %w", err)
	}
	return nil
}

// tellErrors has the log say what goes wrong in the background. The one place in the library for that is global.
func tellErrors(log *slog.Logger) {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("traces or metrics are not sent", "error", err) }))
}
