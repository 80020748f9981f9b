package bus

import (
	"crypto/sha256"
	"encoding/hex"
	"hash/fnv"
	"strconv"
	"unicode/utf8"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/token"
)

// Partitions is how many partitions EVENTS and FACTS have by default. The number is fixed when the streams are made.
const Partitions = 16

// tokenBytesMax is the longest token of an event: so the subject of whatever is published because of it, with four such
// tokens, stays within subjectBytesMax.
const tokenBytesMax = 240

// fromToken returns the id of a token. A token that token.Of would not have written is refused with MalformedEvent:
// otherwise one account would have two tokens, and so live in two partitions. So are one that is too long, and an id
// that is no text: neither a fact nor a document could tell of it.
func fromToken(text string) (string, error) {
	if len(text) > tokenBytesMax {
		return "", reason.New(reason.MalformedEvent, "subject", "a token of %d bytes; at most %d", len(text), tokenBytesMax)
	}
	id, err := token.ID(text)
	if err != nil {
		return "", reason.New(reason.MalformedEvent, "subject", "%s", err)
	}
	if !utf8.ValidString(id) {
		return "", reason.New(reason.MalformedEvent, "subject", "the id behind token %s is not UTF-8", text)
	}
	return id, nil
}

// standIn is told in place of the id of a faulty token: the token itself, or its hash where it is long or no text.
func standIn(text string) string {
	if len(text) <= standInBytesMax && utf8.ValidString(text) {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	return "faulty-" + hex.EncodeToString(sum[:8])
}

// standInBytesMax is the longest faulty token that is told as it is: base64 makes it longer by a third.
const standInBytesMax = 128

// Partition returns the partition, from 0 to n-1, of an account. It is what nats-server computes for the streams'
// transform partition(n,2,5): FNV-1a 32 over the two tokens, one behind the other, modulo n.
func Partition(program, account string, n int) int {
	return partitionOfTokens(token.Of(program), token.Of(account), n)
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
		candidate := "_all-" + strconv.Itoa(k)
		if p := Partition(program, candidate, n); tokens[p] == "" {
			tokens[p] = candidate
			found++
		}
	}
	return tokens
}
