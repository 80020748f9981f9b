package program

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/money"
)

func TestPointsAreNotSentUnlessTheProgrammeSaysSo(t *testing.T) {
	require.Nil(t, mustParse(t, "").Transfers)
	require.Equal(t, &Transfers{Min: 1, OlderThanDays: 30}, mustParse(t, "transfers: {}").Transfers)
}

func TestAFeeIsAShareRoundedDownAndFixedPoints(t *testing.T) {
	fee := mustParse(t, "transfers: {fee: {share: 0.015, points: 2}}").Transfers.Fee
	for sent, want := range map[money.Points]money.Points{1: 2, 66: 2, 67: 3, 1000: 17} {
		got, err := fee.Of(sent)
		require.NoError(t, err)
		require.Equal(t, want, got, "the fee of %d", sent)
	}
}

func TestFaultsOfTransfers(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"nothing at least", "transfers: {min: 0}", "0 is out of range; write 1 to 1000000000"},
		{"too much", "transfers: {max: 1000000001}", "out of range"},
		{"a most below the least", "transfers: {min: 10, max: 9}", "transfers.max: 9 points, fewer than the 10"},
		{"a day below the least", "transfers: {min: 10, per_day: 9}", "transfers.per_day: 9 points, fewer than the 10"},
		{"a share above all", "transfers: {fee: {share: 1.5}}", "transfers.fee.share"},
		{"a share with a sign", "transfers: {fee: {share: -0.1}}", "transfers.fee.share"},
		{"a fee below nothing", "transfers: {fee: {points: -1}}", "out of range"},
		{"more than a year of age", "transfers: {older_than_days: 367}", "367 is out of range; write 0 to 366"},
		{"approval of nothing", "transfers: {approve_above: 0}", "out of range"},
		{"a key that nobody knows", "transfers: {per_dy: 5}", `did you mean "per_day"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, faults := parseText(whole(c.text))
			require.Len(t, faults, 1, "%v", lines(faults))
			require.Contains(t, faults[0].String(), c.want)
		})
	}
}
