package laurelctl_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/laurel-loyalty/laurel/services/internal/house"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// brought is what an import says of itself.
type brought struct {
	Read, New, Already, Refused struct{ Rows, Points int64 }
}

// TestAnImportThatIsKilledIsRunAgain: whatever had come over is there, the rest comes, and the ledger has the points of the file, once.
func TestAnImportThatIsKilledIsRunAgain(t *testing.T) {
	t.Parallel()
	const rows, accounts = 3000, 70
	bin := filepath.Join(t.TempDir(), "laurelctl")
	require.NoError(t, testkit.Build(t.Context(), bin, "github.com/laurel-loyalty/laurel/services/laurelctl/cmd/laurelctl"))
	h := raise(t)
	require.NoError(t, h.apply("tea.yaml", []byte("programme: tea\nzone: UTC\ncurrency: USD\nunit: points\nearning: {points: 1, per: 1.00}\nexpiry: {rule: never}\n")))
	require.NoError(t, h.pass("2026-03-10T00:00:00Z"))
	h.drain()
	dir := t.TempDir()
	require.NoError(t, house.Write(filepath.Join(dir, house.Path), h.place))
	var file strings.Builder
	file.WriteString("account,points,reference\n")
	for n := range rows {
		fmt.Fprintf(&file, "m%d,%d,row-%d\n", n%accounts, n+1, n)
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "points.csv"), []byte(file.String()), 0o600))
	run := func() *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), bin, "-o", "json", "--timeout", "1m", "ledger", "import", "points.csv", "--source", "oldshop")
		cmd.Dir, cmd.Stderr = dir, os.Stderr
		return cmd
	}
	came := func() int64 {
		var n int64
		require.NoError(t, h.mongo(func(ctx context.Context, db *mongo.Database) error {
			var err error
			n, err = db.Collection("entries").CountDocuments(ctx, bson.M{"kind": "import"})
			return err
		}))
		return n
	}
	first := run()
	require.NoError(t, first.Start())
	testkit.Eventually(t, func() bool { return came() > 0 }, "some have come over")
	require.NoError(t, first.Process.Kill())
	require.Error(t, first.Wait())
	require.Less(t, came(), int64(rows), "it was killed in the middle")

	outcome := func() brought {
		said, err := run().Output()
		require.NoError(t, err)
		var b brought
		require.NoError(t, json.Unmarshal(said, &b))
		require.EqualValues(t, rows, b.Read.Rows)
		require.EqualValues(t, rows*(rows+1)/2, b.Read.Points)
		require.Zero(t, b.Refused.Rows)
		require.Equal(t, b.Read.Points, b.New.Points+b.Already.Points)
		return b
	}
	second := outcome()
	require.Positive(t, second.Already.Rows)
	require.Positive(t, second.New.Rows)
	require.EqualValues(t, rows, outcome().Already.Rows, "again, nothing is new")
	require.EqualValues(t, rows, came())
	var sum int64
	require.NoError(t, h.mongo(func(ctx context.Context, db *mongo.Database) error {
		cursor, err := db.Collection("accounts").Find(ctx, bson.M{})
		if err != nil {
			return err
		}
		var list []struct{ Balances []struct{ Active int64 } }
		err = cursor.All(ctx, &list)
		for _, a := range list {
			sum += a.Balances[0].Active
		}
		return err
	}))
	require.EqualValues(t, rows*(rows+1)/2, sum)
}
