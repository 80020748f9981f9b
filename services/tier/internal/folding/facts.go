package folding

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	tierv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/tier/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
	"github.com/laurel-loyalty/laurel/services/internal/outbox"
	"github.com/laurel-loyalty/laurel/services/tier/internal/contract"
	"github.com/laurel-loyalty/laurel/services/tier/internal/domain/standing"
	"github.com/laurel-loyalty/laurel/services/tier/internal/storage"
)

// service is the tier service's name in subjects and sources.
const service = "tier"

// fact is something that the service tells: a pure function of what happened.
type fact struct {
	ref      storage.Ref
	kind, id string
	at       time.Time
	body     proto.Message
}

// changedFact tells of one line.
func changedFact(ref storage.Ref, l standing.Line) fact {
	return fact{ref, "changed", fmt.Sprintf("%s/%s/%d", ref.Program, ref.Account, l.Seq), l.EffectiveAt, &tierv1.TierChanged{
		Program: ref.Program, Account: ref.Account, Line: contract.Line(l),
	}}
}

// noticeFact tells that an account is about to fall. The version of the account makes it one of its kind.
func noticeFact(a standing.Account, n standing.Notice, currency string) fact {
	ref := storage.Ref{Program: a.Program, Account: a.ID}
	return fact{ref, "about_to_drop", fmt.Sprintf("%s/%s/drop/%d", a.Program, a.ID, a.Version), n.At, &tierv1.TierAboutToDrop{
		Program: a.Program, Account: a.ID, Version: a.Lines, Drop: contract.Drop(n.Drop), Currency: currency,
		NoticedAt: timestamppb.New(n.At), Revision: int32(n.Revision), //nolint:gosec // revisions are few
	}}
}

// tell puts a fact into the outbox.
func (b *batch) tell(h *holding, f fact) error {
	m, err := f.message()
	b.parts.Publish(h.partition, bus.Facts, m)
	return err
}

// message is the fact as it leaves.
func (f fact) message() (outbox.Message, error) {
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(f.body)
	if err != nil {
		return outbox.Message{}, fmt.Errorf("write fact %s: %w", f.id, err)
	}
	event := cloudevent.Event{
		ID: f.id, Source: "laurel/" + service, Type: string(f.body.ProtoReflect().Descriptor().FullName()),
		ContentType: cloudevent.ContentTypeProtobuf, Time: f.at,
	}
	m := outbox.Message{Subject: bus.FactSubject(f.ref.Program, service, f.kind, f.ref.Account), ID: service + "/" + f.id, Data: data}
	for name, values := range event.Headers() {
		m.Header = append(m.Header, outbox.Header{Name: name, Value: values[0]})
	}
	slices.SortFunc(m.Header, func(a, b outbox.Header) int { return cmp.Compare(a.Name, b.Name) })
	return m, nil
}
