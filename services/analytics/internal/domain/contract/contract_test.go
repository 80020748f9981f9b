package contract_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/answers"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/contract"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

func told(day calendar.Day, what string) history.Deed {
	return history.Deed{Day: day, Type: "contract", Data: fmt.Sprintf(`{"contract":%q,"voluntary":true}`, what)}
}

func of(deeds ...history.Deed) contract.History {
	said, _ := answers.All(deeds)
	return contract.Of(said, "")
}

func TestContractsFollowEachOther(t *testing.T) {
	jan := calendar.Date(2020, 1, 31)
	h := of(told(jan, "signed"), told(jan.AddDays(10), "signed"), told(calendar.Date(2021, 1, 31), "renewed"),
		told(calendar.Date(2022, 1, 31), "ended"), told(calendar.Date(2022, 2, 10), "ended"), told(calendar.Date(2023, 5, 1), "renewed"))
	require.True(t, h.Signed)
	require.Equal(t, []contract.Stint{
		{From: jan, To: calendar.Date(2022, 1, 31), Freely: true}, {From: calendar.Date(2023, 5, 1), To: calendar.None},
	}, h.Stints)
	require.Len(t, h.Events, 5, "the second end is none")
	require.False(t, of(told(jan, "renewed")).Signed)
	require.Empty(t, of().Stints)
}

// TestOneTypeTellsOfContracts: an account may be a dealer and in a club.
func TestOneTypeTellsOfContracts(t *testing.T) {
	jan := calendar.Date(2020, 1, 31)
	club := told(jan.AddDays(3), "signed")
	club.Type = "club"
	said, _ := answers.All([]history.Deed{told(jan, "signed"), club, told(jan.AddDays(9), "ended")})
	require.Equal(t, []contract.Stint{{From: jan, To: jan.AddDays(9), Freely: true}}, contract.Of(said, "contract").Stints)
	require.Equal(t, []contract.Stint{{From: jan.AddDays(3), To: calendar.None}}, contract.Of(said, "club").Stints)
	require.Empty(t, contract.Of(said, "survey").Stints)
}

func TestRenewalsAreAnniversaries(t *testing.T) {
	from := calendar.Date(2020, 1, 31)
	for _, c := range []struct {
		to, asOf calendar.Day
		months   int
		want     int
	}{
		{calendar.Date(2021, 1, 31), calendar.Date(2026, 1, 1), 12, 0}, // on the day of the renewal
		{calendar.Date(2021, 2, 1), calendar.Date(2026, 1, 1), 12, 1},
		{calendar.None, calendar.Date(2021, 1, 31), 12, 0}, // what happens on that day is not known yet
		{calendar.None, calendar.Date(2021, 2, 1), 12, 1},
		{calendar.None, calendar.Date(2020, 3, 1), 1, 1}, // the end of February is a month on
		{calendar.None, calendar.Date(9999, 1, 1), 1, contract.RenewalsMost},
	} {
		require.Equal(t, c.want, contract.Stint{From: from, To: c.to}.Renewals(c.months, c.asOf), "%v", c)
	}
}
