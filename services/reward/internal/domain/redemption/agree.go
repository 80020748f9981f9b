package redemption

import (
	"fmt"

	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// Entry is what the ledger did for a redemption.
type Entry struct {
	Redemption        string // whose it is; of what is none of ours, its key
	Key               string // the ledger's name of it
	Account, Redeemer string
	Attempt           int
	Deed              Deed
	Points            money.Points
}

// Disagreement says where a redemption and what the ledger did for it contradict each other; empty: nowhere. A live one may be
// a step behind. Also returned is the hold that no call of ours has ended: only the ledger knows if it has lapsed.
func (r Redemption) Disagreement(entries []Entry) (string, string) {
	byDeed := map[Deed][]Entry{}
	for _, e := range entries {
		switch {
		case e.Account != r.Account:
			return fmt.Sprintf("its %s is on account %s, not %s", e.Deed, e.Account, r.Account), ""
		case e.Attempt < 1 || e.Attempt > r.Attempt:
			return fmt.Sprintf("there is a %s of attempt %d, and it has %d", e.Deed, e.Attempt, r.Attempt), ""
		case e.Attempt < r.Attempt && e.Deed == DeedCapture:
			return fmt.Sprintf("points were spent by attempt %d, which was refused", e.Attempt), ""
		case e.Attempt < r.Attempt:
			continue
		case e.Points != r.Points:
			return fmt.Sprintf("its %s is of %d points, not %d", e.Deed, e.Points, r.Points), ""
		case e.Redeemer != r.Redeemer && e.Deed != DeedRefund:
			return fmt.Sprintf("its %s is at %s, not at %s", e.Deed, e.Redeemer, r.Redeemer), ""
		}
		byDeed[e.Deed] = append(byDeed[e.Deed], e)
	}
	if fault := r.counts(byDeed); fault != "" {
		return fault, ""
	}
	if len(byDeed[DeedHold]) > 0 && len(byDeed[DeedCapture]) == 0 && len(byDeed[DeedVoid]) == 0 && !r.State.Live() {
		return "", byDeed[DeedHold][0].Key
	}
	return "", ""
}

// counts wants as many captures and refunds as the state has.
func (r Redemption) counts(byDeed map[Deed][]Entry) string {
	captures, refunds := len(byDeed[DeedCapture]), len(byDeed[DeedRefund])
	least, most := 0, 0 // captures
	undone := 0         // refunds
	switch r.State {
	case Capturing:
		most = 1
	case Fulfilled, Refunding, Canceled:
		least, most = 1, 1
	case StateUnset, Holding, Voiding, Refused:
	}
	if r.State == Canceled && !r.Elsewhere {
		undone = 1
	}
	switch {
	case captures < least || captures > most:
		return fmt.Sprintf("it is %s, and its points were spent %d times", r.State, captures)
	case captures > 0 && r.Capture != "" && byDeed[DeedCapture][0].Key != r.Capture:
		return fmt.Sprintf("its capture is %s in the ledger and %s here", byDeed[DeedCapture][0].Key, r.Capture)
	case r.State == Refunding && refunds <= 1:
		return ""
	case refunds != undone:
		return fmt.Sprintf("it is %s, and its points were given back %d times", r.State, refunds)
	}
	return ""
}
