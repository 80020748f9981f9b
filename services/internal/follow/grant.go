package follow

import (
	"time"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Grant is a tier that was granted to the account of a message, or the early end of such a grant.
type Grant struct {
	Given ladder.Grant // of an end only ID, Reason and Actor are set
	Ends  bool
	At    time.Time // when it was given or ended
}

// decodeGrant reads a control event about a granted tier; nil for any other.
func decodeGrant(body any) (*Grant, error) {
	switch c := body.(type) {
	case *controlv1.TierGranted:
		g := &Grant{At: calendar.Millis(c.GetGrantedAt().AsTime()), Given: ladder.Grant{
			ID: c.GetGrantId(), Tier: c.GetTier(), Reason: c.GetReason(), Actor: c.GetActor(),
		}}
		var err error
		if g.Given.From, err = calendar.Parse(c.GetFromDay()); err != nil {
			return nil, reason.New(reason.InvalidField, "from_day", "%q is no date", c.GetFromDay())
		}
		if g.Given.Until, err = calendar.Parse(c.GetUntilDay()); err != nil {
			return nil, reason.New(reason.InvalidField, "until_day", "%q is no date", c.GetUntilDay())
		}
		return g, nil
	case *controlv1.TierGrantEnded:
		return &Grant{Ends: true, At: calendar.Millis(c.GetEndedAt().AsTime()), Given: ladder.Grant{
			ID: c.GetGrantId(), Reason: c.GetReason(), Actor: c.GetActor(),
		}}, nil
	}
	return nil, nil //nolint:nilnil // it is about something else
}
