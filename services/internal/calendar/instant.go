package calendar

import (
	"fmt"
	"time"
)

// Instant is a moment that a person wrote: a flag of a command line. Its zero value is "not given".
type Instant struct{ time.Time }

// instantForms are the forms in which an instant may be written, the usual one first.
var instantForms = [...]string{time.RFC3339Nano, "2006-01-02T15:04Z07:00"}

// ParseInstant reads RFC 3339, also without seconds, into UTC. A date alone is refused, since it does
// not say which moment of the day, and so is a time without a zone.
func ParseInstant(s string) (Instant, error) {
	for _, form := range instantForms {
		if t, err := time.Parse(form, s); err == nil {
			return Instant{t.UTC()}, nil
		}
	}
	return Instant{}, fmt.Errorf("%.40q is no time; write it as 1998-07-01T00:00Z", s)
}

// UnmarshalText makes an Instant a flag.
func (i *Instant) UnmarshalText(text []byte) error {
	read, err := ParseInstant(string(text))
	if err != nil {
		return err
	}
	*i = read
	return nil
}
