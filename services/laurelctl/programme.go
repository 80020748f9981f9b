package laurelctl

import (
	"context"
	"fmt"
	"strings"

	programmev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/programme/v1"
	"github.com/laurel-loyalty/laurel/services/internal/house"
)

// planCmd says what files would change.
type planCmd struct {
	Files       []string `arg:"" name:"file" help:"Programme file (YAML); more than one for a programme in several files."`
	EffectiveAt *instant `placeholder:"TIME" help:"As if it should hold from this time on, for example 2027-01-01T00:00:00Z. Default: at once."`
}

// Run asks for the plan.
func (c *planCmd) Run(w *world) error {
	return w.askRegistry(func(ctx context.Context, r *registry) error {
		plan, _, err := r.plan(ctx, w, c.Files, c.EffectiveAt)
		if err != nil {
			return err
		}
		return w.showPlan(plan)
	})
}

func (r *registry) plan(ctx context.Context, w *world, names []string, at *instant) (*programmev1.PlanProgramResponse, []*programmev1.File, error) {
	program, files, err := r.read(ctx, w, names)
	if err != nil {
		return nil, nil, err
	}
	plan, err := r.PlanProgram(ctx, &programmev1.PlanProgramRequest{Program: program, Files: files, EffectiveAt: at.toProto()})
	return plan, files, err
}

func (w *world) showPlan(plan *programmev1.PlanProgramResponse) error {
	warnings := make([]string, len(plan.GetWarnings()))
	for i, warning := range plan.GetWarnings() {
		warnings[i] = "warning: " + warning.GetMessage()
	}
	if w.root.Output == formatCSV { // rows have no place for them
		for _, warning := range warnings {
			w.tell("%s", safe(warning))
		}
	}
	return w.showChanges(plan, plan.GetChanges(), []string{headline(plan)}, warnings)
}

// headline is what stands above the changes of a plan.
func headline(plan *programmev1.PlanProgramResponse) string {
	program, next, compared := plan.GetProgram(), plan.GetBaseRevision()+1, plan.GetComparedRevision()
	switch {
	case plan.GetUnchanged():
		return fmt.Sprintf("programme %s: revision %d has these files; there is nothing to apply", program, plan.GetBaseRevision())
	case compared == 0:
		return fmt.Sprintf("programme %s is new; revision 1 would say:", program)
	case len(plan.GetChanges()) == 0:
		return fmt.Sprintf("programme %s: revision %d would say the same as revision %d, in other words", program, next, compared)
	}
	return fmt.Sprintf("programme %s: revision %d would change, against revision %d:", program, next, compared)
}

// changeGrid has one row for each field that changes.
func changeGrid(changes []*programmev1.Change) grid {
	g := grid{columns: []string{"change", "field", "was", "is"}}
	for _, c := range changes {
		g.add(strings.ToLower(strings.TrimPrefix(c.GetKind().String(), "CHANGE_KIND_")), c.GetPath(), c.GetWas(), c.GetIs())
	}
	return g
}

// applyCmd makes files the next revision.
type applyCmd struct {
	Files       []string `arg:"" name:"file" help:"Programme file (YAML); more than one for a programme in several files."`
	EffectiveAt *instant `placeholder:"TIME" help:"From when it should hold, for example 2027-01-01T00:00:00Z. Default: at once."`
	Base        *int32   `placeholder:"N" help:"Apply only if revision N is still the newest. Default: the one that is newest now."`
}

// Run plans, shows the plan, and applies it.
func (c *applyCmd) Run(w *world) error {
	return w.askRegistry(func(ctx context.Context, r *registry) error {
		plan, files, err := r.plan(ctx, w, c.Files, c.EffectiveAt)
		if err != nil {
			return err
		}
		if w.root.Output == formatTable {
			if err := w.showPlan(plan); err != nil {
				return err
			}
		}
		base := plan.GetBaseRevision()
		if c.Base != nil {
			base = *c.Base
		}
		answer, err := r.ApplyProgram(ctx, &programmev1.ApplyProgramRequest{
			Program: plan.GetProgram(), IdempotencyKey: house.NewToken(), BaseRevision: base, Files: files,
			EffectiveAt: c.EffectiveAt.toProto(),
		})
		if err != nil {
			return err
		}
		if w.root.Output == formatTable {
			if answer.GetUnchanged() { // the plan has said so
				return nil
			}
			return w.lines([]string{applied(answer.GetRevision())})
		}
		return w.show(answer, revisionGrid([]*programmev1.Revision{answer.GetRevision()}, 0))
	})
}

// applied says what became of an ask.
func applied(r *programmev1.Revision) string {
	text := fmt.Sprintf("programme %s has revision %d", r.GetProgram(), r.GetNumber())
	if r.GetEffectiveAt() != nil {
		text += ", from " + moment(r.GetEffectiveAt()) + " on"
	}
	if !r.GetPublished() {
		text += "; the bus has not acknowledged it yet: it will be published, see laurelctl programme history"
	}
	return text
}

// rollbackCmd makes an old revision's files the next revision.
type rollbackCmd struct {
	Number      int32    `arg:"" help:"The revision whose files are taken."`
	EffectiveAt *instant `placeholder:"TIME" help:"From when they should hold. Default: at once."`
	Base        *int32   `placeholder:"N" help:"Roll back only if revision N is still the newest. Default: the one that is newest now."`
}

// Run rolls back, and shows what that changes.
func (c *rollbackCmd) Run(w *world) error {
	return w.askRegistry(func(ctx context.Context, r *registry) error {
		program, err := r.programme()
		if err != nil {
			return err
		}
		newest, err := r.newest(ctx, program)
		if err != nil {
			return err
		}
		base := newest.GetNumber()
		if c.Base != nil {
			base = *c.Base
		}
		answer, err := r.RollbackProgram(ctx, &programmev1.RollbackProgramRequest{
			Program: program, IdempotencyKey: house.NewToken(), BaseRevision: base, ToRevision: c.Number,
			EffectiveAt: c.EffectiveAt.toProto(),
		})
		if err != nil {
			return err
		}
		if w.root.Output != formatTable {
			return w.show(answer, revisionGrid([]*programmev1.Revision{answer.GetRevision()}, 0))
		}
		if answer.GetUnchanged() {
			return w.lines([]string{fmt.Sprintf("revision %d has the files of revision %d already", newest.GetNumber(), c.Number)})
		}
		return w.lines([]string{applied(answer.GetRevision()) + fmt.Sprintf(", with the files of revision %d", c.Number)})
	})
}
