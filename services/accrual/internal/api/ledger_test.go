package api_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	grpcstatus "google.golang.org/grpc/status"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/api"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/verify"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// verified asks for a verification and returns its last answer.
func (d *desk) verified(program string) (*accrualv1.VerifyLedgerResponse, error) {
	d.t.Helper()
	return d.asked(&accrualv1.VerifyLedgerRequest{Program: program})
}

func (d *desk) asked(in *accrualv1.VerifyLedgerRequest) (*accrualv1.VerifyLedgerResponse, error) {
	d.t.Helper()
	stream, err := d.client.VerifyLedger(d.t.Context(), in)
	require.NoError(d.t, err)
	answers, err := received(d.t, stream)
	if !errors.Is(err, io.EOF) {
		return nil, err
	}
	return answers[len(answers)-1], nil
}

func TestALedgerIsVerified(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	for _, program := range []string{"tea", ""} {
		empty, err := d.verified(program)
		require.NoError(t, err)
		require.True(t, empty.GetOk(), "an empty ledger holds: %v", empty)
	}
	d.take("ann", "1", paid(t, "2026-01-01", 1_000), "2026-01-01")
	d.take("bob", "2", paid(t, "2026-01-01", 1_000), "2026-01-01")
	d.take("bob", "3", paid(t, "2026-01-01", 1_000), "2026-01-01")
	last, err := d.verified("tea")
	require.NoError(t, err)
	require.True(t, last.GetDone())
	require.True(t, last.GetOk(), "%v", last)
	require.EqualValues(t, 3, last.GetEntries())
	require.EqualValues(t, 2, last.GetAccounts())
	require.NotEmpty(t, last.GetChecks())

	_, err = d.verified("coffee")
	requireReason(t, reason.UnknownProgram, err)
}

func TestWhatCameSinceACheckpointIsVerified(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	since := &accrualv1.VerifyLedgerRequest{Program: "tea", SinceCheckpoint: true}
	_, err := d.asked(since)
	requireReason(t, reason.NoCheckpoint, err)
	for _, in := range []*accrualv1.VerifyLedgerRequest{{SinceCheckpoint: true}, {SetCheckpoint: true}} {
		_, err = d.asked(in)
		requireReason(t, reason.InvalidArgument, err)
	}
	d.take("ann", "1", paid(t, "2026-01-01", 1_000), "2026-01-01")
	d.take("bob", "2", paid(t, "2026-01-01", 1_000), "2026-01-01")
	first, err := d.asked(&accrualv1.VerifyLedgerRequest{Program: "tea", SetCheckpoint: true})
	require.NoError(t, err)
	require.EqualValues(t, 2, first.GetSet().GetEntries(), "%v", first)
	require.Nil(t, first.GetSince())
	d.take("bob", "3", paid(t, "2026-01-01", 1_000), "2026-01-01")
	next, err := d.asked(since)
	require.NoError(t, err)
	require.True(t, next.GetOk(), "%v", next)
	require.EqualValues(t, 1, next.GetEntries())
	require.EqualValues(t, 2, next.GetAccounts())
	require.EqualValues(t, 2, next.GetSince().GetEntries())
	require.Nil(t, next.GetSet())
	require.Contains(t, next.GetNotes()[0], "2 entries up to the checkpoint")
}

func TestAnAlteredAccountIsNamed(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	d.take("ann", "1", paid(t, "2026-01-01", 1_000), "2026-01-01")
	altered := d.accounts["ann"]
	altered.Balances = []ledger.Balance{{Unit: "points", Active: 1_000_000}}
	d.commit(storage.Writes{Accounts: []storage.AccountWrite{{Account: altered, From: altered.Version}}})
	last, err := d.verified("tea")
	require.NoError(t, err, "a ledger that does not hold is an answer, not an error")
	require.False(t, last.GetOk())
	i := slices.IndexFunc(last.GetChecks(), func(c *accrualv1.Check) bool { return !c.GetOk() })
	require.Contains(t, last.GetChecks()[i].GetDetail(), "tea/ann")
}

func TestProgressIsToldAndTroubleIsNot(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	var trouble error
	d.client = serve(t, api.Deps{Storage: d.storage, Verify: func(_ context.Context, _ string, o verify.Options) (verify.Report, error) {
		o.Progress(5_000, 10)
		o.Progress(10_000, 21)
		return verify.Report{Entries: 12_000, Accounts: 25, Checks: []verify.Check{{Name: "orders", OK: true, Detail: "all \xff"}}}, trouble
	}})
	stream, err := d.client.VerifyLedger(t.Context(), &accrualv1.VerifyLedgerRequest{})
	require.NoError(t, err)
	answers, err := received(t, stream)
	require.ErrorIs(t, err, io.EOF)
	var entries []int64
	for _, a := range answers {
		entries = append(entries, a.GetEntries())
	}
	require.Equal(t, []int64{5_000, 10_000, 12_000}, entries)
	require.False(t, answers[1].GetDone())
	require.Equal(t, "all \uFFFD", answers[2].GetChecks()[0].GetDetail())

	trouble = errors.New("mongod says no: password wrong")
	_, err = d.verified("")
	require.Equal(t, codes.Internal, grpcstatus.Code(err))
	require.NotContains(t, err.Error(), "password")
}
