package bus

import (
	"context"
	"fmt"
	"log/slog"
)

// Reach tells whether a server is there and holds the streams.
func Reach(ctx context.Context, cfg Config, log *slog.Logger) error {
	b, err := Connect(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer b.Close()
	for _, stream := range []string{Events, Facts, Dead} {
		_, found, err := b.streamState(ctx, stream)
		if err != nil {
			return err
		}
		if !found {
			return fmt.Errorf("there is no stream %s yet", stream)
		}
	}
	return nil
}
