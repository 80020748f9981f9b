package storage

import (
	"fmt"
	"strconv"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/token"
)

// format is the version of all documents of this package.
const format = 1

// accountDoc is how far an account's entries have been copied.
type accountDoc struct {
	ID     string `bson:"_id"` // <programme>/<account>
	Format int    `bson:"format"`
	Seq    int64  `bson:"seq"`
	// Tiers are where it stood from which day on, by rising day. A tier that was held for less than a day is left out.
	Tiers []tierDoc `bson:"tiers,omitempty"`
	// Program, Partition and Change are there once tiers are: which fact has left them so.
	Program   string `bson:"programme,omitempty"`
	Partition *int32 `bson:"partition,omitempty"`
	Change    int64  `bson:"change,omitempty"`
	// Points are one for each day on which points moved, so that many entries do not make the document grow, by rising day.
	Points []pointsDoc `bson:"points,omitempty"`
}

// pointsDoc is one day's points; what is zero is left out.
type pointsDoc struct {
	Day    int32 `bson:"day"`
	Active int64 `bson:"active,omitempty"`
	Bound  int64 `bson:"bound,omitempty"`
	Issued int64 `bson:"issued,omitempty"`
	Spent  int64 `bson:"spent,omitempty"`
	Lapsed int64 `bson:"lapsed,omitempty"`
}

type tierDoc struct {
	Day  int32  `bson:"day"`
	Tier string `bson:"tier"`
}

// deedDoc is one own event of a member, with what it said.
type deedDoc struct {
	ID      string `bson:"_id"` // <programme>/<account>/<seq of its entry>
	Format  int    `bson:"format"`
	Program string `bson:"programme"`
	Account string `bson:"account"`
	Day     int32  `bson:"day"`
	Type    string `bson:"type"`
	Points  int64  `bson:"points"`
	Data    string `bson:"data,omitempty"`
}

// lineDoc is one line of an order.
type lineDoc struct {
	SKU      string `bson:"sku,omitempty"`
	Category string `bson:"category,omitempty"`
	Base     int64  `bson:"base"`
	Cost     *int64 `bson:"cost,omitempty"`
}

// orderDoc is an order that counts.
type orderDoc struct {
	ID      string `bson:"_id"` // <programme>/<merchant>/<order>, the last two as tokens
	Format  int    `bson:"format"`
	Program string `bson:"programme"`
	Account string `bson:"account"`
	Day     int32  `bson:"day"` // since 1970-01-01
	Base    int64  `bson:"base"`

	Partition int32     `bson:"partition"`
	Change    int64     `bson:"change"` // see Change
	Merchant  string    `bson:"merchant,omitempty"`
	Channel   string    `bson:"channel,omitempty"`
	Points    int64     `bson:"points,omitempty"`
	Lines     []lineDoc `bson:"lines,omitempty"`

	// Told, Untold and Cost sum the lines up, so that a report on margins need not read them: what was paid for those that tell their
	// cost, for the others, and that cost. They are absent where they do not fit.
	Told   *int64 `bson:"told,omitempty"`
	Untold *int64 `bson:"untold,omitempty"`
	Cost   *int64 `bson:"cost,omitempty"`
}

// droppedDoc is an order that counted once and does not any more: whoever has a copy of the copy must hear of it.
type droppedDoc orderDoc

// positionDoc is what has been read of a programme in one partition.
type positionDoc struct {
	ID          string    `bson:"_id"` // <programme>/<partition>
	Format      int       `bson:"format"`
	Program     string    `bson:"programme"`
	Partition   int       `bson:"partition"`
	EffectiveAt time.Time `bson:"effective_at"`
	Through     int32     `bson:"through"` // last day of which anything was read
	Entries     int64     `bson:"entries"`
	Currency    string    `bson:"currency"`
}

// actionDoc is how many actions of a type happened on a day, of the accounts of a partition.
type actionDoc struct {
	ID      string `bson:"_id"` // <programme>/<partition>/<day>/<type>
	Format  int    `bson:"format"`
	Program string `bson:"programme"`
	Type    string `bson:"type"`
	Day     int32  `bson:"day"`
	Number  int64  `bson:"number"`
	Points  int64  `bson:"points"`

	Partition int32 `bson:"partition"`
	Change    int64 `bson:"change"` // see Change
}

// A programme's id holds no slash.
func accountID(program, account string) string { return program + "/" + account }

func orderID(program string, ref orders.Ref) string {
	return program + "/" + token.Of(ref.Merchant) + "/" + token.Of(ref.Order)
}

func positionID(program string, partition int) string { return program + "/" + strconv.Itoa(partition) }

func actionID(a Action) string {
	return fmt.Sprintf("%s/%d/%d/%s", a.Program, a.Partition, a.Day, token.Of(a.Type))
}

func actionsCollection() store.Collection {
	return store.Collection{
		Name: actionsName,
		Schema: store.Object(bson.A{"_id", "format", "programme", "type", "day", "number", "points", "partition", "change"}, bson.M{
			"format": store.Integer(), "day": store.Integer(), "number": store.Integer(), "points": store.Integer(),
			"partition": store.Integer(), "change": store.Integer(),
		}),
		Indexes: []mongo.IndexModel{{
			Keys: bson.D{{Key: "programme", Value: 1}, {Key: "day", Value: 1}}, Options: options.Index().SetName("programme_day"),
		}, changesIndex()},
	}
}

// deedID sorts the deeds of an account by their entries.
func deedID(a Account, seq int64) string { return fmt.Sprintf("%s/%s/%019d", a.Program, a.ID, seq) }

// deedsKeys is the order in which deeds are read, customer by customer.
func deedsKeys() bson.D {
	return bson.D{{Key: "programme", Value: 1}, {Key: "account", Value: 1}, {Key: "day", Value: 1}, {Key: "_id", Value: 1}}
}

func deedsCollection() store.Collection {
	return store.Collection{
		Name: deedsName,
		Schema: store.Object(bson.A{"_id", "format", "programme", "account", "day", "type", "points"}, bson.M{
			"format": store.Integer(), "day": store.Integer(), "points": store.Integer(),
		}),
		Indexes: []mongo.IndexModel{{Keys: deedsKeys(), Options: options.Index().SetName("programme_account_day")}},
	}
}

func accountsCollection() store.Collection {
	moved := changesIndex()
	moved.Options.SetPartialFilterExpression(bson.M{"change": bson.M{"$exists": true}})
	return store.Collection{
		Name: accountsName, Indexes: []mongo.IndexModel{moved},
		Schema: store.Object(bson.A{"_id", "format", "seq"}, bson.M{
			"format": store.Integer(), "seq": store.Integer(), "partition": store.Integer(), "change": store.Integer(),
		}),
	}
}

// ordersIndex has all that a report reads which needs no lines, customer by customer.
const ordersIndex = "programme_account_day_base_costs"

// ordersIndexKeys are those that orders are sorted by, and what is read with them.
func ordersIndexKeys() bson.D {
	keys := ordersKeys()
	for _, name := range costFields() {
		keys = append(keys, bson.E{Key: name, Value: 1})
	}
	return keys
}

// costFields are what reports on margins read beside day and amount.
func costFields() []string { return []string{"told", "untold", "cost", "points"} }

func ordersCollection() store.Collection {
	return store.Collection{
		Name: ordersName, Schema: orderSchema(),
		Indexes: []mongo.IndexModel{{Keys: ordersIndexKeys(), Options: options.Index().SetName(ordersIndex)}, changesIndex()},
	}
}

func droppedCollection() store.Collection {
	return store.Collection{Name: droppedName, Schema: orderSchema(), Indexes: []mongo.IndexModel{changesIndex()}}
}

func orderSchema() bson.M {
	return store.Object(bson.A{"_id", "format", "programme", "account", "day", "base", "partition", "change"}, bson.M{
		"format": store.Integer(), "day": store.Integer(), "base": store.Integer(), "account": bson.M{"bsonType": "string"},
		"partition": store.Integer(), "change": store.Integer(),
	})
}

func ordersKeys() bson.D {
	return bson.D{{Key: "programme", Value: 1}, {Key: "account", Value: 1}, {Key: "day", Value: 1}, {Key: "base", Value: 1}}
}

func positionsCollection() store.Collection {
	return store.Collection{Name: positionsName, Schema: store.Object(
		bson.A{"_id", "format", "programme", "partition", "effective_at", "through", "entries", "currency"},
		bson.M{"format": store.Integer(), "partition": store.Integer(), "through": store.Integer(), "entries": store.Integer()},
	)}
}
