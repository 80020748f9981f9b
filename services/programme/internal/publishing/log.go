package publishing

import (
	"context"
	"fmt"

	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/programme/internal/domain/registry"
)

// logged reads the revisions that stand in EVENTS, whoever has published them. All partitions hold the same. What its
// readers refuse is passed over here too: it is decoded by the same code.
func (p *Publisher) logged(ctx context.Context) ([]registry.Logged, error) {
	decoder, err := follow.NewDecoder()
	if err != nil {
		return nil, err
	}
	messages, err := p.Bus.ControlEvents(ctx, 0, kind, 0)
	if err != nil {
		return nil, fmt.Errorf("read the revisions in EVENTS: %w", err)
	}
	var list []registry.Logged
	for _, raw := range messages {
		if m := decoder.Decode(raw); m.Revised != nil {
			list = append(list, fromMessage(m))
		}
	}
	return list, nil
}

func fromMessage(m follow.Message) registry.Logged {
	files := make([]program.File, len(m.Revised.Files))
	for i, f := range m.Revised.Files {
		files[i] = program.File{Name: f.Name, Content: f.Content}
	}
	files = registry.Sorted(files)
	return registry.Logged{Says: m.Revised.Program, Revision: registry.Revision{
		Program: m.Program, Number: m.Revised.Number, Effective: m.Revised.Effective, AppliedAt: m.Time, Files: files,
		Digest: registry.DigestOf(files),
	}}
}
