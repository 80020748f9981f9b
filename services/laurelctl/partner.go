package laurelctl

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"strconv"
	"strings"

	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
)

// partnerKeys is a connection to what partner companies are known by, and the programme that is meant.
type partnerKeys struct {
	partnerv1.PartnerKeyServiceClient
	program string
}

// askPartner lets f ask the partner service about a programme.
func (w *world) askPartner(f func(ctx context.Context, p *partnerKeys) error) error {
	return w.through("partner", w.root.Timeout, func(ctx context.Context, d *door) error {
		program, err := d.programme()
		if err != nil {
			return err
		}
		return f(ctx, &partnerKeys{partnerv1.NewPartnerKeyServiceClient(d.conn), program})
	})
}

// partnerListCmd lists agreements.
type partnerListCmd struct{}

// Run lists them.
func (*partnerListCmd) Run(w *world) error {
	return w.askPartner(func(ctx context.Context, p *partnerKeys) error {
		answer, err := p.ListPartners(ctx, &partnerv1.ListPartnersRequest{Program: p.program})
		if err != nil {
			return err
		}
		rows := grid{columns: []string{"partner", "name", "roles", "category", "redemption_price", "fee_percent", "funding", "from", "until", "in_force"}}
		for _, a := range answer.GetPartners() {
			rows.add(a.GetPartner(), a.GetName(), strings.Join(a.GetRoles(), " "), a.GetCategory(), a.GetRedemptionPrice(), a.GetFee(),
				a.GetFunding(), a.GetFrom(), a.GetUntil(), strconv.FormatBool(a.GetInForce()))
		}
		return w.show(answer, rows)
	})
}

// keyListCmd lists credentials.
type keyListCmd struct {
	Partner string `arg:"" optional:"" help:"Whose; default: everybody's."`
}

// Run lists them, page by page.
func (c *keyListCmd) Run(w *world) error {
	return w.askPartner(func(ctx context.Context, p *partnerKeys) error {
		all := &partnerv1.ListPartnerKeysResponse{}
		in := &partnerv1.ListPartnerKeysRequest{Program: p.program, Partner: c.Partner, PageSize: 200}
		for {
			page, err := p.ListPartnerKeys(ctx, in)
			if err != nil {
				return err
			}
			all.Keys = append(all.Keys, page.GetKeys()...)
			if in.PageToken = page.GetNextPageToken(); in.GetPageToken() == "" {
				return w.show(all, keyRows(all.GetKeys()...))
			}
		}
	})
}

func keyRows(keys ...*partnerv1.PartnerKey) grid {
	g := grid{columns: []string{"key_id", "partner", "kind", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at"}}
	for _, k := range keys {
		kind := "signs"
		if k.GetCertificateSan() != "" {
			kind = "certificate " + k.GetCertificateSan()
		}
		var scopes []string
		for _, s := range k.GetScopes() {
			scopes = append(scopes, strings.ToLower(strings.TrimPrefix(s.String(), "PARTNER_SCOPE_")))
		}
		g.add(k.GetKeyId(), k.GetPartner(), kind, strings.Join(scopes, " "), moment(k.GetCreatedAt()), moment(k.GetExpiresAt()),
			moment(k.GetRevokedAt()), moment(k.GetLastUsedAt()))
	}
	return g
}

// keyAddCmd makes a credential known.
type keyAddCmd struct {
	keyed
	Partner     string   `arg:"" help:"Whose."`
	Certificate string   `placeholder:"NAME" xor:"what" required:"" help:"The DNS name or URI in their client certificate."`
	PublicKey   string   `placeholder:"FILE" xor:"what" required:"" help:"PEM file of their Ed25519 public key."`
	Generate    string   `placeholder:"FILE" xor:"what" required:"" help:"Make a key pair, and write the private half to this PEM file, to hand over; nobody else has it."`
	Scope       []string `required:"" enum:"award,redeem,read" help:"What it lets them do: ${enum}; more than one with commas."`
	Expires     *instant `placeholder:"TIME" help:"From when on it does not count. Default: never."`
}

// Run makes it known.
func (c *keyAddCmd) Run(w *world) error {
	in := &partnerv1.AddPartnerKeyRequest{Partner: c.Partner, ExpiresAt: c.Expires.toProto(), IdempotencyKey: c.key()}
	for _, scope := range c.Scope {
		in.Scopes = append(in.Scopes, partnerv1.PartnerScope(partnerv1.PartnerScope_value["PARTNER_SCOPE_"+strings.ToUpper(scope)]))
	}
	if c.Certificate != "" {
		in.Credential = &partnerv1.AddPartnerKeyRequest_CertificateSan{CertificateSan: c.Certificate}
	} else {
		public, err := c.public()
		if err != nil {
			return &usageError{err.Error(), "look at docs/guides/partner.md"}
		}
		in.Credential = &partnerv1.AddPartnerKeyRequest_PublicKey{PublicKey: public}
	}
	return w.askPartner(func(ctx context.Context, p *partnerKeys) error {
		in.Program = p.program
		answer, err := p.AddPartnerKey(ctx, in)
		if err != nil {
			return err
		}
		return w.show(answer, keyRows(answer.GetKey()))
	})
}

// public reads the public key, or makes a pair.
func (c *keyAddCmd) public() (ed25519.PublicKey, error) {
	if c.Generate != "" {
		return generate(c.Generate)
	}
	text, err := os.ReadFile(c.PublicKey)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s is no PEM file", c.PublicKey)
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.PublicKey, err)
	}
	public, ok := parsed.(ed25519.PublicKey)
	if !ok {
		return nil, fmt.Errorf("%s holds another kind of key than Ed25519", c.PublicKey)
	}
	return public, nil
}

// generate writes a private key where there is no file yet, for this user's eyes alone.
func generate(path string) (ed25519.PublicKey, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the user named it
	if err != nil {
		return nil, err
	}
	if err := pem.Encode(file, &pem.Block{Type: "PRIVATE KEY", Bytes: raw}); err != nil {
		_ = file.Close()
		return nil, err
	}
	return public, file.Close()
}

// keyRevokeCmd ends a credential.
type keyRevokeCmd struct {
	keyed
	KeyID string `arg:"" name:"key-id" help:"Which."`
}

// Run ends it.
func (c *keyRevokeCmd) Run(w *world) error {
	return w.askPartner(func(ctx context.Context, p *partnerKeys) error {
		answer, err := p.RevokePartnerKey(ctx, &partnerv1.RevokePartnerKeyRequest{KeyId: c.KeyID, IdempotencyKey: c.key()})
		if err != nil {
			return err
		}
		return w.show(answer, keyRows(answer.GetKey()))
	})
}
