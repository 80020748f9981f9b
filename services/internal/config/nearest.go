package config

import (
	"strconv"
	"strings"
)

// suggest says which of the known words was meant, or lists them all.
func suggest(word string, known []string) string {
	if near := nearest(strings.ToLower(word), known); near != "" {
		return "did you mean " + strconv.Quote(near) + "?"
	}
	return "known here: " + strings.Join(known, ", ")
}

// nearest returns the known word with the fewest letters changed, the earlier of equals, or "" where a fourth of the
// letters and one more do not do.
func nearest(word string, known []string) string {
	const longest = 64 // bytes: no known word is near to a longer one
	if len(word) > longest {
		return ""
	}
	best, least := "", len(word)/4+2
	for _, k := range known {
		if d := distance(word, k); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance counts the bytes to insert, delete or replace that turn a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := corner
			if a[i] != b[j] {
				replaced++
			}
			corner = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
