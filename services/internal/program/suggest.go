package program

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// suggest says which of the known words was meant, or lists them all.
func suggest(word string, known []string) string {
	if best := nearest(word, known); best != "" {
		return "did you mean " + strconv.Quote(best) + "?"
	}
	return "known here: " + strings.Join(known, ", ")
}

// nearest returns the known word with the fewest letters changed, the earlier of equals, or ""
// where a fourth of the letters and one more do not do.
func nearest(word string, known []string) string {
	const longest = 64 // bytes: no known word is near to a longer one
	if len(word) > longest {
		return ""
	}
	best, least := "", len(word)/4+2
	for _, k := range known {
		if d := distance(strings.ToLower(word), k); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance counts the letters to insert, delete, replace or swap with their neighbour that turn a
// into b (optimal string alignment).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	var before []int
	last := make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row := make([]int, len(y)+1)
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(y)]
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
