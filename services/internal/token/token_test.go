package token_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/token"
)

func TestTokenOf(t *testing.T) {
	for _, c := range []struct{ name, id, token string }{
		{"a plain id is its own token", "00004", "00004"},
		{"dash and underscore are plain", "Order_7-b", "Order_7-b"},
		{"a dot is carried encoded", "a.b", "~YS5i"},
		{"wildcards are carried encoded", "*>", "~Kj4"},
		{"a tilde is carried encoded", "~YS5i", "~fllTNWk"},
		{"a blank is carried encoded", "a b", "~YSBi"},
		{"letters beyond ASCII are carried encoded", "é", "~w6k"},
		{"an empty id has a token too", "", "~"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.token, token.Of(c.id))
			id, err := token.ID(c.token)
			require.NoError(t, err)
			require.Equal(t, c.id, id)
		})
	}
}

func TestTokensThatTokenWouldNotMakeAreRefused(t *testing.T) {
	for _, c := range []struct{ name, token string }{
		{"a plain id, encoded", "~YWJj"},
		{"not base64url", "~***"},
		{"base64 with padding", "~YS5iYw=="},
		{"base64 with bits left over", "~YS5j" + "Y"},
		{"neither plain nor encoded", "a+b"},
		{"empty", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := token.ID(c.token)
			require.Error(t, err)
		})
	}
}

func TestTokenIsReversibleAndSafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.OneOf(rapid.String(), rapid.StringMatching(`[~.*> a-z]{0,8}`)).Draw(t, "id")
		text := token.Of(id)
		back, err := token.ID(text)
		require.NoError(t, err)
		require.Equal(t, id, back)
		require.NotEmpty(t, text)
		require.False(t, strings.ContainsAny(text, "/.*> \t\r\n\x00"), "token %q", text)
	})
}
