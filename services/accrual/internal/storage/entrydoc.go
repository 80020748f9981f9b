package storage

import (
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// format is the version of all documents of this package.
const format = 1

type entryDoc struct {
	ID          string        `bson:"_id"` // <programme>/<key>
	Format      int           `bson:"format"`
	Account     string        `bson:"account"` // <programme>/<account>
	Seq         int64         `bson:"seq"`
	Kind        string        `bson:"kind"`
	OccurredAt  time.Time     `bson:"occurred_at"`
	EffectiveAt time.Time     `bson:"effective_at"`
	Day         int32         `bson:"day"`
	Revision    int           `bson:"revision"`
	Actor       string        `bson:"actor"`
	EventID     string        `bson:"event_id,omitempty"`
	EventSource string        `bson:"event_source,omitempty"`
	Epoch       int           `bson:"epoch,omitempty"`
	Sequence    int64         `bson:"sequence,omitempty"`
	Order       *orderDoc     `bson:"order,omitempty"`
	Lines       []lineDoc     `bson:"lines,omitempty"`
	Movements   []movementDoc `bson:"movements,omitempty"`
	Postings    []postingDoc  `bson:"postings,omitempty"`
	Ladder      *ladderDoc    `bson:"ladder,omitempty"`
	After       afterDoc      `bson:"after"`
	Action      *actionDoc    `bson:"action,omitempty"`
	Enrolment   *enrolmentDoc `bson:"enrolment,omitempty"`
	Segment     *segmentDoc   `bson:"segment,omitempty"`
	Command     *commandDoc   `bson:"command,omitempty"`
	Hold        *holdDoc      `bson:"hold,omitempty"`
	Refund      *refundDoc    `bson:"refund,omitempty"`
	Frozen      *frozenDoc    `bson:"frozen,omitempty"`
	Transfer    *transferDoc  `bson:"transfer,omitempty"`
	Extension   *extensionDoc `bson:"extension,omitempty"`
	Rolls       *rollDoc      `bson:"rolls,omitempty"`
	Import      *importDoc    `bson:"import,omitempty"`
	Hash        bson.Binary   `bson:"hash"`
	RecordedAt  time.Time     `bson:"recorded_at"`
	// Original is the event as it came, for what waits: its dead letter needs it. It stands outside the hash.
	Original *originalDoc `bson:"original,omitempty"`
}

type orderDoc struct {
	Merchant   string      `bson:"merchant"`
	Order      string      `bson:"order"`
	Number     int         `bson:"number"`
	Kind       string      `bson:"kind"`
	Occurrence string      `bson:"occurrence,omitempty"`
	OrderRev   int32       `bson:"order_revision,omitempty"`
	Lapsed     string      `bson:"lapsed,omitempty"`
	OccurredAt time.Time   `bson:"occurred_at"`
	Currency   string      `bson:"currency,omitempty"`
	Lines      []goodsDoc  `bson:"lines,omitempty"`
	Returned   []returnDoc `bson:"returned,omitempty"`
	Amount     int64       `bson:"amount,omitempty"`
	Channel    string      `bson:"channel,omitempty"`
	Member     string      `bson:"member,omitempty"`
	Content    bson.Binary `bson:"content"`
	Revision   int         `bson:"revision,omitempty"` // of the programme
	Tier       string      `bson:"tier,omitempty"`
	Segment    string      `bson:"segment,omitempty"`
	Frozen     bool        `bson:"frozen,omitempty"`
	Base       int64       `bson:"base"`
	Target     int64       `bson:"target"`
	Others     []targetDoc `bson:"others,omitempty"`
	Waiting    bool        `bson:"waiting,omitempty"`
	Deadline   *time.Time  `bson:"deadline,omitempty"`
}

// targetDoc is what an order is to have of another unit than the programme's.
type targetDoc struct {
	Unit   string `bson:"unit"`
	Points int64  `bson:"points"`
}

type actionDoc struct {
	Source  string      `bson:"source"`
	ID      string      `bson:"id"`
	Type    string      `bson:"type"`
	Content bson.Binary `bson:"content"`
	Day     int32       `bson:"day"`
	Rule    int64       `bson:"rule"`
	Points  int64       `bson:"points"`
	PerDay  int64       `bson:"per_day,omitempty"`
	Rules   []string    `bson:"rules,omitempty"`
	Frozen  bool        `bson:"frozen,omitempty"`
}

type extensionDoc struct {
	Before int32 `bson:"before"`
	To     int32 `bson:"to"`
}

type rollDoc struct {
	Until int32 `bson:"until"`
}

type importDoc struct {
	Source string `bson:"source"`
	Issued *int32 `bson:"issued,omitempty"`
}

type frozenDoc struct {
	Earning  bool `bson:"earning"`
	Spending bool `bson:"spending"`
}

type enrolmentDoc struct {
	Member string `bson:"member"`
	Kind   string `bson:"kind"`
}

type segmentDoc struct {
	Name     string `bson:"name"`
	Entered  bool   `bson:"entered"`
	Number   int64  `bson:"number"`
	Revision int64  `bson:"revision"`
	AsOf     int32  `bson:"as_of"`
}

type commandDoc struct {
	Caller  string      `bson:"caller"`
	Content bson.Binary `bson:"content"`
	Points  int64       `bson:"points"`
	Reason  string      `bson:"reason,omitempty"`
	// Approver is absent where nobody had to approve.
	Approver string `bson:"approver,omitempty"`
}

type holdDoc struct {
	ID       string    `bson:"id"`
	Caller   string    `bson:"caller"`
	Redeemer string    `bson:"redeemer"`
	Points   int64     `bson:"points"`
	Deadline time.Time `bson:"deadline"`
}

type refundDoc struct {
	Capture string `bson:"capture"` // key
	Seq     int64  `bson:"seq"`
	Day     int32  `bson:"day"`
	Left    int64  `bson:"left,omitempty"` // of the capture
}

type goodsDoc struct {
	ID       string `bson:"id,omitempty"`
	SKU      string `bson:"sku,omitempty"`
	Category string `bson:"category,omitempty"`
	Brand    string `bson:"brand,omitempty"`
	Quantity int64  `bson:"quantity"`
	Amount   int64  `bson:"amount"`
	Cost     *int64 `bson:"cost,omitempty"`
	Tax      int64  `bson:"tax,omitempty"`
	GiftCard int64  `bson:"gift_card,omitempty"`
	Shipping bool   `bson:"shipping,omitempty"`
	// What was paid with points beside Amount, and the tax in it.
	Points    int64 `bson:"points,omitempty"`
	PointsTax int64 `bson:"points_tax,omitempty"`
}

type returnDoc struct {
	Line     string `bson:"line,omitempty"`
	SKU      string `bson:"sku,omitempty"`
	Quantity int64  `bson:"quantity"`
	Amount   *int64 `bson:"amount,omitempty"`
}

type lineDoc struct {
	ID       string   `bson:"id"`
	SKU      string   `bson:"sku,omitempty"`
	Category string   `bson:"category,omitempty"`
	Base     int64    `bson:"base"`
	Rate     string   `bson:"rate"` // exact fraction
	Points   int64    `bson:"points"`
	Rules    []string `bson:"rules,omitempty"`
}

type lotKeyDoc struct {
	Unit   string `bson:"unit"`
	Issuer string `bson:"issuer"`
	// Days since 1970-01-01; absent: active, or never lapsing.
	Activation *int32 `bson:"activation,omitempty"`
	Expiry     *int32 `bson:"expiry,omitempty"`
	// Life is absent but for rolling points.
	Life int `bson:"life,omitempty"`
}

type movementDoc struct {
	Move     string    `bson:"move"`
	Lot      lotKeyDoc `bson:",inline"`
	Points   int64     `bson:"points"`
	Redeemer string    `bson:"redeemer,omitempty"`
}

type postingDoc struct {
	Unit   string `bson:"unit"`
	Bucket string `bson:"bucket"`
	Points int64  `bson:"points"`
}

type spendDoc struct {
	Day    int32 `bson:"day"`
	Amount int64 `bson:"amount"`
}

type changeDoc struct {
	From       string `bson:"from"`
	To         string `bson:"to"`
	Qualifying int64  `bson:"qualifying"`
	Cause      string `bson:"cause"`
}

type ladderDoc struct {
	Counts []spendDoc `bson:"counts,omitempty"`
	Window int        `bson:"window"`
	Change *changeDoc `bson:"change,omitempty"`
	Grants *grantsDoc `bson:"grants,omitempty"`
}

type grantsDoc struct {
	Given *grantDoc `bson:"given,omitempty"`
	Ended string    `bson:"ended,omitempty"`
	Below string    `bson:"below,omitempty"`
}

type grantDoc struct {
	ID     string `bson:"id"`
	Tier   string `bson:"tier"`
	From   int32  `bson:"from"`
	Until  int32  `bson:"until"`
	Reason string `bson:"reason"`
	Actor  string `bson:"actor"`
	Ended  bool   `bson:"ended,omitempty"`
}

type balanceDoc struct {
	Unit    string `bson:"unit"`
	Pending int64  `bson:"pending"`
	Active  int64  `bson:"active"`
	Held    int64  `bson:"held"`
	Debt    int64  `bson:"debt"`
}

type afterDoc struct {
	Balances []balanceDoc `bson:"balances"`
	Tier     string       `bson:"tier,omitempty"`
}

// originalDoc is a message as it was published.
type originalDoc struct {
	Subject string   `bson:"subject"`
	Headers []string `bson:"headers"` // "name: value"
	Body    []byte   `bson:"body"`
}
