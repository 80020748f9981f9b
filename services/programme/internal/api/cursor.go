package api

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// cursorOf begins every page token of a programme's list, so that a token of another list is refused.
func cursorOf(program string) string { return "1/" + program + "/" }

// cursor is a page token: base64url of what it belongs to and the number below which the next page begins.
func cursor(program, below string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(cursorOf(program) + below))
}

// place reads a page token; the empty token is the beginning. INVALID_ARGUMENT for one that was not made for this list.
func place(program, token string) (int, error) {
	if token == "" {
		return 0, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	text, ok := strings.CutPrefix(string(raw), cursorOf(program))
	below, bad := strconv.Atoi(text)
	if err != nil || !ok || bad != nil || below < 1 {
		return 0, reason.New(reason.InvalidArgument, "page_token",
			"this token does not belong to this list; ask for the first page again, without a token")
	}
	return below, nil
}
