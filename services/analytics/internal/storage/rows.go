package storage

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// rows reads documents one by one, and can look at the next one without taking it.
type rows[D any] struct {
	cursor  *mongo.Cursor
	decode  func(bson.Raw) (D, error)
	row     D    // the one that was taken
	ahead   D    // the one that was looked at
	looked  bool // ahead has not been taken
	failure error
}

func openRows[D any](
	ctx context.Context, from *mongo.Collection, filter bson.D, opts options.Lister[options.FindOptions], decode func(bson.Raw) (D, error),
) (*rows[D], error) {
	cursor, err := from.Find(ctx, filter, opts)
	if err != nil {
		return nil, err
	}
	return &rows[D]{cursor: cursor, decode: decode}, nil
}

func (r *rows[D]) close(ctx context.Context) { _ = r.cursor.Close(context.WithoutCancel(ctx)) } // it was only read

// err is what has ended the rows before their end.
func (r *rows[D]) err() error {
	if r.failure != nil {
		return r.failure
	}
	return r.cursor.Err()
}

// next takes the next row.
func (r *rows[D]) next(ctx context.Context) bool { return r.upTo(ctx, func(D) bool { return true }) }

// look shows the next row without taking it; the zero row where there is none.
func (r *rows[D]) look(ctx context.Context) D {
	if !r.ready(ctx) {
		var none D
		return none
	}
	return r.ahead
}

// upTo takes the next row if it fits.
func (r *rows[D]) upTo(ctx context.Context, fits func(D) bool) bool {
	if !r.ready(ctx) || !fits(r.ahead) {
		return false
	}
	r.row, r.looked = r.ahead, false
	return true
}

// ready looks at the next row; false: there is none.
func (r *rows[D]) ready(ctx context.Context) bool {
	if r.looked {
		return true
	}
	if r.failure != nil || !r.cursor.Next(ctx) {
		return false
	}
	r.ahead, r.failure = r.decode(r.cursor.Current)
	r.looked = r.failure == nil
	return r.looked
}

// decoded reads a document into a struct of its own.
func decoded[D any](raw bson.Raw) (D, error) {
	var d D
	return d, bson.Unmarshal(raw, &d)
}
