package callers

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var now = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

func TestAfterTwentyFailuresOneWaits(t *testing.T) {
	f := newFailures()
	for i := range failuresMax {
		require.Zero(t, f.note(now.Add(time.Duration(i)*time.Second), "from/a", "key/"), i)
	}
	at := now.Add(failuresMax * time.Second)
	require.Equal(t, failuresWithin-failuresMax*time.Second, f.note(at, "from/a", "key/"), "until the first is five minutes old")
	require.Zero(t, f.note(at, "from/b", "key/"), "somebody else, who showed no key either")
	require.Zero(t, f.note(at.Add(failuresWithin+time.Second), "from/a"), "five minutes later")
}

func TestAKeyIsGuessedFromManyPlaces(t *testing.T) {
	f := newFailures()
	for i := range failuresMax {
		require.Zero(t, f.note(now, fmt.Sprint("from/", i), "key/k"))
	}
	require.Equal(t, failuresWithin, f.note(now, "from/new", "key/k"))
}

func TestWhatIsRememberedOfFailuresHasALimit(t *testing.T) {
	f := newFailures()
	for i := range 3 * trackedMax {
		f.note(now.Add(time.Duration(i)*time.Millisecond), fmt.Sprint("from/", i))
		require.LessOrEqual(t, len(f.times), trackedMax)
	}
}

func TestEachCredentialHasABucket(t *testing.T) {
	r := newRates(Rate{PerSecond: 2, Burst: 4})
	for range 4 {
		require.Zero(t, r.take("a", now))
	}
	require.Equal(t, 500*time.Millisecond, r.take("a", now))
	require.Equal(t, 500*time.Millisecond, r.take("a", now), "who is refused takes nothing")
	require.Zero(t, r.take("b", now))
	require.Zero(t, r.take("a", now.Add(500*time.Millisecond)))
}
