package accrual_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// backup reads whole collections.
func (h *standing) backup(names ...string) map[string][]bson.Raw {
	h.t.Helper()
	kept := map[string][]bson.Raw{}
	for _, name := range names {
		cursor, err := h.db.Collection(name).Find(h.t.Context(), bson.M{})
		require.NoError(h.t, err)
		var list []bson.Raw
		require.NoError(h.t, cursor.All(h.t.Context(), &list))
		kept[name] = list
	}
	return kept
}

// restore puts collections back to what they were.
func (h *standing) restore(kept map[string][]bson.Raw) {
	h.t.Helper()
	for name, list := range kept {
		_, err := h.db.Collection(name).DeleteMany(h.t.Context(), bson.M{})
		require.NoError(h.t, err)
		if len(list) > 0 {
			_, err = h.db.Collection(name).InsertMany(h.t.Context(), list)
			require.NoError(h.t, err)
		}
	}
}

// TestAnOlderStoreIsBroughtUpAgain: somebody restored a backup. What it lacks still stands in the log and is applied
// again, before whatever comes, whether the service was stopped meanwhile or not.
func TestAnOlderStoreIsBroughtUpAgain(t *testing.T) {
	t.Parallel()
	for name, restart := range map[string]bool{"while the service runs": false, "while it is stopped": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t, events)
			h.apply(theTeaClub)
			s := h.run(size{lanes: 2})
			orders := func(from, to int) {
				for i := from; i < to; i++ {
					h.publish(paid(fmt.Sprint("member-", i%7), fmt.Sprint("o", i), moment("2026-01-10"), 100))
				}
			}
			orders(0, 70)
			s.drained()
			kept := h.backup("partitions", "accounts", "entries", "refusals", "outbox", "totals")
			orders(70, 140)
			s.drained()
			if restart {
				s.stop()
			}
			h.restore(kept)
			if restart {
				s = h.run(size{})
			}
			orders(140, 210)
			s.drained()
			for member := range 7 {
				require.EqualValues(t, 30, s.active(fmt.Sprint("member-", member)))
			}
			s.requireSound()
		})
	}
}
