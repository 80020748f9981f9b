package backup

import (
	"context"
	"fmt"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/lease"
)

// ServiceUp says that a service lives which must not, because it would write meanwhile. Nothing was changed.
type ServiceUp struct{ Service, Address string }

func (e *ServiceUp) Error() string {
	return fmt.Sprintf("%s is up at %s; nothing was changed", e.Service, e.Address)
}

// lookAgain is how often it is looked whether who has said that it lives says so again.
const lookAgain = 250 * time.Millisecond

// down finds that no service that shares partitions is up, or returns a *ServiceUp. Who was killed has said a moment ago that it
// lives, too: that is waited for until it says so again, or has been silent for as long as its partitions are left to it.
func (m *mending) down(ctx context.Context) error {
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	said := map[string]time.Time{} // by replica, as it was found first
	for {
		quiet := true
		for _, service := range Services {
			living, err := lease.Living(ctx, m.client.Database(m.house.database(service)))
			if err != nil {
				return fmt.Errorf("look whether %s is up: %w", service, err)
			}
			for _, r := range living {
				quiet = false
				if first, known := said[r.ID]; !known {
					said[r.ID] = r.Beat
				} else if r.Beat.After(first) {
					return &ServiceUp{service, r.Address}
				}
			}
		}
		if quiet {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
