package partners

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
)

// signer signs calls as docs/guides/partner.md says, written anew from there: what it makes is what others would.
type signer struct {
	id    string
	key   ed25519.PrivateKey
	clock clock.Clock
	ahead time.Duration // of the clock
	// spoil changes the headers and the bytes that are signed, for calls that must not be let in.
	spoil func(headers map[string]string)
	// again, if it is set, is sent instead of new headers; otherwise what was sent is kept there.
	again map[string]string
}

// headers signs a call.
func (s *signer) headers(method string, body []byte) map[string]string {
	at := fmt.Sprint(s.clock.Now().Add(s.ahead).UnixMilli())
	nonce, sum := rand.Text(), sha256.Sum256(body)
	text := strings.Join([]string{"laurel-partner-v1", s.id, method, hex.EncodeToString(sum[:]), at, nonce}, "\n")
	return map[string]string{
		"laurel-key": s.id, "laurel-time": at, "laurel-nonce": nonce,
		"laurel-signature": base64.StdEncoding.EncodeToString(ed25519.Sign(s.key, []byte(text))),
	}
}

// unary is the interceptor that puts the headers on a call.
func (s *signer) unary(ctx context.Context, method string, in, out any, conn *grpc.ClientConn, next grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	body, err := proto.Marshal(in.(proto.Message)) // as gRPC does: these messages have no maps
	if err != nil {
		return err
	}
	headers := s.again
	if headers == nil {
		headers = s.headers(method, body)
	}
	if s.spoil != nil {
		s.spoil(headers)
	}
	return next(metadata.NewOutgoingContext(ctx, metadata.New(headers)), method, in, out, conn, opts...)
}

// signed makes a key known, and returns who signs with it.
func (h *standing) signed(partner string, scopes ...partnerv1.PartnerScope) *signer {
	h.t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(h.t, err)
	answer, err := h.keys.AddPartnerKey(h.t.Context(), &partnerv1.AddPartnerKeyRequest{
		Program: "coalition", Partner: partner, Scopes: scopes, IdempotencyKey: h.key(),
		Credential: &partnerv1.AddPartnerKeyRequest_PublicKey{PublicKey: public},
	})
	require.NoError(h.t, err)
	return &signer{id: answer.GetKey().GetKeyId(), key: private, clock: h.clock}
}

// conn is a connection whose calls the signer signs.
func (h *standing) conn(s *signer) *grpc.ClientConn {
	return h.dial(h.partner.DoorAddress(), nil, grpc.WithUnaryInterceptor(s.unary))
}
