package credential_test

import (
	"crypto/ed25519"
	"encoding/base32"
	"encoding/base64"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/credential"
)

var now = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

const method = "/laurel.partner.v1.PartnerService/AwardPoints"

func TestAKeysIDTellsThatItIsOne(t *testing.T) {
	id := credential.NewID([16]byte{1, 2, 3})
	require.Equal(t, "lpk_aebagaaaaaaaaaaaaaaaaaaaaa2nt6fg", id, "it stays so for ever")
	require.True(t, credential.CheckID(id))
	for i := range id {
		letter := byte('a')
		if id[i] == letter {
			letter = 'b'
		}
		require.False(t, credential.CheckID(id[:i]+string(letter)+id[i+1:]), "letter %d mistyped", i)
	}
	for _, wrong := range []string{"", "lpk_", id[1:], id + "a", strings.ToUpper(id), " " + id} {
		require.False(t, credential.CheckID(wrong), wrong)
	}
}

// show is a header of each name.
func show(headers map[string]string) func(string) []string {
	return func(name string) []string {
		if value, ok := headers[name]; ok {
			return []string{value}
		}
		return nil
	}
}

func key(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(rune('a'+seed)), ed25519.SeedSize)))
}

func proofOf(seed byte) credential.Proof {
	return credential.Proof{KeyID: credential.NewID([16]byte{seed}), Time: now, Nonce: "0123456789abcdef"}
}

// TestASignedCall holds the vector of docs/guides/partner.md: a client in another language can be tried against it.
func TestASignedCall(t *testing.T) {
	body := []byte("\x0a\x03ann\x10\x64")
	headers := credential.Sign(key(0), proofOf(1), method, body)
	require.Equal(t, "1772352000000", headers[credential.HeaderTime])
	require.Equal(t, "ct3DFvkqX1ip3McO+VVzzDrHRS7xi6L6kfxy0iIIfCtb9O6SMXO7VDSWIQNYy5wHwdsPnep4h/87yWcnspGECg==", headers[credential.HeaderSignature])
	proof, ok := credential.ParseProof(show(headers))
	require.True(t, ok)
	public := key(0).Public().(ed25519.PublicKey)
	require.True(t, proof.Signs(public, method, body))
	require.False(t, proof.Signs(key(1).Public().(ed25519.PublicKey), method, body), "another key")
	require.False(t, proof.Signs(public, method+"x", body), "another method")
	require.False(t, proof.Signs(public, method, append(body, 0)), "another body")
	for _, name := range []string{credential.HeaderKey, credential.HeaderTime, credential.HeaderNonce} {
		changed := maps.Clone(headers)
		changed[name] = credential.Sign(key(0), credential.Proof{KeyID: credential.NewID([16]byte{9}), Time: now.Add(1e6), Nonce: "fedcba9876543210"}, method, body)[name]
		proof, ok := credential.ParseProof(show(changed))
		require.True(t, ok)
		require.False(t, proof.Signs(public, method, body), "another %s", name)
	}
}

func TestWhatNoKeyCouldHaveMadeIsNotRead(t *testing.T) {
	good := credential.Sign(key(0), proofOf(1), method, nil)
	for name, change := range map[string]func(map[string]string){
		"no key":               func(h map[string]string) { delete(h, credential.HeaderKey) },
		"no time":              func(h map[string]string) { delete(h, credential.HeaderTime) },
		"no nonce":             func(h map[string]string) { delete(h, credential.HeaderNonce) },
		"no signature":         func(h map[string]string) { delete(h, credential.HeaderSignature) },
		"a key of nobody":      func(h map[string]string) { h[credential.HeaderKey] = "admin" },
		"a time in words":      func(h map[string]string) { h[credential.HeaderTime] = "2026-03-01T08:00:00Z" },
		"a short nonce":        func(h map[string]string) { h[credential.HeaderNonce] = "0123456789abcde" },
		"a long nonce":         func(h map[string]string) { h[credential.HeaderNonce] = strings.Repeat("a", 65) },
		"a nonce with a slash": func(h map[string]string) { h[credential.HeaderNonce] = "0123456789/abcdef" },
		"a short signature":    func(h map[string]string) { h[credential.HeaderSignature] = "AAAA" },
		"a signature in hex":   func(h map[string]string) { h[credential.HeaderSignature] = strings.Repeat("0f", 64) },
	} {
		t.Run(name, func(t *testing.T) {
			h := maps.Clone(good)
			change(h)
			_, ok := credential.ParseProof(show(h))
			require.False(t, ok)
		})
	}
	_, ok := credential.ParseProof(func(string) []string { return []string{"a", "a"} })
	require.False(t, ok, "twice")
}

// TestX20NoGuessIsTaken: 10^5 random ids, 10^3 calls signed with random keys, and every signature that is one bit off.
func TestX20NoGuessIsTaken(t *testing.T) {
	t.Parallel()
	const seed, ids, keys = 7, 100_000, 1_000
	random := rand.NewChaCha8([32]byte{seed})
	body := []byte("body")
	public := key(0).Public().(ed25519.PublicKey)
	taken := 0
	for range ids {
		var guess [ed25519.SeedSize]byte
		_, _ = random.Read(guess[:])
		if credential.CheckID("lpk_" + strings.ToLower(base32.StdEncoding.EncodeToString(guess[:20]))) {
			taken++
		}
	}
	for range keys {
		var guess [ed25519.SeedSize]byte
		_, _ = random.Read(guess[:])
		proof, ok := credential.ParseProof(show(credential.Sign(ed25519.NewKeyFromSeed(guess[:]), proofOf(1), method, body)))
		require.True(t, ok)
		if proof.Signs(public, method, body) {
			taken++
		}
	}
	good := credential.Sign(key(0), proofOf(1), method, body)
	signature, err := base64.StdEncoding.DecodeString(good[credential.HeaderSignature])
	require.NoError(t, err)
	for bit := range len(signature) * 8 {
		signature[bit/8] ^= 1 << (bit % 8)
		good[credential.HeaderSignature] = base64.StdEncoding.EncodeToString(signature)
		proof, ok := credential.ParseProof(show(good))
		require.True(t, ok)
		if proof.Signs(public, method, body) {
			taken++
		}
		signature[bit/8] ^= 1 << (bit % 8)
	}
	require.Zero(t, taken)
}

func TestTheWindowOfASignedCall(t *testing.T) {
	p := proofOf(1)
	for offset, in := range map[time.Duration]bool{
		0: true, credential.Window: true, -credential.Window: true, credential.Window + 1: false, -credential.Window - 1: false,
	} {
		require.Equal(t, in, p.InWindow(now.Add(offset)), offset)
	}
}

func TestWhenACredentialCounts(t *testing.T) {
	require.True(t, credential.Key{}.Live(now))
	require.True(t, credential.Key{ExpiresAt: now.Add(1)}.Live(now))
	require.False(t, credential.Key{ExpiresAt: now}.Live(now))
	require.False(t, credential.Key{RevokedAt: now.Add(-1)}.Live(now))
	require.True(t, credential.Key{SAN: "x"}.SameKind(credential.Key{SAN: "y"}))
	require.False(t, credential.Key{SAN: "x"}.SameKind(credential.Key{}))
}
