package callers

import (
	"context"
	"crypto/x509"
	"net"
	"time"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/credential"
)

// shown is what a call shows of who makes it.
type shown struct {
	remote string // host, without the port
	header func(name string) []string
	signed bool   // it has a header of a signed call: then that counts, and no certificate
	keyID  string // as it came, if it may be one
	chain  []*x509.Certificate
	names  []string // of the certificate
}

func shownBy(ctx context.Context) shown {
	s := shown{header: func(name string) []string { return metadata.ValueFromIncomingContext(ctx, name) }}
	for _, name := range []string{credential.HeaderKey, credential.HeaderTime, credential.HeaderNonce, credential.HeaderSignature} {
		s.signed = s.signed || len(s.header(name)) > 0
	}
	if ids := s.header(credential.HeaderKey); len(ids) == 1 && credential.CheckID(ids[0]) {
		s.keyID = ids[0]
	}
	from, ok := peer.FromContext(ctx)
	if !ok {
		return s
	}
	s.remote = from.Addr.String()
	if host, _, err := net.SplitHostPort(s.remote); err == nil {
		s.remote = host
	}
	if info, ok := from.AuthInfo.(credentials.TLSInfo); ok {
		s.chain = info.State.PeerCertificates
	}
	if len(s.chain) > 0 {
		s.names = namesOf(s.chain[0])
	}
	return s
}

func namesOf(c *x509.Certificate) []string {
	names := append([]string{}, c.DNSNames...)
	for _, u := range c.URIs {
		names = append(names, u.String())
	}
	return names
}

// certified finds the credential of a client certificate: signed by a root of ours, in its time, for clients, and with
// names that are one credential's. The connection has proved that the caller holds its key.
func (g *Gate) certified(s shown, now time.Time) (credential.Key, bool) {
	if len(s.chain) == 0 {
		return credential.Key{}, false
	}
	between := x509.NewCertPool()
	for _, c := range s.chain[1:] {
		between.AddCert(c)
	}
	_, err := s.chain[0].Verify(x509.VerifyOptions{
		Roots: g.Roots, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return credential.Key{}, false
	}
	g.mu.RLock()
	defer g.mu.RUnlock()
	var found credential.Key
	for _, name := range s.names {
		key, ok := g.bySAN[name]
		if !ok || !key.Live(now) {
			continue
		}
		if found.ID != "" && found.ID != key.ID {
			return credential.Key{}, false // whose is it?
		}
		found = key
	}
	return found, found.ID != ""
}
