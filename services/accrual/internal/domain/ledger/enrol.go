package ledger

import (
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/token"
)

// EnrolmentPart says whom an entry has enrolled in its account.
type EnrolmentPart struct {
	Member string
	Kind   string // consumer, business, dealer
}

// Enrolment is the enrolment of a member by name, decoded.
type Enrolment struct {
	EnrolmentPart
	EnrolledAt  time.Time
	Source      string // who enrolled: the token of the subject
	EventID     string
	EventSource string
	Position    Position
}

// EnrolKey is the key of the entry that enrols a member in an account.
func EnrolKey(account AccountID, member string) string {
	return "enrol/" + token.Of(string(account)) + "/" + token.Of(member)
}

// Enrol opens an account for a member, or adds one more member to it, at effective time t: an entry that moves nothing.
// The account has been brought up to t, and no entry stands under the key of the enrolment.
func Enrol(a Account, c Enrolment, schedule program.Schedule, t time.Time) (Verdict, error) {
	d := a.begin(schedule.In(t), t)
	d.Kind, d.Key, d.Actor = KindState, EnrolKey(a.ID, c.Member), "service/"+c.Source
	d.OccurredAt, d.EventID, d.EventSource, d.Position = c.EnrolledAt, c.EventID, c.EventSource, c.Position
	part := c.EnrolmentPart
	d.Enrolment = &part
	e, next, err := d.post(a)
	return Verdict{Entry: e, Account: next}, err
}
