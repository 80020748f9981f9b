package cloudevent_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
)

func TestATraceThatIsNoneSaysNothing(t *testing.T) {
	t.Parallel()
	const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	cases := []struct {
		name, parent, state string
		want                cloudevent.Trace
	}{
		{"as W3C writes it", parent, "vendor=1", cloudevent.Trace{Parent: parent, State: "vendor=1"}},
		{"without state", parent, "", cloudevent.Trace{Parent: parent}},
		{"state that is too long", parent, strings.Repeat("x", 513), cloudevent.Trace{Parent: parent}},
		{"state that is no header", parent, "a\nb", cloudevent.Trace{Parent: parent}},
		{"none", "", "vendor=1", cloudevent.Trace{}},
		{"no trace", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", "", cloudevent.Trace{}},
		{"no span", "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", "", cloudevent.Trace{}},
		{"version ff", "ff" + parent[2:], "", cloudevent.Trace{}},
		{"capitals", strings.ToUpper(parent), "", cloudevent.Trace{}},
		{"too short", parent[:54], "", cloudevent.Trace{}},
		{"something behind it", parent + "-x", "", cloudevent.Trace{}},
		{"no trace at all", "ann@example.com", "", cloudevent.Trace{}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, cloudevent.NewTrace(c.parent, c.state))
		})
	}
}

func TestATraceRidesAsAnExtension(t *testing.T) {
	t.Parallel()
	const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	event := cloudevent.Event{ID: "1", Source: "till", Type: "tea", Extensions: map[string]string{"traceparent": parent, "tracestate": "a=b"}}
	headers := event.Headers()
	require.Equal(t, []string{parent}, headers[cloudevent.HeaderTraceParent])
	require.Equal(t, []string{"a=b"}, headers[cloudevent.HeaderTraceState])
	read, err := cloudevent.Parse(headers, nil)
	require.NoError(t, err)
	require.Equal(t, cloudevent.Trace{Parent: parent, State: "a=b"}, read.Trace())
}
