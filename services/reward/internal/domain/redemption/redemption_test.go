package redemption_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/catalogue"
	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/redemption"
)

var noon = time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)

// begun is a redemption of a voucher for 100 points, 80 at gold, that can be cancelled for two days.
func begun(attempt int) redemption.Redemption {
	return redemption.Begin(redemption.Order{
		Program: "tea", Account: "ann", Tier: "gold", Call: redemption.Call{Caller: "operator", Key: "k"}, At: noon,
		Reward: catalogue.Reward{ID: "off10", Version: 3, Terms: catalogue.Terms{
			Kind: catalogue.Voucher, Name: "10 off", Points: 100, TierPrices: []catalogue.TierPrice{{Tier: "gold", Points: 80}},
			CancelDays: 2, Redeemer: "books",
		}},
	}, attempt)
}

func TestTheSameCallIsTheSameRedemption(t *testing.T) {
	r := begun(1)
	require.Equal(t, redemption.IDOf("tea", "operator", "k"), r.ID)
	require.Len(t, r.ID, 24)
	require.Equal(t, r.ID, begun(2).ID)
	for _, other := range []string{redemption.IDOf("tea", "operator", "k2"), redemption.IDOf("tea", "partner", "k"), redemption.IDOf("teao", "perator", "k")} {
		require.NotEqual(t, r.ID, other)
	}
	require.EqualValues(t, 80, r.Points)
	require.True(t, r.Stocked)
	id, attempt, deed, ours := redemption.ParseKey(begun(2).Key(redemption.DeedCapture))
	require.True(t, ours)
	require.Equal(t, r.ID, id)
	require.Equal(t, 2, attempt)
	require.Equal(t, redemption.DeedCapture, deed)
	for _, key := range []string{"", "a", "a-b-hold", "a-1-b-c"} {
		_, _, _, ours := redemption.ParseKey(key)
		require.False(t, ours, key)
	}
}

func TestHowARedemptionMoves(t *testing.T) {
	r := begun(1)
	require.True(t, r.State.Live())
	require.False(t, r.State.Taken())
	require.False(t, r.GivenUp(noon.Add(redemption.GiveUpAfter)))
	require.True(t, r.GivenUp(noon.Add(redemption.GiveUpAfter+time.Millisecond)))
	reserved := r.Reserved("hold", "AAAA")
	require.True(t, reserved.State.Live())
	require.True(t, reserved.State.Taken())
	require.False(t, reserved.GivenUp(noon.Add(time.Hour)), "the hold's deadline decides")
	lapsed := reserved.Ended(redemption.Lapsed())
	require.Equal(t, redemption.Refused, lapsed.State)
	require.Empty(t, lapsed.Code)
	require.ErrorIs(t, lapsed.Refusal, reason.RedemptionLapsed)

	_, err := reserved.Revealed(noon)
	require.ErrorIs(t, err, reason.RedemptionHasNoCode, "its points are not spent")
	mine := reserved.Captured("capture", noon)
	until, ever := mine.CancellableUntil()
	require.True(t, ever)
	require.Equal(t, noon.Add(48*time.Hour), until)
	going, err := mine.Canceling(redemption.Call{Caller: "operator", Key: "c"}, noon)
	require.NoError(t, err)
	require.True(t, going.State.Taken(), "it is out of the stock until the points are back")
	gone := going.Refunded(noon, nil)
	require.Empty(t, gone.Code)
	require.False(t, gone.Elsewhere)
	require.False(t, gone.State.Live())
	kept := going.Kept(reason.New(reason.RefundTooLate, "", "late"))
	require.Equal(t, redemption.Fulfilled, kept.State)
	require.Equal(t, "AAAA", kept.Code)
	require.Empty(t, kept.Cancel)
	again, err := kept.Canceling(redemption.Call{Caller: "operator", Key: "c2"}, noon)
	require.NoError(t, err)
	require.Nil(t, again.Refusal)
}

func TestWhenARedemptionCannotBeCancelled(t *testing.T) {
	mine := begun(1).Reserved("hold", "AAAA").Captured("capture", noon)
	never := mine
	never.CancelDays = 0
	shown, err := mine.Revealed(noon.Add(time.Hour))
	require.NoError(t, err)
	twice, err := shown.Revealed(noon.Add(2 * time.Hour))
	require.NoError(t, err)
	require.Equal(t, shown, twice, "when it was shown first")
	for want, c := range map[string]struct {
		r  redemption.Redemption
		at time.Time
	}{
		"it is pending":                              {begun(1), noon},
		"it is refused":                              {begun(1).Ended(redemption.Lapsed()), noon},
		"its terms do not allow it":                  {never, noon},
		"its code was shown on 2026-06-15T13:00:00Z": {shown, noon},
		"it could be until 2026-06-17T12:00:00Z":     {mine, noon.Add(48 * time.Hour)},
	} {
		_, err := c.r.Canceling(redemption.Call{}, c.at)
		require.ErrorIs(t, err, reason.RedemptionNotCancellable)
		require.ErrorContains(t, err, "the redemption cannot be cancelled: "+want)
	}
	_, err = mine.Canceling(redemption.Call{}, noon.Add(48*time.Hour-time.Millisecond))
	require.NoError(t, err)
}

func TestWordsOfStatesAreReadBack(t *testing.T) {
	for s := redemption.Holding; s <= redemption.Canceled; s++ {
		require.Equal(t, s, redemption.ParseState(s.String()))
		require.False(t, s.Live() && s == redemption.Fulfilled)
	}
	require.Equal(t, redemption.StateUnset, redemption.ParseState("ghost"))
	for _, s := range redemption.Taking() {
		require.True(t, s.Taken())
	}
}

// TestBothBooksAgreeWhateverHappens plays random redemptions against the ledger as it answers, in which calls get lost
// and are made again, and processes die between a call and what is stored: at each moment the books agree, and at the end
// nothing is held.
func TestBothBooksAgreeWhateverHappens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := &ledger{done: map[string]bool{}}
		r := begun(1)
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			next := l.step(t, r)
			if rapid.Bool().Draw(t, "stored") { // else the process dies: the next one begins where it was
				r = next
			}
			fault, _ := r.Disagreement(l.entries)
			require.Empty(t, fault, "%s %v", r.State, l.entries)
			if r.State == redemption.Refused && rapid.Bool().Draw(t, "once more") {
				r = begun(r.Attempt + 1)
			}
		}
		for r.State.Live() {
			r = l.step(t, r)
		}
		fault, unclosed := r.Disagreement(l.entries)
		require.Empty(t, fault, "%s %v", r.State, l.entries)
		if unclosed != "" {
			require.True(t, l.lapsed[unclosed], "a hold is left: %s", unclosed)
		}
	})
}

// ledger answers as accrual does: a repeated call from its entry.
type ledger struct {
	entries []redemption.Entry
	done    map[string]bool
	lapsed  map[string]bool
}

// do makes an entry once, and says under which name it stands.
func (l *ledger) do(r redemption.Redemption, deed redemption.Deed) string {
	key := "cmd/reward/" + r.Key(deed)
	if !l.done[key] {
		l.done[key] = true
		l.entries = append(l.entries, redemption.Entry{
			Redemption: r.ID, Key: key, Account: r.Account, Redeemer: r.Redeemer, Attempt: r.Attempt, Deed: deed, Points: r.Points,
		})
	}
	return key
}

// lapse ends the hold of a redemption, if it is open.
func (l *ledger) lapse(r redemption.Redemption) {
	if l.lapsed == nil {
		l.lapsed = map[string]bool{}
	}
	l.lapsed["cmd/reward/"+r.Key(redemption.DeedHold)] = true
}

// step is what the process does in a state, with what the ledger answers.
func (l *ledger) step(t *rapid.T, r redemption.Redemption) redemption.Redemption {
	hold := "cmd/reward/" + r.Key(redemption.DeedHold)
	switch r.State {
	case redemption.Holding:
		if !l.done[hold] && rapid.Bool().Draw(t, "short") {
			return r.Ended(reason.New(reason.InsufficientPoints, "", "short"))
		}
		hold = l.do(r, redemption.DeedHold)
		if rapid.Bool().Draw(t, "gone") {
			return r.Abandoned(hold, catalogue.SoldOut())
		}
		return r.Reserved(hold, "AAAA")
	case redemption.Capturing:
		if !l.done["cmd/reward/"+r.Key(redemption.DeedCapture)] && (l.lapsed[hold] || rapid.Bool().Draw(t, "lapses")) {
			l.lapse(r)
			return r.Ended(redemption.Lapsed())
		}
		return r.Captured(l.do(r, redemption.DeedCapture), noon)
	case redemption.Voiding:
		if !l.lapsed[hold] {
			l.do(r, redemption.DeedVoid)
		}
		return r.Ended(r.Refusal)
	case redemption.Fulfilled:
		if next, err := r.Canceling(redemption.Call{Key: "c"}, noon); err == nil && rapid.Bool().Draw(t, "cancel") {
			return next
		}
		return r
	case redemption.Refunding:
		l.do(r, redemption.DeedRefund)
		return r.Refunded(noon, nil)
	case redemption.StateUnset, redemption.Refused, redemption.Canceled:
	}
	return r
}
