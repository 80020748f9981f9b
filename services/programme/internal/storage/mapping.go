package storage

import (
	"fmt"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/programme/internal/domain/registry"
)

// format is the version of a stored revision.
const format = 1

// revisionDoc is a revision as it is stored. Times have milliseconds.
type revisionDoc struct {
	ID         string     `bson:"_id"` // <programme>/<number>
	Format     int        `bson:"format"`
	Program    string     `bson:"programme"`
	Number     int        `bson:"number"`
	Effective  *time.Time `bson:"effective_at,omitempty"`
	AppliedAt  time.Time  `bson:"applied_at"`
	Actor      string     `bson:"actor"`
	Key        string     `bson:"key,omitempty"`
	Asked      []byte     `bson:"asked,omitempty"`
	RollbackOf int        `bson:"rollback_of,omitempty"`
	Files      []fileDoc  `bson:"files"`
	Digest     []byte     `bson:"digest"`
	Published  bool       `bson:"published"`
}

type fileDoc struct {
	Name    string `bson:"name"`
	Content []byte `bson:"content"`
}

func revisionID(program string, number int) string { return fmt.Sprintf("%s/%d", program, number) }

func toDoc(r registry.Revision) revisionDoc {
	d := revisionDoc{
		ID: revisionID(r.Program, r.Number), Format: format, Program: r.Program, Number: r.Number, AppliedAt: r.AppliedAt,
		Actor: r.Actor, Key: r.Key, RollbackOf: r.RollbackOf, Digest: r.Digest[:], Published: r.Published,
	}
	if !r.Effective.IsZero() {
		d.Effective = &r.Effective
	}
	if r.Key != "" {
		d.Asked = r.Asked[:]
	}
	for _, f := range r.Files {
		d.Files = append(d.Files, fileDoc{f.Name, f.Content})
	}
	return d
}

func fromDoc(d revisionDoc) (registry.Revision, error) {
	r := registry.Revision{
		Program: d.Program, Number: d.Number, AppliedAt: d.AppliedAt.UTC(), Actor: d.Actor, Key: d.Key,
		RollbackOf: d.RollbackOf, Published: d.Published,
	}
	if d.Format > format {
		return r, fmt.Errorf("revision %s has format %d, this program reads up to %d: it is older than its data", d.ID, d.Format, format)
	}
	if d.Effective != nil {
		r.Effective = d.Effective.UTC()
	}
	copy(r.Asked[:], d.Asked)
	copy(r.Digest[:], d.Digest)
	for _, f := range d.Files {
		r.Files = append(r.Files, program.File{Name: f.Name, Content: f.Content})
	}
	if len(r.Files) > 0 && registry.DigestOf(r.Files) != r.Digest {
		return r, fmt.Errorf("revision %s is not what was kept: its files have another digest", d.ID)
	}
	return r, nil
}
