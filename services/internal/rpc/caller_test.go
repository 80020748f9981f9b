package rpc_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/config"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
)

// long are secrets that are long enough.
var long = [...]string{strings.Repeat("a", 32), strings.Repeat("b", 32), strings.Repeat("c", 32)}

func TestCallersAreReadFromSettings(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		list     []string
		problems []string
	}{
		{"each caller with a secret", []string{"operator:" + long[0], "tier:" + long[1]}, nil},
		{"a secret that is being replaced", []string{"operator:" + long[0], "operator:" + long[1]}, nil},
		{"a colon in the secret", []string{"operator:" + long[0] + ":x"}, nil},
		{"the digest of a secret", []string{rpc.DigestCaller(rpc.Operator, long[0]), "tier:" + long[1]}, nil},
		{"a secret and its digest", []string{rpc.DigestCaller(rpc.Operator, long[0]), "tier:" + long[0]}, []string{"caller 2: tier shows the same secret as operator"}},
		{"a digest that is too short", []string{"operator:sha256=00ff"}, []string{"caller 1: behind sha256= of operator stand no 32 bytes in hexadecimal"}},
		{"a digest that is none", []string{"operator:sha256=" + strings.Repeat("x", 64)}, []string{"stand no 32 bytes in hexadecimal"}},
		{"nobody", nil, []string{"nobody is named"}},
		{"no colon", []string{long[0]}, []string{"caller 1: there is no colon"}},
		{"somebody unknown", []string{"root:" + long[0]}, []string{"caller 1: nobody has this name; write one of [accrual analytics"}},
		{"a word that somebody typed", []string{"operator:laurel"}, []string{"caller 1: the secret of operator has 6 characters; write at least 32"}},
		{"a character too few", []string{"operator:" + long[0][:31]}, []string{"has 31 characters"}},
		{"two with one secret", []string{"operator:" + long[0], "tier:" + long[0]}, []string{"caller 2: tier shows the same secret as operator"}},
		{"three secrets of one", []string{"tier:" + long[0], "tier:" + long[1], "tier:" + long[2]}, []string{"caller 3: tier has more than 2 secrets"}},
		{"two people of the operator", []string{"operator:" + long[0], "operator/anna/clerk:" + long[1], "operator/ben/lead:" + long[2]}, nil},
		{"a person without a role", []string{"operator/anna:" + long[0]}, []string{`caller 1: "anna" names no person; write <person>/<role>`}},
		{"a person with a strange role", []string{"operator/anna/the boss:" + long[0]}, []string{"names no person"}},
		{"people of a service", []string{"tier/anna/clerk:" + long[0]}, []string{"nobody has this name"}},
		{"a person with two roles", []string{"operator/anna/clerk:" + long[0], "operator/anna/lead:" + long[1]}, []string{"caller 2: operator/anna/lead has the role clerk already"}},
		{"three secrets of one person", []string{"operator/anna/clerk:" + long[0], "operator/anna/clerk:" + long[1], "operator/anna/clerk:" + long[2]}, []string{"operator/anna/clerk has more than 2 secrets"}},
		{"all faults at once", []string{"root:" + long[0], "tier:x"}, []string{"caller 1", "caller 2"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := rpc.ParseCallers(c.list)
			if c.problems == nil {
				require.NoError(t, err)
				return
			}
			for _, problem := range c.problems {
				require.ErrorContains(t, err, problem)
			}
			for _, secret := range long {
				require.NotContains(t, err.Error(), secret[:10], "a secret is never told")
			}
		})
	}
}

func TestSecretsOfCallersAreNeverPrinted(t *testing.T) {
	t.Parallel()
	type settings struct {
		Callers []string `yaml:"callers" help:"Who may call." secret:"true"`
	}
	var shown bytes.Buffer
	require.NoError(t, config.Print(&shown, settings{Callers: secrets.List()}))
	require.Contains(t, shown.String(), "callers")
	for name, secret := range secrets {
		require.NotContains(t, shown.String(), secret, name)
	}
}

func TestSecretsAreMadeAnewForEachCaller(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, made := range []rpc.Secrets{rpc.NewSecrets(), rpc.NewSecrets()} {
		require.Len(t, made, len(rpc.Names()))
		_, err := rpc.ParseCallers(made.List())
		require.NoError(t, err)
		for name, secret := range made {
			require.False(t, seen[secret], name)
			seen[secret] = true
		}
	}
}

func TestAServerNeedsToKnowACaller(t *testing.T) {
	t.Parallel()
	_, err := rpc.NewServer(rpc.Config{Health: &telemetry.Health{}, Logger: slog.New(slog.DiscardHandler)})
	require.ErrorContains(t, err, "no caller is known")
}

func TestAHandlerKnowsWhoCalls(t *testing.T) {
	t.Parallel()
	who := make(chan rpc.Name, 1)
	house := serve(t, &desk{account: func(ctx context.Context, _ *accrualv1.GetAccountRequest) (*accrualv1.GetAccountResponse, error) {
		who <- rpc.Caller(ctx)
		return &accrualv1.GetAccountResponse{}, nil
	}})
	_, err := client(t, house).GetAccount(t.Context(), anAccount)
	require.NoError(t, err)
	require.Equal(t, rpc.Operator, <-who)
	require.Empty(t, rpc.Caller(t.Context()))
}

// TestAPersonCallsAsTheOperator and a handler knows which one.
func TestAPersonCallsAsTheOperator(t *testing.T) {
	t.Parallel()
	anna := rpc.Person{ID: "anna", Role: "clerk"}
	made := rpc.Secrets{anna.Caller(): long[0], rpc.Tier: long[1]}
	callers, err := rpc.ParseCallers(made.List())
	require.NoError(t, err)
	who := make(chan rpc.Person, 1)
	house := serveFor(t, callers, &desk{account: func(ctx context.Context, _ *accrualv1.GetAccountRequest) (*accrualv1.GetAccountResponse, error) {
		require.Equal(t, rpc.Operator, rpc.Caller(ctx))
		who <- rpc.PersonOf(ctx)
		return &accrualv1.GetAccountResponse{}, nil
	}})
	_, err = accrualv1.NewAccrualServiceClient(dial(t, house.addr, long[0])).GetAccount(t.Context(), anAccount)
	require.NoError(t, err)
	require.Equal(t, anna, <-who)
	require.Empty(t, rpc.PersonOf(t.Context()))
}

func TestOnlyTheSecretIsTaken(t *testing.T) {
	t.Parallel()
	house := serve(t, answering(nil))
	accounts := accrualv1.NewAccrualServiceClient(plain(t, house.addr))
	secret := secrets[rpc.Operator]
	cases := []struct {
		name    string
		headers []string
		open    bool
	}{
		{"the secret", []string{"authorization", "Bearer " + secret}, true},
		{"the scheme in small letters", []string{"authorization", "bearer " + secret}, true},
		{"no header", nil, false},
		{"another secret of the same length", []string{"authorization", "Bearer " + strings.Repeat("x", len(secret))}, false},
		{"a beginning of the secret", []string{"authorization", "Bearer " + secret[:10]}, false},
		{"the name before it, as in the settings", []string{"authorization", "Bearer operator:" + secret}, false},
		{"no scheme", []string{"authorization", secret}, false},
		{"another scheme", []string{"authorization", "Basic " + secret}, false},
		{"an empty header", []string{"authorization", ""}, false},
		{"two headers, one of them right", []string{"authorization", "Bearer x", "authorization", "Bearer " + secret}, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := accounts.GetAccount(outgoing(t.Context(), c.headers...), anAccount)
			if c.open {
				require.NoError(t, err)
				return
			}
			require.Equal(t, codes.Unauthenticated, status.Code(err))
			require.ErrorIs(t, rpc.FromStatus(err), reason.NotSignedIn)
		})
	}
}

func TestADigestTakesTheSecretAndNotItself(t *testing.T) {
	t.Parallel()
	setting := rpc.DigestCaller(rpc.Operator, long[0])
	callers, err := rpc.ParseCallers([]string{setting})
	require.NoError(t, err)
	house := serveFor(t, callers, answering(nil))
	_, digest, _ := strings.Cut(setting, ":")
	for secret, open := range map[string]bool{long[0]: true, digest: false, strings.TrimPrefix(digest, "sha256="): false} {
		_, err := accrualv1.NewAccrualServiceClient(dial(t, house.addr, secret)).GetAccount(t.Context(), anAccount)
		require.Equal(t, open, err == nil, "%s: %v", secret, err)
	}
}

func TestASecretIsReplacedWhileBothHold(t *testing.T) {
	t.Parallel()
	callers, err := rpc.ParseCallers([]string{"operator:" + long[0], "operator:" + long[1]})
	require.NoError(t, err)
	house := serveFor(t, callers, answering(nil))
	for i, open := range []bool{true, true, false} {
		_, err := accrualv1.NewAccrualServiceClient(dial(t, house.addr, long[i])).GetAccount(t.Context(), anAccount)
		require.Equal(t, open, err == nil, "secret %d: %v", i, err)
	}
}
