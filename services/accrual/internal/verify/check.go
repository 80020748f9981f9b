package verify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
)

// Check is one invariant over the whole ledger.
type Check struct {
	Name   string
	OK     bool
	Detail string // what was counted, or the first breaches
}

// Report is what a verification found.
type Report struct {
	Entries  int64 // that were read
	Accounts int64
	Checks   []Check
	// Since is the checkpoint up to which nothing was read again; nil: everything was read.
	Since *storage.Checkpoint
	// Set is the checkpoint that the verification has set; nil: none.
	Set *storage.Checkpoint
	// Notes say in sentences what was not checked, and why no checkpoint was set although one was asked for.
	Notes []string
}

// OK tells whether every check holds.
func (r Report) OK() bool {
	return !slices.ContainsFunc(r.Checks, func(c Check) bool { return !c.OK })
}

// breachesMax is how many breaches of one check are named.
const breachesMax = 10

// breaches collects what does not hold.
type breaches struct {
	first []string
	count int
}

func (b *breaches) add(format string, args ...any) {
	b.count++
	if len(b.first) < breachesMax {
		b.first = append(b.first, fmt.Sprintf(format, args...))
	}
}

// join adds what another reader has found.
func (b *breaches) join(o breaches) {
	b.count += o.count
	b.first = append(b.first, o.first...)
	slices.Sort(b.first) // whoever found it first
	b.first = b.first[:min(len(b.first), breachesMax)]
}

func (b *breaches) check(name, fine string, n int64) Check {
	if b.count == 0 {
		return Check{name, true, fmt.Sprintf(fine, n)}
	}
	return Check{name, false, fmt.Sprintf("%d breaches: %s", b.count, strings.Join(b.first, "; "))}
}
