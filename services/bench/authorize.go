package bench

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	"github.com/laurel-loyalty/laurel/services/internal/devca"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// Partner calls, from many callers at once (design 13).
const (
	callersAtOnce  = 64
	authorizeTimes = 4       // of one transaction for each call
	redeemer       = "radio" // of deploy/programmes/cdnow.yaml: gives points and takes them
	// credentialsOf is how many credentials the callers have: a partner may have two of a kind. callsMost lets each call as often
	// as it can, for what is measured is not the limit.
	credentialsOf = 2
	callsMost     = 100_000
)

// deal is one authorisation with its capture; its number is used once.
type deal func(ctx context.Context, number int) error

// authorize measures partners' authorisations and captures, by a partner service in front of accrual, beside the same in a
// transaction for each call.
func (r *run) authorize(ctx context.Context, f *fleet, l *loops) error {
	d, err := r.openDoor(ctx, f)
	if err != nil {
		return err
	}
	return errors.Join(r.dealing(ctx, d.clients, f, l), d.close())
}

func (r *run) dealing(ctx context.Context, partners []partnerv1.PartnerServiceClient, f *fleet, l *loops) error {
	customers := r.Beside/perCustomer + 1
	if err := l.openAccounts(ctx, f.program, customers); err != nil {
		return err
	}
	theirs := func(ctx context.Context, n int) error {
		return redeem(ctx, partners[n%len(partners)], account(n%customers), n)
	}
	naive := func(ctx context.Context, n int) error { return l.redeem(ctx, f.program, account(n%customers), n) }
	var ratios, middles, tails []float64
	rates := map[string][]float64{}
	for round := range besideRounds {
		r.stage("round %d of %d: %d authorisations and captures of %d callers", round+1, besideRounds, r.Deals, callersAtOnce)
		slow, _, err := r.dealt(ctx, round, naive)
		if err != nil {
			return fmt.Errorf("a transaction for each call: %w", err)
		}
		quick, took, err := r.dealt(ctx, round, theirs)
		if err != nil {
			return fmt.Errorf("authorise and capture: %w", err)
		}
		r.stage("%.0f in a second, and %.0f with a transaction for each call", quick, slow)
		rates["partner"], rates["naive"] = append(rates["partner"], quick), append(rates["naive"], slow)
		ratios = append(ratios, quick/slow)
		middles, tails = append(middles, part(took, middle)), append(tails, part(took, tail))
	}
	r.found.compare("authorize_vs_naive", ratios, authorizeTimes)
	r.found.latency("authorize_capture", Latency{P50: rounds(middles, "", 0), P99: rounds(tails, "", 0)})
	r.found.add("authorise + capture, 64 callers", median(rates["partner"]), "pairs/s")
	r.found.add("a transaction for each call, 64 callers", median(rates["naive"]), "pairs/s")
	r.found.add("authorise + capture, half of them", median(middles), "ms")
	r.found.add("authorise + capture, 99 of 100", median(tails), "ms")
	return nil
}

// dealt has many callers make the deals of a round, and returns how many there were in a second, and how long each took, sorted, in
// milliseconds.
func (r *run) dealt(ctx context.Context, round int, do deal) (float64, []float64, error) {
	took := make([]float64, r.Deals)
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	begun := time.Now() //nolint:forbidigo // what is measured is as short as milliseconds of the house's clock
	for range callersAtOnce {
		group.Go(func() error {
			for {
				n := int(next.Add(1)) - 1
				if n >= r.Deals {
					return nil
				}
				from := time.Now() //nolint:forbidigo // as above
				if err := do(ctx, round*r.Deals+n); err != nil {
					return err
				}
				took[n] = float64(time.Since(from).Microseconds()) / permille //nolint:forbidigo // as above
			}
		})
	}
	err := group.Wait()
	slices.Sort(took)
	return float64(r.Deals) / time.Since(begun).Seconds(), took, err //nolint:forbidigo // as above
}

// door is a partner service, and clients of its door for partner companies.
type door struct {
	program *program
	conns   []*grpc.ClientConn
	clients []partnerv1.PartnerServiceClient
}

func (d *door) close() error {
	for _, c := range d.conns {
		_ = c.Close() // all was answered
	}
	return d.program.stop()
}

// openDoor starts a partner service in front of an accrual, and has two credentials of a partner let in.
func (r *run) openDoor(ctx context.Context, f *fleet) (*door, error) {
	dir := filepath.Join(r.dir, "tls")
	ca, err := devca.Open(dir, r.clock.Now())
	if err != nil {
		return nil, err
	}
	pair, err := ca.Server("server", "127.0.0.1", "localhost")
	if err != nil {
		return nil, err
	}
	var at [3]string
	for i := range at {
		if at[i], err = freePort(ctx); err != nil {
			return nil, err
		}
	}
	inner, outer, metrics := at[0], at[1], at[2]
	p, err := r.start(ctx, "laurel-partner", metrics, nil, []string{
		"LAUREL_PARTNER_MONGO_URI=" + r.MongoURI, "LAUREL_PARTNER_DATABASE=laurel_bench_partner", "LAUREL_PARTNER_NATS_URL=" + f.server.URL(),
		"LAUREL_PARTNER_NATS_TOKEN=" + f.server.Token(), "LAUREL_PARTNER_LISTEN=" + inner, "LAUREL_PARTNER_METRICS=" + metrics,
		"LAUREL_PARTNER_CALLERS=" + strings.Join(f.secrets.List(), ","), "LAUREL_PARTNER_ACCRUAL=" + f.address, "LAUREL_PARTNER_ACCRUAL_TOKEN=" + f.secrets[rpc.Partner],
		"LAUREL_PARTNER_DOOR=" + outer, "LAUREL_PARTNER_DOOR_CERT=" + pair.Cert, "LAUREL_PARTNER_DOOR_KEY=" + pair.Key,
		"LAUREL_PARTNER_CLIENT_CA=" + filepath.Join(dir, devca.CertFile), "LAUREL_PARTNER_CALLS_PER_SECOND=" + strconv.Itoa(callsMost), "LAUREL_LOG_LEVEL=warn",
	})
	if err != nil {
		return nil, err
	}
	d := &door{program: p}
	if err := d.enter(ctx, f, ca, doors{inner, outer, dir}); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

// doors are where a partner service listens for the house and for partners, and where its certificates are.
type doors struct{ inner, outer, dir string }

// enter makes certificates known to the partner service, and waits until it lets them in.
func (d *door) enter(ctx context.Context, f *fleet, ca *devca.CA, at doors) error {
	conn, err := rpc.Dial(at.inner, f.secrets[rpc.Operator])
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // all was answered
	for n := range credentialsOf {
		san := fmt.Sprintf("bench-%d.partners.internal", n)
		_, err := partnerv1.NewPartnerKeyServiceClient(conn).AddPartnerKey(ctx, &partnerv1.AddPartnerKeyRequest{
			Program: f.program, Partner: redeemer, IdempotencyKey: san, Scopes: []partnerv1.PartnerScope{partnerv1.PartnerScope_PARTNER_SCOPE_REDEEM},
			Credential: &partnerv1.AddPartnerKeyRequest_CertificateSan{CertificateSan: san},
		}, grpc.WaitForReady(true))
		if err != nil {
			return fmt.Errorf("make a partner's certificate known: %w", err)
		}
		c, err := atDoor(at.outer, ca, at.dir, san)
		if err != nil {
			return err
		}
		client := partnerv1.NewPartnerServiceClient(c)
		d.conns, d.clients = append(d.conns, c), append(d.clients, client)
		if err := letIn(ctx, client); err != nil {
			return fmt.Errorf("wait until a partner is let in: %w", err)
		}
	}
	return nil
}

// letIn waits until a credential is known, which takes seconds.
func letIn(ctx context.Context, c partnerv1.PartnerServiceClient) error {
	return poll(ctx, func() (bool, error) {
		_, err := c.AuthorizeRedemption(ctx, &partnerv1.AuthorizeRedemptionRequest{Account: "nobody", Points: 1, IdempotencyKey: "is-it-known"})
		err = rpc.FromStatus(err)
		if errors.Is(err, reason.NotReady) || errors.Is(err, reason.NotSignedIn) {
			return false, nil
		}
		if errors.Is(err, reason.AccountNotFound) {
			err = nil
		}
		return err == nil, err
	})
}

// atDoor connects as a partner would, with a certificate of the house's development authority.
func atDoor(address string, ca *devca.CA, dir, san string) (*grpc.ClientConn, error) {
	pair, err := ca.Client(san, san)
	if err != nil {
		return nil, err
	}
	certificate, err := tls.LoadX509KeyPair(pair.Cert, pair.Key)
	if err != nil {
		return nil, fmt.Errorf("read certificate %s: %w", san, err)
	}
	text, err := os.ReadFile(filepath.Join(dir, devca.CertFile)) //nolint:gosec // of the house that this program has started
	if err != nil {
		return nil, fmt.Errorf("read the development CA: %w", err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	return grpc.NewClient("dns:///"+address, grpc.WithNoProxy(), grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{
		MinVersion: tls.VersionTLS13, RootCAs: roots, Certificates: []tls.Certificate{certificate},
	})))
}

// redeem sets a point aside and takes it.
func redeem(ctx context.Context, c partnerv1.PartnerServiceClient, account string, n int) error {
	hold, err := c.AuthorizeRedemption(ctx, &partnerv1.AuthorizeRedemptionRequest{Account: account, Points: 1, IdempotencyKey: fmt.Sprint("bench-hold-", n)})
	if err != nil {
		return err
	}
	_, err = c.CaptureRedemption(ctx, &partnerv1.CaptureRedemptionRequest{
		AuthorizationId: hold.GetTransaction().GetId(), IdempotencyKey: fmt.Sprint("bench-capture-", n),
	})
	return err
}

// redeem does the same with a transaction for each call.
func (l *loops) redeem(ctx context.Context, program, account string, n int) error {
	for _, c := range []change{{kind: "hold", points: 1}, {kind: "capture", points: -1}} {
		c.program, c.account, c.trade = program, account, true
		c.id = fmt.Sprint(c.kind, "-", n)
		c.key = "cmd/" + redeemer + "/" + c.id
		if err := l.transact(ctx, c); err != nil {
			return err
		}
	}
	return nil
}
