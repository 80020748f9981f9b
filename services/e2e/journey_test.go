package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheCompleteJourneyIsAsTheGuideSays makes orders of the Parquet files, replays them, and looks for what came out on the page.
func TestTheCompleteJourneyIsAsTheGuideSays(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile(filepath.Join(repository, "docs/guides/know-your-customers.md"))
	require.NoError(t, err)
	adapter := filepath.Join(repository, "deploy/examples/complete-journey")
	_, err = os.Stat(filepath.Join(adapter, "orders.py")) // tells the test cache what the result depends on
	require.NoError(t, err)
	made, err := exec.CommandContext(t.Context(), "bash", repository+"/scripts/journey.sh", "50").Output()
	require.NoError(t, err, "%s", errorOutput(err))
	h := newHouse(t)
	o := h.replay(replay{
		orders: filepath.Join(strings.TrimSpace(string(made)), "orders.csv"), programme: filepath.Join(adapter, "journey.yaml"), until: "2018-01-01T05:00:00Z",
	})
	require.Zero(t, o.code, "%v", o)
	text, err := os.ReadFile(h.summaryFile())
	require.NoError(t, err)
	var s struct {
		Before struct {
			Orders int64
			Points struct{ Earned int64 }
		}
		Analytics struct {
			Customers int64
			Spend     int64 `json:"spend_minor"`
			Gini      string
			Top       group `json:"top_20_percent"`
			Most      group `json:"make_80_percent"`
			Classes   []group
			Segments  []group
			Repeat    int64                          `json:"repeat_buyers"`
			Within    []struct{ Days, Second int64 } `json:"second_purchase"`
			Survival  []struct {
				Events int64
				Median int64 `json:"median_days"`
			}
		}
	}
	require.NoError(t, json.Unmarshal(text, &s))
	a := s.Analytics
	for _, said := range []string{
		fmt.Sprintf("%d customers in %d orders spent %s USD", a.Customers, s.Before.Orders, dollars(a.Spend)),
		fmt.Sprintf("the best fifth, %d customers, brings %.1f %%; %d make 80 %%; Gini %s", a.Top.Customers,
			100*float64(a.Top.Spend)/float64(a.Spend), a.Most.Customers, a.Gini),
		fmt.Sprintf("A %d, B %d, C %d customers", a.Classes[0].Customers, a.Classes[1].Customers, a.Classes[2].Customers),
		fmt.Sprintf("%d of %d bought on a second day, %d of them within %d days; half did within %d", a.Repeat, a.Customers, a.Within[0].Second,
			a.Within[0].Days, a.Survival[0].Median),
		fmt.Sprintf("%d were silent for 180 days", a.Survival[1].Events),
		fmt.Sprintf("%d %s bring %s USD; %d %s brought %s USD", a.Segments[0].Customers, a.Segments[0].Name, dollars(a.Segments[0].Spend),
			a.Segments[4].Customers, a.Segments[4].Name, dollars(a.Segments[4].Spend)),
		fmt.Sprintf("Points by the programme: %d for the year", s.Before.Points.Earned),
	} {
		require.Contains(t, string(guide), said)
	}
}

func dollars(cents int64) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }
