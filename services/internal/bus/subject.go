package bus

import (
	"strconv"
	"strings"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/token"
)

// Classes of subjects: the first token of what is published.
const (
	ClassOrders  = "orders"
	ClassActions = "actions"
	ClassControl = "control"
	ClassFacts   = "facts"
	ClassDead    = "dead"
	ClassIntake  = "intake" // orders on their way into an intake; its merchant knows them as ClassOrders
)

// OrderSubject is where an order's event is published. Arguments are ids; the tokens are made here.
func OrderSubject(program, merchant, kind, account string) string {
	return subject(ClassOrders, program, merchant, kind, account)
}

// ActionSubject is where an own event of a programme is published.
func ActionSubject(program, source, kind, account string) string {
	return subject(ClassActions, program, source, kind, account)
}

// ControlSubject is where a control event is published: token is an account's id, or one of ControlTokens.
func ControlSubject(program, source, kind, token string) string {
	return subject(ClassControl, program, source, kind, token)
}

// FactSubject is where a service publishes what it has durably done.
func FactSubject(program, service, kind, account string) string {
	return subject(ClassFacts, program, service, kind, account)
}

// DeadSubject is where a refused event ends.
func DeadSubject(program, merchant, kind, account string) string {
	return subject(ClassDead, program, merchant, kind, account)
}

func subject(class, program, source, kind, account string) string {
	return strings.Join([]string{class, token.Of(program), token.Of(source), token.Of(kind), token.Of(account)}, ".")
}

// address is a stored subject taken apart: <prefix>.<partition>.<class>.<program>.<source>.<kind>.<account>.
type address struct {
	partition                             int
	published                             string // the subject without prefix and partition
	class, program, source, kind, account string // ids
	fault                                 error
}

// storedTokens is how many tokens a stored subject has.
const storedTokens = 7

// parseStored takes a stored subject apart. Fault is set, and a stand-in for the id, where a token is none that
// fromToken takes: such an event keeps its place in the log and is refused there, not here.
func parseStored(stored string) (address, error) {
	tokens := strings.Split(stored, ".")
	if len(tokens) != storedTokens {
		return address{}, reason.New(reason.MalformedEvent, "subject", "%q has %d tokens, %d needed",
			stored, len(tokens), storedTokens)
	}
	partition, err := strconv.Atoi(tokens[1])
	if err != nil {
		return address{}, reason.New(reason.MalformedEvent, "subject", "%q names no partition", stored)
	}
	a := address{partition: partition, published: stored[len(tokens[0])+len(tokens[1])+2:], class: tokens[2]}
	for i, id := range []*string{&a.program, &a.source, &a.kind, &a.account} {
		text := tokens[3+i]
		*id, err = fromToken(text)
		if err != nil {
			*id = standIn(text)
			if a.fault == nil {
				a.fault = err
			}
		}
	}
	return a, nil
}
