package contract

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	rewardv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/reward/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
	"github.com/laurel-loyalty/laurel/services/internal/outbox"
	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/redemption"
)

// source is reward's name in subjects and events.
const source = "reward"

// Redeemed is the fact that a redemption is fulfilled: a pure function of the redemption.
func Redeemed(r redemption.Redemption) (outbox.Message, error) {
	return fact(r, "redeemed", r.FulfilledAt, &rewardv1.RewardRedeemed{Redemption: Redemption(r)})
}

// Cancelled is the fact that a redemption is cancelled: a pure function of the redemption.
func Cancelled(r redemption.Redemption) (outbox.Message, error) {
	return fact(r, "cancelled", r.CanceledAt, &rewardv1.RedemptionCancelled{Redemption: Redemption(r)})
}

func fact(r redemption.Redemption, kind string, at time.Time, body proto.Message) (outbox.Message, error) {
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(body)
	if err != nil {
		return outbox.Message{}, fmt.Errorf("write that a reward was %s: %w", kind, err)
	}
	event := cloudevent.Event{
		ID: fmt.Sprintf("%s/%s/%s", r.Program, r.ID, kind), Source: "laurel/" + source,
		Type:        string(body.ProtoReflect().Descriptor().FullName()),
		ContentType: cloudevent.ContentTypeProtobuf, Time: at,
	}
	out := outbox.Message{
		Subject: bus.FactSubject(r.Program, source, kind, r.Account), ID: source + "/" + event.ID, Data: data,
	}
	for name, values := range event.Headers() {
		out.Header = append(out.Header, outbox.Header{Name: name, Value: values[0]})
	}
	slices.SortFunc(out.Header, func(a, b outbox.Header) int { return cmp.Compare(a.Name, b.Name) })
	return out, nil
}
