// Package registry decides what becomes the next revision of a programme: who was first, what is new, what may not change,
// and what whoever applies it should know. It keeps and publishes nothing.
package registry

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/program"
)

// Limits of a registry. A test meets each.
const (
	// RevisionsMax is how many revisions one programme may have: a partition document names each of them.
	RevisionsMax = 10_000
	// aheadYearsMax is how far ahead a revision may be put.
	aheadYearsMax = 10
)

// Digest is the SHA-256 of files, or of what was asked for. Equal digests are equal content.
type Digest [sha256.Size]byte

// String writes it in hex.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// Revision is one revision of one programme, as it is kept.
type Revision struct {
	Program string
	Number  int // dense, from 1; 0: there is none
	// Effective is from when it should hold; zero: at once. The first holds from the beginning of time.
	Effective time.Time
	AppliedAt time.Time // by the wall clock
	Actor     string    // empty: taken over from the log
	// Key and Asked are the idempotency key that brought it, and the digest of what came with the key.
	Key        string
	Asked      Digest
	RollbackOf int // 0: none
	Files      []program.File
	Digest     Digest // of Files
	Published  bool
}

// Sorted returns files in the order of their names, which says nothing about a programme.
func Sorted(files []program.File) []program.File {
	return slices.SortedFunc(slices.Values(files), func(a, b program.File) int { return cmp.Compare(a.Name, b.Name) })
}

// DigestOf returns the digest of files, in whatever order they come.
func DigestOf(files []program.File) Digest {
	h := newHash("files")
	for _, f := range Sorted(files) {
		h.text(f.Name)
		h.text(string(f.Content))
	}
	return h.sum()
}

// hash feeds a SHA-256 with parts that cannot run into each other.
type hash struct{ raw []byte }

func newHash(what string) *hash {
	h := &hash{}
	h.text(what)
	return h
}

func (h *hash) text(s string) {
	h.raw = append(binary.BigEndian.AppendUint64(h.raw, uint64(len(s))), s...)
}

func (h *hash) number(n int64) {
	h.raw = binary.BigEndian.AppendUint64(h.raw, uint64(n)) //nolint:gosec // its bits
}

func (h *hash) sum() Digest { return sha256.Sum256(h.raw) }
