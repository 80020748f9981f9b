package follow

import (
	"mime"
	"regexp"
	"strings"

	"github.com/laurel-loyalty/laurel/services/internal/actions"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// ExtensionRedriveOf is the CloudEvents attribute in which a redriven event names the event that was refused.
const ExtensionRedriveOf = "redriveof"

// action decodes an own event of a programme.
func (d *Decoder) action(m *Message, event cloudevent.Event) error {
	if want := actions.TypePrefix + m.Kind; event.Type != want {
		return reason.New(reason.UnknownEventType, "type", "a message on …%s… has the type %s, not %s", m.Kind, want, event.Type)
	}
	if m.Account == "" || m.Program == "" || m.Merchant == "" {
		return reason.New(reason.MalformedEvent, "subject", "the subject lacks a programme, source or account")
	}
	if media, _, err := mime.ParseMediaType(event.ContentType); err == nil && media != cloudevent.ContentTypeJSON {
		return reason.New(reason.MalformedEvent, "datacontenttype", "%s is not JSON", media)
	}
	a := Action{
		Ref:   actions.Ref{Source: m.Merchant, ID: actionID(event)},
		Event: actions.Event{Type: m.Kind, OccurredAt: m.Time, Dated: !event.Time.IsZero()},
	}
	if a.Event.Dated {
		a.Event.OccurredAt = calendar.Millis(event.Time)
	}
	if err := a.Ref.Check(); err != nil {
		return err
	}
	var err error
	if a.Event.Data, err = actions.Parse(event.Data); err != nil {
		return err
	}
	m.Action = &a
	return nil
}

// redrives are what redriving has put behind an id.
var redrives = regexp.MustCompile(`(/redrive/[0-9]+)+$`)

// actionID is the id by which an action is known at its source. A redriven event has a new id and names the old one; it
// stays the same action, so that it cannot earn beside the event that was refused.
func actionID(e cloudevent.Event) string {
	of := e.Extensions[ExtensionRedriveOf]
	if of == "" || !strings.HasPrefix(e.ID, of+"/redrive/") {
		return e.ID
	}
	return redrives.ReplaceAllString(e.ID, "")
}
