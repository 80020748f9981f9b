package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// stored is a message fetched by itself. Header is nil if it cannot be decoded, as it is in what a reader delivers:
// anybody may publish such a message, and it must not stop us from looking at it.
type stored struct {
	subject  string
	sequence uint64
	time     time.Time
	header   nats.Header
	data     []byte
}

// lookup is the request for one message: by sequence, the last on a subject, or the first on one from a sequence on.
type lookup struct {
	Sequence uint64 `json:"seq,omitempty"`
	LastOn   string `json:"last_by_subj,omitempty"`
	NextOn   string `json:"next_by_subj,omitempty"`
}

type lookupAnswer struct {
	Error   *jetstream.APIError `json:"error"`
	Message struct {
		Subject  string    `json:"subject"`
		Sequence uint64    `json:"seq"`
		Header   []byte    `json:"hdrs"`
		Data     []byte    `json:"data"`
		Time     time.Time `json:"time"`
	} `json:"message"`
}

// fetch asks a stream for one message; false means that it has none such. The server answers behind what it is
// writing at that moment (its lock isolateMu), so what is found here is on disk.
func (b *Bus) fetch(ctx context.Context, stream string, what lookup) (stored, bool, error) {
	request, err := json.Marshal(what)
	if err != nil {
		return stored{}, false, fmt.Errorf("encode a lookup: %w", err)
	}
	ctx, cancel := b.request(ctx)
	defer cancel()
	reply, err := b.conn.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+stream, request)
	if err != nil {
		return stored{}, false, fmt.Errorf("ask stream %s for a message: %w", stream, err)
	}
	var answer lookupAnswer
	if err := json.Unmarshal(reply.Data, &answer); err != nil {
		return stored{}, false, fmt.Errorf("ask stream %s for a message: %w", stream, err)
	}
	if answer.Error != nil {
		if answer.Error.ErrorCode == jetstream.JSErrCodeMessageNotFound {
			return stored{}, false, nil
		}
		return stored{}, false, fmt.Errorf("ask stream %s for a message: %w", stream, answer.Error)
	}
	s := stored{
		subject: answer.Message.Subject, sequence: answer.Message.Sequence, time: millis(answer.Message.Time),
		data: answer.Message.Data,
	}
	if len(answer.Message.Header) > 0 {
		if s.header, err = nats.DecodeHeadersMsg(answer.Message.Header); err != nil {
			s.header = nil
		}
	}
	return s, true, nil
}

// streamState is what a reader must know of a stream before it reads.
type streamState struct {
	created time.Time
	first   uint64
	last    uint64
	deleted []uint64 // nothing where they are too many to be told

	messages uint64
	// archived is up to where messages were taken out, after they were archived; 0: they never were.
	archived uint64
	mending  string // by which mending it is made, or was and nobody has opened the house since
}

// deletedMax is how many deleted messages are asked for: archiving leaves one for each that it takes out.
const deletedMax = 10_000

// State is what a stream holds, and when it was made; all of it zero if there is no such stream.
type State struct {
	Created  time.Time // UTC, milliseconds
	Last     uint64
	Messages uint64
	Mending  string // as Copied has it
}

// State looks a stream up.
func (b *Bus) State(ctx context.Context, name string) (State, error) {
	s, found, err := b.streamState(ctx, name)
	if err != nil || !found {
		return State{}, err
	}
	return State{Created: s.created, Last: s.last, Messages: s.messages, Mending: s.mending}, nil
}

func (b *Bus) streamState(ctx context.Context, name string) (streamState, bool, error) {
	ctx, cancel := b.request(ctx)
	defer cancel()
	stream, err := b.js.Stream(ctx, name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return streamState{}, false, nil
	}
	if err != nil {
		return streamState{}, false, fmt.Errorf("look up stream %s: %w", name, err)
	}
	info := stream.CachedInfo()
	if info.State.NumDeleted > 0 && info.State.NumDeleted <= deletedMax {
		if info, err = stream.Info(ctx, jetstream.WithDeletedDetails(true)); err != nil {
			return streamState{}, false, fmt.Errorf("look up stream %s: %w", name, err)
		}
	}
	archived, err := archivedOf(info.Config)
	if err != nil {
		return streamState{}, false, err
	}
	return streamState{
		created: millis(info.Created), first: info.State.FirstSeq, last: info.State.LastSeq, deleted: info.State.Deleted,
		archived: archived, messages: info.State.Msgs, mending: info.Config.Metadata[mendingKey],
	}, true, nil
}
