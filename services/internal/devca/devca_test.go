package devca_test

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/devca"
)

var now = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

func authority(t *testing.T, dir string, at time.Time) (*devca.CA, *x509.CertPool) {
	t.Helper()
	ca, err := devca.Open(dir, at)
	require.NoError(t, err)
	text, err := os.ReadFile(filepath.Join(dir, devca.CertFile))
	require.NoError(t, err)
	pool := x509.NewCertPool()
	require.True(t, pool.AppendCertsFromPEM(text))
	return ca, pool
}

func leaf(t *testing.T, pair devca.Pair) *x509.Certificate {
	t.Helper()
	cert, err := tls.LoadX509KeyPair(pair.Cert, pair.Key)
	require.NoError(t, err)
	info, err := os.Stat(pair.Key)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "the key is for this user alone")
	return cert.Leaf
}

func TestWhatAnAuthoritySignsCountsForWhatItIsFor(t *testing.T) {
	t.Parallel()
	ca, roots := authority(t, filepath.Join(t.TempDir(), "tls"), now)
	server, err := ca.Server("server", "127.0.0.1", "localhost")
	require.NoError(t, err)
	client, err := ca.Client("air", "laurel://partners/air")
	require.NoError(t, err)
	as := func(usage x509.ExtKeyUsage, at time.Time) x509.VerifyOptions {
		return x509.VerifyOptions{Roots: roots, CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{usage}}
	}
	for _, c := range []struct {
		cert        *x509.Certificate
		right, none x509.ExtKeyUsage
	}{
		{leaf(t, server), x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		{leaf(t, client), x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	} {
		_, err := c.cert.Verify(as(c.right, now))
		require.NoError(t, err)
		_, err = c.cert.Verify(as(c.none, now))
		require.Error(t, err)
		_, err = c.cert.Verify(as(c.right, now.AddDate(2, 0, 0)))
		require.Error(t, err, "over")
	}
	require.NoError(t, leaf(t, server).VerifyHostname("127.0.0.1"))
	require.NoError(t, leaf(t, server).VerifyHostname("localhost"))
	require.Equal(t, "laurel://partners/air", leaf(t, client).URIs[0].String())
}

func TestAnAuthorityStaysUntilItIsNearlyOver(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ca, _ := authority(t, dir, now)
	client, err := ca.Client("air", "air.example")
	require.NoError(t, err)
	cert := leaf(t, client)
	_, same := authority(t, dir, now.AddDate(0, 10, 0))
	_, err = cert.Verify(x509.VerifyOptions{Roots: same, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	require.NoError(t, err, "the next start finds it")
	_, another := authority(t, dir, now.AddDate(0, 11, 10))
	_, err = cert.Verify(x509.VerifyOptions{Roots: another, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	require.Error(t, err, "less than 30 days were left: it was made anew")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "ca.key"), []byte("no key"), 0o600))
	_, err = devca.Open(dir, now)
	require.ErrorContains(t, err, "delete the directory")
}
