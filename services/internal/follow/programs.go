package follow

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// Programs holds every revision that any partition has passed, parsed once. Which of them a partition knows stands in
// its document. Safe for many goroutines.
type Programs struct {
	store  *store.Store
	mu     sync.RWMutex
	parsed map[string]*program.Program // by RevisionID
}

// NewPrograms returns an empty cache over the revisions that a service keeps in its database.
func NewPrograms(s *store.Store) *Programs {
	return &Programs{store: s, parsed: map[string]*program.Program{}}
}

// Load reads the revisions that a partition document names, where they are not known yet.
func (p *Programs) Load(ctx context.Context, revisions []store.Revision) error {
	for _, r := range revisions {
		if p.Find(r.Program, r.Number) == nil {
			return p.loadAll(ctx)
		}
	}
	return nil
}

func (p *Programs) loadAll(ctx context.Context) error {
	list, err := p.revisions(ctx)
	if err != nil {
		return err
	}
	for _, r := range list {
		files := make([]program.File, len(r.Files))
		for i, f := range r.Files {
			files[i] = program.File{Name: f.Name, Content: f.Content}
		}
		parsed, faults := program.Parse(files)
		if len(faults) > 0 {
			return fmt.Errorf("revision %s does not parse any more: %s", r.ID, faults[0])
		}
		p.keep(r.Program, r.Number, parsed)
	}
	return nil
}

// Find returns a parsed revision, nil if no partition has passed it.
func (p *Programs) Find(id string, number int) *program.Program {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.parsed[RevisionID(id, number)]
}

func (p *Programs) keep(id string, number int, parsed *program.Program) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.parsed[RevisionID(id, number)] = parsed
}

// Schedule returns the revisions of a programme that a partition has passed; nil if it knows none.
func (p *Programs) Schedule(part store.Partition, id string) program.Schedule {
	var s program.Schedule
	for _, r := range part.Revisions {
		if r.Program == id {
			s = append(s, program.Known{Revision: r.Number, Effective: r.Effective, Program: p.Find(id, r.Number)})
		}
	}
	return s
}

// IDs lists the programmes of which a revision is known here.
func (p *Programs) IDs() []string {
	p.mu.RLock()
	defer p.mu.RUnlock()
	var ids []string
	for _, parsed := range p.parsed {
		if !slices.Contains(ids, parsed.ID) {
			ids = append(ids, parsed.ID)
		}
	}
	return ids
}

// Knows tells whether any partition has passed a revision of a programme.
func (p *Programs) Knows(ctx context.Context, id string) (bool, error) {
	list, err := p.revisions(ctx)
	return slices.ContainsFunc(list, func(r Revision) bool { return r.Program == id }), err
}
