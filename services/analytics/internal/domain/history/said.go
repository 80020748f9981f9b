package history

import (
	"encoding/json"
	"strings"

	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// saidMost bounds a number that an own event tells: what is greater is a slip of the pen.
const saidMost = 1_000_000_000_000_000

// Number is a whole number from 0 to 10^15 that the own event tells under a name; false: it tells none.
func (d Deed) Number(name string) (int64, bool) {
	raw := d.said(name)
	var n int64
	if raw == nil || json.Unmarshal(raw, &n) != nil || n < 0 || n > saidMost {
		return 0, false
	}
	return n, true
}

// Amount is an amount in minor units, as Number.
func (d Deed) Amount(name string) (money.Minor, bool) {
	n, ok := d.Number(name)
	return money.Minor(n), ok
}

// Text is a text that the own event tells under a name; empty: it tells none.
func (d Deed) Text(name string) string {
	var text string
	if raw := d.said(name); raw == nil || json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}

// said is what stands under a name, unread; nil: nothing does, or null.
func (d Deed) said(name string) json.RawMessage {
	if !strings.Contains(d.Data, name) {
		return nil
	}
	var all map[string]json.RawMessage
	if json.Unmarshal([]byte(d.Data), &all) != nil || string(all[name]) == "null" {
		return nil
	}
	return all[name]
}

// Latest is the latest number that own events before a day tell under a name; false: none does.
func (c Customer) Latest(name string) (int64, bool) {
	for i := len(c.Deeds) - 1; i >= 0; i-- {
		if n, ok := c.Deeds[i].Number(name); ok {
			return n, true
		}
	}
	return 0, false
}
