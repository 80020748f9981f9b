package answers

import "github.com/laurel-loyalty/laurel/services/internal/calendar"

// Trouble is a case of a customer. Days are calendar.None where it did not happen.
type Trouble struct {
	ID, About                string
	Opened, Answered, Solved calendar.Day
}

// Cases are the cases that a customer's events tell of, in the order in which they were first told of. An event that names a
// case and says nothing of its state opens it, as does the first one that is told of it.
func Cases(list []Said) []Trouble {
	var cases []Trouble
	at := map[string]int{}
	for _, s := range list {
		id := s.Text(Case)
		if id == "" {
			continue
		}
		i, known := at[id]
		if !known {
			i = len(cases)
			at[id] = i
			cases = append(cases, Trouble{ID: id, Opened: s.Day, Answered: calendar.None, Solved: calendar.None})
		}
		c := &cases[i]
		if about := s.Text(About); about != "" {
			c.About = about
		}
		switch s.Text(State) {
		case CaseAnswered:
			if c.Answered == calendar.None {
				c.Answered = s.Day
			}
		case CaseSolved:
			c.Solved = s.Day
		case CaseOpened, "":
			c.Solved = calendar.None // once more, if it was solved
		}
	}
	return cases
}

// Open is how many cases are not solved.
func Open(list []Said) int64 {
	n := int64(0)
	for _, c := range Cases(list) {
		if c.Solved == calendar.None {
			n++
		}
	}
	return n
}
