package reference

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/laurel-loyalty/laurel/services/internal/metric"
)

func TestMetrics(t *testing.T) {
	var text bytes.Buffer
	area := ""
	for _, m := range metric.Table() {
		if m.Area != area {
			area = m.Area
			fmt.Fprintf(&text, "\n## %s\n\n| metric | kind | unit | labels | shown by | what it means |\n|---|---|---|---|---|---|\n", strings.ToUpper(area[:1])+area[1:])
		}
		labels := ""
		if len(m.Labels) > 0 {
			labels = "`" + strings.Join(m.Labels, "`, `") + "`"
		}
		fmt.Fprintf(&text, "| `%s` | %s | %s | %s | %s | %s |\n", m.Name, m.Kind, m.Unit, labels, strings.Join(m.Services, ", "), m.Meaning)
	}
	page(t, "metrics.md", bytes.TrimLeft(text.Bytes(), "\n"))
}
