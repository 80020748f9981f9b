package reason_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func TestARefusalSaysReasonFieldAndMessage(t *testing.T) {
	e := reason.New(reason.ReturnExceedsOrder, "lines[0].quantity", "%d come back, %d are left", 3, 2)
	require.EqualError(t, e, "RETURN_EXCEEDS_ORDER (lines[0].quantity): 3 come back, 2 are left")
	require.EqualError(t, reason.New(reason.Overloaded, "", "later"), "OVERLOADED: later")
}

func TestARefusalIsFoundInAChain(t *testing.T) {
	err := fmt.Errorf("take order 4711: %w", reason.New(reason.UnknownLine, "lines[0]", "no line 9"))
	require.ErrorIs(t, err, reason.UnknownLine)
	require.NotErrorIs(t, err, reason.InvalidField)
	found, ok := reason.Of(err)
	require.True(t, ok)
	require.Equal(t, "lines[0]", found.Field)

	_, ok = reason.Of(errors.New("trouble"))
	require.False(t, ok)
}

func TestMetadataIsAddedToACopy(t *testing.T) {
	bare := reason.New(reason.ReturnExceedsOrder, "lines", "too much")
	asked := bare.With("asked", 3)
	both := asked.With("left", 2)
	require.Nil(t, bare.Metadata)
	require.Equal(t, map[string]string{"asked": "3"}, asked.Metadata)
	require.Equal(t, map[string]string{"asked": "3", "left": "2"}, both.Metadata)
	require.Equal(t, bare.Error(), both.Error())
}
