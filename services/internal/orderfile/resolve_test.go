package orderfile_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/orderfile"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// cards are whom cards belong to: 1 to the account ann, 2 to bob, who is one of ann's household.
var cards = map[string]orderfile.Who{"1": {Account: "ann", Member: "ann"}, "2": {Account: "ann", Member: "bob"}}

func TestOrdersThatNameACardFindTheirAccount(t *testing.T) {
	t.Parallel()
	r, err := orderfile.NewReader("my.csv", strings.NewReader(`order_id,account,occurred_at,kind,sku,amount,member
1,1,2026-03-02,paid,tea,18,
2,2,2026-03-02,paid,tea,18,
3,2,2026-03-02,paid,tea,18,eve
2,2,2026-03-03,returned,tea,9,
4,3,2026-03-02,paid,tea,18,
4,3,2026-03-02,paid,cup,18,
`), defaults(t))
	require.NoError(t, err)
	var rejected []orderfile.Rejected
	r.OnRejected(func(row orderfile.Rejected) { rejected = append(rejected, row) })
	r.Resolve(func(g orderfile.Group) (orderfile.Who, error) {
		who, ok := cards[g.Account]
		if !ok {
			return who, reason.New(reason.AliasNotFound, "alias", "nobody is known by this card")
		}
		return who, nil
	})
	var got []string
	for {
		g, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		got = append(got, strings.Join([]string{g.Ref.Order, g.Event.Kind.String(), g.Account, g.Event.Member}, " "))
	}
	require.Equal(t, []string{"1 paid ann ", "2 paid ann bob", "3 paid ann eve", "2 returned ann "}, got)
	require.Len(t, rejected, 2, "an order goes whole")
	require.Equal(t, "my.csv:6:1: account: nobody is known by this card (ALIAS_NOT_FOUND)", rejected[0].String())
	require.Equal(t, reason.AliasNotFound, rejected[0].Code)
	require.Equal(t, []string{"4", "3", "2026-03-02", "paid", "tea", "18", ""}, rejected[0].Row, "as it was written")
	require.Contains(t, rejected[1].String(), "line 6 of the same order is wrong")
}

func TestNobodyToAskEndsTheFile(t *testing.T) {
	t.Parallel()
	away := errors.New("nothing answers")
	for _, rows := range []string{"1,1,2026-03-02,18\n", "1,1,2026-03-02,18\n2,1,2026-03-02,18\n3,1,2026-03-02,18\n"} {
		r, err := orderfile.NewReader("my.csv", strings.NewReader("order_id,account,occurred_at,amount\n"+rows), defaults(t))
		require.NoError(t, err)
		r.OnRejected(func(row orderfile.Rejected) { require.Fail(t, "rejected", "%s", row) })
		r.Resolve(func(orderfile.Group) (orderfile.Who, error) { return orderfile.Who{}, away })
		for range 2 {
			_, err = r.Next()
			require.ErrorIs(t, err, away)
			require.ErrorContains(t, err, "line 2 of my.csv")
		}
	}
}
