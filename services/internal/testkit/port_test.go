package testkit

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAPortIsGivenOnce draws so many that two would be alike in all runs, by and large: whoever was given one may not listen on it yet.
func TestAPortIsGivenOnce(t *testing.T) {
	got := map[int]bool{}
	for range 400 {
		port := Port(t)
		require.False(t, got[port], "%d was given before, and nobody listens on it yet", port)
		got[port] = true
	}
}
