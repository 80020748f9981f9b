package partner_test

import (
	"crypto/ed25519"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// public makes a public key.
func public(t *testing.T) *partnerv1.AddPartnerKeyRequest_PublicKey {
	t.Helper()
	key, _, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	return &partnerv1.AddPartnerKeyRequest_PublicKey{PublicKey: key}
}

func request(t *testing.T, key string) *partnerv1.AddPartnerKeyRequest {
	t.Helper()
	return &partnerv1.AddPartnerKeyRequest{
		Program: "tea", Partner: "sea", Credential: public(t), IdempotencyKey: key,
		Scopes: []partnerv1.PartnerScope{partnerv1.PartnerScope_PARTNER_SCOPE_READ},
	}
}

// add makes a credential known, or says why not.
func (s *service) add(t *testing.T, in *partnerv1.AddPartnerKeyRequest) (*partnerv1.PartnerKey, error) {
	t.Helper()
	answer, err := s.AddPartnerKey(t.Context(), in)
	return answer.GetKey(), rpc.FromStatus(err)
}

func TestTwoCredentialsOfAKindCount(t *testing.T) {
	t.Parallel()
	s := open(t)
	first, err := s.add(t, request(t, "1"))
	require.NoError(t, err)
	_, err = s.add(t, request(t, "2"))
	require.NoError(t, err)
	_, err = s.add(t, request(t, "3"))
	require.ErrorIs(t, err, reason.TooManyPartnerKeys)
	named := request(t, "4")
	named.Credential = &partnerv1.AddPartnerKeyRequest_CertificateSan{CertificateSan: "sea.example"}
	_, err = s.add(t, named)
	require.NoError(t, err, "another kind")
	for range 2 {
		revoked, err := s.RevokePartnerKey(t.Context(), &partnerv1.RevokePartnerKeyRequest{KeyId: first.GetKeyId(), IdempotencyKey: "r"})
		require.NoError(t, err)
		require.Equal(t, morning, revoked.GetKey().GetRevokedAt().AsTime())
	}
	_, err = s.add(t, request(t, "3"))
	require.NoError(t, err, "the refused key may be used again")
	_, err = s.RevokePartnerKey(t.Context(), &partnerv1.RevokePartnerKeyRequest{KeyId: "lpk_x", IdempotencyKey: "r"})
	require.ErrorIs(t, rpc.FromStatus(err), reason.PartnerKeyNotFound)

	var ids []string
	in := &partnerv1.ListPartnerKeysRequest{Program: "tea", PageSize: 3}
	for {
		page, err := s.ListPartnerKeys(t.Context(), in)
		require.NoError(t, err)
		for _, k := range page.GetKeys() {
			ids = append(ids, k.GetKeyId())
		}
		if in.PageToken = page.GetNextPageToken(); in.GetPageToken() == "" {
			break
		}
	}
	require.Len(t, ids, 4)
	other, err := s.ListPartnerKeys(t.Context(), &partnerv1.ListPartnerKeysRequest{Program: "tea", Partner: "air"})
	require.NoError(t, err)
	require.Empty(t, other.GetKeys())
}

func TestACredentialHasOneOwnerForGood(t *testing.T) {
	t.Parallel()
	s := open(t)
	in := request(t, "1")
	key, err := s.add(t, in)
	require.NoError(t, err)
	again, err := s.add(t, in)
	require.NoError(t, err)
	require.True(t, proto.Equal(key, again), "the same call")
	theirs := proto.Clone(in).(*partnerv1.AddPartnerKeyRequest)
	theirs.Partner, theirs.IdempotencyKey = "air", "2"
	_, err = s.add(t, theirs)
	require.ErrorIs(t, err, reason.PartnerKeyTaken)
	other := request(t, "1")
	_, err = s.add(t, other)
	require.ErrorIs(t, err, reason.IdempotencyKeyReused)
	for name, change := range map[string]func(*partnerv1.AddPartnerKeyRequest){
		"no such partner": func(in *partnerv1.AddPartnerKeyRequest) { in.Partner = "rail" },
		"over already":    func(in *partnerv1.AddPartnerKeyRequest) { in.ExpiresAt = timestamppb.New(morning) },
		"no programme":    func(in *partnerv1.AddPartnerKeyRequest) { in.Program = "coffee" },
	} {
		in := request(t, "3")
		change(in)
		_, err := s.add(t, in)
		require.Error(t, err, name)
	}
	ending := request(t, "4")
	ending.ExpiresAt = timestamppb.New(morning.Add(time.Hour))
	_, err = s.add(t, ending)
	require.NoError(t, err)
}

// TestManyAddAtOnce: however many credentials are added at once, two of them count.
func TestManyAddAtOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	var added, refused atomic.Int32
	var group sync.WaitGroup
	for i := range 8 {
		in := request(t, fmt.Sprint("at-once-", i))
		group.Go(func() {
			_, err := s.AddPartnerKey(t.Context(), in)
			switch refusal, ok := reason.Of(rpc.FromStatus(err)); {
			case err == nil:
				added.Add(1)
			case ok && refusal.Reason == reason.TooManyPartnerKeys:
				refused.Add(1)
			}
		})
	}
	group.Wait()
	require.EqualValues(t, 2, added.Load())
	require.EqualValues(t, 6, refused.Load())
}

func TestAgreementsAreListed(t *testing.T) {
	t.Parallel()
	s := open(t)
	list, err := s.ListPartners(t.Context(), &partnerv1.ListPartnersRequest{Program: "tea"})
	require.NoError(t, err)
	require.Len(t, list.GetPartners(), 2)
	air, sea := list.GetPartners()[0], list.GetPartners()[1]
	require.Equal(t, "Laurel Air", air.GetName())
	require.False(t, air.GetInForce(), "it has ended today")
	require.Equal(t, "2026-03-01", air.GetUntil())
	require.True(t, sea.GetInForce())
	require.Equal(t, []string{"issue", "redeem"}, sea.GetRoles())
	require.Equal(t, "0.008", sea.GetRedemptionPrice())
	require.Equal(t, "2.5", sea.GetFee())
	_, err = s.ListPartners(t.Context(), &partnerv1.ListPartnersRequest{Program: "coffee"})
	require.ErrorIs(t, rpc.FromStatus(err), reason.UnknownProgram)
}
