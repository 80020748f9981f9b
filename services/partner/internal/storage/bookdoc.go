package storage

import (
	"fmt"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/token"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/clearing"
)

// Collections of the books.
const (
	readName     = "read"
	booksName    = "books"
	capturesName = "captures"
)

// readDoc is how far an account's entries have been read.
type readDoc struct {
	ID     string `bson:"_id"` // <programme>/<account>
	Format int    `bson:"format"`
	Seq    int64  `bson:"seq"`
}

// bookDoc is what the entries of a programme's accounts in one partition come to that stand in a period. Only the
// partition's lane writes it, behind the partition's fence, so that nobody waits for anybody.
type bookDoc struct {
	ID        string                     `bson:"_id"` // <programme>/<YYYY-MM>/<partition>
	Format    int                        `bson:"format"`
	Program   string                     `bson:"programme"`
	Partition int                        `bson:"partition"`
	Period    string                     `bson:"period"`
	Entries   map[string]int64           `bson:"entries"` // by the period in which they took effect
	Sums      map[string]bson.Decimal128 `bson:"sums"`    // points, without fraction: many accounts may have more than 64 bits hold
}

// captureDoc is the revision under which points were spent, for the refund that may come.
type captureDoc struct {
	ID       string `bson:"_id"` // <programme>/<account>/<seq>
	Format   int    `bson:"format"`
	Revision int    `bson:"revision"`
}

func readCollection() store.Collection {
	return store.Collection{Name: readName, Schema: store.Object(
		bson.A{"_id", "format", "seq"}, bson.M{"format": store.Integer(), "seq": store.Integer()},
	)}
}

func booksCollection() store.Collection {
	return store.Collection{Name: booksName, Schema: store.Object(
		bson.A{"_id", "format", "programme", "partition", "period", "entries"}, bson.M{
			"format": store.Integer(), "partition": store.Integer(), "period": bson.M{"bsonType": "string"},
			"entries": bson.M{"bsonType": "object", "additionalProperties": store.Integer()},
			"sums":    bson.M{"bsonType": "object", "additionalProperties": bson.M{"bsonType": "decimal"}},
		},
	)}
}

func capturesCollection() store.Collection {
	return store.Collection{Name: capturesName, Schema: store.Object(
		bson.A{"_id", "format", "revision"}, bson.M{"format": store.Integer(), "revision": store.Integer()},
	)}
}

// A programme's id holds no slash, a seq neither.
func accountID(a Account) string { return a.Program + "/" + a.ID }

func captureID(c Capture) string {
	return accountID(c.Account) + "/" + strconv.FormatInt(c.Seq, 10)
}

func bookID(b Book) string { return fmt.Sprintf("%s/%s/%03d", b.Program, b.Period, b.Partition) }

// rowName is a row's place among the sums: move:unit:issuer:redeemer:revision:late.
func rowName(r clearing.Row) string {
	return strings.Join([]string{
		r.Move.String(), token.Of(r.Unit), token.Of(r.Issuer), token.Of(r.Redeemer), strconv.Itoa(r.Revision), r.Late.String(),
	}, ":")
}

func rowFromName(name string) (clearing.Row, error) {
	parts := strings.Split(name, ":")
	if len(parts) != 6 {
		return clearing.Row{}, fmt.Errorf("%q has %d parts, not 6", name, len(parts))
	}
	var r clearing.Row
	var known bool
	if r.Move, known = clearing.ParseMove(parts[0]); !known {
		return r, fmt.Errorf("%q is no move", parts[0])
	}
	var err error
	for i, field := range []*string{&r.Unit, &r.Issuer, &r.Redeemer} {
		if *field, err = token.ID(parts[i+1]); err != nil {
			return r, fmt.Errorf("row %q: %w", name, err)
		}
	}
	if r.Revision, err = strconv.Atoi(parts[4]); err != nil {
		return r, fmt.Errorf("row %q: %w", name, err)
	}
	if parts[5] != "" {
		r.Late, err = clearing.ParsePeriod(parts[5])
	}
	return r, err
}

// pointsOf reads a sum; AMOUNT_OUT_OF_RANGE for one that no settlement can hold.
func pointsOf(d bson.Decimal128) (money.Points, error) {
	points, exponent, err := d.BigInt()
	if err != nil || exponent < 0 {
		return 0, fmt.Errorf("%s is no whole number", d)
	}
	for ; exponent > 0 && points.IsInt64(); exponent-- {
		points.Mul(points, ten)
	}
	if !points.IsInt64() {
		return 0, reason.New(reason.AmountOutOfRange, "", "%s points are more than fits", d)
	}
	return money.Points(points.Int64()), nil
}
