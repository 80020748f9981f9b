package registry

import (
	"fmt"

	"github.com/laurel-loyalty/laurel/services/internal/program"
)

// Logged is a revision as it stands in the log, and what it says.
type Logged struct {
	Revision
	Says *program.Program
}

// Accepted returns of what stands in the log, in its order, what its readers know: a repeat they pass over, and what does
// not follow they refuse. Numbers are dense within each programme.
func Accepted(logged []Logged) []Revision {
	newest := map[string]program.Known{}
	var list []Revision
	for _, l := range logged {
		is := program.Known{Revision: l.Number, Program: l.Says}
		if latest := newest[l.Program]; l.Number <= latest.Revision || is.Follows(latest) != nil {
			continue
		}
		newest[l.Program] = is
		list = append(list, l.Revision)
	}
	return list
}

// Repair is what a registry lacks that was made before it was there, went back to an older copy, or died between keeping
// and publishing.
type Repair struct {
	Adopt   []Revision // in the log, not kept
	Stand   []Revision // kept as not published, and in the log
	Publish []Revision // kept as published, and not in the log: the bus went back
}

// SplitError says that registry and log hold different revisions of one number. Somebody has to look.
type SplitError struct {
	Program string
	Number  int
}

// Error names the revision and says what to do.
func (e *SplitError) Error() string {
	return fmt.Sprintf("revision %d of programme %s is another one in EVENTS than in the registry: "+
		"the registry is an older copy that was written to; restore a newer one, or drop its revisions from %d on",
		e.Number, e.Program, e.Number)
}

// RepairOf compares what is kept with what the readers of the log know. Kept revisions need no files. A registry that
// contradicts the log cannot be repaired: *SplitError.
func RepairOf(kept, accepted []Revision) (Repair, error) {
	type name struct {
		program string
		number  int
	}
	byName := make(map[name]Revision, len(kept))
	for _, r := range kept {
		byName[name{r.Program, r.Number}] = r
	}
	var repair Repair
	for _, l := range accepted {
		at := name{l.Program, l.Number}
		k, known := byName[at]
		switch {
		case !known:
			l.Published = true
			repair.Adopt = append(repair.Adopt, l)
		case k.Digest != l.Digest || !k.Effective.Equal(l.Effective):
			return Repair{}, &SplitError{l.Program, l.Number}
		case !k.Published:
			repair.Stand = append(repair.Stand, k)
		}
		delete(byName, at)
	}
	for _, r := range kept {
		if _, missing := byName[name{r.Program, r.Number}]; missing && r.Published {
			repair.Publish = append(repair.Publish, r)
		}
	}
	return repair, nil
}
