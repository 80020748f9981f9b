package follow

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// control decodes what Laurel itself has written. Kinds that nobody knows here only move the mark.
func (d *Decoder) control(m *Message, event cloudevent.Event) error {
	bodies := map[string]proto.Message{
		"opened": &controlv1.HouseOpened{}, "clock": &controlv1.ClockPassed{}, "revised": &controlv1.ProgramRevised{},
		"enrolled": &controlv1.MemberEnrolled{}, "refused": &controlv1.EventRefused{},
		"granted": &controlv1.TierGranted{}, "grant_ended": &controlv1.TierGrantEnded{},
		"segment": &controlv1.SegmentChanged{},
	}
	body, known := bodies[m.Kind]
	if !known {
		return nil
	}
	if err := d.body(event, body); err != nil {
		return err
	}
	switch b := body.(type) {
	case *controlv1.HouseOpened:
		m.Opened = &Opened{Events: b.GetClockMode() == controlv1.ClockMode_CLOCK_MODE_EVENTS}
	case *controlv1.ClockPassed:
		m.Clock = calendar.Millis(b.GetTime().AsTime())
	case *controlv1.ProgramRevised:
		return decodeRevised(m, b)
	case *controlv1.MemberEnrolled:
		m.Control = b
		return concerns(m, b)
	case *controlv1.EventRefused:
		m.Control = b
		return concerns(m, b)
	case *controlv1.SegmentChanged:
		m.Control = b
		return concerns(m, b)
	default:
		m.Control = body
		var err error
		if m.Grant, err = decodeGrant(body); err != nil {
			return err
		}
	}
	return nil
}

// concerns refuses a body about another account than that of the subject.
func concerns(m *Message, b interface {
	GetProgram() string
	GetAccount() string
}) error {
	if b.GetProgram() != m.Program || b.GetAccount() != m.Account {
		return reason.New(reason.AccountMismatch, "account", "the body names another account than the subject")
	}
	return nil
}

func decodeRevised(m *Message, b *controlv1.ProgramRevised) error {
	r := &Revised{Number: int(b.GetRevision())}
	if b.GetEffectiveAt() != nil {
		r.Effective = calendar.Millis(b.GetEffectiveAt().AsTime())
	}
	var files []program.File
	for _, f := range b.GetFiles() {
		files = append(files, program.File{Name: f.GetName(), Content: f.GetContent()})
		r.Files = append(r.Files, File{Name: f.GetName(), Content: f.GetContent()})
	}
	parsed, faults := program.Parse(files)
	if len(faults) > 0 {
		texts := make([]string, len(faults))
		for i, f := range faults {
			texts[i] = f.String()
		}
		return reason.New(reason.InvalidProgram, "files", "%s", strings.Join(texts, "; "))
	}
	if parsed.ID != m.Program || parsed.ID != b.GetProgram() {
		return reason.New(reason.InvalidProgram, "program", "%s", fmt.Sprintf("the files are programme %s, published for %s", parsed.ID, m.Program))
	}
	r.Program = parsed
	m.Revised = r
	return nil
}
