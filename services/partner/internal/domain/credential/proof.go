package credential

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// The headers of a signed call.
const (
	HeaderKey       = "laurel-key"
	HeaderTime      = "laurel-time"  // milliseconds since 1970-01-01T00:00Z
	HeaderNonce     = "laurel-nonce" // 16 to 64 letters, digits, - and _; another one for each call
	HeaderSignature = "laurel-signature"
)

// Limits of a signed call.
const (
	// Window is how far its time may lie from ours, either way.
	Window        = 5 * time.Minute
	nonceCharsMin = 16
	nonceCharsMax = 64
	// version begins what is signed, so that a signature for this never is one for anything else.
	version = "laurel-partner-v1"
)

// Proof is what a signed call shows.
type Proof struct {
	KeyID     string
	Time      time.Time
	Nonce     string
	Signature []byte

	time string // as it came: that was signed
}

// ParseProof reads the headers of a call; each must be there once. False: no key could have made it.
func ParseProof(header func(name string) []string) (Proof, bool) {
	var texts [4]string
	for i, name := range []string{HeaderKey, HeaderTime, HeaderNonce, HeaderSignature} {
		values := header(name)
		if len(values) != 1 {
			return Proof{}, false
		}
		texts[i] = values[0]
	}
	millis, err := strconv.ParseInt(texts[1], 10, 64)
	signature, malformed := base64.StdEncoding.Strict().DecodeString(texts[3])
	if err != nil || malformed != nil || len(signature) != ed25519.SignatureSize || !CheckID(texts[0]) || !plainNonce(texts[2]) {
		return Proof{}, false
	}
	return Proof{KeyID: texts[0], Time: time.UnixMilli(millis).UTC(), Nonce: texts[2], Signature: signature, time: texts[1]}, true
}

func plainNonce(text string) bool {
	if len(text) < nonceCharsMin || len(text) > nonceCharsMax {
		return false
	}
	return !strings.ContainsFunc(text, func(c rune) bool {
		return (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && c != '-' && c != '_'
	})
}

// Signs tells if the proof is the key's for a call: its method, /package.Service/Method, and the bytes of its request.
func (p Proof) Signs(key ed25519.PublicKey, method string, body []byte) bool {
	return ed25519.Verify(key, signed(p.KeyID, method, body, p.time, p.Nonce), p.Signature)
}

// InWindow tells if the call was made about now.
func (p Proof) InWindow(now time.Time) bool {
	d := now.Sub(p.Time)
	return -Window <= d && d <= Window
}

// Sign returns the headers of a call, for whoever holds the private key.
func Sign(key ed25519.PrivateKey, p Proof, method string, body []byte) map[string]string {
	at := strconv.FormatInt(p.Time.UnixMilli(), 10)
	signature := ed25519.Sign(key, signed(p.KeyID, method, body, at, p.Nonce))
	return map[string]string{
		HeaderKey: p.KeyID, HeaderTime: at, HeaderNonce: p.Nonce,
		HeaderSignature: base64.StdEncoding.EncodeToString(signature),
	}
}

// signed are the bytes that are signed: six lines, the last one without an end.
func signed(keyID, method string, body []byte, at, nonce string) []byte {
	sum := sha256.Sum256(body)
	return []byte(strings.Join([]string{version, keyID, method, hex.EncodeToString(sum[:]), at, nonce}, "\n"))
}
