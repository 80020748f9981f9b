package bus

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Names of the streams.
const (
	Events = "EVENTS" // the one log of all that changes a rating
	Facts  = "FACTS"  // what services have durably done
	Dead   = "DEAD"   // refused events, with reason and original bytes
)

// Limits of a stream.
const (
	messageBytesMax = 1 << 20         // headers and data of one message
	duplicateWindow = 2 * time.Minute // how long the server knows a Nats-Msg-Id
)

// Prefixes of stored subjects, before the partition. DEAD is stored as it is published.
const (
	eventsPrefix = "events"
	factsPrefix  = "facts"
)

// OutboxHeader tells which outbox chunk a message came from: "<partition>/<number>".
const OutboxHeader = "Laurel-Outbox"

// OutboxValue is the value of OutboxHeader.
func OutboxValue(partition int, number uint64) string {
	return strconv.Itoa(partition) + "/" + strconv.FormatUint(number, 10)
}

// Layout says how the streams are made. Bytes are the streams' only limit and must be positive; the server refuses
// more than it may store (by default 75 % of the free disk, over all streams).
type Layout struct {
	Partitions     int // 0 is Partitions
	MaxBytesEvents int64
	MaxBytesFacts  int64
	MaxBytesDead   int64
	// Replicas is on how many nodes of a cluster each stream is kept; 0 is 1. A stream that has more keeps them.
	Replicas int
}

// EnsureStreams makes EVENTS, FACTS and DEAD, or brings them to the layout. It may be repeated and raced. Another
// number of partitions than the streams have is an error: accounts would move between partitions. So are streams that are being
// restored or mended: whoever published to one that is made meanwhile would lose it.
func (b *Bus) EnsureStreams(ctx context.Context, layout Layout) error {
	if layout.Partitions == 0 {
		layout.Partitions = Partitions
	}
	if _, unfinished, err := b.streamState(ctx, Restoring); err != nil {
		return err
	} else if unfinished {
		return errUnfinished
	}
	for _, cfg := range layout.streams() {
		if cfg.MaxBytes <= 0 {
			return fmt.Errorf("make stream %s: a limit in bytes is needed, got %d", cfg.Name, cfg.MaxBytes)
		}
		if err := b.ensureStream(ctx, cfg); err != nil {
			return err
		}
	}
	return nil
}

func (b *Bus) ensureStream(ctx context.Context, want jetstream.StreamConfig) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	stream, err := b.js.Stream(ctx, want.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		_, err = b.js.CreateStream(ctx, want)
		if err != nil {
			return fmt.Errorf("make stream %s of %d bytes: %w", want.Name, want.MaxBytes, err)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("look up stream %s: %w", want.Name, err)
	}
	want.Metadata = kept(stream.CachedInfo().Config.Metadata)
	have := stream.CachedInfo().Config.SubjectTransform
	if transformOf(have) != transformOf(want.SubjectTransform) {
		return fmt.Errorf("stream %s stores as %q, asked is %q: the number of partitions is fixed when it is made",
			want.Name, transformOf(have), transformOf(want.SubjectTransform))
	}
	want.Replicas = max(want.Replicas, stream.CachedInfo().Config.Replicas)
	if _, err = b.js.UpdateStream(ctx, want); err != nil {
		return fmt.Errorf("update stream %s to %d bytes: %w", want.Name, want.MaxBytes, err)
	}
	return nil
}

func transformOf(t *jetstream.SubjectTransformConfig) string {
	if t == nil {
		return ""
	}
	return t.Source + " -> " + t.Destination
}

func (l Layout) streams() []jetstream.StreamConfig {
	streams := []jetstream.StreamConfig{
		streamConfig(Events, l.MaxBytesEvents, transform(eventsPrefix, l.Partitions),
			ClassOrders, ClassActions, ClassControl),
		streamConfig(Facts, l.MaxBytesFacts, transform(factsPrefix, l.Partitions), ClassFacts),
		streamConfig(Dead, l.MaxBytesDead, nil, ClassDead),
	}
	for i := range streams {
		streams[i].Replicas = max(l.Replicas, 1)
	}
	return streams
}

func streamConfig(
	name string, maxBytes int64, transform *jetstream.SubjectTransformConfig, classes ...string,
) jetstream.StreamConfig {
	cfg := jetstream.StreamConfig{
		Name: name, Storage: jetstream.FileStorage, Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardNew,
		MaxBytes: maxBytes, MaxMsgs: -1, MaxMsgSize: messageBytesMax, Duplicates: duplicateWindow,
		AllowAtomicPublish: true, SubjectTransform: transform,
	}
	for _, class := range classes {
		cfg.Subjects = append(cfg.Subjects, class+".*.*.*.*")
	}
	return cfg
}

// transform puts the partition, computed from tokens 2 (programme) and 5 (account), before the subject.
func transform(prefix string, partitions int) *jetstream.SubjectTransformConfig {
	return &jetstream.SubjectTransformConfig{
		Source: "*.*.*.*.*",
		Destination: fmt.Sprintf("%s.{{partition(%d,2,5)}}.{{wildcard(1)}}.{{wildcard(2)}}.{{wildcard(3)}}"+
			".{{wildcard(4)}}.{{wildcard(5)}}", prefix, partitions),
	}
}

func partitionFilter(stream string, partition int) string {
	prefix := eventsPrefix
	if stream == Facts {
		prefix = factsPrefix
	}
	return prefix + "." + strconv.Itoa(partition) + ".>"
}

// LastSequences returns the last sequence of each of the n partitions in EVENTS or FACTS, 0 for an empty one. A
// partition whose mark has reached it is drained. It takes the longer the more accounts there are: milliseconds for each
// partition of a house with a million.
func (b *Bus) LastSequences(ctx context.Context, stream string, n int) ([]uint64, error) {
	last := make([]uint64, n)
	for p := range last {
		var err error
		if last[p], err = b.LastSequence(ctx, stream, p); err != nil {
			return nil, err
		}
	}
	return last, nil
}

// LastSequence is LastSequences for one partition.
func (b *Bus) LastSequence(ctx context.Context, stream string, partition int) (uint64, error) {
	m, _, err := b.fetch(ctx, stream, lookup{LastOn: partitionFilter(stream, partition)})
	if err != nil {
		return 0, fmt.Errorf("last message of partition %d: %w", partition, err)
	}
	return m.sequence, nil
}

// End returns the last sequence of a stream, 0 for an empty one. What was acknowledged before the call does not stand
// behind it.
func (b *Bus) End(ctx context.Context, stream string) (uint64, error) {
	state, found, err := b.streamState(ctx, stream)
	if err == nil && !found {
		err = fmt.Errorf("look up stream %s: there is none", stream)
	}
	return state.last, err
}

// Next returns the sequence of the first message of a partition of EVENTS or FACTS that stands behind a sequence; 0 if
// there is none.
func (b *Bus) Next(ctx context.Context, stream string, partition int, behind uint64) (uint64, error) {
	m, _, err := b.fetch(ctx, stream, lookup{Sequence: behind + 1, NextOn: partitionFilter(stream, partition)})
	if err != nil {
		return 0, fmt.Errorf("first message of partition %d behind %d: %w", partition, behind, err)
	}
	return m.sequence, nil
}

// LastOutbox returns which outbox chunk, by partition and number, the last message on a subject (as published) came
// from. False means that there is no message, or that it came from no outbox.
func (b *Bus) LastOutbox(ctx context.Context, stream, subject string) (int, uint64, bool, error) {
	m, found, err := b.fetch(ctx, stream, lookup{LastOn: storedFilter(stream, subject)})
	if err != nil || !found {
		return 0, 0, false, err
	}
	return parseOutbox(m.header.Get(OutboxHeader))
}

func storedFilter(stream, subject string) string {
	switch stream {
	case Events:
		return eventsPrefix + ".*." + subject
	case Facts:
		return factsPrefix + ".*." + subject
	default:
		return subject
	}
}

func parseOutbox(value string) (int, uint64, bool, error) {
	first, second, ok := strings.Cut(value, "/")
	if !ok {
		return 0, 0, false, nil
	}
	partition, err := strconv.Atoi(first)
	if err != nil {
		return 0, 0, false, fmt.Errorf("header %s %q: %w", OutboxHeader, value, err)
	}
	number, err := strconv.ParseUint(second, 10, 64)
	if err != nil {
		return 0, 0, false, fmt.Errorf("header %s %q: %w", OutboxHeader, value, err)
	}
	return partition, number, true, nil
}
