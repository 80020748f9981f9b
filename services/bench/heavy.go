package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

const (
	heavyAsks = 20 // questions of each kind
	heavyPast = 3  // questions for a past balance, which is added up from the beginning
	heavyPage = 100
)

// heavy gives one account many orders, as fast as they can be published, and then asks for that account.
func (r *run) heavy(ctx context.Context) error {
	r.stage("%d orders of one account", r.Heavy)
	f, stop, err := r.ledgerAlone(ctx, "heavy", r.Heavy)
	if err != nil {
		return err
	}
	return errors.Join(r.weighed(ctx, f), stop())
}

func (r *run) weighed(ctx context.Context, f *fleet) error {
	pid := f.replicas[0].pid()
	forgetPeak(pid)
	seconds, published := 0.0, 0.0
	err := r.pieces(r.Heavy, func(some int) error {
		took, err := f.tookOf(ctx, some, uniform(1))
		seconds, published = seconds+took, published+f.published
		return err
	})
	if err != nil {
		return err
	}
	r.found.add("orders of one account, published", float64(r.Heavy)/published, "orders/s")
	r.found.add("orders of one account, in the ledger", float64(r.Heavy)/seconds, "orders/s")
	if mib, ok := peak(pid); ok {
		r.found.add("accrual, resident meanwhile", mib, "MiB")
	}
	conn, err := rpc.Dial(f.address, f.secrets[rpc.Operator])
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // all was read
	return r.heavyAsked(ctx, f, accrualv1.NewAccrualServiceClient(conn), pid)
}

// heavyAsked asks for the balance of the account, for a page of its entries, and for a past balance.
func (r *run) heavyAsked(ctx context.Context, f *fleet, accounts accrualv1.AccrualServiceClient, pid int) error {
	forgetPeak(pid)
	now, token := timestamppb.New(r.clock.Now()), ""
	for _, q := range []struct {
		name  string
		times int
		ask   func() error
	}{
		{"its balance", heavyAsks, func() error {
			answer, err := accounts.GetAccount(ctx, &accrualv1.GetAccountRequest{Program: f.program, Account: account(0)})
			if n := answer.GetAccount().GetVersion(); err == nil && n < int64(r.Heavy) {
				return fmt.Errorf("the account has %d entries", n)
			}
			return err
		}},
		{"a page of its entries", heavyAsks, func() error {
			answer, err := accounts.ListEntries(ctx, &accrualv1.ListEntriesRequest{Program: f.program, Account: account(0), PageSize: heavyPage, PageToken: token})
			token = answer.GetNextPageToken()
			return err
		}},
		{"its balance as of now, from all entries", heavyPast, func() error {
			_, err := accounts.GetAccount(ctx, &accrualv1.GetAccountRequest{Program: f.program, Account: account(0), At: now})
			return err
		}},
	} {
		var took []float64
		for range q.times {
			from := time.Now() //nolint:forbidigo // what is measured is as short as a millisecond of the house's clock
			if err := q.ask(); err != nil {
				return fmt.Errorf("ask for %s: %w", q.name, err)
			}
			took = append(took, float64(time.Since(from).Microseconds())/permille) //nolint:forbidigo // as above
		}
		slices.Sort(took)
		r.found.add(fmt.Sprintf("%s, of %d", q.name, r.Heavy), part(took, middle), "ms")
	}
	if mib, ok := peak(pid); ok {
		r.found.add("accrual, resident while asked", mib, "MiB")
	}
	return nil
}
