package laurelctl

import (
	"fmt"
	"os"
	"path/filepath"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

// plotsDirMode keeps the drawings, as the page, to who asked for them.
const plotsDirMode = 0o700

// writePlots writes each plot of a report as a file of its own: pareto-1.svg, pareto-2.svg.
func (w *world) writePlots(dir, report string, plots []*analyticsv1.Plot) error {
	if err := os.MkdirAll(dir, plotsDirMode); err != nil {
		return fmt.Errorf("write the plots: %w", err)
	}
	for i, p := range plots {
		name := filepath.Join(dir, fmt.Sprintf("%s-%d.svg", report, i+1))
		if err := os.WriteFile(name, []byte(p.GetSvg()), pageMode); err != nil {
			return fmt.Errorf("write the plots: %w", err)
		}
		w.tell("%s: %s", safe(name), safe(p.GetTitle()))
	}
	return nil
}
