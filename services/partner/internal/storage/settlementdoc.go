package storage

import (
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/clearing"
)

const settlementsName = "settlements"

// settlementDoc is a settlement that was closed. It is inserted once and never changed.
type settlementDoc struct {
	ID            string         `bson:"_id"` // <programme>/<YYYY-MM>
	Format        int            `bson:"format"`
	Program       string         `bson:"programme"`
	Number        int64          `bson:"number"`
	Period        string         `bson:"period"`
	Currency      string         `bson:"currency"`
	Unit          string         `bson:"unit"`
	ClosedAt      time.Time      `bson:"closed_at"`
	ClosedBy      string         `bson:"closed_by"`
	Lines         []lineDoc      `bson:"lines"`
	Issuers       []issuerDoc    `bson:"issuers"`
	Statements    []statementDoc `bson:"statements"`
	LastStatement int64          `bson:"last_statement"`
	Marks         []markDoc      `bson:"marks"`
	Digest        []byte         `bson:"digest"`
}

type lineDoc struct {
	Debtor   string `bson:"debtor"`
	Creditor string `bson:"creditor"`
	Basis    string `bson:"basis"`
	Issuer   string `bson:"issuer"`
	Redeemer string `bson:"redeemer,omitempty"`
	Price    string `bson:"price"` // minor units per point, an exact fraction
	Late     string `bson:"late,omitempty"`
	Points   int64  `bson:"points"`
	Back     int64  `bson:"back"`
	Amount   int64  `bson:"amount_minor"`
}

type issuerDoc struct {
	Issuer    string `bson:"issuer"`
	Given     int64  `bson:"given"`
	TakenBack int64  `bson:"taken_back"`
	Spent     int64  `bson:"spent"`
	Lapsed    int64  `bson:"lapsed"`
	Adjusted  int64  `bson:"adjusted"`
	Breakage  int64  `bson:"breakage_minor"`
}

type statementDoc struct {
	Partner string `bson:"partner"`
	Name    string `bson:"name"`
	Number  int64  `bson:"number"`
}

type markDoc struct {
	Partition int    `bson:"partition"`
	Epoch     int    `bson:"epoch"`
	Sequence  uint64 `bson:"sequence"`
}

func settlementsCollection() store.Collection {
	amounts := store.Object(bson.A{"debtor", "creditor", "points", "back", "amount_minor"}, bson.M{
		"points": store.Integer(), "back": store.Integer(), "amount_minor": store.Integer(),
	})
	return store.Collection{
		Name: settlementsName,
		Schema: store.Object(bson.A{"_id", "format", "programme", "number", "period", "closed_at", "marks", "digest"}, bson.M{
			"format": store.Integer(), "number": store.Integer(), "last_statement": store.Integer(),
			"lines": bson.M{"bsonType": bson.A{"array", "null"}, "items": amounts},
		}),
		Indexes: []mongo.IndexModel{{
			Keys:    bson.D{{Key: "programme", Value: 1}, {Key: "number", Value: -1}},
			Options: options.Index().SetName("programme_number").SetUnique(true),
		}},
	}
}

func settlementID(program string, p clearing.Period) string { return program + "/" + p.String() }

func toDoc(c clearing.Closed) settlementDoc {
	digest := c.Digest()
	d := settlementDoc{
		ID: settlementID(c.Program, c.Period), Format: format, Program: c.Program, Number: c.Number, Period: c.Period.String(),
		Currency: string(c.Currency), Unit: c.Unit, ClosedAt: c.ClosedAt, ClosedBy: c.ClosedBy, LastStatement: c.LastStatement,
		Digest: digest[:],
	}
	for _, l := range c.Lines {
		d.Lines = append(d.Lines, lineDoc{
			Debtor: l.Debtor, Creditor: l.Creditor, Basis: l.Basis.String(), Issuer: l.Issuer, Redeemer: l.Redeemer,
			Price: l.Price.String(), Late: l.Late.String(), Points: int64(l.Points), Back: int64(l.Back), Amount: int64(l.Amount),
		})
	}
	for _, i := range c.Issued {
		d.Issuers = append(d.Issuers, issuerDoc{
			Issuer: i.Issuer, Given: int64(i.Given), TakenBack: int64(i.TakenBack), Spent: int64(i.Spent),
			Lapsed: int64(i.Lapsed), Adjusted: int64(i.Adjusted), Breakage: int64(i.Breakage),
		})
	}
	for _, n := range c.Statements {
		d.Statements = append(d.Statements, statementDoc(n))
	}
	for _, m := range c.Marks {
		d.Marks = append(d.Marks, markDoc(m))
	}
	return d
}

// fromDoc reads a settlement, and refuses one that is not what was closed.
func fromDoc(d settlementDoc) (clearing.Closed, error) {
	c := clearing.Closed{Number: d.Number, ClosedAt: d.ClosedAt.UTC(), ClosedBy: d.ClosedBy, LastStatement: d.LastStatement}
	if d.Format > format {
		return c, fmt.Errorf("settlement %s has format %d, this program reads up to %d: it is older than its data", d.ID, d.Format, format)
	}
	c.Program, c.Currency, c.Unit = d.Program, money.Currency(d.Currency), d.Unit
	var err error
	if c.Period, err = clearing.ParsePeriod(d.Period); err != nil {
		return c, fmt.Errorf("settlement %s: %w", d.ID, err)
	}
	for _, l := range d.Lines {
		line, err := lineFromDoc(l)
		if err != nil {
			return c, fmt.Errorf("settlement %s: %w", d.ID, err)
		}
		c.Lines = append(c.Lines, line)
	}
	for _, i := range d.Issuers {
		c.Issued = append(c.Issued, clearing.Issued{
			Issuer: i.Issuer, Given: money.Points(i.Given), TakenBack: money.Points(i.TakenBack), Spent: money.Points(i.Spent),
			Lapsed: money.Points(i.Lapsed), Adjusted: money.Points(i.Adjusted), Breakage: money.Minor(i.Breakage),
		})
	}
	for _, n := range d.Statements {
		c.Statements = append(c.Statements, clearing.Numbered(n))
	}
	c.Marks = marksFromDocs(d.Marks)
	if digest := c.Digest(); string(digest[:]) != string(d.Digest) {
		return c, fmt.Errorf("settlement %s is not what was closed: it has another digest", d.ID)
	}
	c.Settlement, err = clearing.Restore(c.Settlement)
	return c, err
}

func lineFromDoc(d lineDoc) (clearing.Line, error) {
	l := clearing.Line{
		Debtor: d.Debtor, Creditor: d.Creditor, Issuer: d.Issuer, Redeemer: d.Redeemer,
		Points: money.Points(d.Points), Back: money.Points(d.Back), Amount: money.Minor(d.Amount),
	}
	var known bool
	if l.Basis, known = clearing.ParseBasis(d.Basis); !known {
		return l, fmt.Errorf("%q is no basis", d.Basis)
	}
	var err error
	if l.Price, err = money.ParseRatio(d.Price); err == nil && d.Late != "" {
		l.Late, err = clearing.ParsePeriod(d.Late)
	}
	return l, err
}

func marksFromDocs(docs []markDoc) []clearing.Mark {
	var marks []clearing.Mark
	for _, m := range docs {
		marks = append(marks, clearing.Mark(m))
	}
	return marks
}
