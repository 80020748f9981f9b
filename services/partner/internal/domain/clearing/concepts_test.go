package clearing_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/clearing"
)

// TestThePageOnClearingIsTrue settles what docs/concepts/clearing.md begins with.
func TestThePageOnClearingIsTrue(t *testing.T) {
	_ = os.Getenv("LAUREL_FILES_ARE") // what lies outside the module makes a kept result stale by this alone
	page, err := os.ReadFile("../../../../../docs/concepts/clearing.md")
	require.NoError(t, err)
	_, example, _ := strings.Cut(string(page), "```\n")
	example, _, found := strings.Cut(example, "```")
	require.True(t, found)
	s, err := clearing.Settle(book(t, "earn 100 a\nearn 50 b\ncapture 100 a c\ncapture 20 b c\ncapture 30 b a"), terms(t, "a: spent 1\nc: spent 4/5"))
	require.NoError(t, err)
	require.Equal(t, example, told(s))
}
