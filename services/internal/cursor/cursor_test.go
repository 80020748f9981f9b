package cursor_test

import (
	"encoding/base64"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/cursor"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func TestATokenLeadsBackToItsPlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.StringMatching(`[ -~]*`), 1, 4).Draw(t, "list")
		place := rapid.StringN(1, 40, -1).Draw(t, "place")
		got, err := cursor.Place(list, cursor.Of(list, place))
		require.NoError(t, err)
		require.Equal(t, place, got)
		_, err = cursor.Place(append(list, ""), cursor.Of(list, place))
		require.ErrorIs(t, err, reason.InvalidArgument, "it belongs to one list")
	})
}

func TestWhatIsNoTokenIsRefused(t *testing.T) {
	list := []string{"ListEntries", "tea", "ann"}
	place, err := cursor.Place(list, "")
	require.NoError(t, err)
	require.Empty(t, place, "the beginning")
	token := cursor.Of(list, "7")
	raw, err := base64.RawURLEncoding.DecodeString(token)
	require.NoError(t, err)
	raw[0]++
	for name, bad := range map[string]string{
		"not base64url": "%", "cut off": token[:4], "without a place": cursor.Of(list, ""), "of another version": base64.RawURLEncoding.EncodeToString(raw),
		"of another member": cursor.Of([]string{"ListEntries", "tea", "bob"}, "7"), "fields pushed together": cursor.Of([]string{"ListEntries", "teaann"}, "7"),
	} {
		_, err := cursor.Place(list, bad)
		require.ErrorIs(t, err, reason.InvalidArgument, name)
	}
}
