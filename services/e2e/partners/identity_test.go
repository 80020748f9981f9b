package partners

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"math/big"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	"github.com/laurel-loyalty/laurel/services/internal/devca"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// invoke calls a method with an empty request: one that is let in is refused for that.
func invoke(t *testing.T, conn *grpc.ClientConn, method string) error {
	t.Helper()
	return rpc.FromStatus(conn.Invoke(t.Context(), method, &emptypb.Empty{}, &emptypb.Empty{}))
}

// methods are those of the partners' door, by the table of access.
func methods() []rpc.Rule {
	return slices.DeleteFunc(rpc.Access(), func(r rpc.Rule) bool { return r.Scope == "" })
}

// TestX22WhoIsNotKnownIsToldTheSame calls every method as everybody who must not be let in.
func TestX22WhoIsNotKnownIsToldTheSame(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.named("a", all...)
	right := h.sanOf("a")
	a, b := h.signed("a", all...), h.signed("b", all...)
	revoked := h.signed("c", all...)
	_, err := h.keys.RevokePartnerKey(t.Context(), &partnerv1.RevokePartnerKeyRequest{KeyId: revoked.id, IdempotencyKey: "r"})
	require.NoError(t, err)
	ended := h.ending("b", h.clock.Now().Add(time.Second))
	h.later(time.Minute)

	otherCA, err := devca.Open(t.TempDir(), h.clock.Now())
	require.NoError(t, err)
	server, err := h.ca.Server("other", right)
	require.NoError(t, err)
	forServers, err := tls.LoadX509KeyPair(server.Cert, server.Key)
	require.NoError(t, err)

	spoilt := func(spoil func(map[string]string)) *grpc.ClientConn {
		return h.conn(&signer{id: a.id, key: a.key, clock: h.clock, spoil: spoil})
	}
	half := &signer{id: a.id, key: a.key, clock: h.clock, spoil: func(m map[string]string) { delete(m, "laurel-nonce") }}
	strangers := map[string]*grpc.ClientConn{
		"nobody":                      h.dial(h.partner.DoorAddress(), nil),
		"a certificate of another CA": h.dial(h.partner.DoorAddress(), certs(h.certificate(otherCA, right))),
		"a certificate that is over":  h.dial(h.partner.DoorAddress(), certs(h.over(right))),
		"a name that nobody has":      h.dial(h.partner.DoorAddress(), certs(h.certificate(h.ca, "evil.example"))),
		"part of a name":              h.dial(h.partner.DoorAddress(), certs(h.certificate(h.ca, right[1:]))),
		"a certificate for servers":   h.dial(h.partner.DoorAddress(), certs(forServers)),
		"a key that is revoked":       h.conn(revoked),
		"a key that is over":          h.conn(ended),
		"a's id and b's signature":    h.conn(&signer{id: a.id, key: b.key, clock: h.clock}),
		"a key that nobody knows":     h.conn(&signer{id: "lpk_aebagaaaaaaaaaaaaaaaaaaaaa2nt6fg", key: a.key, clock: h.clock}),
		"a house's caller": spoilt(func(m map[string]string) {
			clear(m)
			m["authorization"] = "Bearer " + h.secrets[rpc.Operator]
		}),
		"a signature one bit off":        spoilt(flip),
		"another time than was signed":   spoilt(func(m map[string]string) { m["laurel-time"] += "0" }),
		"another nonce than was signed":  spoilt(func(m map[string]string) { m["laurel-nonce"] += "x" }),
		"a certificate and half a proof": h.dial(h.partner.DoorAddress(), certs(h.certificate(h.ca, right)), grpc.WithUnaryInterceptor(half.unary)),
	}
	told := map[string]bool{}
	for who, conn := range strangers {
		h.later(5*time.Minute + time.Second) // the twenty that may fail begin anew: none of these calls is refused for that
		for _, rule := range methods() {
			err := invoke(t, conn, rule.Method)
			require.ErrorIs(t, err, reason.NotSignedIn, "%s calls %s", who, rule.Method)
			told[err.Error()] = true
		}
	}
	require.Len(t, told, 1, "nobody learns what was wrong: %v", told)
	require.NotErrorIs(t, invoke(t, h.conn(a), methods()[0].Method), reason.NotSignedIn, "who is known still gets in")
}

// over is a certificate of the house's own CA for a name that somebody has, and its time is over since a minute.
func (h *standing) over(san string) tls.Certificate {
	h.t.Helper()
	ca, err := tls.LoadX509KeyPair(filepath.Join(h.dir, devca.CertFile), filepath.Join(h.dir, "ca.key"))
	require.NoError(h.t, err)
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(h.t, err)
	leaf, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{san}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		NotBefore: h.clock.Now().Add(-2 * time.Minute), NotAfter: h.clock.Now().Add(-time.Minute), // the CA counts by then
	}, ca.Leaf, public, ca.PrivateKey)
	require.NoError(h.t, err)
	return tls.Certificate{Certificate: [][]byte{leaf}, PrivateKey: private}
}

func flip(headers map[string]string) {
	raw, err := base64.StdEncoding.DecodeString(headers["laurel-signature"])
	if err != nil {
		panic(err)
	}
	raw[17] ^= 4
	headers["laurel-signature"] = base64.StdEncoding.EncodeToString(raw)
}

// ending makes a key known that will be over.
func (h *standing) ending(partner string, at time.Time) *signer {
	h.t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(h.t, err)
	answer, err := h.keys.AddPartnerKey(h.t.Context(), &partnerv1.AddPartnerKeyRequest{
		Program: "coalition", Partner: partner, Scopes: all, IdempotencyKey: h.key(), ExpiresAt: timestamppb.New(at),
		Credential: &partnerv1.AddPartnerKeyRequest_PublicKey{PublicKey: public},
	})
	require.NoError(h.t, err)
	return &signer{id: answer.GetKey().GetKeyId(), key: private, clock: h.clock}
}

// TestX22EachScopeOpensItsMethodsAlone calls every method with every scope, by certificate and by key.
func TestX22EachScopeOpensItsMethodsAlone(t *testing.T) {
	t.Parallel()
	h := open(t)
	names := map[rpc.Scope]partnerv1.PartnerScope{rpc.ScopeAward: all[0], rpc.ScopeRedeem: all[1], rpc.ScopeRead: all[2]}
	partner := map[rpc.Scope]string{rpc.ScopeAward: "a", rpc.ScopeRedeem: "b", rpc.ScopeRead: "c"}
	require.Len(t, methods(), 7)
	for scope, value := range names {
		conn := h.conn(h.signed(partner[scope], value))
		h.named(partner[scope], value)
		certified := h.dial(h.partner.DoorAddress(), certs(h.certificate(h.ca, h.sanOf(partner[scope]))))
		for _, rule := range methods() {
			for _, err := range []error{invoke(t, conn, rule.Method), invoke(t, certified, rule.Method)} {
				require.NotErrorIs(t, err, reason.NotSignedIn)
				require.Equal(t, rule.Scope != scope, strings.HasPrefix(textOf(err), string(reason.NotAllowed)), "%s calls %s: %v", scope, rule.Method, err)
			}
		}
	}
}

// TestX22TheDoorHasPartnersMethodsAlone: whatever else the house answers, a partner with every scope does not reach there.
func TestX22TheDoorHasPartnersMethodsAlone(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.named("b", all...)
	conns := []*grpc.ClientConn{h.conn(h.signed("a", all...)), h.dial(h.partner.DoorAddress(), certs(h.certificate(h.ca, h.sanOf("b"))))}
	called := 0
	for _, rule := range rpc.Access() {
		if rule.Scope != "" || rule.Open {
			continue
		}
		for _, conn := range conns {
			require.Equal(t, codes.Unimplemented, status.Code(conn.Invoke(t.Context(), rule.Method, &emptypb.Empty{}, &emptypb.Empty{})), rule.Method)
			called++
		}
	}
	require.Greater(t, called, 100)
}

// TestOneKeyTakesThePlaceOfAnother: both count while they overlap; the old one ends at once when it is revoked.
func TestOneKeyTakesThePlaceOfAnother(t *testing.T) {
	t.Parallel()
	h := open(t)
	method := partnerv1.PartnerService_GetBalance_FullMethodName
	old := h.signed("a", all...)
	before := h.conn(old)
	after := h.conn(h.signed("a", all...))
	for _, conn := range []*grpc.ClientConn{before, after, before} {
		require.ErrorIs(t, invoke(t, conn, method), reason.InvalidArgument, "it is let in")
	}
	_, err := h.keys.RevokePartnerKey(t.Context(), &partnerv1.RevokePartnerKeyRequest{KeyId: old.id, IdempotencyKey: "r"})
	require.NoError(t, err)
	require.ErrorIs(t, invoke(t, before, method), reason.NotSignedIn)
	require.ErrorIs(t, invoke(t, after, method), reason.InvalidArgument)
	require.ErrorIs(t, invoke(t, h.conn(h.signed("a", all...)), method), reason.InvalidArgument, "there is room for the next one")
}

func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestASignedCallComesOnce: on any replica, and not outside of its five minutes.
func TestASignedCallComesOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	a := h.signed("a", all...)
	other, _ := h.replica(h.config()) // it reads the keys before it lets anybody in
	in := &partnerv1.AwardPointsRequest{Account: "ann", Points: 10, IdempotencyKey: "k"}
	call := func(address string, s *signer) error {
		conn := h.dial(address, nil, grpc.WithUnaryInterceptor(s.unary))
		_, err := partnerv1.NewPartnerServiceClient(conn).AwardPoints(t.Context(), in)
		return rpc.FromStatus(err)
	}
	var sent map[string]string
	a.spoil = func(headers map[string]string) { sent = headers }
	require.NoError(t, call(h.partner.DoorAddress(), a))
	replay := &signer{id: a.id, key: a.key, clock: h.clock, again: sent}
	require.ErrorIs(t, call(h.partner.DoorAddress(), replay), reason.RequestReplayed)
	client := partnerv1.NewPartnerServiceClient(h.dial(other.DoorAddress(), nil, grpc.WithUnaryInterceptor(replay.unary)))
	testkit.Eventually(t, func() bool {
		_, err := client.AwardPoints(t.Context(), in)
		require.NotContains(t, textOf(rpc.FromStatus(err)), reason.NotSignedIn)
		return strings.HasPrefix(textOf(rpc.FromStatus(err)), string(reason.RequestReplayed))
	}, "the other replica refuses it too")
	for ahead, want := range map[time.Duration]bool{4 * time.Minute: true, -4 * time.Minute: true, 6 * time.Minute: false, -6 * time.Minute: false} {
		err := call(h.partner.DoorAddress(), &signer{id: a.id, key: a.key, clock: h.clock, ahead: ahead})
		if want {
			require.NoError(t, err, ahead)
			continue
		}
		require.ErrorIs(t, err, reason.RequestReplayed, ahead)
	}
	in.Points = 11
	require.ErrorIs(t, call(h.partner.DoorAddress(), replay), reason.NotSignedIn, "the body is signed too")
	require.Len(t, h.entries("ann"), 1)
}

// TestWhoGuessesIsToldToWait: after twenty failures; the one whose key is guessed at still gets in.
func TestWhoGuessesIsToldToWait(t *testing.T) {
	t.Parallel()
	h := open(t)
	a := h.signed("a", all...)
	guess := h.conn(&signer{id: a.id, key: a.key, clock: h.clock, spoil: flip})
	method := partnerv1.PartnerService_GetBalance_FullMethodName
	for range 20 { // fewer: what waited for partner to be up has failed a few times
		_ = invoke(t, guess, method)
	}
	err := guess.Invoke(t.Context(), method, &emptypb.Empty{}, &emptypb.Empty{})
	require.Equal(t, codes.ResourceExhausted, status.Code(err))
	require.ErrorIs(t, rpc.FromStatus(err), reason.RateLimited)
	require.Equal(t, 5*time.Minute, retryIn(t, err))
	_, err = h.client().GetBalance(t.Context(), &partnerv1.GetBalanceRequest{Account: "ann"})
	require.ErrorIs(t, rpc.FromStatus(err), reason.RateLimited, "from there nobody else guesses either")
	require.ErrorIs(t, invoke(t, h.conn(a), method), reason.InvalidArgument, "who is known is not kept out")
	h.later(5*time.Minute + time.Second)
	require.ErrorIs(t, invoke(t, guess, method), reason.NotSignedIn)
}

func retryIn(t *testing.T, err error) time.Duration {
	t.Helper()
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.RetryInfo); ok {
			return info.GetRetryDelay().AsDuration()
		}
	}
	require.Fail(t, "no RetryInfo", "%v", err)
	return 0
}

func TestWhoCallsTooOftenIsToldToWait(t *testing.T) {
	t.Parallel()
	h := open(t)
	cfg := h.config()
	cfg.CallsPerSecond = 1 // and two at once
	slow, _ := h.replica(cfg)
	a := h.signed("a", all...)
	conn := h.dial(slow.DoorAddress(), nil, grpc.WithUnaryInterceptor(a.unary))
	method := partnerv1.PartnerService_GetBalance_FullMethodName
	testkit.Eventually(t, func() bool { return strings.HasPrefix(textOf(invoke(t, conn, method)), string(reason.InvalidArgument)) }, "the replica knows the key")
	require.ErrorIs(t, invoke(t, conn, method), reason.InvalidArgument)
	err := conn.Invoke(t.Context(), method, &emptypb.Empty{}, &emptypb.Empty{})
	require.ErrorIs(t, rpc.FromStatus(err), reason.RateLimited)
	require.Equal(t, time.Second, retryIn(t, err))
	h.clock.Advance(time.Second)
	require.ErrorIs(t, invoke(t, conn, method), reason.InvalidArgument)
}

func TestALargeRequestIsNotRead(t *testing.T) {
	t.Parallel()
	h := open(t)
	in := &partnerv1.GetBalanceRequest{Account: strings.Repeat("x", rpc.OutsideBytesMax+1)}
	_, err := h.client().GetBalance(t.Context(), in)
	require.Equal(t, codes.ResourceExhausted, status.Code(err))
}

// TestAKeysUseIsNoted: to the minute.
func TestAKeysUseIsNoted(t *testing.T) {
	t.Parallel()
	h := open(t)
	a := h.signed("a", all...)
	_ = invoke(t, h.conn(a), partnerv1.PartnerService_GetBalance_FullMethodName)
	list, err := h.keys.ListPartnerKeys(t.Context(), &partnerv1.ListPartnerKeysRequest{Program: "coalition"})
	require.NoError(t, err)
	require.Equal(t, h.clock.Now().Truncate(time.Minute), list.GetKeys()[0].GetLastUsedAt().AsTime())
}
