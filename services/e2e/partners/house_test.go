// Package partners tests the doors of partner companies with a real accrual behind them: what they give and take, who is
// let in, many at once, and what is left when a process dies.
package partners

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/protobuf/proto"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	"github.com/laurel-loyalty/laurel/services/accrual"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/devca"
	"github.com/laurel-loyalty/laurel/services/internal/process"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
	"github.com/laurel-loyalty/laurel/services/partner"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const (
	partitions  = 4
	streamBytes = 64 << 20
	// patience is how long a call may take on a machine that does much else.
	patience  = time.Minute
	coalition = "../../../deploy/programmes/coalition.yaml"
)

// all is every scope.
var all = []partnerv1.PartnerScope{
	partnerv1.PartnerScope_PARTNER_SCOPE_AWARD, partnerv1.PartnerScope_PARTNER_SCOPE_REDEEM, partnerv1.PartnerScope_PARTNER_SCOPE_READ,
}

// standing is the place of one test: databases and a nats-server of its own, an accrual, a partner, and the coalition.
type standing struct {
	t        testing.TB
	uri      string
	database string // of partner
	db       *mongo.Database
	nats     *testkit.NATSServer
	bus      *bus.Bus
	secrets  rpc.Secrets
	ledger   *accrual.Service
	books    string // accrual's database
	away     func() // stops accrual
	accrual  accrualv1.AccrualServiceClient
	clock    *clock.Manual
	ca       *devca.CA
	dir      string // of the development CA
	partner  *partner.Service
	keys     partnerv1.PartnerKeyServiceClient
	stop     func()
	serial   int
}

func open(t testing.TB) *standing {
	t.Helper()
	_ = os.Getenv("LAUREL_FILES_ARE") // what lies outside the module makes a kept result stale by this alone
	file, err := os.ReadFile(coalition)
	require.NoError(t, err)
	return openWith(t, string(file))
}

func openWith(t testing.TB, programme string) *standing {
	t.Helper()
	return openAt(t, programme, "127.0.0.1:0")
}

// openAt has accrual listen at an address, to which it can come back.
func openAt(t testing.TB, programme, ledger string) *standing {
	t.Helper()
	h := &standing{t: t, nats: testkit.NATS(t), secrets: rpc.NewSecrets(), clock: clock.At(clock.System().Now()), dir: t.TempDir()}
	h.uri, h.database = testkit.Mongo(t)
	client, err := mongo.Connect(options.Client().ApplyURI(h.uri))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Disconnect(context.WithoutCancel(t.Context()))) })
	h.db = client.Database(h.database)
	h.bus, err = bus.Connect(t.Context(), bus.Config{URL: h.nats.URL, Token: h.nats.Token, Name: "test"}, testkit.Logger(t))
	require.NoError(t, err)
	t.Cleanup(h.bus.Close)
	require.NoError(t, h.bus.EnsureStreams(t.Context(), bus.Layout{
		Partitions: partitions, MaxBytesEvents: streamBytes, MaxBytesFacts: streamBytes, MaxBytesDead: streamBytes,
	}))
	h.control("house", "opened", "opened", &controlv1.HouseOpened{ClockMode: controlv1.ClockMode_CLOCK_MODE_WALL, Partitions: partitions})
	h.revise(1, programme)
	h.openLedger(ledger)
	h.ca, err = devca.Open(h.dir, h.clock.Now())
	require.NoError(t, err)
	h.openPartner()
	return h
}

func (h *standing) openLedger(address string) {
	h.t.Helper()
	_, h.books = testkit.Mongo(h.t)
	var err error
	h.ledger, err = accrual.New(h.t.Context(), accrual.Config{
		MongoURI: h.uri, Database: h.books, NATS: bus.Server{URL: h.nats.URL, Token: h.nats.Token}, Listen: address, Callers: h.secrets.List(),
		Partitions: partitions, Lanes: 2, BatchItems: 64, BatchIdle: time.Millisecond, QueueItems: 1024,
	}, h.deps())
	require.NoError(h.t, err)
	h.away = h.run(h.ledger)
	h.accrual = accrualv1.NewAccrualServiceClient(testkit.Dial(h.t, h.ledger.Address(), h.secrets[rpc.Operator]))
	h.drained()
}

func (h *standing) drained() {
	h.t.Helper()
	testkit.Eventually(h.t, func() bool {
		p, err := h.ledger.Progress(h.t.Context())
		return err == nil && p.Drained()
	}, "accrual knows the programme")
}

func (h *standing) config() partner.Config {
	h.t.Helper()
	pair, err := h.ca.Server("server", "127.0.0.1", "localhost")
	require.NoError(h.t, err)
	return partner.Config{
		MongoURI: h.uri, Database: h.database, NATS: bus.Server{URL: h.nats.URL, Token: h.nats.Token}, Listen: "127.0.0.1:0", Callers: h.secrets.List(),
		Accrual: h.ledger.Address(), AccrualToken: h.secrets[rpc.Partner], Partitions: partitions, CallsPerSecond: 100_000,
		Lanes: 1, BatchItems: 64, BatchIdle: time.Millisecond, QueueItems: 1024,
		Door: "127.0.0.1:0", DoorCert: pair.Cert, DoorKey: pair.Key, ClientCA: filepath.Join(h.dir, devca.CertFile),
	}
}

func (h *standing) openPartner() {
	h.t.Helper()
	h.partner, h.stop = h.replica(h.config())
	h.keys = partnerv1.NewPartnerKeyServiceClient(testkit.Dial(h.t, h.partner.Address(), h.secrets[rpc.Operator]))
	h.later(0)
}

// replica is one more process of partner.
func (h *standing) replica(cfg partner.Config) (*partner.Service, func()) {
	h.t.Helper()
	s, err := partner.New(h.t.Context(), cfg, h.deps())
	require.NoError(h.t, err)
	return s, h.run(s)
}

func (h *standing) deps() process.Deps {
	log := testkit.Logger(h.t)
	if _, measures := h.t.(*testing.B); measures { // it would print a line for each refusal
		log = slog.New(slog.DiscardHandler)
	}
	return process.Deps{Log: log, Clock: h.clock, Registry: prometheus.NewRegistry(), Health: &telemetry.Health{}}
}

func (h *standing) control(program, kind, id string, body proto.Message) {
	h.t.Helper()
	batch, err := publish.Control(publish.ControlEvent{Program: program, Source: "laurel", Kind: kind, ID: id, Body: body}, partitions)
	require.NoError(h.t, err)
	require.NoError(h.t, publish.All(h.t.Context(), h.bus, batch))
}

func (h *standing) revise(number int32, programme string) {
	h.t.Helper()
	h.control("coalition", "revised", fmt.Sprint("revised/", number), &controlv1.ProgramRevised{
		Program: "coalition", Revision: number, Files: []*controlv1.ProgramFile{{Name: "coalition.yaml", Content: []byte(programme)}},
	})
}

// run lets a service work until what it returns is called, or the test ends.
func (h *standing) run(s process.Service) func() {
	ctx, cancel := context.WithCancel(h.t.Context())
	var running sync.WaitGroup
	var err error
	running.Go(func() { err = s.Run(ctx) })
	stop := sync.OnceFunc(func() {
		cancel()
		running.Wait()
		require.NoError(h.t, err)
		require.NoError(h.t, s.Close(context.WithoutCancel(h.t.Context())))
	})
	h.t.Cleanup(stop)
	return stop
}

// key is an idempotency key of its own.
func (h *standing) key() string {
	h.serial++
	return fmt.Sprint("k-", h.serial)
}

// named makes the name of a certificate known, and returns a client with a certificate of that name.
func (h *standing) named(partner string, scopes ...partnerv1.PartnerScope) partnerv1.PartnerServiceClient {
	h.t.Helper()
	san := fmt.Sprintf("%s-%d.partners.example", partner, h.serial)
	_, err := h.keys.AddPartnerKey(h.t.Context(), &partnerv1.AddPartnerKeyRequest{
		Program: "coalition", Partner: partner, Scopes: scopes, IdempotencyKey: h.key(),
		Credential: &partnerv1.AddPartnerKeyRequest_CertificateSan{CertificateSan: san},
	})
	require.NoError(h.t, err)
	return h.client(h.certificate(h.ca, san))
}

func (h *standing) certificate(ca *devca.CA, san string) tls.Certificate {
	h.t.Helper()
	pair, err := ca.Client("client", san)
	require.NoError(h.t, err)
	cert, err := tls.LoadX509KeyPair(pair.Cert, pair.Key)
	require.NoError(h.t, err)
	return cert
}

// client comes by the partners' door.
func (h *standing) client(certs ...tls.Certificate) partnerv1.PartnerServiceClient {
	h.t.Helper()
	return partnerv1.NewPartnerServiceClient(h.dial(h.partner.DoorAddress(), certs))
}

func (h *standing) dial(address string, certs []tls.Certificate, more ...grpc.DialOption) *grpc.ClientConn {
	h.t.Helper()
	text, err := os.ReadFile(filepath.Join(h.dir, devca.CertFile))
	require.NoError(h.t, err)
	roots := x509.NewCertPool()
	require.True(h.t, roots.AppendCertsFromPEM(text))
	conn, err := grpc.NewClient(address, append(more, grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{
		MinVersion: tls.VersionTLS13, RootCAs: roots, Certificates: certs,
	})))...)
	require.NoError(h.t, err)
	h.t.Cleanup(func() { require.NoError(h.t, conn.Close()) })
	return conn
}

func (h *standing) award(c partnerv1.PartnerServiceClient, account string, points int64) *partnerv1.Transaction {
	h.t.Helper()
	answer, err := c.AwardPoints(h.t.Context(), &partnerv1.AwardPointsRequest{Account: account, Points: points, IdempotencyKey: h.key()})
	require.NoError(h.t, err)
	return answer.GetTransaction()
}

func (h *standing) authorize(c partnerv1.PartnerServiceClient, account string, points int64) *partnerv1.Transaction {
	h.t.Helper()
	answer, err := c.AuthorizeRedemption(h.t.Context(), &partnerv1.AuthorizeRedemptionRequest{Account: account, Points: points, IdempotencyKey: h.key()})
	require.NoError(h.t, err)
	return answer.GetTransaction()
}

func (h *standing) capture(c partnerv1.PartnerServiceClient, authorization string) *partnerv1.Transaction {
	h.t.Helper()
	answer, err := c.CaptureRedemption(h.t.Context(), &partnerv1.CaptureRedemptionRequest{AuthorizationId: authorization, IdempotencyKey: h.key()})
	require.NoError(h.t, err)
	return answer.GetTransaction()
}

// entries are what the ledger has of an account.
func (h *standing) entries(account string) []*accrualv1.Entry {
	h.t.Helper()
	list, err := h.accrual.ListEntries(h.t.Context(), &accrualv1.ListEntriesRequest{Program: "coalition", Account: account, PageSize: 200}, grpc.WaitForReady(true))
	require.NoError(h.t, err)
	return list.GetEntries()
}

func (h *standing) account(account string) *accrualv1.Account {
	h.t.Helper()
	answer, err := h.accrual.GetAccount(h.t.Context(), &accrualv1.GetAccountRequest{Program: "coalition", Account: account}, grpc.WaitForReady(true))
	require.NoError(h.t, err)
	return answer.GetAccount()
}

// later lets time go by, until partner has looked at its credentials in the new day.
func (h *standing) later(d time.Duration) {
	h.t.Helper()
	h.clock.Advance(d)
	client := h.client()
	testkit.Eventually(h.t, func() bool {
		_, err := client.GetBalance(h.t.Context(), &partnerv1.GetBalanceRequest{Account: "ann"})
		return !errors.Is(rpc.FromStatus(err), reason.NotReady)
	}, "partner knows its credentials")
}

// sanOf is the name in the certificates of a partner that has one.
func (h *standing) sanOf(partner string) string {
	h.t.Helper()
	list, err := h.keys.ListPartnerKeys(h.t.Context(), &partnerv1.ListPartnerKeysRequest{Program: "coalition", Partner: partner})
	require.NoError(h.t, err)
	for _, k := range list.GetKeys() {
		if k.GetCertificateSan() != "" {
			return k.GetCertificateSan()
		}
	}
	require.Fail(h.t, "no certificate", partner)
	return ""
}

func certs(list ...tls.Certificate) []tls.Certificate { return list }
