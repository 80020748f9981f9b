// Package cdnow_test holds the reports against the reference results of a real shop (data.md sections 4 to 7).
package cdnow_test

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

const (
	customers = 23570
	purchases = 69659
)

// end is the first day after the data.
var end = calendar.Date(1998, time.July, 1)

// shop returns all customers by rising id, each with the orders of the file.
func shop(t *testing.T) []history.Customer {
	t.Helper()
	// They may not be handed on, so they are not part of the repository.
	_ = os.Getenv("LAUREL_FILES_ARE") // what lies outside the module makes a kept result stale by this alone
	file, err := os.Open(filepath.Join(os.Getenv("LAUREL_CDNOW"), "CDNOW_master.txt"))
	require.NoError(t, err, "run `make test`, which fetches the CDNOW purchases")
	defer func() { require.NoError(t, file.Close()) }()
	all, n := map[string][]history.Order{}, 0
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) != 4 || len(f[0]) != 5 {
			continue // the head
		}
		n++
		at, err := time.Parse("20060102", f[1])
		require.NoError(t, err)
		amount, err := money.ParseAmount(f[3], "USD")
		require.NoError(t, err)
		all[f[0]] = append(all[f[0]], history.Order{Day: calendar.DayOf(at, time.UTC), Base: amount})
	}
	require.NoError(t, lines.Err())
	require.Equal(t, purchases, n)
	require.Len(t, all, customers)
	var list []history.Customer
	for _, id := range slices.Sorted(maps.Keys(all)) {
		list = append(list, history.Customer{ID: id, Orders: all[id]})
	}
	return list
}

// feed gives all customers to a builder.
func feed(t *testing.T, list []history.Customer, add func(history.Customer) error) {
	t.Helper()
	for _, c := range list {
		require.NoError(t, add(c))
	}
}

// digest is the SHA-256 of one line per customer, each ended by a line feed.
func digest(lines []string) string {
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n") + "\n"))
	return hex.EncodeToString(sum[:])
}
