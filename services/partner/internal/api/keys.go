package api

import (
	"context"
	"time"

	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/cursor"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/partner/internal/callers"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/credential"
	"github.com/laurel-loyalty/laurel/services/partner/internal/storage"
	"github.com/laurel-loyalty/laurel/services/partner/internal/terms"
)

// Keys answers the operator.
type Keys struct {
	partnerv1.UnimplementedPartnerKeyServiceServer
	gate    *callers.Gate
	terms   *terms.Terms
	storage *storage.Storage
}

// NewKeys returns the operator's door to what partner companies are known by.
func NewKeys(gate *callers.Gate, known *terms.Terms, kept *storage.Storage) *Keys {
	return &Keys{gate: gate, terms: known, storage: kept}
}

// AddPartnerKey implements PartnerKeyService.
func (s *Keys) AddPartnerKey(ctx context.Context, in *partnerv1.AddPartnerKeyRequest) (*partnerv1.AddPartnerKeyResponse, error) {
	schedule, err := s.terms.Schedule(ctx, in.GetProgram())
	if err != nil {
		return nil, err
	}
	if _, ok := schedule.Latest().Program.Partner(in.GetPartner()); !ok {
		return nil, reason.New(reason.NoAgreement, "partner", "programme %s has no agreement with partner %s", in.GetProgram(), in.GetPartner())
	}
	k := credential.Key{
		Program: in.GetProgram(), Partner: in.GetPartner(), PublicKey: in.GetPublicKey(), SAN: in.GetCertificateSan(),
	}
	for _, scope := range in.GetScopes() {
		k.Scopes = append(k.Scopes, scopeFromProto(scope))
	}
	if in.GetExpiresAt() != nil {
		k.ExpiresAt = in.GetExpiresAt().AsTime().Truncate(time.Millisecond)
	}
	k, err = s.gate.Add(ctx, k, in.GetProgram()+"/"+string(rpc.Caller(ctx))+"/"+in.GetIdempotencyKey())
	if err != nil {
		return nil, err
	}
	return &partnerv1.AddPartnerKeyResponse{Key: keyToProto(k)}, nil
}

// RevokePartnerKey implements PartnerKeyService.
func (s *Keys) RevokePartnerKey(ctx context.Context, in *partnerv1.RevokePartnerKeyRequest) (*partnerv1.RevokePartnerKeyResponse, error) {
	k, err := s.gate.Revoke(ctx, in.GetKeyId())
	if err != nil {
		return nil, err
	}
	return &partnerv1.RevokePartnerKeyResponse{Key: keyToProto(k)}, nil
}

// ListPartnerKeys implements PartnerKeyService.
func (s *Keys) ListPartnerKeys(ctx context.Context, in *partnerv1.ListPartnerKeysRequest) (*partnerv1.ListPartnerKeysResponse, error) {
	list := []string{"keys", in.GetProgram(), in.GetPartner()}
	behind, err := cursor.Place(list, in.GetPageToken())
	if err != nil {
		return nil, err
	}
	keys, err := s.storage.Keys(ctx)
	if err != nil {
		return nil, err
	}
	out, size, begun := &partnerv1.ListPartnerKeysResponse{}, sizeOf(in.GetPageSize()), behind == ""
	for _, k := range keys {
		switch {
		case k.Program != in.GetProgram() || in.GetPartner() != "" && k.Partner != in.GetPartner():
		case !begun:
			begun = k.ID == behind
		case len(out.GetKeys()) == size:
			out.NextPageToken = cursor.Of(list, out.GetKeys()[size-1].GetKeyId())
			return out, nil
		default:
			out.Keys = append(out.Keys, keyToProto(k))
		}
	}
	return out, nil
}

// ListPartners implements PartnerKeyService.
func (s *Keys) ListPartners(ctx context.Context, in *partnerv1.ListPartnersRequest) (*partnerv1.ListPartnersResponse, error) {
	schedule, err := s.terms.Schedule(ctx, in.GetProgram())
	if err != nil {
		return nil, err
	}
	now, err := s.terms.Now(ctx)
	if err != nil {
		return nil, err
	}
	known := schedule.In(now)
	p := known.Program
	out := &partnerv1.ListPartnersResponse{Revision: int32(known.Revision)} //nolint:gosec // at most 10,000
	for _, a := range p.Partners {
		out.Partners = append(out.Partners, agreementToProto(a, p, calendar.DayOf(now, p.Zone)))
	}
	return out, nil
}

func agreementToProto(a *program.Partner, p *program.Program, today calendar.Day) *partnerv1.Partner {
	out := &partnerv1.Partner{
		Partner: a.ID, Name: a.Name, Category: a.Category, Merchants: a.Merchants, Funding: a.Funding.String(),
		IssuePrice: p.PriceText(a.IssuePrice), RedemptionPrice: p.PriceText(a.RedemptionPrice), Fee: program.PercentText(a.Fee),
		From: a.From.String(), Until: a.Until.String(), PointsPerCall: int64(a.Limits.PointsPerCall),
		PointsPerDay: int64(a.Limits.PointsPerDay), InForce: a.HoldsOn(today),
	}
	if a.Roles.Issue {
		out.Roles = append(out.Roles, "issue")
	}
	if a.Roles.Redeem {
		out.Roles = append(out.Roles, "redeem")
	}
	return out
}

func keyToProto(k credential.Key) *partnerv1.PartnerKey {
	out := &partnerv1.PartnerKey{
		KeyId: k.ID, Program: k.Program, Partner: k.Partner, CreatedAt: timestamp(k.CreatedAt), ExpiresAt: timestamp(k.ExpiresAt),
		RevokedAt: timestamp(k.RevokedAt), LastUsedAt: timestamp(k.LastUsedAt),
		Credential: &partnerv1.PartnerKey_PublicKey{PublicKey: k.PublicKey},
	}
	if k.SAN != "" {
		out.Credential = &partnerv1.PartnerKey_CertificateSan{CertificateSan: k.SAN}
	}
	for _, scope := range k.Scopes {
		out.Scopes = append(out.Scopes, scopes[scope])
	}
	return out
}

var scopes = map[credential.Scope]partnerv1.PartnerScope{
	"award":  partnerv1.PartnerScope_PARTNER_SCOPE_AWARD,
	"redeem": partnerv1.PartnerScope_PARTNER_SCOPE_REDEEM,
	"read":   partnerv1.PartnerScope_PARTNER_SCOPE_READ,
}

// scopeFromProto reads a scope that the contract has checked.
func scopeFromProto(scope partnerv1.PartnerScope) credential.Scope {
	for word, value := range scopes {
		if value == scope {
			return word
		}
	}
	return ""
}
