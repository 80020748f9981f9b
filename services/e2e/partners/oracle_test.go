package partners

import (
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// way is one of several ways to be refused that must not be told from each other.
type way struct {
	name string
	call func(i int) error
}

// BenchmarkX20HowLongARefusalTakes measures whether the time of an answer tells what its text does not: whether a
// transaction is another's or not there, whether a key is known, how far a signature is right. The ways to be refused take
// turns, so that what slows the machine slows all. It prints the medians, their ratio to the first way's, and their
// distance in standard errors, which X20 bounds by 3:
//
//	scripts/test.sh ./services/e2e/partners -run '^$' -bench X20 -benchtime 10000x
func BenchmarkX20HowLongARefusalTakes(b *testing.B) {
	h := open(b)
	a, c := h.named("a", all...), h.named("c", all...)
	h.award(a, "ann", 100)
	hold := h.authorize(c, "ann", 40).GetId()
	taken := h.capture(c, h.authorize(c, "ann", 10).GetId()).GetId()
	const none = "aaaaaaaaaaaaaaaaaaaaaaaaaa"
	capture := func(id string) func(int) error {
		return func(i int) error {
			_, err := a.CaptureRedemption(b.Context(), &partnerv1.CaptureRedemptionRequest{AuthorizationId: id, IdempotencyKey: fmt.Sprint(id, i)})
			return err
		}
	}
	refund := func(id string) func(int) error {
		return func(i int) error {
			_, err := a.RefundRedemption(b.Context(), &partnerv1.RefundRedemptionRequest{CaptureId: id, IdempotencyKey: fmt.Sprint(id, i)})
			return err
		}
	}
	for _, group := range [][]way{
		{{"capture_not_there", capture(none)}, {"capture_not_yours", capture(hold)}},
		{{"refund_not_there", refund(none)}, {"refund_not_yours", refund(taken)}},
		h.strangers(b),
	} {
		b.Run(group[0].name, func(b *testing.B) { sideBySide(b, group) })
	}
}

// strangers are ways not to be known by a signature.
func (h *standing) strangers(b *testing.B) []way {
	b.Helper()
	known, revoked := h.signed("a", all...), h.signed("c", all...)
	_, err := h.keys.RevokePartnerKey(b.Context(), &partnerv1.RevokePartnerKeyRequest{KeyId: revoked.id, IdempotencyKey: "r"})
	require.NoError(b, err)
	_, other, err := ed25519.GenerateKey(nil)
	require.NoError(b, err)
	wrongAt := func(at int) func(map[string]string) {
		return func(headers map[string]string) {
			signature, _ := base64.StdEncoding.DecodeString(headers["laurel-signature"])
			signature[at] ^= 1
			headers["laurel-signature"] = base64.StdEncoding.EncodeToString(signature)
		}
	}
	by := func(name string, s *signer) way {
		conn := h.conn(s)
		return way{name, func(int) error {
			return conn.Invoke(b.Context(), partnerv1.PartnerService_GetBalance_FullMethodName, &emptypb.Empty{}, &emptypb.Empty{}, grpc.WaitForReady(true))
		}}
	}
	return []way{
		by("key_unknown", &signer{id: "lpk_aebagaaaaaaaaaaaaaaaaaaaaa2nt6fg", key: other, clock: h.clock}),
		by("key_revoked", revoked),
		by("signature_of_another", &signer{id: known.id, key: other, clock: h.clock}),
		by("signature_first_byte_wrong", &signer{id: known.id, key: known.key, clock: h.clock, spoil: wrongAt(0)}),
		by("signature_last_byte_wrong", &signer{id: known.id, key: known.key, clock: h.clock, spoil: wrongAt(ed25519.SignatureSize - 1)}),
	}
}

// sideBySide has the ways take turns, each time another one first.
func sideBySide(b *testing.B, ways []way) {
	b.Helper()
	took := make([][]float64, len(ways))
	for i := range b.N {
		for j := range ways {
			at := (i + j) % len(ways)
			begin := time.Now()
			err := ways[at].call(i)
			took[at] = append(took[at], float64(time.Since(begin).Nanoseconds())/1e3)
			require.Error(b, rpc.FromStatus(err), ways[at].name)
		}
	}
	first, firstError := median(took[0])
	b.ReportMetric(first, "µs/"+ways[0].name)
	for i, w := range ways[1:] {
		m, e := median(took[i+1])
		b.ReportMetric(m/first, "ratio/"+w.name)
		b.ReportMetric((m-first)/math.Hypot(e, firstError), "σ/"+w.name)
	}
}

// median is the middle, and its standard error: half of what lies between the order statistics half a root of n away from
// it, which asks for no distribution.
func median(of []float64) (float64, float64) {
	slices.Sort(of)
	n := len(of)
	half := int(math.Ceil(math.Sqrt(float64(n)) / 2))
	return of[n/2], (of[min(n-1, n/2+half)] - of[max(0, n/2-half)]) / 2
}
