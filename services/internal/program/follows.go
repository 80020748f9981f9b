package program

import "github.com/laurel-loyalty/laurel/services/internal/reason"

// Follows refuses a revision that cannot come after the newest one known (the zero Known before the first): one that leaves
// a gap, REVISION_OUT_OF_ORDER, or changes what accounts are kept in, INVALID_PROGRAMME. Whoever accepts revisions and
// whoever reads them from the log ask here, so that nobody knows one that another has refused.
func (k Known) Follows(latest Known) *reason.Error {
	if k.Revision != latest.Revision+1 {
		return reason.New(reason.UnsupportedRevision, "revision", "revision %d does not follow revision %d", k.Revision, latest.Revision)
	}
	if latest.Program == nil {
		return nil
	}
	was, is := latest.Program, k.Program
	switch {
	case was.Currency != is.Currency:
		return reason.New(reason.InvalidProgram, "currency", "it was %s and cannot become %s", was.Currency, is.Currency)
	case was.Zone.String() != is.Zone.String():
		return reason.New(reason.InvalidProgram, "zone", "it was %s and cannot become %s", was.Zone, is.Zone)
	case was.Unit != is.Unit:
		return reason.New(reason.InvalidProgram, "unit", "it was %s and cannot become %s", was.Unit, is.Unit)
	}
	for _, u := range was.Units {
		if _, ok := is.OtherUnit(u.Name); !ok {
			return reason.New(reason.InvalidProgram, "units."+u.Name, "accounts are kept in it, and it cannot be taken away; leave it, with another rate")
		}
	}
	return nil
}
