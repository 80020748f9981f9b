package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/testing/protocmp"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func TestAnAccountAsItIs(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	d.take("ann", "1", paid(t, "2026-01-05", 6_050), "2026-01-05")
	last := d.take("ann", "2", paid(t, "2026-02-05", 7_000), "2026-02-05")

	answer, err := d.client.GetAccount(t.Context(), &accrualv1.GetAccountRequest{Program: "tea", Account: "ann"})
	require.NoError(t, err)
	want := &accrualv1.Account{
		Program: "tea", Account: "ann", Version: 2, Tier: "silver", QualifyingMinor: 13_050,
		Balances: []*accrualv1.Balance{{Unit: "points", Active: 130}},
		Lots: []*accrualv1.Lot{
			{Unit: "points", Issuer: "operator", ExpiryDay: "2027-02-01", Points: 60},
			{Unit: "points", Issuer: "operator", ExpiryDay: "2027-03-01", Points: 70},
		},
		Clock: stamp(t, "2026-02-05"), DueAt: stamp(t, "2027-02-01"), Hash: fmt.Sprintf("%x", last.Hash),
	}
	require.Empty(t, cmp.Diff(want, answer.GetAccount(), protocmp.Transform()))
}

func TestAnAccountAsItStood(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	d.take("ann", "1", paid(t, "2026-01-05", 6_050), "2026-01-05")
	d.take("ann", "2", paid(t, "2026-01-20", 7_000), "2026-02-05") // it came in late
	d.take("ann", "3", paid(t, "2026-02-06", 1_000), "2026-02-06")
	d.until("ann", "2027-02-01")
	cases := []struct {
		name, at, known string
		version         int64 // 0: there is no such account
		active          int64
		tier, due       string
	}{
		{"before everything", "2026-01-04", "", 0, 0, "", ""},
		{"at the very moment of the first entry", "2026-01-05", "", 1, 60, "bronze", "2027-02-01"},
		{"between its day and its coming in, what comes late is not there yet", "2026-01-25", "", 1, 60, "bronze", "2027-02-01"},
		{"just before it came in", "2026-02-04T23:59:59.999Z", "", 1, 60, "bronze", "2027-02-01"},
		{"when it had come in", "2026-02-05", "", 2, 130, "silver", "2027-02-01"},
		{"a day between", "2026-02-05T23:59:59Z", "", 2, 130, "silver", "2027-02-01"},
		{"when everything has happened that was due", "2027-02-01", "", 5, 10, "bronze", "2027-03-01"},
		{"long after everything", "2030-01-01", "", 5, 10, "bronze", "2027-03-01"},
		{"what was known early", "", "2026-01-20T12:00:00Z", 1, 60, "bronze", "2027-02-01"},
		{"before anything was known", "", "2026-01-01", 0, 0, "", ""},
		{"what was known early of a later time", "2030-01-01", "2026-02-05", 2, 130, "silver", "2027-02-01"},
		{"what is known today of an early time", "2026-02-05", "2030-01-01", 2, 130, "silver", "2027-02-01"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			request := &accrualv1.GetAccountRequest{Program: "tea", Account: "ann"}
			if c.at != "" {
				request.At = stamp(t, c.at)
			}
			if c.known != "" {
				request.KnownAt = stamp(t, c.known)
			}
			answer, err := d.client.GetAccount(t.Context(), request)
			if c.version == 0 {
				requireReason(t, reason.AccountNotFound, err)
				return
			}
			require.NoError(t, err)
			a := answer.GetAccount()
			require.Equal(t, c.version, a.GetVersion())
			require.Equal(t, c.active, a.GetBalances()[0].GetActive())
			require.Equal(t, c.tier, a.GetTier())
			require.Equal(t, moment(t, c.due), a.GetDueAt().AsTime())
		})
	}
	now, err := d.client.GetAccount(t.Context(), &accrualv1.GetAccountRequest{Program: "tea", Account: "ann"})
	require.NoError(t, err)
	then, err := d.client.GetAccount(t.Context(), &accrualv1.GetAccountRequest{Program: "tea", Account: "ann", At: now.GetAccount().GetClock()})
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(now, then, protocmp.Transform()), "stored and folded are the same")
}

func TestQuestionsAboutWhatIsNotThere(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	d.take("ann", "1", paid(t, "2026-01-05", 6_050), "2026-01-05")
	ask := func(program, account string) error {
		_, err := d.client.GetAccount(t.Context(), &accrualv1.GetAccountRequest{Program: program, Account: account})
		return err
	}
	require.NoError(t, ask("tea", "ann"))
	requireReason(t, reason.AccountNotFound, ask("tea", "bob"))
	requireReason(t, reason.AccountNotFound, ask("coffee", "ann"))
	requireReason(t, reason.AccountNotFound, ask("tea", "ann/due"))
	_, err := d.client.ListEntries(t.Context(), &accrualv1.ListEntriesRequest{Program: "tea", Account: "bob"})
	requireReason(t, reason.AccountNotFound, err)
	_, err = d.client.ExplainEntry(t.Context(), &accrualv1.ExplainEntryRequest{Program: "tea", Key: "order/shop/1/2"})
	requireReason(t, reason.EntryNotFound, err)
	_, err = d.client.RedriveDeadLetter(t.Context(), &accrualv1.RedriveDeadLetterRequest{Id: "x"})
	requireReason(t, reason.DeadLetterNotFound, err)
	_, err = d.client.ListEntries(t.Context(), &accrualv1.ListEntriesRequest{Program: "tea", Account: "ann", PageSize: 201})
	requireField(t, "page_size", err)
}

func TestEntriesComeInPages(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	for i := range 7 {
		d.take("ann", fmt.Sprint(i), paid(t, "2026-01-05", 6_050), "2026-01-05")
	}
	d.take("bob", "b", paid(t, "2026-01-05", 6_050), "2026-01-05")
	request := &accrualv1.ListEntriesRequest{Program: "tea", Account: "ann", PageSize: 3}
	var seqs []int64
	var sizes []int
	token := ""
	for {
		request.PageToken = token
		answer, err := d.client.ListEntries(t.Context(), request)
		require.NoError(t, err)
		sizes = append(sizes, len(answer.GetEntries()))
		for _, e := range answer.GetEntries() {
			seqs = append(seqs, e.GetSeq())
		}
		if answer.GetNextPageToken() == "" {
			break
		}
		token = answer.GetNextPageToken()
	}
	require.Equal(t, []int{3, 3, 1}, sizes)
	require.Equal(t, []int64{1, 2, 3, 4, 5, 6, 7}, seqs)

	for name, wrong := range map[string]*accrualv1.ListEntriesRequest{
		"of another account":   {Program: "tea", Account: "bob", PageToken: token},
		"of another programme": {Program: "coffee", Account: "ann", PageToken: token},
		"that is no token":     {Program: "tea", Account: "ann", PageToken: "7"},
		"that was shortened":   {Program: "tea", Account: "ann", PageToken: token[:8]},
	} {
		_, err := d.client.ListEntries(t.Context(), wrong)
		require.Error(t, err, name)
		requireField(t, "page_token", err)
	}
}

func TestAPageOfLongEntriesEndsEarlyAndLosesNone(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	const long = 12
	for i := range long {
		e := paid(t, "2026-01-05", 0)
		for j := range 1000 {
			e.Lines = append(e.Lines, orders.Line{ID: fmt.Sprint("line-", j), SKU: strings.Repeat("s", 120), Category: strings.Repeat("c", 120), Amount: 100})
		}
		d.take("ann", fmt.Sprint(i), e, "2026-01-05")
	}
	request, got, pages := &accrualv1.ListEntriesRequest{Program: "tea", Account: "ann", PageSize: 200}, int64(0), 0
	for {
		answer, err := d.client.ListEntries(t.Context(), request)
		require.NoError(t, err)
		pages++
		for _, e := range answer.GetEntries() {
			got++
			require.Equal(t, got, e.GetSeq())
		}
		if request.PageToken = answer.GetNextPageToken(); request.GetPageToken() == "" {
			break
		}
	}
	require.EqualValues(t, long, got)
	require.Greater(t, pages, 1)
}

func TestAnEntryIsExplained(t *testing.T) {
	t.Parallel()
	d := open(t, nil)
	e := d.take("ann", "1001", paid(t, "2026-01-05", 6_050), "2026-01-05")
	answer, err := d.client.ExplainEntry(t.Context(), &accrualv1.ExplainEntryRequest{Program: "tea", Key: "order/shop/1001/1"})
	require.NoError(t, err)
	require.Equal(t, fmt.Sprintf("%x", e.Hash), answer.GetEntry().GetHash())
	require.Equal(t, []string{
		"On 5 January 2026 order 1001 at shop was paid: 60.50 USD.",
		"It earned 60 points.",
		"Line 1 (sku assam): 60 points for 60.50 USD, at 1 point for each 1.00 USD (the base rate).",
		"60 points were added; they can be spent until 31 January 2027.",
		"The account entered tier bronze.",
		"The account now has 60 points to spend.",
		"Its tier is bronze.",
	}, answer.GetSentences())
}
