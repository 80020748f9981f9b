package program

import (
	"cmp"
	"fmt"
	"slices"
)

// faultsMax bounds the list that Parse returns; the last one then says how many more there are.
const faultsMax = 500

// Fault is one thing that is wrong in a programme file: where it is, what is wrong and what to do
// about it.
type Fault struct {
	File string
	// Line and Column count from 1, columns in characters. A key that is missing is reported where
	// its section begins.
	Line, Column int
	// Path names the key, for example "ladder.tiers[2].from" (list items count from 0). It is empty
	// where the fault is one of the file as a whole.
	Path    string
	Message string
}

// String returns file:line:column: path: message.
func (f Fault) String() string {
	if f.Path == "" {
		return fmt.Sprintf("%s: %s", f.place(), f.Message)
	}
	return fmt.Sprintf("%s: %s: %s", f.place(), f.Path, f.Message)
}

func (f Fault) place() string { return fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Column) }

// sorted brings faults into the order of the files and of the text, each once, and bounds their
// number.
func sorted(faults []Fault) []Fault {
	slices.SortFunc(faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Path, b.Path), cmp.Compare(a.Message, b.Message))
	})
	faults = slices.Compact(faults)
	if len(faults) <= faultsMax {
		return faults
	}
	last := faults[faultsMax]
	return append(slices.Clip(faults[:faultsMax]), Fault{File: last.File, Line: last.Line, Column: last.Column,
		Message: fmt.Sprintf("%d more faults from here on; mend those above first", len(faults)-faultsMax)})
}
