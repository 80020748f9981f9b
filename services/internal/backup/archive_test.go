package backup_test

import (
	"encoding/json"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/backup"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
)

// applied brings the marks of a service to the last message of each partition that does not stand behind a sequence.
func (s *stores) applied(service, stream string, upTo uint64) {
	s.t.Helper()
	marks := map[int]bson.M{}
	var created time.Time
	require.NoError(s.t, s.house.Bus.CopyOut(s.t.Context(), stream, func(c bus.Copied) { created = c.Created }, func(m bus.Stored) error {
		p, err := strconv.Atoi(strings.Split(m.Subject, ".")[1])
		if err == nil && m.Sequence <= upTo {
			marks[p] = bson.M{"sequence": int64(m.Sequence), "time": m.Time, "id": m.ID(), "created": created} //nolint:gosec // small
		}
		return err
	}))
	for p, mark := range marks {
		_, err := s.db(service).Collection("partitions").UpdateByID(s.t.Context(), p, bson.M{
			"$set": bson.M{"mark": mark, "format": 1}, "$setOnInsert": bson.M{"version": int64(1), "epoch": 1, "clock": time.UnixMilli(0), "outbox": bson.M{}},
		}, options.UpdateOne().SetUpsert(true))
		require.NoError(s.t, err)
	}
}

const everything = 1 << 40

// newArchivable is a house whose services have applied everything.
func newArchivable(t *testing.T) *stores {
	t.Helper()
	s := newStores(t)
	s.house.Now = func() time.Time { return time.Now().Add(time.Hour) }
	s.fill(mathrand.New(mathrand.NewPCG(1, 2)))
	s.all()
	return s
}

func (s *stores) all() {
	s.applied("accrual", bus.Events, everything)
	s.applied("tier", bus.Events, everything)
	s.applied("analytics", bus.Facts, everything)
	s.applied("partner", bus.Facts, everything)
}

// more lets a day pass: orders in all partitions, a revision, facts.
func (s *stores) more(name string) {
	for n := range 200 {
		s.order(fmt.Sprint(name, "-", n))
	}
	for n := range 40 {
		s.publish(bus.FactSubject("tea", "accrual", "earned", fmt.Sprint("acc-", n)), fmt.Sprint(name, "-fact-", n), 5, 3)
	}
	s.all()
}

func (s *stores) archive(dir string, takeOut bool) ([]backup.Segment, error) {
	s.t.Helper()
	return backup.Archive(s.t.Context(), s.house, dir, backup.ArchiveOptions{TakeOut: takeOut})
}

// TestWhatIsArchivedComesBack: what all have applied goes into files and out of the streams, control events and the messages
// at the marks stay; whoever has read nothing does not begin; with the archive a backup is the whole house again.
func TestWhatIsArchivedComesBack(t *testing.T) {
	t.Parallel()
	s := newArchivable(t)
	s.revise(2)
	s.more("monday")
	dir := filepath.Join(t.TempDir(), "archive")
	first, err := s.archive(dir, false)
	require.NoError(t, err)
	require.Len(t, first, 2)
	none, err := s.archive(dir, false)
	require.NoError(t, err)
	require.Empty(t, none, "nothing is new")
	s.more("tuesday")
	want := s.contents()
	second, err := s.archive(dir, true)
	require.NoError(t, err)
	require.Len(t, second, 2)
	require.Equal(t, first[0].Last+1, second[0].First)

	left := s.contents()
	require.Less(t, len(left[bus.Events]), len(want[bus.Events])/2)
	require.Less(t, len(left[bus.Facts]), len(want[bus.Facts])/2)
	require.Contains(t, strings.Join(left[bus.Events], "\n"), "control.tea.programme.revised", "services look for it at any time")
	require.NoError(t, s.house.Bus.EnsureStreams(t.Context(), bus.Layout{MaxBytesEvents: 64 * mebibyte, MaxBytesFacts: 64 * mebibyte, MaxBytesDead: 64 * mebibyte}))
	out, err := s.house.Bus.Archived(t.Context(), bus.Events)
	require.NoError(t, err)
	require.Equal(t, second[0].Last, out, "also after a start of the house")

	copied, _ := s.take() // refuses a house whose marks are not there
	cut := newStores(t)
	_, err = backup.Restore(t.Context(), cut.house, copied, "")
	require.NoError(t, err)
	out, err = cut.house.Bus.Archived(t.Context(), bus.Facts)
	require.NoError(t, err)
	require.Equal(t, second[1].Last, out)

	whole := newStores(t)
	_, err = backup.Restore(t.Context(), whole.house, copied, dir)
	require.NoError(t, err)
	got := whole.contents()
	requireSame(t, want, got)
	out, err = whole.house.Bus.Archived(t.Context(), bus.Events)
	require.NoError(t, err)
	require.Zero(t, out)
}

// TestNothingIsArchivedThatSomebodyNeeds: what one service has not applied, what is young, what is in no archive as it was.
func TestNothingIsArchivedThatSomebodyNeeds(t *testing.T) {
	t.Parallel()
	s := newArchivable(t)
	s.more("sunday")
	dir := filepath.Join(t.TempDir(), "archive")
	young, err := backup.Archive(t.Context(), s.house, filepath.Join(t.TempDir(), "young"), backup.ArchiveOptions{Keep: 2 * time.Hour})
	require.NoError(t, err)
	require.Empty(t, young)
	s.set("tier", 3, bson.M{"mark.sequence": int64(0)})
	added, err := s.archive(dir, true)
	require.NoError(t, err)
	lowest := added[0].Last
	next, err := s.house.Bus.Next(t.Context(), bus.Events, 3, 0)
	require.NoError(t, err)
	require.Equal(t, next-1, lowest, "the first message of the partition that was not read stays")

	_, err = s.archive(filepath.Join(t.TempDir(), "another"), true)
	require.ErrorContains(t, err, "begin one in another directory", "what was taken out is not in it")

	s.all()
	_, err = s.db("reward").Collection("outbox").InsertOne(t.Context(), bson.M{
		"_id": "FACTS/000/1", "format": 1, "stream": bus.Facts, "partition": 0, "number": int64(1), "created": time.Now(), "messages": bson.A{},
	})
	require.NoError(t, err)
	_, err = s.archive(dir, true)
	require.ErrorContains(t, err, "reward has not published chunk FACTS/000/1")
	_, err = s.db("reward").Collection("outbox").DeleteMany(t.Context(), bson.M{})
	require.NoError(t, err)

	s.more("monday")
	s.set("tier", 1, bson.M{"mark.id": "other"})
	before := s.contents()
	_, err = s.archive(dir, true)
	require.ErrorContains(t, err, "which is not there as it was: nothing is taken out")
	require.Equal(t, before[bus.Events], s.contents()[bus.Events])
	s.all()
	require.NoError(t, os.Truncate(filepath.Join(dir, added[0].Path), 20))
	_, err = s.archive(dir, true)
	var bad *backup.BadFile
	require.ErrorAs(t, err, &bad)
	require.Equal(t, added[0].Path, bad.File)
	require.Equal(t, before[bus.Events], s.contents()[bus.Events])

	copied, _ := s.take()
	empty := newStores(t)
	for path, why := range map[string]string{dir: added[0].Path, t.TempDir(): "there is no archive"} {
		_, err = backup.Restore(t.Context(), empty.house, copied, path)
		require.ErrorAs(t, err, &bad)
		require.ErrorContains(t, err, why)
	}
}

// TestAnArchiveOfAnotherHouseIsRefused, and one in which something is missing.
func TestAnArchiveOfAnotherHouseIsRefused(t *testing.T) {
	t.Parallel()
	s, other := newArchivable(t), newArchivable(t)
	dir := filepath.Join(t.TempDir(), "archive")
	_, err := s.archive(dir, false)
	require.NoError(t, err)
	_, err = other.archive(dir, false)
	require.ErrorContains(t, err, "it was made at another time")
	copied, _ := other.take()
	var bad *backup.BadFile
	_, err = backup.Restore(t.Context(), newStores(t).house, copied, dir)
	require.ErrorAs(t, err, &bad)
	require.ErrorContains(t, err, "of another stream than that of the backup")

	elsewhere := filepath.Join(t.TempDir(), "archive")
	_, err = other.archive(elsewhere, true)
	require.NoError(t, err)
	other.more("monday")
	_, err = other.archive(elsewhere, true)
	require.NoError(t, err)
	copied, _ = other.take()
	text, err := os.ReadFile(filepath.Join(elsewhere, "archive.json"))
	require.NoError(t, err)
	var of backup.ArchiveOf
	require.NoError(t, json.Unmarshal(text, &of))
	require.Len(t, of.Segments, 4)
	of.Segments = of.Segments[:3]
	short, err := json.Marshal(of)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(elsewhere, "archive.json"), short, 0o600))
	_, err = backup.Restore(t.Context(), newStores(t).house, copied, elsewhere)
	require.ErrorContains(t, err, "was taken out, which it has not")
	text = []byte(strings.Replace(string(text), `"FACTS"`, `"EVENTS"`, 1))
	require.NoError(t, os.WriteFile(filepath.Join(elsewhere, "archive.json"), text, 0o600))
	_, err = backup.Restore(t.Context(), newStores(t).house, copied, elsewhere)
	require.ErrorAs(t, err, &bad)
}
