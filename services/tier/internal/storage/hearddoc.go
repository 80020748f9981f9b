package storage

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/tier/internal/domain/standing"
)

// heardDoc is a message about an account that made no row: so that the account's life can be told again without an event
// that the ledger has refused.
type heardDoc struct {
	ID     string   `bson:"_id"` // <programme>/<account>/<sequence, 20 digits>
	Format int      `bson:"format"`
	Place  placeDoc `bson:",inline"`
	// Of the next three one is set; an enrolment says nothing else.
	Order  *eventDoc `bson:"order,omitempty"`
	Grant  *grantDoc `bson:"grant,omitempty"`
	Enrols bool      `bson:"enrols,omitempty"`
	// Ends says that the grant was ended.
	Ends    bool   `bson:"ends,omitempty"`
	Refused string `bson:"refused,omitempty"` // why
}

func heardKey(ref Ref, sequence uint64) string { return fmt.Sprintf("%s%020d", ref.prefix(), sequence) }

func heardToDoc(ref Ref, h standing.Heard) heardDoc {
	d := heardDoc{
		ID: heardKey(ref, h.Sequence), Format: format, Place: placeToDoc(h.Place), Enrols: h.Enrols, Refused: string(h.Refused),
	}
	if h.Arrival != nil {
		event := eventToDoc(*h.Arrival)
		d.Order = &event
	}
	if h.Grant != nil {
		grant := grantToDoc(h.Grant.Given)
		d.Grant, d.Ends = &grant, h.Grant.Ends
	}
	return d
}

func heardFromDoc(d heardDoc) (standing.Heard, error) {
	h := standing.Heard{Place: placeFromDoc(d.Place), Enrols: d.Enrols, Refused: reason.Reason(d.Refused)}
	if d.Order != nil {
		arrival, err := eventFromDoc(*d.Order)
		if err != nil {
			return h, fmt.Errorf("read %s: %w", d.ID, err)
		}
		h.Arrival = &arrival
	}
	if d.Grant != nil {
		h.Grant = &standing.Grant{Given: grantFromDoc(*d.Grant), Ends: d.Ends}
	}
	return h, nil
}

// Life reads all that an account has heard, in no order.
func (s *Storage) Life(ctx context.Context, ref Ref) ([]standing.Heard, error) {
	var all []standing.Heard
	err := s.under(ctx, ordersName, ref.prefix(), func(raw bson.Raw) error {
		var d rowDoc
		if err := bson.Unmarshal(raw, &d); err != nil {
			return err
		}
		row, err := rowFromDoc(d)
		if h, ok := standing.HeardOf(row); ok {
			all = append(all, h)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, s.under(ctx, heardName, ref.prefix(), func(raw bson.Raw) error {
		var d heardDoc
		if err := bson.Unmarshal(raw, &d); err != nil {
			return err
		}
		h, err := heardFromDoc(d)
		all = append(all, h)
		return err
	})
}

// under reads every document whose key begins with a prefix, which ends with a slash.
func (s *Storage) under(ctx context.Context, name, prefix string, tell func(bson.Raw) error) error {
	cursor, err := s.store.Collection(name).Find(ctx, bson.M{"_id": keysUnder(prefix)})
	if err == nil {
		err = each(ctx, cursor, tell)
	}
	if err != nil {
		return fmt.Errorf("read %s of %s: %w", name, prefix, err)
	}
	return nil
}

// keysUnder are the keys that begin with a prefix, which ends with a slash: '0' follows '/'.
func keysUnder(prefix string) bson.M {
	return bson.M{"$gte": prefix, "$lt": prefix[:len(prefix)-1] + "0"}
}
