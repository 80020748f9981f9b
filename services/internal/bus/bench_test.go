package bus_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
)

// batchOfOrders makes a batch of 500 events of the size that orders have.
func batchOfOrders(n int) []bus.Outgoing {
	batch := orders(fmt.Sprint(n), 500)
	for i := range batch {
		batch[i].Data = make([]byte, 400)
		batch[i].Header = map[string][]string{
			"ce-id": {"7-paid"}, "ce-source": {"/shop"}, "ce-type": {"laurel.orders.v1.OrderPaid"}, "ce-specversion": {"1.0"},
			"ce-time": {"1997-01-01T12:00:00Z"}, "content-type": {"application/json"},
		}
	}
	return batch
}

func BenchmarkPublishBatchesOf500(b *testing.B) {
	_, house := house(b)
	messages := 0
	for b.Loop() {
		publish(b, house, batchOfOrders(messages))
		messages += 500
	}
	b.ReportMetric(float64(messages)/b.Elapsed().Seconds(), "messages/s")
}

func BenchmarkRead70000(b *testing.B) {
	const total = 70_000
	_, house := house(b)
	for n := 0; n < total; n += 500 {
		publish(b, house, batchOfOrders(n))
	}
	for b.Loop() {
		ctx, cancel := context.WithCancel(b.Context())
		cfg := newKeeper().config()
		cfg.Deliver = func(_ context.Context, run []bus.Message) error {
			if run[len(run)-1].Sequence == total {
				cancel()
			}
			return nil
		}
		require.NoError(b, house.Read(ctx, cfg))
	}
	b.ReportMetric(float64(total*b.N)/b.Elapsed().Seconds(), "messages/s")
}
