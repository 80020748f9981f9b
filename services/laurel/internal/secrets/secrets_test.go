package secrets_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/accrual"
	"github.com/laurel-loyalty/laurel/services/internal/config"
	"github.com/laurel-loyalty/laurel/services/internal/house"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/secrets"
	"github.com/laurel-loyalty/laurel/services/partner"
	"github.com/laurel-loyalty/laurel/services/reward"
)

var now = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

func made(t *testing.T, o secrets.Options) (string, []string) {
	t.Helper()
	if o.Dir == "" {
		o.Dir = filepath.Join(t.TempDir(), "secrets")
	}
	if o.Now.IsZero() {
		o.Now = now
	}
	written, err := secrets.Make(o)
	require.NoError(t, err)
	return o.Dir, written
}

// files reads all of a directory.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		all[name] = string(text)
		return err
	}))
	return all
}

func TestTheSameAgainChangesNothing(t *testing.T) {
	t.Parallel()
	dir, written := made(t, secrets.Options{
		Merchants: []string{"cdnow/shop"}, People: []rpc.Person{{ID: "anna", Role: "clerk"}},
		Where: secrets.Where{NATS: []string{"bus:4222"}, Mounted: "/run/secrets"},
	})
	require.Contains(t, written, "accrual/settings.yaml")
	before := files(t, dir)
	_, written = made(t, secrets.Options{Dir: dir})
	require.Empty(t, written)
	require.Equal(t, before, files(t, dir), "what an earlier run was told holds")

	_, written = made(t, secrets.Options{Dir: dir, Merchants: []string{"cdnow/kiosk"}})
	require.ElementsMatch(t, []string{
		"nats/nats.conf", "setup/settings.yaml", "merchants/cdnow/kiosk/house.json", "secrets.json",
	}, written, "a merchant comes, and nobody else changes: NATS lets it in, and `laurel setup` makes its intake")
}

func TestFilesAreForThisUserAlone(t *testing.T) {
	t.Parallel()
	dir, _ := made(t, secrets.Options{Merchants: []string{"cdnow/shop"}})
	for name := range files(t, dir) {
		info, err := os.Stat(filepath.Join(dir, name))
		require.NoError(t, err)
		if strings.HasPrefix(name, "ca/") && strings.HasSuffix(name, ".pem") {
			continue // a certificate is shown to everybody
		}
		require.Equal(t, fs.FileMode(0o600), info.Mode().Perm(), name)
	}
	info, err := os.Stat(dir)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o700), info.Mode().Perm())
	require.NoError(t, os.Chmod(filepath.Join(dir, "mongo/keyfile"), 0o644))
	made(t, secrets.Options{Dir: dir})
	info, err = os.Stat(filepath.Join(dir, "mongo/keyfile"))
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode().Perm(), "a file that was opened is closed again")
}

// TestNobodyHoldsWhatIsAnothers looks for each secret in the files of those who are not to know it.
func TestNobodyHoldsWhatIsAnothers(t *testing.T) {
	t.Parallel()
	dir, _ := made(t, secrets.Options{Merchants: []string{"cdnow/shop", "cdnow/kiosk"}, People: []rpc.Person{{ID: "anna", Role: "clerk"}}})
	all := files(t, dir)
	var kept struct{ Secrets map[string]string }
	require.NoError(t, json.Unmarshal([]byte(all["secrets.json"]), &kept))
	require.Len(t, kept.Secrets, 7*2+2+3+1+2+2+1+2, "NATS and MongoDB for each service; gRPC for two; operator, setup; a person; merchants; MongoDB's key file and administrator; Grafana's; who takes backups, twice")
	seen := map[string]string{}
	for name, secret := range kept.Secrets {
		require.GreaterOrEqual(t, len(secret), 43, "256 bits")
		require.Empty(t, seen[secret], "%s is another's, too", name)
		seen[secret] = name
		for file, text := range all {
			if strings.Contains(text, secret) {
				require.Contains(t, mayHold(name), filepath.Dir(file), "%s stands in %s", name, file)
			}
		}
	}
	require.NotEqual(t, kept.Secrets, func() map[string]string {
		other, _ := made(t, secrets.Options{})
		var k struct{ Secrets map[string]string }
		require.NoError(t, json.Unmarshal([]byte(files(t, other)["secrets.json"]), &k))
		return k.Secrets
	}(), "each house has its own")
}

// mayHold are the directories in which a secret may stand.
func mayHold(name string) []string {
	whose, what, _ := strings.Cut(name, " ")
	switch {
	case whose == "mongo":
		return []string{".", "mongo", "setup"}
	case what == "mongo":
		return []string{".", whose, "setup"}
	case strings.HasPrefix(whose, "cdnow/"):
		return []string{".", "merchants/" + whose}
	case whose == "operator/anna/clerk":
		return []string{".", "people/anna"}
	case name == "operator nats":
		return []string{".", "operator", "people/anna"}
	default:
		return []string{".", whose}
	}
}

func TestServicesTakeTheirSettings(t *testing.T) {
	t.Parallel()
	dir, _ := made(t, secrets.Options{Where: secrets.Where{Mongo: []string{"m1:27017", "m2:27017", "m3:27017"}, Mounted: "/run/secrets"}})
	a, err := config.Load[accrual.Config](filepath.Join(dir, "accrual/settings.yaml"), nil, accrual.EnvironPrefix)
	require.NoError(t, err)
	require.Contains(t, a.MongoURI, "@m1:27017,m2:27017,m3:27017/?authSource=admin&replicaSet=laurel&tls=true&tlsCAFile=%2Frun%2Fsecrets%2Fca.pem")
	require.Equal(t, "/run/secrets/cert.pem", a.TLS.Cert)
	require.Equal(t, "tls://nats:4222", a.NATS.URL)
	accrualAt := []string{"LAUREL_PARTNER_ACCRUAL=accrual:7400", "LAUREL_REWARD_ACCRUAL=accrual:7400"}
	p, err := config.Load[partner.Config](filepath.Join(dir, "partner/settings.yaml"), accrualAt, partner.EnvironPrefix)
	require.NoError(t, err)
	r, err := config.Load[reward.Config](filepath.Join(dir, "reward/settings.yaml"), accrualAt, reward.EnvironPrefix)
	require.NoError(t, err)
	for who, secret := range map[rpc.Name]string{rpc.Partner: p.AccrualToken, rpc.Reward: r.AccrualToken} {
		require.Contains(t, a.Callers, rpc.DigestCaller(who, secret))
	}
}

func TestNATSTakesItsConfiguration(t *testing.T) {
	t.Parallel()
	one, _ := made(t, secrets.Options{Merchants: []string{"cdnow/shop"}})
	o, err := server.ProcessConfigFile(filepath.Join(one, "nats/nats.conf"))
	require.NoError(t, err)
	require.True(t, o.SyncAlways, "what is acknowledged is on the disk")
	require.Equal(t, uint16(tls.VersionTLS13), o.TLSConfig.MinVersion)
	require.Len(t, o.Accounts, 2)
	require.Empty(t, o.NoAuthUser)
	require.Len(t, o.Users, 7+3+1)
	for _, u := range o.Users {
		require.True(t, strings.HasPrefix(u.Password, "$2a$"), u.Username)
		require.NotNil(t, u.Permissions, u.Username)
		for _, subject := range append(u.Permissions.Publish.Allow, u.Permissions.Subscribe.Allow...) {
			require.NotContains(t, []string{">", "*", "$JS.>", "$JS.API.>", "_INBOX.>"}, subject, u.Username)
		}
	}
	require.Zero(t, o.Cluster.Port)
}

// It sets a variable: it runs by itself.
func TestNATSTakesItsConfigurationAsACluster(t *testing.T) {
	three, _ := made(t, secrets.Options{Where: secrets.Where{NATS: []string{"nats-1:4222", "nats-2:4222", "nats-3:4222"}}})
	_, err := server.ProcessConfigFile(filepath.Join(three, "nats/nats.conf"))
	require.ErrorContains(t, err, secrets.NATSNameVariable, "a node of a cluster needs a name of its own")
	t.Setenv(secrets.NATSNameVariable, "nats-2")
	o, err := server.ProcessConfigFile(filepath.Join(three, "nats/nats.conf"))
	require.NoError(t, err)
	require.Equal(t, "nats-2", o.ServerName)
	require.Len(t, o.Routes, 3)
	require.Equal(t, tls.RequireAndVerifyClientCert, o.Cluster.TLSConfig.ClientAuth)
	require.NotEmpty(t, o.Cluster.Password)
}

func TestWhoIsRotatedGetsOthersAndNobodyElseDoes(t *testing.T) {
	t.Parallel()
	dir, _ := made(t, secrets.Options{Merchants: []string{"cdnow/shop"}})
	before := files(t, dir)
	_, written := made(t, secrets.Options{Dir: dir, Rotate: []string{"reward"}})
	require.ElementsMatch(t, []string{
		"reward/settings.yaml", "reward/cert.pem", "reward/key.pem", "accrual/settings.yaml", "nats/nats.conf", "setup/settings.yaml", "secrets.json",
	}, written, "accrual knows it by another digest, NATS by another hash, and `laurel setup` tells MongoDB")
	after := files(t, dir)
	require.Equal(t, before["tier/settings.yaml"], after["tier/settings.yaml"])
	for _, name := range []string{"nobody", "mongo"} {
		_, err := secrets.Make(secrets.Options{Dir: dir, Now: now, Rotate: []string{name}})
		require.Error(t, err, name)
	}
	require.Equal(t, after, files(t, dir), "a refusal changes nothing")
}

func TestCertificatesCountForTheirNamesAndAreRenewed(t *testing.T) {
	t.Parallel()
	dir, _ := made(t, secrets.Options{Where: secrets.Where{Reach: "loyalty.example"}})
	requireGood := func(at time.Time) {
		roots := x509.NewCertPool()
		require.True(t, roots.AppendCertsFromPEM([]byte(files(t, dir)["ca/ca.pem"])))
		for whose, names := range map[string][]string{
			"accrual": {"laurel-accrual"}, "nats": {"nats", "127.0.0.1", "loyalty.example"}, "mongo": {"mongo", "localhost"},
		} {
			pair, err := tls.LoadX509KeyPair(filepath.Join(dir, whose, "cert.pem"), filepath.Join(dir, whose, "key.pem"))
			require.NoError(t, err)
			for _, name := range names {
				_, err = pair.Leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: roots, CurrentTime: at})
				require.NoError(t, err, "%s as %s", whose, name)
			}
			_, err = pair.Leaf.Verify(x509.VerifyOptions{DNSName: "laurel-tier", Roots: roots, CurrentTime: at})
			require.Error(t, err, "it is nobody else's")
		}
	}
	requireGood(now)
	for _, months := range []int{9, 10} {
		_, written := made(t, secrets.Options{Dir: dir, Now: now.AddDate(0, months, 15)})
		require.Empty(t, written, "after %d months", months)
	}
	later := now.AddDate(0, 11, 5)
	_, written := made(t, secrets.Options{Dir: dir, Now: later})
	require.Contains(t, written, "accrual/cert.pem")
	require.NotContains(t, written, "accrual/settings.yaml", "no password changes with it")
	requireGood(later.AddDate(0, 9, 0))
}

func TestNamesThatAreNone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"shop", "cdnow/", "/shop", "cdnow/../shop", "cdnow/shop/x", "cdnow/*", "cdnow/a.b", "cdnow/>"} {
		dir := filepath.Join(t.TempDir(), "secrets")
		_, err := secrets.Make(secrets.Options{Dir: dir, Now: now, Merchants: []string{name}})
		require.ErrorContains(t, err, "names no merchant", name)
		require.NoDirExists(t, dir)
	}
}

func TestAMerchantsHouseFileOpensTheBusAlone(t *testing.T) {
	t.Parallel()
	dir, _ := made(t, secrets.Options{Merchants: []string{"cdnow/shop"}})
	h, err := house.Read(filepath.Join(dir, "merchants/cdnow/shop/house.json"))
	require.NoError(t, err)
	require.Equal(t, "cdnow", h.Program)
	require.Equal(t, house.GRPC{}, h.GRPC)
	require.Empty(t, h.Token)
	require.Equal(t, "cdnow/shop", h.NATS.User)
	operator, err := house.Read(filepath.Join(dir, "operator/house.json"))
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:7401", operator.GRPC.Accrual)
	require.Equal(t, "127.0.0.1:7407", operator.GRPC.Tier)
}
