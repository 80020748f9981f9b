package bus

import (
	"context"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/laurel-loyalty/laurel/services/internal/token"
)

// ListenFacts calls told whenever a service may have published a fact of an account. It is a hint, not a promise: a fact
// may be told of twice, early or not at all, so whoever listens looks for itself now and then. Told must not block. What
// is returned ends it.
func (b *Bus) ListenFacts(ctx context.Context, program, service, account string, told func()) (func(), error) {
	ofAnyKind := strings.Join([]string{ClassFacts, token.Of(program), token.Of(service), "*", token.Of(account)}, ".")
	subscription, err := b.conn.Subscribe(ofAnyKind, func(*nats.Msg) { told() })
	if err != nil {
		return nil, fmt.Errorf("listen to %s: %w", ofAnyKind, err)
	}
	stop := func() { _ = subscription.Unsubscribe() } // fails where the connection is gone, and the subscription with it
	ctx, cancel := b.request(ctx)
	defer cancel()
	if err := b.conn.FlushWithContext(ctx); err != nil { // from here on the server knows
		stop()
		return nil, fmt.Errorf("listen to %s: %w", ofAnyKind, err)
	}
	return stop, nil
}
