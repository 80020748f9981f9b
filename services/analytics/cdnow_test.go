package analytics_test

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// cdnow tells every purchase as the ledger would.
func cdnow(t *testing.T, l *ledger) []bus.Outgoing {
	t.Helper()
	// They may not be handed on, so they are not part of the repository.
	file, err := os.Open(filepath.Join(os.Getenv("LAUREL_CDNOW"), "CDNOW_master.txt"))
	require.NoError(t, err, "run `make test`, which fetches the CDNOW purchases")
	defer func() { require.NoError(t, file.Close()) }()
	var told []bus.Outgoing
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) != 4 || len(f[0]) != 5 {
			continue // the head
		}
		at, err := time.Parse("20060102", f[1])
		require.NoError(t, err)
		amount, err := money.ParseAmount(f[3], "USD")
		require.NoError(t, err)
		told = append(told, l.paid(f[0], fmt.Sprint("cdnow-", len(told)+1), calendar.DayOf(at, time.UTC), int64(amount)))
	}
	require.NoError(t, lines.Err())
	require.Len(t, told, 69659)
	return told
}

// digest is the SHA-256 of one line per customer, each ended by a line feed.
func digest(list []*analyticsv1.Customer, line func(*analyticsv1.Customer) string) string {
	h := sha256.New()
	for _, c := range list {
		_, _ = fmt.Fprintln(h, line(c))
	}
	return hex.EncodeToString(h.Sum(nil))
}

func classOf(c *analyticsv1.Customer) string { return c.GetAccount() + "," + c.GetClass() }

func scoresOf(c *analyticsv1.Customer) string {
	return fmt.Sprintf("%s,%d,%d,%d", c.GetAccount(), c.GetRecencyScore(), c.GetFrequencyScore(), c.GetMonetaryScore())
}

// TestCDNOW goes the whole way, from FACTS to gRPC: data.md 4 to 7. Every figure of every report is held against the
// reference in internal/domain/cdnow; here it is what travels.
func TestCDNOW(t *testing.T) {
	t.Parallel()
	h := open(t)
	told := cdnow(t, h.ledger)
	h.tell(told...)
	begun := time.Now()
	s := h.run(size{lanes: 2})
	s.drained()
	t.Logf("%d facts copied in %.1f s", len(told), time.Since(begun).Seconds())

	begun = time.Now()
	s.report("pareto", "1998-07-01")
	t.Logf("a report over them in %.2f s", time.Since(begun).Seconds())
	customers := s.customers("1998-07-01", 5000)
	require.Len(t, customers, 23570)
	require.Equal(t, "92bcec43763d824f68469897a87167937e4246556131a3c72882973f2846bcbb", digest(customers, classOf))
	require.Equal(t, "1779e0e80c5bdd721c540147b0ec9e530dea6470afaf75fe84ab81388848ff73", digest(customers, scoresOf))
	require.Equal(t, "44f8f010284e00394809997eda74cb17f722f7cf154ae14aa7b88c83a67beb2d", digest(s.customers("1998-01-01", 4000), classOf))

	pareto := s.report("pareto", "").GetPareto() // everything that was read
	require.EqualValues(t, 250031563, pareto.GetTotalMinor())
	require.EqualValues(t, 68, pareto.GetZeroSpenders())
	require.Equal(t, "0.677773830", pareto.GetTop().GetSumShare())
	require.EqualValues(t, 7695, pareto.GetMost().GetCustomers())
	require.EqualValues(t, 2262, pareto.GetHalf().GetCustomers())
	require.Equal(t, "0.634571185", pareto.GetGini())
	require.Len(t, pareto.GetLorenz(), 101)

	moved := s.ask(&analyticsv1.GetReportRequest{Program: "tea", Name: "rfm", AsOf: "1998-07-01", Compare: "1998-01-01"})
	require.Equal(t, "1998-01-01", moved.GetCompare())
	require.EqualValues(t, 3394, moved.GetRfm().GetSegments()[0].GetCustomers())
	require.EqualValues(t, 122574725, moved.GetRfm().GetSegments()[0].GetSumMinor())
	require.Len(t, moved.GetRfm().GetCells(), 57)
	sum := int64(0)
	for _, m := range moved.GetRfm().GetMoves() {
		sum += m.GetCustomers()
	}
	require.EqualValues(t, 23570, sum)

	cohorts := s.report("cohorts", "1998-07-01").GetCohorts()
	require.Equal(t, "1997-03", cohorts.GetCohorts()[2].GetMonth())
	require.EqualValues(t, 457, cohorts.GetCohorts()[2].GetActive()[15])
	require.Equal(t, "0.488587187", cohorts.GetAll().GetSecondShare())
	require.EqualValues(t, 10810, cohorts.GetAll().GetWindows()[3].GetSecond())
	require.EqualValues(t, 11662, cohorts.GetTwoOrders())

	survival := s.report("survival", "1998-07-01").GetSurvival()
	require.EqualValues(t, 11516, survival.GetFirstRepeat().GetEvents())
	require.EqualValues(t, 5539745, survival.GetLoss().GetTotalDays())
	require.EqualValues(t, 180, survival.GetLoss().GetMedianDays())
}
