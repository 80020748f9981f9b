package backup

import (
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/laurel-loyalty/laurel/services/internal/journal"
)

// archived is an archive that belongs to a backup.
type archived struct {
	dir      string
	segments map[string][]Segment // by stream, one behind the other
}

// openArchive reads an archive whole and holds it against its manifest and against the backup: it must have all that was
// taken out of the streams. No directory: no archive. Errors: *BadFile.
func openArchive(dir string, m *Manifest) (*archived, error) {
	a := &archived{dir: dir, segments: map[string][]Segment{}}
	if dir == "" {
		return a, nil
	}
	of, err := readArchive(dir)
	if err != nil {
		return nil, err
	}
	if len(of.Segments) == 0 {
		return nil, &BadFile{archiveName, "there is no archive in " + dir}
	}
	for _, s := range of.Segments {
		if err := check(dir, s.File); err != nil {
			return nil, err
		}
		stream := m.stream(s.Stream)
		have := a.segments[s.Stream]
		behind := uint64(0)
		if len(have) > 0 {
			behind = have[len(have)-1].Last
		}
		if stream == nil || !stream.Created.Equal(s.Created) || s.First != behind+1 {
			return nil, &BadFile{s.Path, "it is of another stream than that of the backup, or something before it is missing"}
		}
		a.segments[s.Stream] = append(have, s)
	}
	for _, stream := range m.Streams {
		out, err := stream.copied().Archived()
		if err != nil {
			return nil, &BadFile{manifestName, err.Error()}
		}
		if have := a.segments[stream.Config.Name]; out > 0 && (len(have) == 0 || have[len(have)-1].Last < out) {
			return nil, &BadFile{archiveName, fmt.Sprintf("of %s up to sequence %d was taken out, which it has not", stream.Config.Name, out)}
		}
	}
	return a, nil
}

func (a *archived) has(s Stream) bool { return len(a.segments[s.Config.Name]) > 0 }

// with opens the messages of a stream, those of the archive among them, in the order of their sequences, each once.
func (a *archived) with(dir string, s Stream) (func() (journal.Message, error), func(), error) {
	backup, end, err := messages(dir, s.File)
	if err != nil {
		return nil, nil, err
	}
	old, endOld := a.messages(a.segments[s.Config.Name])
	next := merge(old, backup)
	return func() (journal.Message, error) {
			d, err := next()
			if err == nil && d.Sequence > int64(s.Last) { //nolint:gosec // sequences count from 1
				return d, io.EOF // the archive is younger than the backup
			}
			return d, err
		}, func() {
			end()
			endOld()
		}, nil
}

// messages opens one piece behind the other.
func (a *archived) messages(segments []Segment) (func() (journal.Message, error), func()) {
	var next func() (journal.Message, error)
	end := func() {}
	return func() (journal.Message, error) {
		for {
			if next != nil {
				d, err := next()
				if !errors.Is(err, io.EOF) {
					return d, err
				}
			}
			end()
			next, end = nil, func() {}
			if len(segments) == 0 {
				return journal.Message{}, io.EOF
			}
			var err error
			if next, end, err = messages(a.dir, segments[0].File); err != nil {
				end = func() {}
				return journal.Message{}, err
			}
			segments = segments[1:]
		}
	}, func() { end() }
}

// merge returns the messages of both, the lower sequence first; one that both have comes once.
func merge(a, b func() (journal.Message, error)) func() (journal.Message, error) {
	type head struct {
		next func() (journal.Message, error)
		doc  journal.Message
		err  error
	}
	heads := [2]*head{{next: a}, {next: b}}
	begun := false
	advance := func(h *head) {
		h.doc, h.err = h.next()
		if errors.Is(h.err, io.EOF) {
			h.doc = journal.Message{Sequence: math.MaxInt64}
		}
	}
	return func() (journal.Message, error) {
		if !begun {
			begun = true
			advance(heads[0])
			advance(heads[1])
		}
		for _, h := range heads {
			if h.err != nil && !errors.Is(h.err, io.EOF) {
				return journal.Message{}, h.err
			}
		}
		lower := heads[0]
		if heads[1].doc.Sequence < lower.doc.Sequence {
			lower = heads[1]
		}
		if lower.err != nil {
			return journal.Message{}, io.EOF
		}
		d := lower.doc
		for _, h := range heads {
			if h.err == nil && h.doc.Sequence == d.Sequence {
				advance(h)
			}
		}
		return d, nil
	}
}
