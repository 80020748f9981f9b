package cloudevent

import "strings"

// Headers of the extension "distributed tracing" (cloudevents/extensions/distributed-tracing.md, 1.0.2): where an event
// belongs in the trace of who made it, in the words of W3C Trace Context.
const (
	HeaderTraceParent = prefix + traceParent
	HeaderTraceState  = prefix + traceState

	traceParent = "traceparent"
	traceState  = "tracestate"

	traceStateBytesMax = 512 // what W3C asks everybody to carry; a longer one is dropped
)

// Trace is where an event belongs among traces. The zero value says nothing of it.
type Trace struct{ Parent, State string }

// Trace returns the event's. One that W3C Trace Context (section 3.2) does not allow is none: it only helps to look on, so
// it is no reason to refuse the event.
func (e Event) Trace() Trace { return NewTrace(e.Extensions[traceParent], e.Extensions[traceState]) }

// NewTrace is a trace in W3C's words, or none.
func NewTrace(parent, state string) Trace {
	if !isTraceParent(parent) {
		return Trace{}
	}
	if len(state) > traceStateBytesMax || !isPlain(state) {
		state = ""
	}
	return Trace{parent, state}
}

// traceParentParts are the lengths of version, trace, span and flags.
var traceParentParts = [...]int{2, 32, 16, 2}

func isTraceParent(s string) bool {
	if s == "" { // nearly all
		return false
	}
	parts := strings.Split(s, "-")
	if len(parts) != len(traceParentParts) || parts[0] == "ff" {
		return false
	}
	for i, part := range parts {
		if len(part) != traceParentParts[i] || strings.Trim(part, "0123456789abcdef") != "" {
			return false
		}
	}
	return strings.Trim(parts[1], "0") != "" && strings.Trim(parts[2], "0") != ""
}
