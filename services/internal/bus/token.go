package bus

import (
	"encoding/base64"
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Partitions is how many partitions EVENTS and FACTS have by default. The number is fixed when the streams are made.
const Partitions = 16

// encoded marks a token that carries its id base64url.
const encoded = "~"

// Token returns the subject token of an id: the id itself if it consists of letters, digits, '-' and '_', else
// "~" and the id in base64url. Different ids have different tokens.
func Token(id string) string {
	if safe(id) {
		return id
	}
	return encoded + base64.RawURLEncoding.EncodeToString([]byte(id))
}

// FromToken returns the id of a token. A token that Token would not have made is refused with MalformedEvent:
// otherwise one account would have two tokens, and so live in two partitions.
func FromToken(token string) (string, error) {
	if safe(token) {
		return token, nil
	}
	body, ok := strings.CutPrefix(token, encoded)
	if !ok {
		return "", reason.New(reason.MalformedEvent, "subject", "token %q is neither a plain id nor ~base64url", token)
	}
	id, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil {
		return "", reason.New(reason.MalformedEvent, "subject", "token %q is not ~base64url: %v", token, err)
	}
	if Token(string(id)) != token {
		return "", reason.New(reason.MalformedEvent, "subject", "token %q must be written %q", token, Token(string(id)))
	}
	return string(id), nil
}

func safe(id string) bool {
	if id == "" {
		return false
	}
	for i := range len(id) {
		c := id[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' {
			continue
		}
		return false
	}
	return true
}

// Partition returns the partition, from 0 to n-1, of an account. It is what nats-server computes for the streams'
// transform partition(n,2,5): FNV-1a 32 over the two tokens, one behind the other, modulo n.
func Partition(program, account string, n int) int {
	return partitionOfTokens(Token(program), Token(account), n)
}

func partitionOfTokens(program, account string, n int) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(program))
	_, _ = h.Write([]byte(account))
	return int(h.Sum32() % uint32(n))
}

// ControlTokens returns one token for each of the n partitions of a programme: the i-th falls into partition i. A
// control event for all accounts is an atomic batch with one message for each.
func ControlTokens(program string, n int) []string {
	tokens := make([]string, n)
	for found, k := 0, 0; found < n; k++ {
		token := "_all-" + strconv.Itoa(k)
		if p := Partition(program, token, n); tokens[p] == "" {
			tokens[p] = token
			found++
		}
	}
	return tokens
}
