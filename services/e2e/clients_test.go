package e2e

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// visit is what an example client prints; the guide shows the same.
const visit = `award: 100 points, 100 left
balance: 100 points
refused: INSUFFICIENT_POINTS, 300 asked, 100 active
authorization: 80 points, 20 left
capture: 60 points, 40 left
refund: 60 points, 100 left
authorization: 50 points, 50 left
void: 50 points, 100 left
`

// requireClients runs both example clients, by a door that loses an answer and asks to wait, and then by the real one: the
// same keys, so the same transactions.
func requireClients(d *desk) {
	t := d.t
	till := filepath.Join(d.dir, "till")
	require.NoError(t, testkit.Build(t.Context(), till, "github.com/laurel-loyalty/laurel/deploy/examples/partner/go"))
	const python = "deploy/examples/partner/python"
	interpreter, err := exec.CommandContext(t.Context(), "bash", repository+"/scripts/venv.sh", python+"/requirements.txt").Output()
	require.NoError(t, err, "%s", errorOutput(err))
	script, err := filepath.Abs(filepath.Join(repository, python, "till.py"))
	require.NoError(t, err)
	_, err = os.Stat(script) // tells the test cache what the result depends on
	require.NoError(t, err)
	for account, client := range map[string][]string{"dora": {till}, "emil": {strings.TrimSpace(string(interpreter)), script}} {
		run := func(address string) (string, string) {
			t.Helper()
			ctx, cancel := context.WithTimeout(t.Context(), runMax)
			defer cancel()
			args := slices.Concat(client[1:], []string{"--address", address, "--account", account, "--receipt", account})
			cmd := exec.CommandContext(ctx, client[0], args...)
			var out, log testkit.Output
			cmd.Dir, cmd.Stdout, cmd.Stderr = d.dir, &out, &log
			require.NoError(t, cmd.Run(), "%v\n%s%s", args, &out, &log)
			return out.String(), log.String()
		}
		out, log := run(openBadDoor(d))
		require.Equal(t, strings.Replace(visit, "100 left\n", "100 left (done before)\n", 1), out)
		require.Regexp(t, `\AAwardPoints: the answer is lost, again in \d+ms\nAuthorizeRedemption: too many calls, again in 20ms\n\z`, log)
		out, log = run(d.address)
		require.Equal(t, strings.ReplaceAll(visit, " left\n", " left (done before)\n"), out)
		require.Empty(t, log)
		d.house.says([]string{"account", "show", account}, `^ points +100 active, 0 pending, 0 held, 0 owed$`, `^ entries +6$`)
	}
}

func errorOutput(err error) []byte {
	if exit, ok := err.(*exec.ExitError); ok { //nolint:errorlint // of Output, never wrapped
		return exit.Stderr
	}
	return nil
}

// badDoor stands before the partners' door: it hands on what comes, but loses the answer to the first AwardPoints, and asks
// to wait at the first AuthorizeRedemption.
type badDoor struct {
	behind *grpc.ClientConn
	mu     sync.Mutex // guards seen
	seen   map[string]int
}

// openBadDoor opens it with the certificates of the house, and returns where.
func openBadDoor(d *desk) string {
	t := d.t
	t.Helper()
	own := func(name string) tls.Certificate {
		cert, err := tls.LoadX509KeyPair(filepath.Join(d.house.data, "tls", name+".pem"), filepath.Join(d.house.data, "tls", name+".key"))
		require.NoError(t, err)
		return cert
	}
	ca, err := os.ReadFile(filepath.Join(d.house.data, "tls", "ca.pem"))
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(ca))
	behind, err := grpc.NewClient(d.address, grpc.WithDefaultCallOptions(grpc.ForceCodec(bytesAsTheyAre{})),
		grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{
			MinVersion: tls.VersionTLS13, RootCAs: roots, Certificates: []tls.Certificate{own("partner-a")},
		})))
	require.NoError(t, err)
	b := &badDoor{behind: behind, seen: map[string]int{}}
	server := grpc.NewServer(grpc.UnknownServiceHandler(b.handle), grpc.ForceServerCodec(bytesAsTheyAre{}),
		grpc.Creds(credentials.NewTLS(&tls.Config{
			MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{own("server")},
			ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: roots,
		})))
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(listener) })
	t.Cleanup(func() {
		server.Stop()
		serving.Wait()
		require.NoError(t, behind.Close())
	})
	return listener.Addr().String()
}

func (b *badDoor) handle(_ any, stream grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(stream)
	b.mu.Lock()
	b.seen[method]++
	first := b.seen[method] == 1
	b.mu.Unlock()
	var in, out []byte
	if err := stream.RecvMsg(&in); err != nil {
		return err
	}
	if first && method == partnerv1.PartnerService_AuthorizeRedemption_FullMethodName {
		s, err := status.New(codes.ResourceExhausted, "too many calls").WithDetails(
			&errdetails.RetryInfo{RetryDelay: durationpb.New(20 * time.Millisecond)})
		if err != nil {
			return err
		}
		return s.Err()
	}
	var trailer metadata.MD
	if err := b.behind.Invoke(stream.Context(), method, &in, &out, grpc.Trailer(&trailer)); err != nil {
		return err
	}
	if first && method == partnerv1.PartnerService_AwardPoints_FullMethodName {
		return status.Error(codes.Unavailable, "the answer is lost")
	}
	stream.SetTrailer(trailer)
	return stream.SendMsg(&out)
}

// bytesAsTheyAre is the codec of who hands on messages without reading them.
type bytesAsTheyAre struct{}

func (bytesAsTheyAre) Name() string                  { return "proto" }
func (bytesAsTheyAre) Marshal(v any) ([]byte, error) { return *v.(*[]byte), nil }
func (bytesAsTheyAre) Unmarshal(data []byte, v any) error {
	*v.(*[]byte) = append([]byte{}, data...)
	return nil
}
