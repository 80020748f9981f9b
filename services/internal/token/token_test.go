package token_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/token"
)

func TestOf(t *testing.T) {
	for _, c := range []struct{ name, id, want string }{
		{"digits stay", "00001", "00001"},
		{"a dot would split a subject", "a.b", "~YS5i"},
		{"a slash would split a key", "a/b", "~YS9i"},
		{"a wildcard", "*", "~Kg"},
		{"a tilde cannot pass for an encoding", "~YS5i", "~fllTNWk"},
		{"nothing", "", "~"},
		{"an umlaut", "ü", "~w7w"},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, token.Of(c.id)) })
	}
}

func TestEveryIDComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.String().Draw(t, "id")
		got, err := token.ID(token.Of(id))
		require.NoError(t, err)
		require.Equal(t, id, got)
	})
}

func TestAForeignTokenIsRefused(t *testing.T) {
	for _, tok := range []string{"", "a.b", "~!", "~YQ" /* "a" is plain */} {
		_, err := token.ID(tok)
		require.Error(t, err, tok)
	}
}
