package laurelctl

import (
	"context"
	"fmt"

	programmev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/programme/v1"
)

// historyCmd lists revisions.
type historyCmd struct {
	Limit     int    `placeholder:"N" help:"At most so many; 0, the default: all."`
	PageToken string `placeholder:"TOKEN" help:"Go on where an answer that was limited ended (nextPageToken of its JSON)."`
}

// Run asks for the revisions, page by page.
func (c *historyCmd) Run(w *world) error {
	return w.askRegistry(func(ctx context.Context, r *registry) error {
		program, err := r.programme()
		if err != nil {
			return err
		}
		all := &programmev1.ListRevisionsResponse{NextPageToken: c.PageToken}
		err = pages(c.Limit, func(size int32) (int, bool, error) {
			answer, err := r.ListRevisions(ctx, &programmev1.ListRevisionsRequest{
				Program: program, PageSize: size, PageToken: all.GetNextPageToken(),
			})
			if err != nil {
				return 0, false, err
			}
			all.Revisions, all.NextPageToken = append(all.GetRevisions(), answer.GetRevisions()...), answer.GetNextPageToken()
			all.InForce = answer.GetInForce()
			return len(all.GetRevisions()), all.GetNextPageToken() != "", nil
		})
		if err != nil {
			return err
		}
		return w.show(all, revisionGrid(all.GetRevisions(), all.GetInForce()), revisionTable(all))
	})
}

// revisionGrid has one row for each revision. InForce is the number of the one that holds now; 0: that was not asked.
func revisionGrid(list []*programmev1.Revision, inForce int32) grid {
	g := grid{columns: []string{
		"programme", "revision", "applied_at", "effective_at", "actor", "rollback_of", "published", "in_force", "digest",
	}}
	for _, r := range list {
		force := ""
		if inForce > 0 {
			force = fmt.Sprint(r.GetNumber() == inForce)
		}
		g.add(r.GetProgram(), number(r.GetNumber()), moment(r.GetAppliedAt()), moment(r.GetEffectiveAt()), r.GetActor(),
			rollbackOf(r), fmt.Sprint(r.GetPublished()), force, r.GetDigest())
	}
	return g
}

func rollbackOf(r *programmev1.Revision) string {
	if r.GetRollbackOf() == 0 {
		return ""
	}
	return number(r.GetRollbackOf())
}

// revisionTable is the history for people.
func revisionTable(answer *programmev1.ListRevisionsResponse) grid {
	g := grid{columns: []string{"revision", "applied_at", "by", "holds_from", "what"}, numbers: []string{"revision"}}
	for _, r := range answer.GetRevisions() {
		from, what := moment(r.GetEffectiveAt()), ""
		switch {
		case r.GetNumber() == 1:
			from = "the beginning"
		case from == "":
			from = "at once"
		}
		switch {
		case !r.GetPublished():
			what = "not published yet"
		case r.GetNumber() == answer.GetInForce():
			what = "in force"
		}
		if back := rollbackOf(r); back != "" {
			what = join(what, "back to revision "+back)
		}
		g.add(number(r.GetNumber()), moment(r.GetAppliedAt()), r.GetActor(), from, what)
	}
	return g
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + ", " + b
}

// diffCmd says what changed between two revisions.
type diffCmd struct {
	From int32  `arg:"" help:"The older revision."`
	To   *int32 `arg:"" optional:"" help:"The newer revision. Default: the newest."`
}

// Run compares them.
func (c *diffCmd) Run(w *world) error {
	return w.askRegistry(func(ctx context.Context, r *registry) error {
		program, err := r.programme()
		if err != nil {
			return err
		}
		to := c.To
		if to == nil {
			newest, err := r.newest(ctx, program)
			if err != nil {
				return err
			}
			number := newest.GetNumber()
			to = &number
		}
		answer, err := r.CompareRevisions(ctx, &programmev1.CompareRevisionsRequest{
			Program: program, FromNumber: c.From, ToNumber: *to,
		})
		if err != nil {
			return err
		}
		before := fmt.Sprintf("programme %s, from revision %d to revision %d:", program, c.From, *to)
		if len(answer.GetChanges()) == 0 {
			before = fmt.Sprintf("programme %s: revisions %d and %d say the same", program, c.From, *to)
		}
		return w.showChanges(answer, answer.GetChanges(), []string{before}, nil)
	})
}
