// Package devca makes certificates for a house on one machine: a certificate authority that is made at random where there
// is none, and what it signs for the house's doors and for partners who try them. In earnest, a house is given
// certificates of an authority that somebody keeps.
package devca

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Files in the directory of an authority.
const (
	CertFile = "ca.pem"
	keyFile  = "ca.key"
)

const (
	// life is how long an authority and what it signs count. It is made anew when less than renew is left.
	life  = 365 * 24 * time.Hour
	renew = 30 * 24 * time.Hour
	// skew is how far another clock may be behind ours.
	skew = 5 * time.Minute

	keyMode  = 0o600
	certMode = 0o644
	dirMode  = 0o700

	serialBits = 127
)

// CA is an authority of a directory.
type CA struct {
	dir  string
	cert *x509.Certificate
	key  crypto.Signer
	now  time.Time
}

// Open returns the authority that a directory holds, or makes one where there is none that counts long enough.
func Open(dir string, now time.Time) (*CA, error) {
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return nil, fmt.Errorf("make the directory of the development CA: %w", err)
	}
	ca := &CA{dir: dir, now: now}
	err := ca.read()
	if err == nil && now.Add(renew).Before(ca.cert.NotAfter) && now.After(ca.cert.NotBefore) {
		return ca, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return ca, ca.make()
}

func (c *CA) read() error {
	cert, err := readPEM(filepath.Join(c.dir, CertFile), "CERTIFICATE")
	if err != nil {
		return err
	}
	key, err := readPEM(filepath.Join(c.dir, keyFile), "PRIVATE KEY")
	if err != nil {
		return err
	}
	if c.cert, err = x509.ParseCertificate(cert); err != nil {
		return fmt.Errorf("read the development CA: %w", err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("read the key of the development CA: %w", err)
	}
	signer, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return fmt.Errorf("%s holds another kind of key; delete the directory to have it made anew", keyFile)
	}
	c.key = signer
	return nil
}

func (c *CA) make() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template, err := c.template("Laurel development CA")
	if err != nil {
		return err
	}
	template.IsCA, template.BasicConstraintsValid, template.MaxPathLenZero = true, true, true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	c.cert, c.key = template, key
	raw, err := c.sign(template, key.Public())
	if err != nil {
		return err
	}
	if c.cert, err = x509.ParseCertificate(raw); err != nil {
		return err
	}
	return c.write("ca", raw, key)
}

// Pair names the PEM files of a certificate and of its private key.
type Pair struct{ Cert, Key string }

// Server makes a certificate for a server under a name. Hosts are IP addresses and DNS names.
func (c *CA) Server(name string, hosts ...string) (Pair, error) {
	return c.issue(name, hosts, x509.ExtKeyUsageServerAuth)
}

// Peer makes a certificate for a server that also comes to others of its kind, as the nodes of a cluster do.
func (c *CA) Peer(name string, hosts ...string) (Pair, error) {
	return c.issue(name, hosts, x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth)
}

// Client makes a certificate for a client under a name. The subject alternative name is a DNS name or a URI.
func (c *CA) Client(name, san string) (Pair, error) {
	return c.issue(name, []string{san}, x509.ExtKeyUsageClientAuth)
}

func (c *CA) issue(name string, names []string, usages ...x509.ExtKeyUsage) (Pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Pair{}, err
	}
	template, err := c.template(name)
	if err != nil {
		return Pair{}, err
	}
	template.KeyUsage, template.ExtKeyUsage = x509.KeyUsageDigitalSignature, usages
	for _, n := range names {
		switch ip := net.ParseIP(n); {
		case ip != nil:
			template.IPAddresses = append(template.IPAddresses, ip)
		case strings.Contains(n, "://"):
			u, err := url.Parse(n)
			if err != nil {
				return Pair{}, fmt.Errorf("name of a certificate: %w", err)
			}
			template.URIs = append(template.URIs, u)
		default:
			template.DNSNames = append(template.DNSNames, n)
		}
	}
	raw, err := c.sign(template, key.Public())
	if err != nil {
		return Pair{}, err
	}
	return Pair{c.path(name + ".pem"), c.path(name + ".key")}, c.write(name, raw, key)
}

func (c *CA) template(name string) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), serialBits))
	if err != nil {
		return nil, err
	}
	return &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name, Organization: []string{"Laurel development"}},
		NotBefore: c.now.Add(-skew), NotAfter: c.now.Add(life),
	}, nil
}

func (c *CA) sign(template *x509.Certificate, public crypto.PublicKey) ([]byte, error) {
	raw, err := x509.CreateCertificate(rand.Reader, template, c.cert, public, c.key)
	if err != nil {
		return nil, fmt.Errorf("sign the certificate of %s: %w", template.Subject.CommonName, err)
	}
	return raw, nil
}

func (c *CA) path(file string) string { return filepath.Join(c.dir, file) }

func (c *CA) write(name string, cert []byte, key crypto.Signer) error {
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	err = os.WriteFile(c.path(name+".key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), keyMode)
	if err == nil {
		err = os.WriteFile(c.path(name+".pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), certMode)
	}
	if err != nil {
		return fmt.Errorf("write the certificate of %s: %w", name, err)
	}
	return nil
}

func readPEM(path, kind string) ([]byte, error) {
	text, err := os.ReadFile(path) //nolint:gosec // a file of the house's own directory
	if err != nil {
		return nil, fmt.Errorf("read the development CA: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != kind {
		return nil, fmt.Errorf("%s holds no %s; delete the directory to have it made anew", path, kind)
	}
	return block.Bytes, nil
}
