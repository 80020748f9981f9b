//go:build fault

package clock

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// Process returns the clock of a process: the machine's, moved as LAUREL_CLOCK_OFFSET says.
func Process() (Clock, error) {
	text := os.Getenv(OffsetVariable)
	if text == "" {
		return System(), nil
	}
	by, holds, swings := strings.Cut(text, "/")
	offset, err := time.ParseDuration(by)
	m := moved{by: offset}
	if err == nil && swings {
		m.holds, err = time.ParseDuration(holds)
	}
	if err != nil || swings && m.holds <= 0 {
		return nil, fmt.Errorf("%s is %q: write -2h, or 10m/5s", OffsetVariable, text)
	}
	return m, nil
}

// moved is the machine's clock and so much more; where it holds for a while alone, so much less in turn.
type moved struct{ by, holds time.Duration }

func (m moved) Now() time.Time {
	now := System().Now()
	if m.holds > 0 && now.UnixNano()/int64(m.holds)%2 == 1 {
		return now.Add(-m.by)
	}
	return now.Add(m.by)
}
