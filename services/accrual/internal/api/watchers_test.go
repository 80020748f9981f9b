package api

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func TestOnlySoManyMayWatch(t *testing.T) {
	t.Parallel()
	var w watchers
	for range watchersMax {
		require.NoError(t, w.enter())
	}
	require.ErrorIs(t, w.enter(), reason.Overloaded)
	w.leave()
	require.NoError(t, w.enter())
	require.ErrorIs(t, w.enter(), reason.Overloaded)
}
