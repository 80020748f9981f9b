package folding

import (
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/tier/internal/domain/standing"
	"github.com/laurel-loyalty/laurel/services/tier/internal/storage"
)

var rewrite = flag.Bool("rewrite", false, "write the golden file anew")

// TestFactsLeaveAsTheyAlwaysDid holds what leaves of a line and of a notice, to the last byte, against what was stored of it
// once: whoever reads FACTS was built for that.
func TestFactsLeaveAsTheyAlwaysDid(t *testing.T) {
	ref := storage.Ref{Program: "tea", Account: "ann b."}
	at := time.Date(2025, time.April, 1, 0, 0, 0, 0, time.UTC)
	line := standing.Line{
		Seq: 3, From: "gold", To: "silver", Cause: standing.CauseRefused, Qualifying: 1900_00, Reach: 2000_00, EffectiveAt: at, Revision: 2,
		Ref: orders.Ref{Merchant: "till", Order: "o/1"}, Event: "paid", Earned: "silver",
	}
	granted := standing.Line{
		Seq: 4, From: "silver", To: "gold", Cause: ladder.CauseGranted, Qualifying: 5, Reach: 2000_00, EffectiveAt: at.Add(time.Hour), Revision: 2,
		Grant: "g-1", Earned: "silver",
	}
	account := standing.New("tea", "ann b.")
	account.Version, account.Lines = 12, 4
	notice := standing.Notice{At: at.AddDate(0, 1, 0), Revision: 2, Drop: ladder.Drop{
		On: calendar.DayOf(at.AddDate(0, 2, 0), time.UTC), From: "gold", To: "silver", Cause: ladder.CauseGrantEnded, Holds: 1900_00, Reach: 2000_00,
	}}
	var told strings.Builder
	for _, f := range []fact{changedFact(ref, line), changedFact(ref, granted), noticeFact(account, notice, "USD")} {
		m, err := f.message()
		require.NoError(t, err)
		fmt.Fprintf(&told, "%s\nid %s\n", m.Subject, m.ID)
		for _, h := range m.Header {
			fmt.Fprintf(&told, "%s: %s\n", h.Name, h.Value)
		}
		fmt.Fprintf(&told, "%s\n%s\n\n", text(t, f.body), hex.EncodeToString(m.Data))
	}
	path := filepath.Join("testdata", "facts.txt")
	if *rewrite {
		require.NoError(t, os.WriteFile(path, []byte(told.String()), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), told.String())
}

// text is a body in words, always spaced alike.
func text(t *testing.T, body proto.Message) string {
	t.Helper()
	raw, err := protojson.Marshal(body)
	require.NoError(t, err)
	var plainly map[string]any
	require.NoError(t, json.Unmarshal(raw, &plainly))
	plain, err := json.MarshalIndent(plainly, "", "  ")
	require.NoError(t, err)
	return string(plain)
}
