package program

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v4"

	"github.com/laurel-loyalty/laurel/services/internal/money"
)

// The forms of values. The JSON Schema holds the same patterns; a test compares them.
const (
	idPattern     = `^[a-z][a-z0-9-]{0,63}$`
	wordPattern   = `^[a-z][a-z0-9_-]{0,39}$`
	zonePattern   = `^(UTC|[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)+)$`
	amountPattern = `^[0-9]{1,13}(\.[0-9]{1,4})?$`
	factorPattern = `^[0-9]{1,4}(\.[0-9]{1,4}|/[1-9][0-9]{0,3})?$`
)

// form is how a value must look, in a pattern and in words.
type form struct {
	pattern   *regexp.Regexp
	name, how string
}

var (
	idForm = form{regexp.MustCompile(idPattern), "a programme's name",
		"small letters, digits and hyphens, for example shop-1"}
	unitForm   = form{regexp.MustCompile(wordPattern), "a unit", wordHow + "points"}
	tierForm   = form{regexp.MustCompile(wordPattern), "a tier's name", wordHow + "gold"}
	amountForm = form{regexp.MustCompile(amountPattern), "an amount", "digits, for example 12.50"}
	factorForm = form{regexp.MustCompile(factorPattern), "a factor", "digits, for example 2, 1.5 or 5/4"}

	zoneNames    = regexp.MustCompile(zonePattern)
	wholeNumbers = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)
)

const wordHow = "small letters, digits, hyphens and underscores, for example "

// text reads a text; a number or a date without quotes is a fault, since YAML may have changed it
// already.
func (r *reader) text(v value) (string, bool) {
	if !v.given() || !r.is(v, yaml.ScalarNode, "a text") {
		return "", false
	}
	if v.node.ShortTag() != textTag {
		r.fault(v, "is %s; write a text, in quotes: %q", kindOf(v.node), short(v.node.Value))
		return "", false
	}
	return v.node.Value, true
}

// word reads a text of a form.
func (r *reader) word(v value, f form) string {
	text, ok := r.text(v)
	if ok && !f.pattern.MatchString(text) {
		r.fault(v, "%q is not %s; write %s", short(text), f.name, f.how)
		return ""
	}
	return text
}

// label reads a text of one line for people, or a name that others gave: a category, a sku.
func (r *reader) label(v value, most int) (string, bool) {
	text, ok := r.text(v)
	if !ok {
		return "", false
	}
	if problem := labelProblem(text, most); problem != "" {
		r.fault(v, "%s", problem)
		return "", false
	}
	return text, true
}

func labelProblem(text string, most int) string {
	switch n := len([]rune(text)); {
	case strings.TrimSpace(text) != text || n == 0:
		return "is empty, or has blanks around it; write 1 to " + strconv.Itoa(most) + " characters"
	case n > most || len(text) > most*4:
		return fmt.Sprintf("has %d characters; write at most %d", n, most)
	case strings.ContainsFunc(text, unicode.IsControl):
		return "runs over several lines or holds a tab; write one line"
	}
	return ""
}

// choice reads one of a few words. The first is the default.
func (r *reader) choice(v value, words ...string) string {
	text, ok := r.text(v)
	if !ok {
		return words[0]
	}
	if !slices.Contains(words, text) {
		r.fault(v, "unknown word %q; %s", short(text), suggest(text, words))
	}
	return text
}

// span is what a whole number may be, and what it is where the file says nothing.
type span struct{ least, most, fallback int }

// whole reads a whole number.
func (r *reader) whole(v value, s span) int {
	if !v.given() || !r.is(v, yaml.ScalarNode, "a whole number") {
		return s.fallback
	}
	if v.node.ShortTag() != "!!int" || !wholeNumbers.MatchString(v.node.Value) {
		r.fault(v, "%s is not a whole number; write digits alone, without quotes", quoted(v.node))
		return s.fallback
	}
	n, err := strconv.Atoi(v.node.Value)
	if err != nil || n < s.least || n > s.most {
		r.fault(v, "%s is out of range; write %d to %d", short(v.node.Value), s.least, s.most)
		return s.fallback
	}
	return n
}

// exact returns the characters of a number, quoted or not. They are never read as a float.
func (r *reader) exact(v value, f form) (string, bool) {
	if !v.given() || !r.is(v, yaml.ScalarNode, f.name) {
		return "", false
	}
	text := v.node.Value
	switch {
	case !slices.Contains([]string{textTag, "!!int", "!!float"}, v.node.ShortTag()):
		r.fault(v, "is %s; write %s", kindOf(v.node), f.how)
	case f.pattern.MatchString(text):
		return text, true
	case strings.HasPrefix(text, "-"):
		r.fault(v, "%s is below 0; write %s", quoted(v.node), f.how)
	default:
		r.fault(v, "%s is not %s; write %s", quoted(v.node), f.name, f.how)
	}
	return "", false
}

// amounts is what an amount may be, in minor units.
type amounts struct{ least, most money.Minor }

// amount reads money in major units. Without a known currency only its form is checked.
func (r *reader) amount(v value, c money.Currency, a amounts) (money.Minor, bool) {
	text, ok := r.exact(v, amountForm)
	if !ok || c == "" {
		return 0, false
	}
	minor, err := money.ParseAmount(text, c)
	if err != nil {
		r.fault(v, "%s has too many digits; write at most %d after the point in %s", text, c.Exponent(), c)
		return 0, false
	}
	if minor < a.least || minor > a.most {
		r.fault(v, "%s is out of range; write %s to %s", text, money.Format(a.least, c), money.Format(a.most, c))
		return 0, false
	}
	return minor, true
}

// factor reads a multiplier above 0 and up to multiplierMost.
func (r *reader) factor(v value) (money.Ratio, bool) {
	text, ok := r.exact(v, factorForm)
	if !ok {
		return money.Ratio{}, false
	}
	ratio, err := money.ParseRatio(text)
	switch {
	case err != nil:
		r.fault(v, "%s is not a factor; write %s", text, factorForm.how)
	case ratio.Num() == 0:
		r.fault(v, "a factor of 0 earns nothing; name it under earning.exclude, or write a factor above 0")
	case ratio.Num() > multiplierMost*ratio.Den():
		r.fault(v, "a factor of %s is too large; write at most %d", text, multiplierMost)
	default:
		return ratio, true
	}
	return money.Ratio{}, false
}

func quoted(n *yaml.Node) string {
	if n.ShortTag() == textTag {
		return strconv.Quote(short(n.Value))
	}
	return short(n.Value)
}

// amountMost is 10 to the 15th minor units, the most that one line of an order may cost.
const amountMost = money.Minor(1_000_000_000_000_000)
