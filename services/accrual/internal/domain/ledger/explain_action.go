package ledger

import (
	"fmt"
	"strings"
)

// action says what was done and what it gave.
func (x explainer) action(a *ActionPart) []string {
	name := a.Type
	if declared, ok := x.p.Action(a.Type); ok {
		name = declared.Name
	}
	sentences := []string{fmt.Sprintf("On %s came %s (%s of %s).", x.day(x.e.OccurredAt), name, a.Ref.ID, a.Ref.Source)}
	if effective := x.day(x.e.EffectiveAt); effective != x.day(x.e.OccurredAt) {
		sentences = append(sentences, fmt.Sprintf("It came in later and took effect on %s.", effective))
	}
	if len(a.Rules) == 0 {
		return append(sentences, "It is counted, and gives nothing.")
	}
	rule := x.actionRule(a)
	switch capped := fmt.Sprintf("at most %s a day", x.points(a.PerDay)); {
	case a.Rule == 0:
		return append(sentences, fmt.Sprintf("It gives nothing: %s.", rule))
	case a.Frozen:
		return append(sentences, fmt.Sprintf("It earned nothing: it would have given %s (%s), but the account might not earn.", x.points(a.Rule), rule))
	case a.Points == a.Rule:
		return append(sentences, fmt.Sprintf("It earned %s: %s.", x.points(a.Points), rule))
	case a.Points == 0:
		return append(sentences, fmt.Sprintf("It earned nothing: it would have given %s (%s), but actions of this kind give %s, and that was reached.",
			x.points(a.Rule), rule, capped))
	default:
		return append(sentences, fmt.Sprintf("It earned %s: it would have given %s (%s), but actions of this kind give %s.",
			x.points(a.Points), x.points(a.Rule), rule, capped))
	}
}

// actionRule puts the rule of an action (earning.RateAction) into words.
func (x explainer) actionRule(a *ActionPart) string {
	words := strings.Fields(a.Rules[0])
	if len(words) == 3 {
		return fmt.Sprintf("%s %s, at %s %s for each", words[1], words[0], strings.TrimPrefix(words[2], "x"), x.p.Unit)
	}
	return "as each does"
}

// enrolled says who was enrolled.
func (x explainer) enrolled(m *EnrolmentPart) []string {
	if x.e.Seq == 1 {
		return []string{fmt.Sprintf("On %s the account was opened for %s.", x.day(x.e.OccurredAt), m.Member)}
	}
	return []string{fmt.Sprintf("On %s %s was enrolled in the account.", x.day(x.e.OccurredAt), m.Member)}
}
