package cloudevent_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
)

func small() cloudevent.Event {
	return cloudevent.Event{ID: "1", Source: "shop", Type: "laurel.orders.v1.OrderPaid"}
}

func TestHeadersOfTheSmallestEvent(t *testing.T) {
	require.Equal(t, map[string][]string{
		"ce-specversion": {"1.0"}, "ce-id": {"1"}, "ce-source": {"shop"}, "ce-type": {"laurel.orders.v1.OrderPaid"},
	}, small().Headers())
}

func TestHeadersWrite(t *testing.T) {
	cases := []struct {
		name   string
		change func(e *cloudevent.Event)
		header string
		want   []string
	}{
		{"the binding's own example of encoding", func(e *cloudevent.Event) { e.Subject = "Euro € 😀" }, "ce-subject", []string{"Euro%20%E2%82%AC%20%F0%9F%98%80"}},
		{"percent and quote", func(e *cloudevent.Event) { e.Subject = `5% "x"` }, "ce-subject", []string{"5%25%20%22x%22"}},
		{"the ends of printable ASCII as they are", func(e *cloudevent.Event) { e.Subject = "!~" }, "ce-subject", []string{"!~"}},
		{"an end of line cannot make a header", func(e *cloudevent.Event) { e.Subject = "a\r\nce-id: 2" }, "ce-subject", []string{"a%0D%0Ace-id:%202"}},
		{"no subject", func(*cloudevent.Event) {}, "ce-subject", nil},
		{"a time in UTC and milliseconds", func(e *cloudevent.Event) {
			e.Time = time.Date(2025, time.May, 1, 2, 3, 4, 5_999_999, time.FixedZone("", 3600))
		}, "ce-time", []string{"2025-05-01T01:03:04.005Z"}},
		{"a whole second without a fraction", func(e *cloudevent.Event) { e.Time = time.Unix(0, 0) }, "ce-time", []string{"1970-01-01T00:00:00Z"}},
		{"the media type as the binding says", func(e *cloudevent.Event) { e.ContentType = "text/plain; charset=utf-8" }, "ce-datacontenttype", []string{"text/plain;%20charset=utf-8"}},
		{"the media type as HTTP says", func(e *cloudevent.Event) { e.ContentType = "text/plain; charset=utf-8" }, "content-type", []string{"text/plain; charset=utf-8"}},
		{"data that is itself an event is not structured mode", func(e *cloudevent.Event) { e.ContentType = "application/CloudEvents+json" }, "content-type", nil},
		{"a media type that cannot stand in a header", func(e *cloudevent.Event) { e.ContentType = "text/plain\r\nx: y" }, "content-type", nil},
		{"an extension", func(e *cloudevent.Event) { e.Extensions = map[string]string{"trace": "a b"} }, "ce-trace", []string{"a%20b"}},
		{"an extension cannot pass for the id", func(e *cloudevent.Event) { e.Extensions = map[string]string{"id": "2"} }, "ce-id", []string{"1"}},
		{"an extension with a name that is none", func(e *cloudevent.Event) { e.Extensions = map[string]string{"a\r\nb": "2"} }, "ce-a\r\nb", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e := small()
			c.change(&e)
			require.Equal(t, c.want, e.Headers()[c.header])
		})
	}
}

func TestCheckRefusesWhatParseWouldNotGiveBack(t *testing.T) {
	many := map[string]string{}
	for i := range 33 {
		many[fmt.Sprint("x", i)] = "1"
	}
	cases := []struct {
		name   string
		change func(e *cloudevent.Event)
		field  string
	}{
		{"no id", func(e *cloudevent.Event) { e.ID = "" }, "id"},
		{"no source", func(e *cloudevent.Event) { e.Source = "" }, "source"},
		{"no type", func(e *cloudevent.Event) { e.Type = "" }, "type"},
		{"a year of five digits", func(e *cloudevent.Event) { e.Time = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }, "time"},
		{"an extension in capital letters", func(e *cloudevent.Event) { e.Extensions = map[string]string{"Trace": "x"} }, "Trace"},
		{"an extension without a name", func(e *cloudevent.Event) { e.Extensions = map[string]string{"": "x"} }, ""},
		{"an extension without a value", func(e *cloudevent.Event) { e.Extensions = map[string]string{"trace": ""} }, "trace"},
		{"an extension with a field of its own", func(e *cloudevent.Event) { e.Extensions = map[string]string{"type": "x"} }, "type"},
		{"an extension called data", func(e *cloudevent.Event) { e.Extensions = map[string]string{"data": "x"} }, "data"},
		{"an extension that is no UTF-8", func(e *cloudevent.Event) { e.Extensions = map[string]string{"trace": "\xff"} }, "trace"},
		{"33 extensions", func(e *cloudevent.Event) { e.Extensions = many }, ""},
		{"an id of 2,049 bytes", func(e *cloudevent.Event) { e.ID = strings.Repeat("x", 2049) }, "id"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e := small()
			c.change(&e)
			requireMalformed(t, e.Check(), c.field)
		})
	}
}

func TestTheLimitsThemselvesAreTaken(t *testing.T) {
	e := small()
	e.ID, e.Extensions = strings.Repeat("é", 1024), map[string]string{}
	for i := range 32 {
		e.Extensions[fmt.Sprint("x", i)] = "1"
	}
	requireRoundTrip(t, e)
}

// drawText draws what an attribute may hold: any characters but control characters and those that
// are none.
func drawText(t *rapid.T, name string) string {
	char := rapid.RuneFrom([]rune(` "%\+€😀`), unicode.Letter, unicode.Punct, unicode.Symbol)
	return rapid.StringOfN(char, 1, 12, -1).Draw(t, name)
}

func TestAnyEventComesBackAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := cloudevent.Event{ID: drawText(t, "id"), Type: drawText(t, "type"), Data: []byte(drawText(t, "data"))}
		e.Source = "/" + url.PathEscape(drawText(t, "source"))
		if rapid.Bool().Draw(t, "optional attributes") {
			e.Subject = drawText(t, "subject")
			e.ContentType = rapid.SampledFrom([]string{cloudevent.ContentTypeJSON, cloudevent.ContentTypeProtobuf,
				"text/plain; charset=utf-8", "application/cloudevents+json"}).Draw(t, "content type")
			e.Time = time.UnixMilli(rapid.Int64Range(-1<<45, 1<<47).Draw(t, "time")).UTC()
			e.Extensions = map[string]string{rapid.StringMatching(`x[a-z0-9]{0,9}`).Draw(t, "name"): drawText(t, "extension")}
		}
		requireRoundTrip(t, e)
		for name, values := range e.Headers() {
			require.Len(t, values, 1)
			for _, c := range []byte(name + values[0]) {
				require.True(t, c >= ' ' && c <= '~', "%q cannot stand in a header", values[0])
			}
		}
	})
}

func requireRoundTrip(t require.TestingT, e cloudevent.Event) {
	require.NoError(t, e.Check())
	got, err := cloudevent.Parse(e.Headers(), e.Data)
	require.NoError(t, err)
	require.Equal(t, e, got)
}

func BenchmarkParse(b *testing.B) {
	e := small()
	e.ContentType, e.Time = cloudevent.ContentTypeJSON, time.Unix(1e9, 0)
	h := e.Headers()
	h["Nats-Msg-Id"] = []string{"x"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := cloudevent.Parse(h, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkHeaders(b *testing.B) {
	e := small()
	e.ContentType, e.Time = cloudevent.ContentTypeJSON, time.Unix(1e9, 0)
	b.ReportAllocs()
	for b.Loop() {
		e.Headers()
	}
}
