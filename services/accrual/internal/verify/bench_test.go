package verify_test

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/verify"
)

// BenchmarkVerify tells what a verification costs an entry: the processor time of this process and of mongod together, which
// says more than the time on the wall where others work as well. VERIFY_MEMBERS and VERIFY_ENTRIES (of each) say how large
// the ledger is.
func BenchmarkVerify(b *testing.B) {
	members, times := sized("VERIFY_MEMBERS", 2000), sized("VERIFY_ENTRIES", 6)
	h := open(b)
	h.grow(members, times)
	entries := int64(members * times)
	h.books, h.accounts = nil, nil // a verification has none of it in its memory
	runtime.GC()
	for name, o := range map[string]verify.Options{"full": {}, "full_keep": {Keep: true}, "since": {Since: true}} {
		b.Run(name, func(b *testing.B) {
			if o.Since {
				require.NotNil(b, h.run(verify.Options{Keep: true}).Set)
			}
			b.ReportAllocs()
			own, theirs, start := ownTime(b), mongodTime(b, h), time.Now()
			for b.Loop() {
				require.Empty(b, findings(h.run(o)))
			}
			per := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 / float64(entries) / float64(b.N) }
			own, theirs = ownTime(b)-own, mongodTime(b, h)-theirs
			b.ReportMetric(per(own), "own-µs/entry")
			b.ReportMetric(per(theirs), "mongod-µs/entry")
			b.ReportMetric(2e6/per(own+theirs), "entries/s-of-2-cores")
			b.ReportMetric(float64(entries)*float64(b.N)/time.Since(start).Seconds(), "entries/s")
		})
	}
}

func sized(name string, usual int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return usual
}

// ownTime is the processor time that this process has had.
func ownTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// mongodTime is the processor time that mongod has had.
func mongodTime(b *testing.B, h *house) time.Duration {
	b.Helper()
	var status struct {
		PID int `bson:"pid"`
	}
	require.NoError(b, h.collection("entries").Database().Client().Database("admin").RunCommand(b.Context(), bson.M{"serverStatus": 1}).Decode(&status))
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(status.PID) + "/stat")
	require.NoError(b, err)
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	ticks := 0
	for _, field := range fields[11:13] { // utime and stime, in hundredths of a second
		n, err := strconv.Atoi(field)
		require.NoError(b, err)
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
