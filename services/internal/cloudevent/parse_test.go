package cloudevent_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// headers returns those of a small valid event, with some set to another value; "" takes one out.
func headers(nameValues ...string) map[string][]string {
	h := map[string][]string{
		"ce-specversion": {"1.0"}, "ce-id": {"1234-1234-1234"}, "ce-source": {"/mycontext/subcontext"},
		"ce-type": {"com.example.someevent"}, "ce-time": {"2018-04-05T03:56:24Z"},
		"ce-datacontenttype": {"application/json"},
	}
	for i := 0; i < len(nameValues); i += 2 {
		if nameValues[i+1] == "" {
			delete(h, nameValues[i])
			continue
		}
		h[nameValues[i]] = []string{nameValues[i+1]}
	}
	return h
}

// The example of the binding, section 3.1.4.
func TestTheExampleOfTheBinding(t *testing.T) {
	data := []byte(`{"a": 1}`)
	e, err := cloudevent.Parse(headers(), data)
	require.NoError(t, err)
	require.Equal(t, cloudevent.Event{
		ID: "1234-1234-1234", Source: "/mycontext/subcontext", Type: "com.example.someevent",
		ContentType: "application/json", Time: time.Date(2018, time.April, 5, 3, 56, 24, 0, time.UTC), Data: data,
	}, e)
	want := headers("content-type", "application/json")
	require.Equal(t, want, e.Headers())
}

func TestParseReads(t *testing.T) {
	cases := []struct {
		name          string
		header, value string
		got           func(e cloudevent.Event) string
		want          string
	}{
		{"the binding's own example of encoding", "ce-subject", "Euro%20%E2%82%AC%20%F0%9F%98%80", subject, "Euro € 😀"},
		{"small hexadecimal digits", "ce-subject", "%e2%82%ac", subject, "€"},
		{"what was encoded needlessly", "ce-subject", "%41%2d%7E", subject, "A-~"},
		{"one round of decoding alone", "ce-subject", "100%2525", subject, "100%25"},
		{"a plus is a plus", "ce-subject", "a+b", subject, "a+b"},
		{"a quoted value of an older version", "ce-subject", `"a \"b\" \\ c"`, subject, `a "b" \ c`},
		{"a quoted value with encoded parts", "ce-subject", `"a%20b c"`, subject, "a b c"},
		{"a backslash outside quotes is itself", "ce-subject", `a\b`, subject, `a\b`},
		{"white space around a value", "ce-subject", " \tx ", subject, "x"},
		{"white space within", "ce-subject", "a b", subject, "a b"},
		{"a value that somebody did not encode", "ce-subject", "Äpfel", subject, "Äpfel"},
		{"a media type with a parameter", "ce-datacontenttype", "application/json;%20charset=utf-8", contentType, "application/json; charset=utf-8"},
		{"a time in another zone", "ce-time", "2018-04-05T05:56:24+02:00", timeOf, "2018-04-05T03:56:24Z"},
		{"a time with small letters", "ce-time", "2018-04-05t03:56:24z", timeOf, "2018-04-05T03:56:24Z"},
		{"a time cut to milliseconds", "ce-time", "2018-04-05T03:56:24.123999Z", timeOf, "2018-04-05T03:56:24.123Z"},
		{"a time with encoded colons", "ce-time", "2018-04-05T03%3A56%3A24Z", timeOf, "2018-04-05T03:56:24Z"},
		{"no time", "ce-time", "", timeOf, "0001-01-01T00:00:00Z"},
		{"a source that is a URN", "ce-source", "urn:laurel:shop", func(e cloudevent.Event) string { return e.Source }, "urn:laurel:shop"},
		{"an extension", "ce-traceparent", "00-4bf9-00", func(e cloudevent.Event) string { return e.Extensions["traceparent"] }, "00-4bf9-00"},
		{"a schema of the data", "ce-dataschema", "https://x.test/s", func(e cloudevent.Event) string { return e.Extensions["dataschema"] }, "https://x.test/s"},
		{"a header of somebody else", "Nats-Msg-Id", "\xff%", subject, ""},
		{"content-type beside ce-datacontenttype", "content-type", "text/plain", contentType, "application/json"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e, err := cloudevent.Parse(headers(c.header, c.value), nil)
			require.NoError(t, err)
			require.Equal(t, c.want, c.got(e))
		})
	}
}

func subject(e cloudevent.Event) string     { return e.Subject }
func contentType(e cloudevent.Event) string { return e.ContentType }
func timeOf(e cloudevent.Event) string      { return e.Time.Format(time.RFC3339Nano) }

func TestHeaderNamesMatchInAnyCase(t *testing.T) {
	h := headers("ce-type", "", "ce-id", "", "ce-datacontenttype", "")
	h["CE-Type"], h["Ce-ID"], h["Content-Type"] = []string{"t"}, []string{"Id"}, []string{"text/plain"}
	e, err := cloudevent.Parse(h, nil)
	require.NoError(t, err)
	require.Equal(t, "t", e.Type)
	require.Equal(t, "Id", e.ID)
	require.Equal(t, "text/plain", e.ContentType, "content-type counts where ce-datacontenttype is absent")
}

func TestParseRefuses(t *testing.T) {
	cases := []struct {
		name          string
		header, value string
		field         string
	}{
		{"no id", "ce-id", "", "id"},
		{"no source", "ce-source", "", "source"},
		{"no type", "ce-type", "", "type"},
		{"no specversion", "ce-specversion", "", "specversion"},
		{"an empty id", "ce-id", " ", "id"},
		{"an empty subject, which may be absent but not empty", "ce-subject", `""`, "subject"},
		{"an older specversion", "ce-specversion", "0.3", "specversion"},
		{"a specversion with a patch", "ce-specversion", "1.0.2", "specversion"},
		{"a time that is none", "ce-time", "yesterday", "time"},
		{"a date without a time", "ce-time", "2018-04-05", "time"},
		{"a time without a zone", "ce-time", "2018-04-05T03:56:24", "time"},
		{"a time with a comma", "ce-time", "2018-04-05T03:56:24,5Z", "time"},
		{"an hour of one digit", "ce-time", "2018-04-05T3:56:24Z", "time"},
		{"a day that does not exist", "ce-time", "2018-02-30T03:56:24Z", "time"},
		{"a time before the year 1", "ce-time", "0000-04-05T03:56:24Z", "time"},
		{"bytes that are no UTF-8", "ce-subject", "a\xff", "subject"},
		{"bytes that are no UTF-8, encoded", "ce-subject", "a%FF", "subject"},
		{"an overlong space, the binding's example", "ce-id", "%C0%A0", "id"},
		{"half of a surrogate pair", "ce-subject", "%ED%A0%80", "subject"},
		{"an extension that is no UTF-8", "ce-trace", "%80", "trace"},
		{"a percent sign at the end", "ce-subject", "100%", "subject"},
		{"a percent sign before one digit", "ce-subject", "100%2", "subject"},
		{"a percent sign before no digits", "ce-subject", "100%zz", "subject"},
		{"a quote that does not close", "ce-subject", `"abc`, "subject"},
		{"a quote that is escaped, not closed", "ce-subject", `"abc\"`, "subject"},
		{"a control character", "ce-subject", "a%0Ab", "subject"},
		{"a control character above ASCII", "ce-subject", "a%C2%85b", "subject"},
		{"a code point that is no character", "ce-subject", "%EF%BF%BE", "subject"},
		{"another one", "ce-subject", "%EF%B7%90", "subject"},
		{"a source that is no URI-reference", "ce-source", "http://[", "source"},
		{"a media type that is none", "ce-datacontenttype", "application/", "datacontenttype"},
		{"a name with a hyphen", "ce-trace-id", "x", "trace-id"},
		{"a name that is empty", "ce-", "x", ""},
		{"an attribute called data", "ce-data", "x", "data"},
		{"an attribute that is too long", "ce-subject", strings.Repeat("x", 2049), "subject"},
		{"structured mode", "content-type", "application/cloudevents+json; charset=utf-8", "content-type"},
		{"structured mode in other letters", "Content-Type", "Application/CloudEvents", "content-type"},
		{"a batch", "content-type", "application/cloudevents-batch+json", "content-type"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			e, err := cloudevent.Parse(headers(c.header, c.value), []byte("x"))
			refusal, ok := reason.Of(err)
			require.True(t, ok, "%v", err)
			require.Equal(t, reason.MalformedEvent, refusal.Reason)
			require.Equal(t, c.field, refusal.Field)
			require.Zero(t, e)
		})
	}
}

func TestParseRefusesWhatComesTwice(t *testing.T) {
	for _, name := range []string{"id", "source", "type", "subject", "time", "specversion", "datacontenttype", "trace"} {
		t.Run(name+" in two values", func(t *testing.T) {
			h := headers("ce-subject", "s", "ce-trace", "x")
			h["ce-"+name] = append(h["ce-"+name], h["ce-"+name][0])
			_, err := cloudevent.Parse(h, nil)
			requireMalformed(t, err, name)
		})
		t.Run(name+" in two cases", func(t *testing.T) {
			h := headers("ce-subject", "s", "ce-trace", "x")
			h["CE-"+name] = h["ce-"+name]
			_, err := cloudevent.Parse(h, nil)
			requireMalformed(t, err, name)
		})
	}
	t.Run("content-type", func(t *testing.T) {
		h := headers("content-type", "text/plain", "Content-Type", "text/plain")
		_, err := cloudevent.Parse(h, nil)
		requireMalformed(t, err, "content-type")
	})
	t.Run("a header without a value", func(t *testing.T) {
		h := headers()
		h["ce-subject"] = nil
		_, err := cloudevent.Parse(h, nil)
		requireMalformed(t, err, "subject")
	})
}

// Its refusal is stored and compared: the same message gets the same words each time.
func TestOfSeveralFaultsTheSameIsAlwaysTold(t *testing.T) {
	h := headers("ce-id", "%", "ce-subject", "%", "ce-time", "x", "ce-type", "%", "ce-a", "%", "ce-b", "%", "ce-c", "%")
	_, first := cloudevent.Parse(h, nil)
	requireMalformed(t, first, "a")
	for range 50 {
		_, err := cloudevent.Parse(h, nil)
		require.Equal(t, first, err)
	}
}

// Whatever stands in the headers, Parse answers; and what it takes, it can write and read again.
func TestWhatIsReadCanBeWrittenAndReadAgain(t *testing.T) {
	value := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ "%0-9A-Fa-f\\]{0,9}`))
	rapid.Check(t, func(t *rapid.T) {
		h := headers("ce-subject", value.Draw(t, "subject"), "ce-id", value.Draw(t, "id"), "ce-source", value.Draw(t, "source"),
			"ce-"+rapid.StringMatching(`[a-z0-9]{1,3}`).Draw(t, "name"), value.Draw(t, "extension"))
		e, err := cloudevent.Parse(h, []byte("data"))
		if err != nil {
			require.ErrorIs(t, err, reason.MalformedEvent)
			return
		}
		again, err := cloudevent.Parse(e.Headers(), e.Data)
		require.NoError(t, err)
		require.Equal(t, e, again)
	})
}

func requireMalformed(t *testing.T, err error, field string) {
	t.Helper()
	refusal, ok := reason.Of(err)
	require.True(t, ok, "%v", err)
	require.Equal(t, reason.MalformedEvent, refusal.Reason)
	require.Equal(t, field, refusal.Field)
}
