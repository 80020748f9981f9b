package sheet

import (
	"math/big"
	"regexp"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

// differenceDigits is how many digits after the point a difference is written with, where it is no whole number.
const differenceDigits = 9

// decimal is a figure that a message writes as text: what has no point may be a name.
var decimal = regexp.MustCompile(`^-?[0-9]+\.[0-9]+$`)

// Changes tells which figures of a message are not what they were in an earlier one of the same type. Lines of a list are
// told apart by the texts that they begin with, or else by their first number. A list whose lines cannot be told apart so,
// and one told apart by numbers that are others than they were, is a curve of its own, and left out.
func Changes(before, after proto.Message) []*analyticsv1.Change {
	earlier, later := Of(before), Of(after)
	var list []*analyticsv1.Change
	for i, now := range later { // both have the same sheets
		list = append(list, now.since(earlier[i])...)
	}
	return list
}

// OfChanges lays changes out, each figure written by its own kind.
func OfChanges(list []*analyticsv1.Change) Sheet {
	s := Sheet{Name: "changes", Columns: []Column{
		{Name: "figure"}, {Name: "line"}, {Name: "before", Kind: Number}, {Name: "after", Kind: Number}, {Name: "difference", Kind: Number}, {Name: "difference_share", Kind: Share},
	}}
	for _, c := range list {
		s.Rows = append(s.Rows, []string{c.GetField(), c.GetLine(), c.GetBefore(), c.GetAfter(), c.GetDifference(), c.GetDifferenceShare()})
		s.kinds = append(s.kinds, kindOf(c.GetField()[strings.LastIndex(c.GetField(), ".")+1:], Number))
	}
	return s
}

// since compares a sheet with an earlier one: lines that there are, then those that there are no more.
func (s Sheet) since(earlier Sheet) []*analyticsv1.Change {
	if len(s.Columns) == 0 {
		return nil
	}
	width := s.nameWidth()
	was, is := earlier.byName(width), s.byName(width)
	if len(was) != len(earlier.Rows) || len(is) != len(s.Rows) || s.Columns[width-1].Kind != Text && !sameNames(was, is) {
		return nil
	}
	var list []*analyticsv1.Change
	for _, row := range s.Rows {
		list = append(list, s.differences(was[lineName(row, width)], row, width)...)
	}
	for _, row := range earlier.Rows {
		if is[lineName(row, width)] == nil {
			list = append(list, s.differences(row, nil, width)...)
		}
	}
	return list
}

// nameWidth is how many columns name a line: the texts that it begins with, or the first one.
func (s Sheet) nameWidth() int {
	n := 0
	for n < len(s.Columns)-1 && s.Columns[n].Kind == Text {
		n++
	}
	return max(n, 1)
}

func lineName(row []string, width int) string { return strings.Join(row[:width], " / ") }

func (s Sheet) byName(width int) map[string][]string {
	rows := make(map[string][]string, len(s.Rows))
	for _, row := range s.Rows {
		rows[lineName(row, width)] = row
	}
	return rows
}

func sameNames(a, b map[string][]string) bool {
	for name := range a {
		if b[name] == nil {
			return false
		}
	}
	return len(a) == len(b)
}

// differences are the figures of a line that differ; before or after is nil where there is no such line.
func (s Sheet) differences(before, after []string, width int) []*analyticsv1.Change {
	some := after
	if some == nil {
		some = before
	}
	var list []*analyticsv1.Change
	for i := width; i < len(s.Columns); i++ {
		c := &analyticsv1.Change{Field: s.Name + "." + s.Columns[i].Name, Line: lineName(some, width)}
		kind := s.Columns[i].Kind
		if s.Name == "" { // what is said once
			c.Field, c.Line = some[0], ""
			kind = s.kinds[slices.IndexFunc(s.Rows, func(row []string) bool { return row[0] == some[0] })]
		}
		if before != nil {
			c.Before = before[i]
		}
		if after != nil {
			c.After = after[i]
		}
		if c.GetBefore() == c.GetAfter() {
			continue
		}
		c.Difference, c.DifferenceShare = difference(c.GetBefore(), c.GetAfter(), kind)
		list = append(list, c)
	}
	return list
}

// difference is after − before, and that ÷ |before|; empty where one of them is no number.
func difference(before, after string, kind Kind) (string, string) {
	if kind == Text && (!decimal.MatchString(before) || !decimal.MatchString(after)) {
		return "", ""
	}
	was, okBefore := new(big.Rat).SetString(before)
	is, okAfter := new(big.Rat).SetString(after)
	if !okBefore || !okAfter {
		return "", ""
	}
	by := new(big.Rat).Sub(is, was)
	exact := by.FloatString(differenceDigits)
	if by.IsInt() && !strings.Contains(before+after, ".") {
		exact = by.Num().String()
	}
	if was.Sign() == 0 {
		return exact, ""
	}
	return exact, by.Quo(by, was.Abs(was)).FloatString(differenceDigits)
}
