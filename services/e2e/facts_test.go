package e2e

import (
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"google.golang.org/protobuf/proto"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
)

// requireOneFactPerEntry asserts that FACTS tells of each entry once, of an account's entries in their order, that no
// service tells anything twice, and that nothing waits to be told.
func requireOneFactPerEntry(t *testing.T, l *ledger) {
	t.Helper()
	require.Zero(t, l.count(t, "outbox", bson.M{}))
	entries := l.positions(t)
	told, seqs := map[string]bool{}, map[string]int64{}
	others := map[string]bool{}
	l.eachFact(t, func(e cloudevent.Event) {
		if e.Type != entryPosted {
			name := e.Source + " " + e.ID
			require.False(t, others[name], "fact %s is there twice", name)
			others[name] = true
			return
		}
		var fact accrualv1.EntryPosted
		require.NoError(t, proto.Unmarshal(e.Data, &fact))
		entry := fact.GetEntry()
		account := entry.GetProgram() + "/" + entry.GetAccount()
		require.False(t, told[e.ID], "fact %s is there twice", e.ID)
		told[e.ID] = true
		if entries[e.ID] != (position{account, entry.GetSeq()}) || entry.GetSeq() != seqs[account]+1 {
			require.Failf(t, "a fact out of place", "%s tells of %s, seq %d; its entry is %v; %d facts of the account stand before it",
				e.ID, account, entry.GetSeq(), entries[e.ID], seqs[account])
		}
		seqs[account]++
	})
	require.Len(t, told, len(entries), "one fact for each entry")
}

// entryPosted is the type of the facts that tell of entries.
const entryPosted = "laurel.accrual.v1.EntryPosted"

type position struct {
	account string
	seq     int64
}

// positions returns account and seq of each entry, and asserts that no message of EVENTS made two.
func (l *ledger) positions(t *testing.T) map[string]position {
	t.Helper()
	cursor, err := l.db.Collection("entries").Find(t.Context(), bson.M{})
	require.NoError(t, err)
	entries, causes := map[string]position{}, map[int64]string{}
	for cursor.Next(t.Context()) {
		var d struct {
			ID, Account string
			Seq         int64
			Sequence    int64
		}
		d.ID = cursor.Current.Lookup("_id").StringValue()
		require.NoError(t, cursor.Decode(&d))
		entries[d.ID] = position{d.Account, d.Seq}
		if d.Sequence != 0 && !strings.Contains(d.ID, "/due/") {
			require.Empty(t, causes[d.Sequence], "message %d of EVENTS also made %s", d.Sequence, d.ID)
			causes[d.Sequence] = d.ID
		}
	}
	require.NoError(t, cursor.Err())
	require.NoError(t, cursor.Close(t.Context()))
	return entries
}

// countFacts counts what one service has told.
func (l *ledger) countFacts(t *testing.T, service string) uint64 {
	t.Helper()
	return l.facts(t, "facts.*.facts.*."+service+".*.*").CachedInfo().NumPending
}

// countWarned counts the accounts that were told of a drop to come: each has a subject of its own.
func (l *ledger) countWarned(t *testing.T) int64 {
	t.Helper()
	stream, err := l.js.Stream(t.Context(), bus.Facts)
	require.NoError(t, err)
	told, err := stream.Info(t.Context(), jetstream.WithSubjectFilter("facts.*.facts.*.tier.about_to_drop.*"))
	require.NoError(t, err)
	return int64(len(told.State.Subjects))
}

func (l *ledger) facts(t *testing.T, subject string) jetstream.Consumer {
	t.Helper()
	stream, err := l.js.Stream(t.Context(), bus.Facts)
	require.NoError(t, err)
	consumer, err := stream.CreateConsumer(t.Context(), jetstream.ConsumerConfig{FilterSubject: subject, AckPolicy: jetstream.AckNonePolicy})
	require.NoError(t, err)
	return consumer
}

func (l *ledger) eachFact(t *testing.T, f func(cloudevent.Event)) {
	t.Helper()
	consumer := l.facts(t, "facts.>")
	for left := consumer.CachedInfo().NumPending; left > 0; {
		batch, err := consumer.Fetch(int(min(left, 500)))
		require.NoError(t, err)
		for m := range batch.Messages() {
			e, err := cloudevent.Parse(m.Headers(), m.Data())
			require.NoError(t, err)
			f(e)
			left--
		}
		require.NoError(t, batch.Error())
	}
}
