package secrets

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/devca"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

const (
	// caDir holds the authority, whose key no service sees, and what it has signed.
	caDir = "ca"
	// renew is how long before its end a certificate is made anew. It is no longer than the authority's own: what one that is nearly
	// over signs is no better than before, and would be made anew each time.
	renew = 30 * 24 * time.Hour
	// Files of whoever has a certificate.
	certFile, keyFile, caFile = "cert.pem", "key.pem", "ca.pem"
)

// papers gives everybody who listens a certificate of the house's own authority.
func (m *making) papers() error {
	ca, err := devca.Open(filepath.Join(m.dir, caDir), m.now)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	authority, err := os.ReadFile(filepath.Join(m.dir, caDir, devca.CertFile))
	if err != nil {
		return err
	}
	roots.AppendCertsFromPEM(authority)
	for whose, hosts := range m.listening() {
		if err := m.write(filepath.Join(whose, caFile), authority); err != nil {
			return err
		}
		if err := m.paper(ca, roots, whose, hosts); err != nil {
			return err
		}
	}
	return nil
}

// listening are the names by which those who listen are reached. The servers are also tried on their own machine.
func (m *making) listening() map[string][]string {
	here := []string{"localhost", "127.0.0.1"}
	names := map[string][]string{
		"nats":  append(hosts(m.Where.NATS), append(here, m.Where.Reach)...),
		"mongo": append(hosts(m.Where.Mongo), here...),
	}
	for _, service := range Services() {
		names[string(service)] = []string{rpc.ServerName(string(service))}
	}
	return names
}

func hosts(addresses []string) []string {
	names := make([]string, len(addresses))
	for i, address := range addresses {
		names[i] = address
		if host, _, err := net.SplitHostPort(address); err == nil {
			names[i] = host
		}
	}
	return names
}

// paper gives somebody a certificate and its key; they are made where there are none that count long enough for these names.
func (m *making) paper(ca *devca.CA, roots *x509.CertPool, whose string, hosts []string) error {
	slices.Sort(hosts)
	hosts = slices.Compact(hosts)
	base := filepath.Join(m.dir, caDir, whose)
	if slices.Contains(m.rotate, whose) || !m.good(base, roots, hosts) {
		if _, err := ca.Peer(whose, hosts...); err != nil {
			return err
		}
	}
	for file, made := range map[string]string{certFile: base + ".pem", keyFile: base + ".key"} {
		text, err := os.ReadFile(made) //nolint:gosec // of the authority's own directory
		if err == nil {
			err = m.write(filepath.Join(whose, file), text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *making) good(base string, roots *x509.CertPool, hosts []string) bool {
	pair, err := tls.LoadX509KeyPair(base+".pem", base+".key")
	if err != nil {
		return false
	}
	for _, host := range hosts {
		_, err := pair.Leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: roots, CurrentTime: m.now.Add(renew)})
		if err != nil {
			return false
		}
	}
	return true
}
