package ledger

import (
	"cmp"
	"slices"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Lapsing is points of a unit that will be gone on a day.
type Lapsing struct {
	Unit   string
	Expiry calendar.Day
	Points money.Points
}

// Lapsing lists what lapses up to and including a day if nothing more comes, by day, then unit. What is held does not
// lapse while it is.
func (a Account) Lapsing(until calendar.Day) []Lapsing {
	var list []Lapsing
	for _, l := range a.Lots {
		gone := a.Gone(l.LotKey)
		if l.Left == 0 || gone == calendar.None || gone > until {
			continue
		}
		i, found := slices.BinarySearchFunc(list, Lapsing{l.Unit, gone, 0}, func(x, y Lapsing) int {
			return cmp.Or(cmp.Compare(x.Expiry, y.Expiry), cmp.Compare(x.Unit, y.Unit))
		})
		if !found {
			list = slices.Insert(list, i, Lapsing{Unit: l.Unit, Expiry: gone})
		}
		list[i].Points += l.Left
	}
	return list
}
