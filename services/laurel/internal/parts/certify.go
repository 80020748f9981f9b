package parts

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/devca"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/partner"
)

// tlsDir is where the development CA and what it has signed are.
func (h *House) tlsDir() string { return filepath.Join(h.Dir, "tls") }

// CAFile is the certificate of the development CA; empty where the house has no door for partners.
func (h *House) CAFile() string {
	if h.PartnerDoor == "" {
		return ""
	}
	return filepath.Join(h.tlsDir(), devca.CertFile)
}

// doorKeys gives the partners' door a certificate for this machine, of a CA that is made at random with the house.
func (h *House) doorKeys(cfg *partner.Config) error {
	if h.PartnerDoor == "" {
		return nil
	}
	ca, err := devca.Open(h.tlsDir(), clock.System().Now())
	if err != nil {
		return err
	}
	pair, err := ca.Server("server", "127.0.0.1", "::1", "localhost")
	if err != nil {
		return err
	}
	cfg.DoorCert, cfg.DoorKey, cfg.ClientCA = pair.Cert, pair.Key, h.CAFile()
	return nil
}

// Certify makes a client certificate for each partner of a programme: <partner>.pem and <partner>.key beside the CA. It
// lets nobody in: the operator has yet to say that its name counts, and for what.
func (h *House) Certify(p *program.Program) error {
	if h.PartnerDoor == "" || len(p.Partners) == 0 {
		return nil
	}
	ca, err := devca.Open(h.tlsDir(), clock.System().Now())
	if err != nil {
		return err
	}
	for _, a := range p.Partners {
		if _, err := ca.Client(clientFile(a.ID), CertificateName(p.ID, a.ID)); err != nil {
			return fmt.Errorf("certificate of partner %s: %w", a.ID, err)
		}
	}
	return nil
}

// CertificateName is the name in the certificate of a partner that the development CA makes.
func CertificateName(program, partner string) string {
	return partner + "." + program + ".partners.internal"
}

// clientFile is what the files of a partner's certificate begin with.
func clientFile(partner string) string { return "partner-" + partner }

// DialPartner connects to the partners' door as a partner would, with the certificate that Certify has made for it.
func (h *House) DialPartner(partner string) (*grpc.ClientConn, error) {
	base := filepath.Join(h.tlsDir(), clientFile(partner))
	cert, err := tls.LoadX509KeyPair(base+".pem", base+".key")
	if err != nil {
		return nil, fmt.Errorf("certificate of partner %s: %w", partner, err)
	}
	text, err := os.ReadFile(h.CAFile())
	if err != nil {
		return nil, fmt.Errorf("read the development CA: %w", err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	return grpc.NewClient("dns:///"+h.Partner.DoorAddress(), grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{
		MinVersion: tls.VersionTLS13, RootCAs: roots, Certificates: []tls.Certificate{cert},
	})), grpc.WithNoProxy())
}
