// Package token writes ids so that they can be one token of a subject, or stand between the slashes of a key.
package token

import (
	"encoding/base64"
	"fmt"
)

// Of returns the id itself when it is made of letters, digits, '-' and '_' alone, else "~" and its base64url.
// Two ids never share a token.
func Of(id string) string {
	if id != "" && plain(id) {
		return id
	}
	return "~" + base64.RawURLEncoding.EncodeToString([]byte(id))
}

// ID is the inverse of Of. It fails on a token that Of never writes.
func ID(token string) (string, error) {
	id := token
	if len(token) > 0 && token[0] == '~' {
		raw, err := base64.RawURLEncoding.DecodeString(token[1:])
		if err != nil {
			return "", fmt.Errorf("token %q: %w", token, err)
		}
		id = string(raw)
	}
	if Of(id) != token {
		return "", fmt.Errorf("token %q is not the one that its id %q is written as", token, id)
	}
	return id, nil
}

func plain(id string) bool {
	for i := range len(id) {
		c := id[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}
