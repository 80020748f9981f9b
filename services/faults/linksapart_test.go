package faults

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// halfOpenMax is how long a connection may stay whose other end is gone without a word.
const halfOpenMax = 30 * time.Second

// moves are the methods of accrual that move points.
var moves = []string{"AwardPoints", "HoldPoints", "CaptureHold", "VoidHold", "RefundCapture"}

// crossing is a link from one service to another.
type crossing struct {
	*link
	// Who tells that a call has gone across it, and how many have: of that replica, the answers of that method.
	replica, method string
}

// linksBetweenServicesBreak breaks the links between services that are processes of their own, one after the other in each way:
// those of reward and of partner to accrual, and that by which a replica of accrual passes on what another has to do.
func linksBetweenServicesBreak(x *trial) {
	const replicas = 2
	ways := map[string]*link{}
	reach := func(service, address string) string {
		if ways[service] == nil {
			ways[service] = x.link(service+" to accrual", address)
		}
		return ways[service].addr
	}
	w := x.raiseApart(ground{reach: reach}, replicas, func(string) []string { return nil })
	testkit.Eventually(x.t, func() bool { return w.owners() == replicas }, "both replicas have partitions")
	v := x.volume
	v.perSecond, v.seconds = v.perSecond/3, 3600 // until it is told to end
	l := w.load(v)
	longest := time.Duration(0)
	for _, c := range []crossing{
		{ways["reward"], "reward", "RewardService/RedeemReward"},
		{ways["partner"], "partner", "PartnerService/AwardPoints"},
		{ways["accrual"], "accrual/2", "AccrualService/"},
	} {
		for _, b := range breakages {
			what := c.name + ": " + b.name
			x.mustFire(what, 1)
			w.crosses(c, time.Now()) // or there would be nothing to break
			longest = max(longest, c.breaksOff(w, b))
			x.fired(what)
			healed := time.Now()
			w.crosses(c, healed)
			w.up(l, healed)
			x.t.Logf("%s: up after %.1f s", what, time.Since(healed).Seconds())
		}
	}
	l.enough()
	w.holds(l)
	w.heldByOne(0) // none has to change hands
	l.onlyTrouble()
	x.within(time.Second, l.calls.overrun, "a call beyond its deadline")
	x.amplified(float64(l.calls.attempts)/float64(l.calls.answered), "attempts for a call")
	x.amplified(w.commandsCame()/w.commandsDone(l), "commands came to accrual for one that it did")
	x.note("half-open connections were left after %.1f s", longest.Seconds())
}

// crosses waits until a call has gone across since a time, and holds how long that took to the limit.
func (w *world) crosses(c crossing, since time.Time) {
	w.t.Helper()
	const crossMax = 10 * time.Second
	before := w.crossed(c)
	testkit.Eventually(w.t, func() bool {
		w.stillRun()
		return w.crossed(c) > before
	}, c.name+": a call went across")
	took := time.Since(since)
	w.row.recovery = max(w.row.recovery, took)
	w.within(crossMax, took, c.name+": the first call across")
}

// crossed is how many calls have gone across; those that were under way count, too, when they are answered.
func (w *world) crossed(c crossing) float64 {
	w.t.Helper()
	page, _ := w.pageOf(w.apart.replicas[c.replica].metrics, "/metrics")
	n, _ := w.sumOn(page, "_grpc_calls_total", c.method, `code="OK"`)
	return n
}

// breaksOff keeps a link broken for its time, and heals it. In a black hole it returns how long the connections that were there stayed.
func (c crossing) breaksOff(w *world, b breakage) time.Duration {
	w.t.Helper()
	x := w.trial
	began, there := time.Now(), c.clients(w)
	c.breakOff(x, b)
	longest := time.Duration(0)
	if b.name == blackHole && there != nil {
		require.NotEmpty(w.t, there, "untested: nobody was connected by %s", c.name)
		for len(there) > 0 && longest <= halfOpenMax {
			pause(w.t.Context(), loadTick)
			still := c.clients(w)
			maps.DeleteFunc(there, func(client netip.AddrPort, _ bool) bool { return !still[client] })
			longest = time.Since(began)
		}
		x.within(halfOpenMax, longest, c.name+": a half-open connection")
	}
	pause(w.t.Context(), b.lasts()-time.Since(began))
	c.heal(x, b)
	return longest
}

// clients are the ends of connections that whoever calls holds open to a link, as the kernel tells. Nil: it does not.
func (l *link) clients(w *world) map[netip.AddrPort]bool {
	w.t.Helper()
	const established = "01"
	file, err := os.Open("/proc/net/tcp")
	if os.IsNotExist(err) {
		return nil
	}
	require.NoError(w.t, err)
	defer file.Close() //nolint:errcheck // only read
	clients := map[netip.AddrPort]bool{}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 4 || fields[3] != established || kernelAddress(fields[2]).String() != l.addr {
			continue
		}
		clients[kernelAddress(fields[1])] = true
	}
	require.NoError(w.t, lines.Err())
	return clients
}

// kernelAddress reads an address as the kernel writes it: the bytes of the host as one number of this machine, and the port. What is none is zero.
func kernelAddress(text string) netip.AddrPort {
	var host uint32
	var port uint16
	if _, err := fmt.Sscanf(text, "%8X:%4X", &host, &port); err != nil {
		return netip.AddrPort{}
	}
	var bytes [4]byte
	binary.NativeEndian.PutUint32(bytes[:], host)
	return netip.AddrPortFrom(netip.AddrFrom4(bytes), port)
}

// commandsCame is how many commands have come to the replica of accrual that callers go to, those that it passed on among them.
func (w *world) commandsCame() float64 {
	w.t.Helper()
	page, _ := w.pageOf(w.apart.replicas["accrual"].metrics, "/metrics")
	came := 0.0
	for _, method := range moves {
		n, _ := w.sumOn(page, "laurel_accrual_grpc_calls_total", "AccrualService/"+method+`"`)
		came += n
	}
	return came
}

// commandsDone is how many had an effect: each of them an entry.
func (w *world) commandsDone(l *load) float64 {
	w.t.Helper()
	b := w.books()
	defer b.close()
	kinds := b.kinds()
	done := l.oracle.awarded
	for _, kind := range []string{"hold", "capture", "void", "refund"} {
		done += kinds[kind]
	}
	require.Positive(w.t, done)
	return float64(done)
}
