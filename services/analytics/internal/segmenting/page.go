package segmenting

import (
	"context"
	"errors"

	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/ruler"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/segment"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
)

// Place is where a page begins: behind an account, by the rulers of the first page, so that all pages are cut from one
// list whatever is bought meanwhile. The zero Place is the first.
type Place struct {
	After  string
	Rulers ruler.Rulers
}

// Page is a part of a group, by rising account.
type Page struct {
	reporting.Head
	Members []segment.Customer
	// Next is where the next page begins; nil on the last one.
	Next *Place
}

// errFull ends the reading of a page.
var errFull = errors.New("the page is full")

// Members returns a page of at most size customers of a group. Errors as Size.
func (s *Segmenter) Members(ctx context.Context, q reporting.Query, g Group, from Place, size int) (Page, error) {
	w := walk{Query: q, groups: []Group{g}, after: from.After}
	if from.After != "" {
		w.rulers = &from.Rulers
	}
	var p Page
	err := s.walk(ctx, w, func(at step) error {
		p.Head = at.Head
		if at.customer == nil || !at.in[0] {
			return nil
		}
		if len(p.Members) == size {
			p.Next = &Place{After: p.Members[size-1].ID, Rulers: at.rulers}
			return errFull
		}
		p.Members = append(p.Members, *at.customer)
		return nil
	})
	if errors.Is(err, errFull) {
		err = nil
	}
	return p, err
}
