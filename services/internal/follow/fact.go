package follow

import (
	"errors"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// fact decodes what a service of Laurel has told, by its type. A type that this program was built without is somebody
// else's news.
func (d *Decoder) fact(m *Message, event cloudevent.Event) error {
	if !strings.HasPrefix(event.Type, "laurel.") {
		return nil
	}
	kind, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(event.Type))
	if errors.Is(err, protoregistry.NotFound) {
		return nil
	}
	if err != nil {
		return reason.New(reason.MalformedEvent, "type", "%s", err)
	}
	body := kind.New().Interface()
	if err := d.body(event, body); err != nil {
		return err
	}
	m.Fact = body
	return nil
}
