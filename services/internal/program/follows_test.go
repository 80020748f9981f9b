package program

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

func TestFollows(t *testing.T) {
	plain := mustParse(t, "")
	const stamps = "units: {stamps: {earn: {per_order: 1}, expiry: {rule: never}}}"
	cases := []struct {
		name     string
		latest   Known
		next     int
		sections string
		refused  string
	}{
		{name: "the first", next: 1},
		{name: "the first with a number that is not 1", next: 2, refused: "REVISION_OUT_OF_ORDER (revision): revision 2 does not follow revision 0"},
		{name: "the next", latest: Known{Revision: 1, Program: plain}, next: 2, sections: "earning: {points: 2, per: 1.00}"},
		{name: "one again", latest: Known{Revision: 2, Program: plain}, next: 2, refused: "REVISION_OUT_OF_ORDER (revision): revision 2 does not follow revision 2"},
		{name: "one behind a gap", latest: Known{Revision: 2, Program: plain}, next: 4, refused: "REVISION_OUT_OF_ORDER (revision): revision 4 does not follow revision 2"},
		{name: "another currency", latest: Known{Revision: 1, Program: plain}, next: 2, sections: "currency: USD", refused: "INVALID_PROGRAMME (currency): it was EUR and cannot become USD"},
		{name: "another zone", latest: Known{Revision: 1, Program: plain}, next: 2, sections: "zone: Europe/Berlin", refused: "INVALID_PROGRAMME (zone): it was UTC and cannot become Europe/Berlin"},
		{name: "another unit", latest: Known{Revision: 1, Program: plain}, next: 2, sections: "unit: stars", refused: "INVALID_PROGRAMME (unit): it was points and cannot become stars"},
		{name: "another unit beside it", latest: Known{Revision: 1, Program: plain}, next: 2, sections: stamps},
		{name: "another rate of that", latest: Known{Revision: 1, Program: mustParse(t, stamps)}, next: 2, sections: "units: {stamps: {earn: {points: 3, per: 1.00}, expiry: {rule: days, days: 9}}}"},
		{name: "one without it", latest: Known{Revision: 1, Program: mustParse(t, stamps)}, next: 2, sections: "units: {status: {earn: {per_order: 1}, expiry: {rule: never}}}", refused: "INVALID_PROGRAMME (units.stamps): accounts are kept in it, and it cannot be taken away; leave it, with another rate"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := Known{Revision: c.next, Program: mustParse(t, c.sections)}.Follows(c.latest)
			if c.refused == "" {
				require.Nil(t, got)
				return
			}
			require.EqualError(t, got, c.refused)
			_, known := reason.Lookup(got.Reason)
			require.True(t, known)
		})
	}
}
