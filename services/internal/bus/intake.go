package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/laurel-loyalty/laurel/services/internal/token"
)

// Merchant is who publishes orders of one programme.
type Merchant struct{ Program, Name string }

// Intake is the name of the stream of a merchant's own, in which its orders wait until they are taken into EVENTS.
func (m Merchant) Intake() string {
	return intakeStream + token.Of(m.Program) + "=" + token.Of(m.Name)
}

// IntakeSubjects are where messages come into it: those of the merchant's orders, of another class.
func (m Merchant) IntakeSubjects() string {
	return strings.Join([]string{ClassIntake, token.Of(m.Program), token.Of(m.Name), "*", "*"}, ".")
}

// intakeStream begins the names of intakes. No token has an equals sign.
const intakeStream = "INTAKE="

// EnsureIntakes makes the intakes of merchants, or brings them to the layout; each holds so many bytes. It may be repeated and raced.
func (b *Bus) EnsureIntakes(ctx context.Context, layout Layout, maxBytes int64, merchants []Merchant) error {
	if layout.Partitions == 0 {
		layout.Partitions = Partitions
	}
	for _, m := range merchants {
		cfg := streamConfig(m.Intake(), maxBytes, &jetstream.SubjectTransformConfig{
			Source: ClassIntake + ".*.*.*.*",
			Destination: fmt.Sprintf("%s.{{partition(%d,1,4)}}.%s.{{wildcard(1)}}.{{wildcard(2)}}.{{wildcard(3)}}.{{wildcard(4)}}",
				ClassIntake, layout.Partitions, ClassOrders),
		})
		cfg.Subjects, cfg.Replicas = []string{m.IntakeSubjects()}, max(layout.Replicas, 1)
		if err := b.ensureStream(ctx, cfg); err != nil {
			return err
		}
	}
	return nil
}

// Intakes lists the intakes that there are, by their names. The error is ErrDenied where the server does not tell this user.
func (b *Bus) Intakes(ctx context.Context) ([]string, error) {
	ctx, cancel := b.request(ctx)
	defer cancel()
	list := b.js.StreamNames(ctx, jetstream.WithStreamListSubject(ClassIntake+".>"))
	var names []string
	for name := range list.Name() {
		if strings.HasPrefix(name, intakeStream) {
			names = append(names, name)
		}
	}
	err := list.Err()
	if err != nil && errors.Is(context.Cause(ctx), nats.ErrPermissionViolation) {
		err = ErrDenied
	}
	if err != nil {
		return nil, fmt.Errorf("list the intakes: %w", err)
	}
	return names, nil
}

// ErrNoIntake says that there is no intake of the name.
var ErrNoIntake = errors.New("there is no such intake")

// ReadIntake reads an intake from its first message on, in order, until ctx ends, and then returns nil. What take returns for is
// taken out; what it was given may come again, after it failed, or after a loss of the connection. Behind is how many more wait.
func (b *Bus) ReadIntake(ctx context.Context, name string, take func(ctx context.Context, run []Message, behind uint64) error) error {
	for wait := retryFirst; ctx.Err() == nil; wait = min(2*wait, retryLast) {
		taken, err := b.readIntake(ctx, name, take)
		if errors.Is(err, errNoStream) {
			return fmt.Errorf("%w: %w", ErrNoIntake, err)
		}
		if taken {
			wait = retryFirst
		}
		if ctx.Err() == nil {
			b.log.WarnContext(ctx, "intake interrupted", "intake", name, "error", err)
			pause(ctx, wait)
		}
	}
	return nil
}

// readIntake reads until something interrupts it, and tells whether anything was taken.
func (b *Bus) readIntake(ctx context.Context, name string, take func(context.Context, []Message, uint64) error) (bool, error) {
	lost, taken := b.loss(), false
	p, err := b.openPull(ctx, name, nil, 0)
	if err != nil {
		return false, err
	}
	defer p.close()
	for {
		run, err := p.run(ctx, lost)
		if err != nil {
			return taken, err
		}
		if len(run) == 0 {
			continue
		}
		if err := take(ctx, run, p.pending); err != nil {
			return taken, err
		}
		if err := b.drain(ctx, name, run[len(run)-1].Sequence); err != nil {
			return taken, err
		}
		taken = true
	}
}

// drain removes the messages of a stream up to a sequence.
func (b *Bus) drain(ctx context.Context, name string, through uint64) error {
	request, err := json.Marshal(map[string]uint64{"seq": through + 1})
	if err != nil {
		return fmt.Errorf("encode what is taken out: %w", err)
	}
	ctx, cancel := b.request(ctx)
	defer cancel()
	reply, err := b.conn.RequestWithContext(ctx, "$JS.API.STREAM.PURGE."+name, request)
	if err != nil {
		return fmt.Errorf("take messages out of %s: %w", name, err)
	}
	var answer struct {
		Error *jetstream.APIError `json:"error"`
	}
	if err := json.Unmarshal(reply.Data, &answer); err != nil {
		return fmt.Errorf("take messages out of %s: %w", name, err)
	}
	if answer.Error != nil {
		return fmt.Errorf("take messages out of %s: %w", name, answer.Error)
	}
	return nil
}

// onwardSubjectMax is as long as a subject may be: at 4 KiB with its reply the server closes the connection of who publishes. What came
// without a reply may be so long.
const onwardSubjectMax = 3 << 10

// Onward is what is published into EVENTS of a message of an intake. What its publisher asked of the intake's stream (the headers of
// the server's own) is not asked of EVENTS. Its id is that of the intake: it may come out of it twice, and nobody has other merchants'
// messages taken for known ones. Where kind and account are longer than may be published, tokens stand for them that nobody has: the
// event is refused there.
func (m Message) Onward(intake string) Outgoing {
	out := Outgoing{Subject: m.Subject, Header: nats.Header{}, Data: m.Data}
	if len(out.Subject) > onwardSubjectMax {
		tokens := strings.Split(out.Subject, ".")
		out.Subject = strings.Join(append(tokens[:3], "~!", "~!"), ".")
	}
	for name, values := range m.Header {
		if !strings.HasPrefix(strings.ToLower(name), "nats-") {
			out.Header[name] = values
		}
	}
	if out.ID = intake + "/" + m.ID; m.ID == "" {
		out.ID = fmt.Sprintf("%s/%d/%d", intake, m.at.UnixNano(), m.Sequence)
	}
	return out
}

// PublishAsIs publishes what goes onward of a message of an intake, as Publish does, but whatever its size, and without an id: the server
// has taken it once, and what is published here is no larger. It is for messages that Publish finds too large.
func (b *Bus) PublishAsIs(ctx context.Context, out Outgoing) (uint64, error) {
	return b.acknowledged(ctx, out, &nats.Msg{Subject: out.Subject, Header: out.Header, Data: out.Data})
}
