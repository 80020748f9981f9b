package contract

import (
	"cmp"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
	"github.com/laurel-loyalty/laurel/services/internal/outbox"
	"github.com/laurel-loyalty/laurel/services/member/internal/domain/membership"
)

// source is member's name in subjects and events.
const source = "member"

// Enrolled is the control event of an enrolment. It is a pure function of the member as enrolled, id included, so that it
// can be told again.
func Enrolled(program string, m membership.Member) (outbox.Message, error) {
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(&controlv1.MemberEnrolled{
		Program: program, Account: string(m.Account), Member: string(m.ID), Kind: kinds[m.Kind], EnrolledAt: moment(m.EnrolledAt),
	})
	if err != nil {
		return outbox.Message{}, fmt.Errorf("write that a member was enrolled: %w", err)
	}
	event := cloudevent.Event{
		ID: fmt.Sprintf("%s/enrolled/%s/%d", program, m.ID, m.Enrolments), Source: "laurel/" + source,
		Type:        string((&controlv1.MemberEnrolled{}).ProtoReflect().Descriptor().FullName()),
		ContentType: cloudevent.ContentTypeProtobuf, Time: m.EnrolledAt,
	}
	out := outbox.Message{
		Subject: bus.ControlSubject(program, source, "enrolled", string(m.Account)),
		ID:      bus.EventID(event.Source, event.ID, data), Data: data,
	}
	for name, values := range event.Headers() {
		out.Header = append(out.Header, outbox.Header{Name: name, Value: values[0]})
	}
	slices.SortFunc(out.Header, func(a, b outbox.Header) int { return cmp.Compare(a.Name, b.Name) })
	return out, nil
}
