package laurelctl

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"google.golang.org/protobuf/proto"

	programmev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/programme/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// registry is a connection to the programme service.
type registry struct {
	programmev1.ProgrammeServiceClient
	*door
}

// askRegistry lets f ask the programme service.
func (w *world) askRegistry(f func(ctx context.Context, r *registry) error) error {
	return w.through("programme", w.root.Timeout, func(ctx context.Context, d *door) error {
		return f(ctx, &registry{programmev1.NewProgrammeServiceClient(d.conn), d})
	})
}

// newest is the newest revision of a programme.
func (r *registry) newest(ctx context.Context, program string) (*programmev1.Revision, error) {
	answer, err := r.GetRevision(ctx, &programmev1.GetRevisionRequest{Program: program})
	return answer.GetRevision(), err
}

// read reads the files of a programme, and asks which one it is. All their faults are shown; then the error is
// INVALID_PROGRAMME. A programme that was named is held against that of the files.
func (r *registry) read(ctx context.Context, w *world, names []string) (string, []*programmev1.File, error) {
	files := make([]*programmev1.File, len(names))
	for i, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			return "", nil, fmt.Errorf("read programme: %w", err)
		}
		files[i] = &programmev1.File{Name: filepath.Base(name), Content: content}
	}
	answer, err := r.ValidateProgram(ctx, &programmev1.ValidateProgramRequest{Files: files})
	if err != nil {
		return "", nil, err
	}
	if n := len(answer.GetFaults()); n > 0 {
		if err := w.showFaults(answer); err != nil {
			return "", nil, err
		}
		return "", nil, reason.New(reason.InvalidProgram, "", "the programme has %d faults; nothing was changed", n)
	}
	if named := w.root.Program; named != "" && named != answer.GetProgram() {
		return "", nil, &usageError{
			fmt.Sprintf("the files are programme %s, and %s is named", answer.GetProgram(), named),
			"leave --programme and LAUREL_PROGRAMME out, or name other files",
		}
	}
	return answer.GetProgram(), files, nil
}

// showFaults shows faults: for people as lines that an editor finds, beside the answer.
func (w *world) showFaults(answer *programmev1.ValidateProgramResponse) error {
	if w.root.Output == formatTable {
		for _, f := range answer.GetFaults() {
			path := ""
			if f.GetPath() != "" {
				path = f.GetPath() + ": "
			}
			w.tell("%s:%d:%d: %s%s", safe(f.GetFile()), f.GetLine(), f.GetColumn(), safe(path), safe(f.GetMessage()))
		}
		return nil
	}
	g := grid{columns: []string{"file", "line", "column", "path", "message"}}
	for _, f := range answer.GetFaults() {
		g.add(f.GetFile(), number(f.GetLine()), number(f.GetColumn()), f.GetPath(), f.GetMessage())
	}
	return w.show(answer, g)
}

// showChanges shows changes with lines before and after them, which are for people alone.
func (w *world) showChanges(answer proto.Message, changes []*programmev1.Change, before, after []string) error {
	g := changeGrid(changes)
	if w.root.Output != formatTable {
		return w.show(answer, g)
	}
	if err := w.lines(before); err != nil {
		return err
	}
	if len(g.rows) > 0 {
		if err := w.show(answer, g); err != nil {
			return err
		}
	}
	return w.lines(after)
}
