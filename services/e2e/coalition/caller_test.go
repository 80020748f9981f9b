package coalition

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	"github.com/laurel-loyalty/laurel/services/internal/devca"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// caller is a partner company with a certificate, at the door of the partner service.
type caller struct {
	partnerv1.PartnerServiceClient
	h *standing
}

// caller makes a partner known, and waits until it is let in.
func (d *desk) caller(partner string) caller {
	d.h.t.Helper()
	h, san := d.h, partner+".partners.example"
	_, err := partnerv1.NewPartnerKeyServiceClient(h.dial(d.Address())).AddPartnerKey(h.t.Context(), &partnerv1.AddPartnerKeyRequest{
		Program: "tea", Partner: partner, IdempotencyKey: h.key(), Scopes: []partnerv1.PartnerScope{
			partnerv1.PartnerScope_PARTNER_SCOPE_AWARD, partnerv1.PartnerScope_PARTNER_SCOPE_REDEEM, partnerv1.PartnerScope_PARTNER_SCOPE_READ,
		},
		Credential: &partnerv1.AddPartnerKeyRequest_CertificateSan{CertificateSan: san},
	})
	require.NoError(h.t, err)
	pair, err := h.ca.Client(partner, san)
	require.NoError(h.t, err)
	cert, err := tls.LoadX509KeyPair(pair.Cert, pair.Key)
	require.NoError(h.t, err)
	text, err := os.ReadFile(filepath.Join(h.dir, devca.CertFile))
	require.NoError(h.t, err)
	roots := x509.NewCertPool()
	require.True(h.t, roots.AppendCertsFromPEM(text))
	conn, err := grpc.NewClient(d.DoorAddress(), grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{
		MinVersion: tls.VersionTLS13, RootCAs: roots, Certificates: []tls.Certificate{cert},
	})))
	require.NoError(h.t, err)
	h.t.Cleanup(func() { require.NoError(h.t, conn.Close()) })
	c := caller{partnerv1.NewPartnerServiceClient(conn), h}
	testkit.Eventually(h.t, func() bool {
		_, err := c.ListTransactions(h.t.Context(), &partnerv1.ListTransactionsRequest{})
		return err == nil
	}, partner+" is let in")
	return c
}

func (c caller) award(account string, points int64) {
	c.h.t.Helper()
	_, err := c.AwardPoints(c.h.t.Context(), &partnerv1.AwardPointsRequest{Account: account, Points: points, IdempotencyKey: c.h.key()})
	require.NoError(c.h.t, err)
}

// redeem authorises and captures.
func (c caller) redeem(account string, points int64) {
	c.h.t.Helper()
	held, err := c.AuthorizeRedemption(c.h.t.Context(), &partnerv1.AuthorizeRedemptionRequest{Account: account, Points: points, IdempotencyKey: c.h.key()})
	require.NoError(c.h.t, err)
	_, err = c.CaptureRedemption(c.h.t.Context(), &partnerv1.CaptureRedemptionRequest{
		AuthorizationId: held.GetTransaction().GetId(), IdempotencyKey: c.h.key(),
	})
	require.NoError(c.h.t, err)
}
