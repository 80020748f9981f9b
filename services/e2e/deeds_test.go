package e2e

import (
	"context"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// wish is one thing that is asked of an account in a plot.
type wish struct {
	kind    string // award, hold, capture, void, refund or adjust
	account string
	points  int64
	issuer  string
	ttl     time.Duration
	of      int // which deed it ends or gives back
}

// holdMax is the longest that a hold may be asked to last, in hours.
const holdMax = 30 * 24

// drawWishes draws deeds with accounts that have bought something, some of them with what deeds before them have set aside or spent.
// The first four are done whatever the rest is: they ask an account for what they have given it.
func drawWishes(r *mathrand.Rand, before []wish, accounts []string, many int) []wish {
	given := wish{kind: "award", account: accounts[r.IntN(len(accounts))], points: 20 + r.Int64N(20)}
	held := wish{kind: "hold", account: given.account, points: 1 + r.Int64N(20), ttl: holdMax * time.Hour}
	all := slices.Concat(before, []wish{
		given, held,
		{kind: "capture", account: given.account, points: held.points, of: len(before) + 1},
		{kind: "adjust", account: given.account, points: 1 + r.Int64N(40)},
	})
	last := func(kind string) (int, bool) {
		for tries := 0; tries < 20 && len(all) > 0; tries++ {
			if i := r.IntN(len(all)); all[i].kind == kind {
				return i, true
			}
		}
		return 0, false
	}
	for len(all) < len(before)+many {
		d := wish{account: accounts[r.IntN(len(accounts))], points: 1 + r.Int64N(40)}
		switch r.IntN(8) {
		case 0, 1:
			d.kind, d.issuer = "award", []string{"", "bank", "radio"}[r.IntN(3)]
		case 2, 3:
			d.kind, d.ttl = "hold", time.Duration(1+r.IntN(holdMax))*time.Hour
		case 4:
			d.kind = "adjust"
			if r.IntN(2) == 0 {
				d.points = -d.points
			}
		default:
			ends := map[string]string{"capture": "hold", "void": "hold", "refund": "capture"}
			d.kind = []string{"capture", "void", "refund"}[r.IntN(3)]
			of, ok := last(ends[d.kind])
			if !ok {
				continue
			}
			d.of, d.account, d.points = of, all[of].account, all[of].points*r.Int64N(2) // 0: all of it
		}
		all = append(all, d)
	}
	return all[len(before):]
}

// ask asks for a deed until it is answered. What came of it is a hash, or why it was refused.
func (d wish) ask(ctx context.Context, client accrualv1.AccrualServiceClient, key string, keys func(of int) string) (*accrualv1.Entry, error) {
	const program = "cdnow"
	switch d.kind {
	case "award":
		a, err := client.AwardPoints(ctx, &accrualv1.AwardPointsRequest{Program: program, Account: d.account, Points: d.points, Issuer: d.issuer, IdempotencyKey: key})
		return a.GetEntry(), err
	case "hold":
		a, err := client.HoldPoints(ctx, &accrualv1.HoldPointsRequest{Program: program, Account: d.account, Points: d.points, Redeemer: "cafe", Ttl: durationpb.New(d.ttl), IdempotencyKey: key})
		return a.GetEntry(), err
	case "capture":
		a, err := client.CaptureHold(ctx, &accrualv1.CaptureHoldRequest{Program: program, Account: d.account, HoldId: keys(d.of), Points: d.points, IdempotencyKey: key})
		return a.GetEntry(), err
	case "void":
		a, err := client.VoidHold(ctx, &accrualv1.VoidHoldRequest{Program: program, Account: d.account, HoldId: keys(d.of), IdempotencyKey: key})
		return a.GetEntry(), err
	case "refund":
		a, err := client.RefundCapture(ctx, &accrualv1.RefundCaptureRequest{Program: program, Account: d.account, CaptureId: keys(d.of), Points: d.points, IdempotencyKey: key})
		return a.GetEntry(), err
	default:
		a, err := client.AdjustPoints(ctx, &accrualv1.AdjustPointsRequest{Program: program, Account: d.account, Points: d.points, Reason: "GOODWILL", IdempotencyKey: key})
		return a.GetEntry(), err
	}
}

// deeds has those of the deeds done that are not, each once its account has heard all that was published. Somebody may be killed before each.
func (s *stage) deeds(list []wish, done map[string]bson.M) {
	s.t.Helper()
	key := func(n int) string { return fmt.Sprint("deed-", n) }
	for n := len(done); n < len(list); n++ {
		s.maybeKill(s.running()...)
		d := list[n]
		testkit.Eventually(s.t, func() bool {
			ctx, cancel := context.WithTimeout(s.t.Context(), openMax)
			defer cancel()
			client := accrualv1.NewAccrualServiceClient(s.dial("accrual"))
			_, err := client.GetAccount(ctx, &accrualv1.GetAccountRequest{Program: "cdnow", Account: d.account, After: s.end()})
			var entry *accrualv1.Entry
			if err == nil {
				entry, err = d.ask(ctx, client, key(n), func(of int) string { return "cmd/operator/" + key(of) })
			}
			switch code := status.Code(err); code {
			case codes.OK:
				done[key(n)] = bson.M{"done": d.kind, "hash": entry.GetHash()}
			case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled, codes.Aborted:
				s.note(err)
				return false
			default:
				refusal, ok := reason.Of(rpc.FromStatus(err))
				require.True(s.t, ok, "%v: %v", d, err)
				done[key(n)] = bson.M{"refused": string(refusal.Reason)}
			}
			return true
		}, fmt.Sprintf("%s of %s is answered", d.kind, d.account))
	}
}

// requireDone wants callers to have done something of most kinds.
func requireDone(t *testing.T, all map[string]books) {
	t.Helper()
	done := map[string]int{}
	for _, d := range all["callers"].documents["deeds"] {
		if kind, ok := d["done"].(string); ok {
			done[kind]++
		}
	}
	t.Logf("done: %v", done)
	for _, kind := range []string{"award", "hold", "capture", "adjust"} {
		require.Positive(t, done[kind], kind)
	}
}
