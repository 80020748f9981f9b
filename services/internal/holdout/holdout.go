// Package holdout says who is held out of a campaign. It is a function of the two names alone, so that everybody who honours
// a campaign and everybody who measures it agree, for ever, and nobody keeps a list.
package holdout

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"

	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// domain keeps these hashes apart from any other; the number is the version of the split.
const domain = "laurel/holdout/1"

// In tells whether an account is held out of a campaign that holds out a share from 0 (nobody) to 1 (everybody). Who is held
// out at a share is held out at every greater one. The splits of two campaigns have nothing to do with each other.
func In(campaign, account string, share money.Ratio) bool {
	h := sha256.New()
	for _, part := range []string{domain, campaign, account} {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		h.Write(length[:])
		h.Write([]byte(part))
	}
	place := binary.BigEndian.Uint64(h.Sum(nil))
	// place / 2^64 < num / den, without rounding: place × den < num × 2^64.
	high, _ := bits.Mul64(place, uint64(share.Den())) //nolint:gosec // above zero
	return high < uint64(share.Num())                 //nolint:gosec // zero or more
}
