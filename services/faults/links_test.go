package faults

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// link is a connection that goes by a proxy which can break it.
type link struct {
	name  string
	proxy *toxiproxy.Proxy
	addr  string
}

// link makes one to an address.
func (x *trial) link(name, upstream string) *link {
	x.t.Helper()
	l := &link{name: name, addr: testkit.Address(x.t)}
	l.proxy = toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), name, l.addr, upstream)
	require.NoError(x.t, l.proxy.Start())
	x.t.Cleanup(l.proxy.Stop)
	return l
}

// breakage is one way in which a link breaks.
type breakage struct {
	name    string
	seconds int
	toxics  []string // as toxiproxy takes them; none: nobody listens
}

// toxic is a toxic both ways.
func toxic(kind, attributes string) []string {
	var both []string
	for _, stream := range []string{"upstream", "downstream"} {
		both = append(both, fmt.Sprintf(`{"name":%q,"type":%q,"stream":%q,"attributes":{%s}}`, kind+stream, kind, stream, attributes))
	}
	return both
}

const blackHole = "a black hole"

var breakages = []breakage{
	{name: "cut", seconds: 20},
	{name: "slow, 300 ± 200 ms", seconds: 10, toxics: toxic("latency", `"latency":300,"jitter":200`)},
	{name: "reset by the peer", seconds: 5, toxics: toxic("reset_peer", `"timeout":200`)},
	{name: "closed slowly", seconds: 5, toxics: toxic("slow_close", `"delay":2000`)},
	{name: "cut within a frame", seconds: 5, toxics: toxic("limit_data", `"bytes":3000`)},
	{name: blackHole, seconds: 30, toxics: toxic("timeout", `"timeout":0`)}, // nothing arrives, nothing is closed
}

// linksBreak breaks the links of the house to mongod and to nats-server in each way.
func linksBreak(x *trial) {
	var links []*link
	through := func(name string) func(string) string {
		return func(url string) string {
			scheme, rest, _ := strings.Cut(url, "://")
			addr, _, _ := strings.Cut(rest, "/")
			l := x.link(name, addr)
			links = append(links, l)
			if scheme == "mongodb" {
				return scheme + "://" + l.addr + "/?directConnection=true" // or it would ask the set for the address behind the proxy
			}
			return scheme + "://" + l.addr
		}
	}
	w := x.raise(ground{mongoURI: through("mongod"), natsURL: through("nats-server")})
	v := x.volume
	v.perSecond, v.seconds = v.perSecond/3, 3600 // until it is told to end
	l := w.load(v)
	for _, link := range links {
		for _, b := range breakages {
			what := link.name + ": " + b.name
			x.mustFire(what, 1)
			pause(x.t.Context(), time.Second)
			link.breaks(x, b)
			x.fired(what)
			healed := time.Now()
			w.up(l, healed)
			x.t.Logf("%s: up after %.1f s", what, time.Since(healed).Seconds())
		}
	}
	l.enough()
	w.holds(l)
	x.amplified(float64(l.calls.attempts)/float64(l.calls.answered), "attempts for a call")
}

// amplified holds to its limit how much more is asked than there is to do.
func (x *trial) amplified(times float64, what string) {
	x.t.Helper()
	const amplificationMax = 1.5
	x.note("%.2f %s", times, what)
	if times > amplificationMax {
		x.t.Errorf("%.2f %s, at most %.1f", times, what, amplificationMax)
	}
}

// breaks keeps a link broken for its time, and heals it.
func (l *link) breaks(x *trial, b breakage) {
	x.t.Helper()
	l.breakOff(x, b)
	pause(x.t.Context(), b.lasts())
	l.heal(x, b)
}

// lasts is how long it stays broken.
func (b breakage) lasts() time.Duration { return time.Duration(b.seconds) * time.Second }

// breakOff breaks a link.
func (l *link) breakOff(x *trial, b breakage) {
	x.t.Helper()
	for _, text := range b.toxics {
		_, err := l.proxy.Toxics.AddToxicJson(strings.NewReader(text))
		require.NoError(x.t, err)
	}
	if len(b.toxics) == 0 {
		l.proxy.Stop()
	}
}

// heal makes a link whole.
func (l *link) heal(x *trial, b breakage) {
	x.t.Helper()
	if len(b.toxics) == 0 {
		require.NoError(x.t, l.proxy.Start())
		return
	}
	ctx, cancel := context.WithTimeout(x.t.Context(), callMax)
	defer cancel()
	l.proxy.Toxics.ResetToxics(ctx)
}
