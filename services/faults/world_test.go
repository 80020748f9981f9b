package faults

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/laurel-loyalty/laurel/services/internal/bus/natsd"
	"github.com/laurel-loyalty/laurel/services/internal/house"
	"github.com/laurel-loyalty/laurel/services/internal/mongod"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// theClub has three merchants, two of them of partners, a partner that only takes points, and tiers.
const theClub = `
programme: club
zone: UTC
currency: EUR
unit: points
earning: {points: 1, per: 1.00}
expiry: {rule: end_of_month, months: 12}
returns: {wait_days: 30}
partners:
  a: {name: A, category: grocery, roles: [issue, redeem], merchants: [a-shop], redemption_price: 0.01}
  b: {name: B, category: fuel, roles: [issue], merchants: [b-station]}
  c: {name: C, category: travel, roles: [redeem], redemption_price: 0.008}
ladder:
  window_months: 12
  tiers: [{name: bronze, from: 0}, {name: gold, from: 1500.00}]
`

const programme = "club"

// merchants are whose orders there are.
var merchants = []string{"a-shop", "b-station", "shop"}

// ground is what a house is given to stand on; what is not said is made.
type ground struct {
	mongoDir, natsDir string
	own               string // the data of the house, which then has servers of its own
	bareNats          string // where a nats-server is that nobody keeps; empty: there is one that is kept
	mongod            string // its binary; empty: the one that is found
	mongoArgs         []string
	mongoURI          func(string) string // how the house reaches mongod, by how it is reached directly
	natsURL           func(string) string
	// reach is how a service that runs apart reaches a replica of accrual, by where that listens; nil: there.
	reach func(service, address string) string
}

// world is a mongod, a nats-server and a house that stands on both.
type world struct {
	*trial
	mongod  *mongod.Server
	nats    *natsd.Server
	bare    *bareNats // instead of it
	ground  ground
	home    string
	data    string
	file    string // of the programme
	listen  string
	metrics string
	laurel  *process
	apart   *apart // nil: the house is one process

	mu    sync.Mutex // guards doors
	doors *doors
}

// place is where all of it will stand.
func (x *trial) place(g ground) *world {
	x.t.Helper()
	dir := x.t.TempDir()
	w := &world{trial: x, ground: g, home: filepath.Join(dir, "home"), data: filepath.Join(dir, "books"), file: filepath.Join(dir, "club.yaml"),
		listen: testkit.Address(x.t), metrics: testkit.Address(x.t)}
	if w.ground.mongoDir == "" {
		w.ground.mongoDir = filepath.Join(dir, "mongod")
	}
	if w.ground.natsDir == "" {
		w.ground.natsDir = filepath.Join(dir, "nats")
	}
	require.NoError(x.t, os.WriteFile(w.file, []byte(theClub), 0o600))
	x.t.Cleanup(w.hangUp)
	return w
}

// raise starts all of it, and waits until it is up.
func (x *trial) raise(g ground) *world {
	x.t.Helper()
	w := x.place(g)
	if g.own != "" {
		w.data = filepath.Join(g.own, "books")
		w.serve()
		w.furnish()
		x.t.Cleanup(func() { w.laurel.stop() }) // its servers go with it
		return w
	}
	w.stand()
	w.serve()
	w.furnish()
	return w
}

// stand starts the servers that the house is to stand on.
func (w *world) stand() {
	w.t.Helper()
	x, g := w.trial, w.ground
	var err error
	w.mongod, err = mongod.Start(x.t.Context(), mongod.Options{Binary: g.mongod, Dir: w.ground.mongoDir, ExtraArgs: g.mongoArgs, Logger: warnings(x)})
	require.NoError(x.t, err)
	x.t.Cleanup(func() { require.NoError(x.t, w.mongod.Stop()) })
	if g.bareNats != "" {
		w.bare = x.bareNats(g.bareNats, programs.laurel, natsArgs()...)
		x.t.Cleanup(w.bare.kill)
	} else {
		w.nats, err = natsd.Start(x.t.Context(), natsd.Options{Self: programs.laurel, Dir: w.ground.natsDir, Logger: warnings(x)})
		require.NoError(x.t, err)
		x.t.Cleanup(func() { require.NoError(x.t, w.nats.Stop()) })
	}
}

// warnings go to the test's output, and are kept.
func warnings(x *trial) *slog.Logger {
	return slog.New(slog.NewTextHandler(io.MultiWriter(x.t.Output(), &x.warned), &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// serve starts the house, and waits until it is up.
func (w *world) serve(env ...string) {
	w.t.Helper()
	w.serveBy(programs.laurel, env...)
	testkit.Eventually(w.t, func() bool { return w.ready() || w.laurel.ended() }, "the house is ready")
	w.laurel.stillRuns()
}

// serveBy starts the house by a binary.
func (w *world) serveBy(binary string, env ...string) {
	w.t.Helper()
	args := []string{"serve", "--programme", w.file, "--home", w.home, "--data", w.data, "--listen", w.listen, "--metrics", w.metrics,
		"--partner-listen", "127.0.0.1:0"}
	if w.ground.own == "" {
		uri, url := w.mongod.URI(), w.busURL()
		if w.ground.mongoURI != nil {
			uri = w.ground.mongoURI(uri)
		}
		if w.ground.natsURL != nil {
			url = w.ground.natsURL(url)
		}
		args = append(args, "--mongodb-uri", uri, "--nats-url", url, "--nats-token", w.busToken())
	}
	w.laurel = run(w.t, env, binary, args...)
}

// mongodURI is where mongod is reached directly.
func (w *world) mongodURI() string {
	if w.ground.own == "" {
		return w.mongod.URI()
	}
	var record struct{ Port int }
	raw, err := os.ReadFile(filepath.Join(w.data, "mongod", "laurel.json"))
	if err == nil {
		err = json.Unmarshal(raw, &record)
	}
	require.NoError(w.t, err)
	return fmt.Sprintf("mongodb://127.0.0.1:%d/?directConnection=true", record.Port)
}

// own is the house file.
func (w *world) own() house.House {
	at, err := house.Read(w.houseFile())
	require.NoError(w.t, err)
	return at
}

// busURL is where nats-server is reached directly, and busToken what it wants to see.
func (w *world) busURL() string {
	if w.ground.own != "" {
		return w.own().NATS.URL
	}
	if w.bare != nil {
		return w.bare.URL()
	}
	return w.nats.URL()
}

func (w *world) busToken() string {
	if w.ground.own != "" {
		return w.own().NATS.Token
	}
	if w.bare != nil {
		return bareToken
	}
	return w.nats.Token()
}

// houseFile is where the house writes down its doors.
func (w *world) houseFile() string { return filepath.Join(w.home, "house.json") }

// ctl runs laurelctl on the house, which must succeed.
func (w *world) ctl(args ...string) string {
	w.t.Helper()
	p := run(w.t, nil, programs.laurelctl, append([]string{"--house", w.houseFile()}, args...)...)
	<-p.done
	require.Zero(w.t, p.cmd.ProcessState.ExitCode(), "laurelctl %s:\n%s%s", strings.Join(args, " "), p.out.String(), p.err.String())
	return p.out.String()
}

// mug is what is redeemed, and what it costs.
const (
	mug       = "mug"
	mugPoints = 10
	// soldOut is a reward of which there is none.
	soldOut = "cup"
)

// furnish makes the partners known, and puts a reward into the catalogue.
func (w *world) furnish() {
	w.t.Helper()
	testkit.Eventually(w.t, func() bool { _, err := os.Stat(w.houseFile()); return err == nil }, "the house has written down its doors")
	for partner, scopes := range map[string]string{"a": "award,redeem,read", "b": "award", "c": "redeem"} {
		w.ctl("partner", "keys", "add", partner, "--certificate", partner+"."+programme+".partners.internal", "--scope", scopes)
	}
	w.ctl("reward", "put", mug, "--kind", "gift", "--name", "a mug", "--points", strconv.Itoa(mugPoints), "--cancel-days", "7")
	w.ctl("reward", "put", soldOut, "--kind", "gift", "--name", "a cup", "--points", strconv.Itoa(mugPoints))
	w.ctl("reward", "stock", mug, "1000000")
}

// probe is how readiness is asked for.
var probe = &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// get reads a page of the house; empty if there is none, or it is no good one.
func (w *world) get(path string) string {
	body, good := w.page(path)
	if !good {
		return ""
	}
	return body
}

// readiness is what the house says of it, good or not.
func (w *world) readiness() string {
	body, _ := w.page("/readyz")
	return body
}

// page reads a page of every process, one behind the other; false: one of them is no good.
func (w *world) page(path string) (string, bool) {
	if w.apart == nil {
		return w.pageOf(w.metrics, path)
	}
	all, good := "", true
	for _, p := range w.apart.running() {
		text, fine := w.pageOf(p.metrics, path)
		all, good = all+text, good && fine
	}
	return all, good
}

func (w *world) pageOf(address, path string) (string, bool) {
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, "http://"+address+path, http.NoBody)
	require.NoError(w.t, err)
	answer, err := probe.Do(request)
	if err != nil {
		return "", false
	}
	defer answer.Body.Close() //nolint:errcheck // only read
	var body bytes.Buffer
	_, err = body.ReadFrom(answer.Body)
	return body.String(), err == nil && answer.StatusCode == http.StatusOK
}

func (w *world) ready() bool { return w.get("/readyz") != "" }

// metric reads a metric without labels, added up over the processes; a page that does not come is -1.
func (w *world) metric(name string) float64 { return w.metricOn(w.get("/metrics"), name) }

// metricOn reads it on pages that are there already.
func (w *world) metricOn(page, name string) float64 {
	sum, found := 0.0, false
	for line := range strings.Lines(page) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			value, err := strconv.ParseFloat(strings.TrimSpace(rest), 64)
			require.NoError(w.t, err)
			sum, found = sum+value, true
		}
	}
	if !found {
		return -1
	}
	return sum
}

// stillRun fails the trial if the house, or one of its processes, has ended that should not.
func (w *world) stillRun() {
	w.t.Helper()
	for _, p := range w.processes() {
		p.stillRuns()
	}
}

// lastWords are the end of what the house has logged.
func (w *world) lastWords() string {
	text := ""
	for _, p := range w.processes() {
		text += p.lastWords() + "\n"
	}
	return text
}

func (w *world) processes() []*process {
	if w.apart == nil {
		return []*process{w.laurel}
	}
	var all []*process
	for _, r := range w.apart.running() {
		all = append(all, r.process)
	}
	return all
}

// rss is the memory that the house takes, in bytes.
func (w *world) rss() int64 { return w.laurel.rss(w.trial) }

// rss is the memory that a process takes, in bytes.
func (p *process) rss(x *trial) int64 {
	x.t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.cmd.Process.Pid))
	require.NoError(x.t, err)
	pages, err := strconv.ParseInt(strings.Fields(string(raw))[1], 10, 64)
	require.NoError(x.t, err)
	return pages * int64(os.Getpagesize())
}

// doors are connections to the house as it stands now.
type doors struct {
	written  string // of the house file
	house    house.House
	operator map[string]*grpc.ClientConn // by service
	partners map[string]*grpc.ClientConn
}

// quick looks often if somebody is there again.
var quick = grpc.WithConnectParams(grpc.ConnectParams{
	Backoff: backoff.Config{BaseDelay: 50 * time.Millisecond, Multiplier: 1.5, MaxDelay: time.Second}, MinConnectTimeout: 2 * time.Second,
})

// open returns the doors of the house; it opens them anew where the house has been started again. Nil: there is none.
func (w *world) open() *doors {
	w.mu.Lock()
	defer w.mu.Unlock()
	text, err := os.ReadFile(w.houseFile())
	if err != nil || w.doors != nil && w.doors.written == string(text) {
		return w.doors
	}
	at, err := house.Read(w.houseFile())
	if err != nil {
		return w.doors
	}
	made := &doors{written: string(text), house: at, operator: map[string]*grpc.ClientConn{}, partners: map[string]*grpc.ClientConn{}}
	for _, service := range []string{"accrual", "member", "reward", "tier"} {
		conn, err := grpc.NewClient("dns:///"+at.GRPC.Of(service), quick, grpc.WithNoProxy(), grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithPerRPCCredentials(bearer(at.Token)))
		require.NoError(w.t, err)
		made.operator[service] = conn
	}
	for _, partner := range []string{"a", "b", "c"} {
		made.partners[partner] = w.dialPartner(at, partner)
	}
	w.close()
	w.doors = made
	return made
}

func (w *world) dialPartner(at house.House, partner string) *grpc.ClientConn {
	base := filepath.Join(w.data, "tls", "partner-"+partner)
	cert, err := tls.LoadX509KeyPair(base+".pem", base+".key")
	require.NoError(w.t, err)
	text, err := os.ReadFile(at.PartnerDoor.CA)
	require.NoError(w.t, err)
	roots := x509.NewCertPool()
	require.True(w.t, roots.AppendCertsFromPEM(text))
	conn, err := grpc.NewClient("dns:///"+at.PartnerDoor.Address, quick, grpc.WithNoProxy(), grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{
		MinVersion: tls.VersionTLS13, RootCAs: roots, Certificates: []tls.Certificate{cert},
	})))
	require.NoError(w.t, err)
	return conn
}

func (w *world) close() {
	if w.doors == nil {
		return
	}
	for _, conns := range []map[string]*grpc.ClientConn{w.doors.operator, w.doors.partners} {
		for _, conn := range conns {
			_ = conn.Close() // whoever uses it asks again at the new one
		}
	}
	w.doors = nil
}

func (w *world) hangUp() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.close()
}

// bearer shows a token on every call.
type bearer string

// GetRequestMetadata is asked before each call.
func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

// RequireTransportSecurity is not needed on this machine.
func (b bearer) RequireTransportSecurity() bool { return false }
