package laurelctl

import (
	"context"
	"fmt"
	"slices"

	programmev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/programme/v1"
	"github.com/laurel-loyalty/laurel/services/internal/program"
)

// schedule reads all revisions of a programme that were published, to reckon with them as the ledger does. A revision holds from
// when it was accepted on, or later: the moment in between, in which it was published, is not looked at.
func (r *registry) schedule(ctx context.Context, id string) (program.Schedule, error) {
	var schedule program.Schedule
	for token := ""; ; {
		page, err := r.ListRevisions(ctx, &programmev1.ListRevisionsRequest{Program: id, PageToken: token})
		if err != nil {
			return nil, err
		}
		for _, listed := range page.GetRevisions() {
			known, err := r.known(ctx, id, listed.GetNumber())
			if err != nil {
				return nil, err
			}
			schedule = append(schedule, known)
		}
		if token = page.GetNextPageToken(); token == "" {
			break
		}
	}
	slices.Reverse(schedule) // newest first, they came
	return schedule, nil
}

// known reads one revision with its files.
func (r *registry) known(ctx context.Context, id string, number int32) (program.Known, error) {
	answer, err := r.GetRevision(ctx, &programmev1.GetRevisionRequest{Program: id, Number: number})
	if err != nil {
		return program.Known{}, err
	}
	revision := answer.GetRevision()
	var files []program.File
	for _, f := range revision.GetFiles() {
		files = append(files, program.File{Name: f.GetName(), Content: f.GetContent()})
	}
	p, faults := program.Parse(files)
	if len(faults) > 0 {
		return program.Known{}, fmt.Errorf("read revision %d of %s: %s", number, id, faults[0])
	}
	known := program.Known{Revision: int(number), Program: p, Effective: revision.GetAppliedAt().AsTime()}
	if at := revision.GetEffectiveAt(); at != nil && at.AsTime().After(known.Effective) {
		known.Effective = at.AsTime()
	}
	return known, nil
}
