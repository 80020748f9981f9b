package laurelctl

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestABodyIsShownSafely(t *testing.T) {
	t.Parallel()
	require.JSONEq(t, `{"order_id": "1"}`, body([]byte(`{"order_id": "1"}`)))
	require.Empty(t, body(nil))
	require.Equal(t, "hex 1b5b324a", body([]byte("\x1b[2J")), "what steers a terminal is not printed")
	require.Equal(t, "hex ff", body([]byte{0xff}))
	long := body(bytes.Repeat([]byte("a"), bodyShown+7))
	require.True(t, strings.HasPrefix(long, "aaaa"))
	require.True(t, strings.HasSuffix(long, "a … and 7 bytes more"))
}

func TestWhatStrangersWroteDoesNotSteerTheTerminal(t *testing.T) {
	t.Parallel()
	g := grid{title: "title \x1b[2J", columns: []string{"account"}}
	g.add("ann\x1b]0;gone\x07\u202e")
	require.NotContains(t, g.render(), "\x1b")
	require.Contains(t, g.render(), "ann\uFFFD]0;gone\uFFFD\uFFFD")
	var errs bytes.Buffer
	w := &world{Streams: Streams{Err: &errs}, ctx: t.Context()}
	w.complain(failure{message: "no account \x1b[2J"})
	require.Equal(t, "laurelctl: no account \uFFFD[2J\n", errs.String())
}

func TestTimesOnTheCommandLine(t *testing.T) {
	t.Parallel()
	var at instant
	require.NoError(t, at.UnmarshalText([]byte("1998-07-01T02:00+02:00")))
	require.Equal(t, "1998-07-01T00:00:00Z", moment(at.toProto()))
	require.Nil(t, (*instant)(nil).toProto())
	require.Empty(t, moment(nil))
}

func TestPagesAreAskedForUpToTheLimit(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name         string
		there, limit int
		want         []int32
	}{
		{"all of many", 450, 0, []int32{200, 200, 200}},
		{"all of a whole page", 200, 0, []int32{200}},
		{"none", 0, 0, []int32{200}},
		{"less than a page", 450, 7, []int32{7}},
		{"more than a page", 450, 250, []int32{200, 50}},
		{"more than there are", 3, 250, []int32{200}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var asked []int32
			have := 0
			require.NoError(t, pages(c.limit, func(size int32) (int, bool, error) {
				asked = append(asked, size)
				have = min(have+int(size), c.there)
				return have, have < c.there, nil
			}))
			require.Equal(t, c.want, asked)
		})
	}
	trouble := errors.New("gone")
	require.ErrorIs(t, pages(0, func(int32) (int, bool, error) { return 0, true, trouble }), trouble)
}

func TestWhoPressesCtrlCIsToldWhatItMeans(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var errs bytes.Buffer
	w := &world{Streams: Streams{Err: &errs}, ctx: ctx}
	require.Equal(t, exitRefused, w.exitCode(errors.New("rpc error: code = Canceled")))
	require.Equal(t, "laurelctl: stopped\n  what to do: run it again: what was done already is known and not done twice\n", errs.String())
}
