package overview

import "github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"

// storyEntries is how many entries make a story that can be read in one sitting.
const storyEntries = 24

// story is how much an account's entries tell.
type story struct {
	account ledger.AccountID
	entries int
	moves   int // on the ladder
	kinds   [16]bool
}

func (s *story) add(e ledger.Entry) {
	s.entries++
	s.kinds[int(e.Kind)%len(s.kinds)] = true
	if e.Ladder != nil && e.Ladder.Change != nil {
		s.moves++
	}
}

// score prefers accounts on which many different things happened, but not too many.
func (s *story) score() int {
	if s.entries == 0 {
		return 0
	}
	score := 1
	for _, seen := range s.kinds {
		if seen {
			score += 20
		}
	}
	score += 10 * min(s.moves, 4)
	off := max(s.entries-storyEntries, storyEntries-s.entries)
	return max(score-off/2, 1) // an account with entries tells more than none
}
