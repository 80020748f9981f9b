package rpc_test

import (
	"context"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/devca"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// papers are certificates of an authority of their own.
type papers struct {
	t   *testing.T
	dir string
	ca  *devca.CA
}

func newPapers(t *testing.T) papers {
	t.Helper()
	dir := t.TempDir()
	ca, err := devca.Open(dir, time.Now())
	require.NoError(t, err)
	return papers{t, dir, ca}
}

func (p papers) file() string { return filepath.Join(p.dir, devca.CertFile) }

// of are the settings of a service.
func (p papers) of(service string) rpc.TLS {
	p.t.Helper()
	pair, err := p.ca.Server(service, rpc.ServerName(service))
	require.NoError(p.t, err)
	return rpc.TLS{Cert: pair.Cert, Key: pair.Key, CA: p.file()}
}

func serveTLS(t *testing.T, tls rpc.TLS, d *desk) *served {
	t.Helper()
	return openAs(t, listen(t), rpc.Config{Callers: everybody(t), Service: "accrual", TLS: tls}, func(to grpc.ServiceRegistrar) {
		accrualv1.RegisterAccrualServiceServer(to, d)
	})
}

// TestOverTLSAServiceIsKnownByItsName: not by its address, and only by an authority that the client was told of.
func TestOverTLSAServiceIsKnownByItsName(t *testing.T) {
	t.Parallel()
	house, others := newPapers(t), newPapers(t)
	s := serveTLS(t, house.of("accrual"), answering(nil))
	for _, c := range []struct{ name, ca, service, problem string }{
		{"its own", house.file(), "accrual", ""},
		{"another service", house.file(), "reward", "certificate is valid for laurel-accrual, not laurel-reward"},
		{"another authority", others.file(), "accrual", "unknown authority"},
		{"no TLS", "", "accrual", "connection"},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn, err := rpc.Dial(s.addr, secrets[rpc.Operator], rpc.WithTLS(c.ca, c.service))
			require.NoError(t, err)
			defer func() { require.NoError(t, conn.Close()) }()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			_, err = accrualv1.NewAccrualServiceClient(conn).GetAccount(ctx, anAccount)
			if c.problem == "" {
				require.NoError(t, err)
				return
			}
			require.Equal(t, codes.Unavailable, status.Code(err))
			require.ErrorContains(t, err, c.problem)
		})
	}
	conn, err := rpc.Dial("accrual.example:7010", secrets[rpc.Operator], rpc.WithTLS(house.file(), "accrual"))
	require.NoError(t, err, "over TLS another machine is as good")
	require.NoError(t, conn.Close())
	_, err = rpc.Dial(s.addr, secrets[rpc.Operator], rpc.WithTLS(filepath.Join(house.dir, "ca.key"), "accrual"))
	require.ErrorContains(t, err, "no certificate")
	require.ErrorContains(t, rpc.TLS{Cert: "a.pem"}.Check(), "belong together")
}

// away is what a replica says that does not own what a call is about.
type away struct {
	address string
	refusal *reason.Error
}

func (a away) Error() string   { return a.refusal.Error() }
func (a away) Address() string { return a.address }
func (a away) Unwrap() error   { return a.refusal }

func elsewhere(address string) error {
	return away{address, reason.New(reason.NotReady, "", "another replica has this")}
}

// TestACallIsPassedOnOnce: to the replica that was named, as whoever made it; two that name each other end it.
func TestACallIsPassedOnOnce(t *testing.T) {
	t.Parallel()
	house := newPapers(t)
	var caller atomic.Value
	var other atomic.Value
	owner := serveTLS(t, house.of("accrual"), &desk{account: func(ctx context.Context, in *accrualv1.GetAccountRequest) (*accrualv1.GetAccountResponse, error) {
		caller.Store(string(rpc.Caller(ctx)))
		if in.GetAccount() == "bob" {
			return nil, elsewhere(other.Load().(string))
		}
		if in.GetAccount() == "eve" {
			return nil, reason.New(reason.InsufficientPoints, "", "no points")
		}
		return &accrualv1.GetAccountResponse{Account: &accrualv1.Account{Account: in.GetAccount()}}, nil
	}})
	asked := serveTLS(t, house.of("accrual"), answering(elsewhere(owner.addr)))
	other.Store(asked.addr)
	conn, err := rpc.Dial(asked.addr, secrets[rpc.Reward], rpc.WithTLS(house.file(), "accrual"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	client := accrualv1.NewAccrualServiceClient(conn)

	answer, err := client.GetAccount(t.Context(), anAccount)
	require.NoError(t, err)
	require.Equal(t, "ann", answer.GetAccount().GetAccount())
	require.Equal(t, "reward", caller.Load())

	_, err = client.GetAccount(t.Context(), &accrualv1.GetAccountRequest{Program: "tea", Account: "eve"})
	require.ErrorIs(t, rpc.FromStatus(err), reason.InsufficientPoints, "the owner's own refusal")

	_, err = client.GetAccount(t.Context(), &accrualv1.GetAccountRequest{Program: "tea", Account: "bob"})
	require.ErrorIs(t, rpc.FromStatus(err), reason.NotReady)
}

// TestACallWaitsWhileItsPartitionChangesHands: neither a replica that knows no owner yet, nor one whose owner has just stopped, fails a
// caller who tries once.
func TestACallWaitsWhileItsPartitionChangesHands(t *testing.T) {
	t.Parallel()
	gone := listen(t)
	require.NoError(t, gone.Close())
	for _, owner := range []string{"", gone.Addr().String()} {
		asked := 0
		house := serve(t, &desk{account: func(_ context.Context, in *accrualv1.GetAccountRequest) (*accrualv1.GetAccountResponse, error) {
			if asked++; asked < 5 { // a client alone tries four times
				return nil, elsewhere(owner)
			}
			return &accrualv1.GetAccountResponse{Account: &accrualv1.Account{Account: in.GetAccount()}}, nil
		}})
		answer, err := client(t, house).GetAccount(t.Context(), anAccount)
		require.NoError(t, err, "owner %q", owner)
		require.Equal(t, "ann", answer.GetAccount().GetAccount())
		require.Equal(t, 5, asked)
	}
}
