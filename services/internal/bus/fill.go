package bus

import (
	"context"
	"fmt"
)

// Fill is how full a stream is: what does not fit is refused, never what is older dropped.
type Fill struct {
	Stream     string
	Bytes      uint64
	LimitBytes int64
}

// Fills tells how full the streams are. EVENTS is left out while it is closed.
func (b *Bus) Fills(ctx context.Context) ([]Fill, error) {
	ctx, cancel := b.request(ctx)
	defer cancel()
	var fills []Fill
	for _, name := range []string{Events, Facts, Dead} {
		stream, err := b.js.Stream(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("look up stream %s: %w", name, err)
		}
		info := stream.CachedInfo()
		if limit := info.Config.MaxBytes; limit != closedBytes {
			fills = append(fills, Fill{Stream: name, Bytes: info.State.Bytes, LimitBytes: limit})
		}
	}
	return fills, nil
}
