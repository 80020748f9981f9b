package bus

import (
	"hash/fnv"
	"strconv"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/token"
)

// Partitions is how many partitions EVENTS and FACTS have by default. The number is fixed when the streams are made.
const Partitions = 16

// fromToken returns the id of a token. A token that token.Of would not have written is refused with MalformedEvent:
// otherwise one account would have two tokens, and so live in two partitions.
func fromToken(text string) (string, error) {
	id, err := token.ID(text)
	if err != nil {
		return "", reason.New(reason.MalformedEvent, "subject", "%s", err)
	}
	return id, nil
}

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
