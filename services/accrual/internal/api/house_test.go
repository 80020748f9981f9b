package api_test

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	typev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/type/v1"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/api"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/verify"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const theTeaClub = `
programme: tea
zone: UTC
currency: USD
unit: points
earning: {points: 1, per: 1.00}
expiry: {rule: end_of_month, months: 12}
ladder:
  window_months: 12
  tiers: [{name: bronze, from: 0}, {name: silver, from: 100.00}]
`

// desk is a ledger in a real MongoDB, written by the real ledger, behind a real gRPC server.
type desk struct {
	t        *testing.T
	storage  *storage.Storage
	schedule program.Schedule
	books    map[orders.Ref]ledger.Book
	accounts map[ledger.AccountID]ledger.Account
	client   accrualv1.AccrualServiceClient
	after    func(to *typev1.Position, accounts []follow.Account) error // nil: all is applied
}

// open makes a ledger with one programme, and serves it. The bus may be nil.
func open(t *testing.T, b *bus.Bus) *desk {
	t.Helper()
	uri, database := testkit.Mongo(t)
	base, err := store.Open(t.Context(), uri, database)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, base.Close(context.WithoutCancel(t.Context()))) })
	kept, err := storage.Open(t.Context(), base)
	require.NoError(t, err)
	p, faults := program.Parse([]program.File{{Name: "tea.yaml", Content: []byte(theTeaClub)}})
	require.Empty(t, faults)
	d := &desk{
		t: t, storage: kept, schedule: program.Schedule{{Revision: 1, Program: p}},
		books: map[orders.Ref]ledger.Book{}, accounts: map[ledger.AccountID]ledger.Account{},
	}
	programs := follow.NewPrograms(base)
	require.NoError(t, programs.Insert(t.Context(), []follow.Revision{{
		ID: follow.RevisionID("tea", 1), Program: "tea", Number: 1,
		Files: []follow.File{{Name: "tea.yaml", Content: []byte(theTeaClub)}},
	}}))
	d.client = serve(t, api.Deps{
		Storage: kept, Programs: programs, Bus: b,
		After: func(_ context.Context, to *typev1.Position, accounts ...follow.Account) error {
			if d.after == nil {
				return nil
			}
			return d.after(to, accounts)
		},
		Verify: func(ctx context.Context, id string, o verify.Options) (verify.Report, error) {
			return verify.Run(ctx, kept, id, o)
		},
	})
	return d
}

func serve(t *testing.T, deps api.Deps) accrualv1.AccrualServiceClient {
	t.Helper()
	secrets := rpc.NewSecrets()
	callers, err := rpc.ParseCallers(secrets.List())
	require.NoError(t, err)
	server, err := rpc.NewServer(rpc.Config{Callers: callers, Health: &telemetry.Health{}, Logger: testkit.Logger(t)})
	require.NoError(t, err)
	accrualv1.RegisterAccrualServiceServer(server, api.New(deps))
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	var served sync.WaitGroup
	served.Go(func() { require.NoError(t, server.Serve(ctx, listener)) })
	conn, err := rpc.Dial(listener.Addr().String(), secrets[rpc.Operator])
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, conn.Close())
		stop()
		served.Wait()
	})
	return accrualv1.NewAccrualServiceClient(conn)
}

func (d *desk) commit(w storage.Writes) {
	d.t.Helper()
	require.NoError(d.t, d.storage.Store().Transact(d.t.Context(), func(ctx context.Context) error { return d.storage.Write(ctx, w) }))
}

func (d *desk) account(id ledger.AccountID) ledger.Account {
	if a, ok := d.accounts[id]; ok {
		return a
	}
	return ledger.NewAccount("tea", id)
}

// until brings an account up to a time and writes it down as recorded then.
func (d *desk) until(id ledger.AccountID, at string) {
	d.t.Helper()
	t := moment(d.t, at)
	from := d.account(id)
	entries, account, err := ledger.BringUp(from, d.schedule, d.books, t)
	require.NoError(d.t, err)
	d.write(from, account, t, entries...)
}

// take lets the ledger take an event at a time, and writes it down as recorded then.
func (d *desk) take(id ledger.AccountID, order string, e orders.Event, at string) ledger.Entry {
	d.t.Helper()
	d.until(id, at)
	t, from, ref := moment(d.t, at), d.account(id), orders.Ref{Merchant: "shop", Order: order}
	command := ledger.Command{Ref: ref, Event: e, EventID: order + "/" + e.Kind.String(), EventSource: "till"}
	verdict, err := ledger.Take(from, d.books[ref], command, d.schedule, t)
	require.NoError(d.t, err)
	d.books[ref], err = d.books[ref].Add(verdict.Entry)
	require.NoError(d.t, err)
	d.write(from, verdict.Account, t, verdict.Entry)
	return verdict.Entry
}

func (d *desk) write(from, to ledger.Account, at time.Time, entries ...ledger.Entry) {
	d.t.Helper()
	if len(entries) == 0 {
		return
	}
	due, _ := ledger.NextDue(to, d.schedule)
	w := storage.Writes{Accounts: []storage.AccountWrite{{Account: to, From: from.Version, Due: due}}}
	for _, e := range entries {
		e.RecordedAt = at
		w.Entries = append(w.Entries, storage.EntryWrite{Entry: e})
		w.Count(0, e)
	}
	d.commit(w)
	d.accounts[to.ID] = to
}

func moment(t *testing.T, text string) time.Time {
	t.Helper()
	for _, form := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(form, text); err == nil {
			return at.UTC()
		}
	}
	require.Fail(t, "no time", text)
	return time.Time{}
}

func stamp(t *testing.T, text string) *timestamppb.Timestamp {
	t.Helper()
	return timestamppb.New(moment(t, text))
}

// paid is an order of one line.
func paid(t *testing.T, day string, cents int64) orders.Event {
	t.Helper()
	return orders.Event{
		Kind: orders.Paid, OccurredAt: moment(t, day), Currency: "USD", Lines: []orders.Line{{SKU: "assam", Quantity: 1, Amount: money.Minor(cents)}},
	}
}

// requireReason wants a refusal.
func requireReason(t *testing.T, want reason.Reason, err error) {
	t.Helper()
	require.ErrorIs(t, rpc.FromStatus(err), want, "%v", err)
}

// requireField wants INVALID_ARGUMENT for a field.
func requireField(t *testing.T, want string, err error) {
	t.Helper()
	requireReason(t, reason.InvalidArgument, err)
	refusal, ok := reason.Of(rpc.FromStatus(err))
	require.True(t, ok)
	require.Equal(t, want, refusal.Field)
}

func received[M any](t *testing.T, stream grpc.ServerStreamingClient[M]) ([]*M, error) {
	t.Helper()
	var list []*M
	for {
		m, err := stream.Recv()
		if err != nil {
			return list, err
		}
		list = append(list, m)
	}
}
