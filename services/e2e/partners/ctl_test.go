package partners

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/laurelctl"
)

// ctl runs laurelctl on the house.
func (h *standing) ctl(args ...string) (int, string) {
	var out bytes.Buffer
	args = append([]string{"--server", h.partner.Address(), "--token", h.secrets[rpc.Operator], "--programme", "coalition"}, args...)
	code := laurelctl.Main(h.t.Context(), args, laurelctl.Streams{In: &bytes.Buffer{}, Out: &out, Err: &out})
	return code, out.String()
}

// TestTheOperatorKeepsTheKeys follows docs/guides/partner.md: a key is made, used, listed, and revoked.
func TestTheOperatorKeepsTheKeys(t *testing.T) {
	t.Parallel()
	h := open(t)
	code, out := h.ctl("partner", "list")
	require.Zero(t, code, out)
	require.Regexp(t, `(?m)^ c +Company C +redeem +travel +0.008 `, out)

	file := filepath.Join(t.TempDir(), "a.key")
	code, out = h.ctl("partner", "keys", "add", "a", "--generate", file, "--scope", "award,read")
	require.Zero(t, code, out)
	id := regexp.MustCompile(`lpk_[a-z2-7]{32}`).FindString(out)
	require.NotEmpty(t, id, out)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	block, _ := pem.Decode(text)
	private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	require.NoError(t, err)
	s := &signer{id: id, key: private.(ed25519.PrivateKey), clock: h.clock}
	a := partnerv1.NewPartnerServiceClient(h.conn(s))
	h.award(a, "ann", 5)
	code, out = h.ctl("partner", "keys", "add", "a", "--generate", file, "--scope", "award")
	require.NotZero(t, code, "a private key is never written over: %s", out)

	code, out = h.ctl("partner", "keys", "add", "a", "--certificate", "a.example", "--scope", "redeem")
	require.Zero(t, code, out)
	code, out = h.ctl("partner", "keys", "list", "a")
	require.Zero(t, code, out)
	require.Contains(t, out, "certificate a.example")
	require.Contains(t, out, "award read")
	code, out = h.ctl("partner", "keys", "revoke", id)
	require.Zero(t, code, out)
	_, err = a.GetBalance(t.Context(), &partnerv1.GetBalanceRequest{Account: "ann"})
	require.ErrorIs(t, rpc.FromStatus(err), reason.NotSignedIn, "at once")
}
