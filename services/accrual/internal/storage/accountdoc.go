package storage

import (
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

type accountDoc struct {
	ID        string        `bson:"_id"` // <programme>/<account>
	Format    int           `bson:"format"`
	Program   string        `bson:"programme"`
	Account   string        `bson:"account"`
	Partition int           `bson:"partition"`
	Version   int64         `bson:"version"` // = seq of the last entry
	Clock     time.Time     `bson:"clock"`
	Hash      bson.Binary   `bson:"hash"`
	Balances  []balanceDoc  `bson:"balances"`
	Lots      []lotDoc      `bson:"lots"`
	Debts     []debtDoc     `bson:"debts,omitempty"`
	Tier      string        `bson:"tier,omitempty"`
	Below     string        `bson:"below,omitempty"`
	Grants    []grantDoc    `bson:"grants,omitempty"`
	Days      []spendDoc    `bson:"days,omitempty"`
	Reviewed  int32         `bson:"reviewed"`
	Waiting   []waitingDoc  `bson:"waiting,omitempty"`
	Counters  []counterDoc  `bson:"counters,omitempty"`
	Segments  []string      `bson:"segments,omitempty"`
	Actions   bool          `bson:"actions_only,omitempty"`
	Holds     []openHoldDoc `bson:"holds,omitempty"`
	Refunds   []refundedDoc `bson:"refunds,omitempty"`
	Frozen    *frozenDoc    `bson:"frozen,omitempty"`
	Rolling   *rollingDoc   `bson:"rolling,omitempty"`
	// DueAt is derived: the first moment at which something changes if nothing more comes. Absent: never.
	DueAt *time.Time `bson:"due_at,omitempty"`
}

// rollingDoc is the day that rolling points share.
type rollingDoc struct {
	Until  int32 `bson:"until"`
	Lapses int   `bson:"lapses,omitempty"`
}

type openHoldDoc struct {
	Hold  holdDoc   `bson:",inline"`
	Parts []partDoc `bson:"parts"`
}

type partDoc struct {
	Lot    lotKeyDoc `bson:",inline"`
	Points int64     `bson:"points"`
}

type refundedDoc struct {
	Capture int64 `bson:"capture"` // seq
	Day     int32 `bson:"day"`
	Left    int64 `bson:"left,omitempty"`
}

type counterDoc struct {
	Day    int32  `bson:"day"`
	Type   string `bson:"type"`
	Points int64  `bson:"points"`
}

type lotDoc struct {
	Key       lotKeyDoc `bson:",inline"`
	Left      int64     `bson:"left"`
	Uncounted int64     `bson:"uncounted,omitempty"`
}

type debtDoc struct {
	Unit   string `bson:"unit"`
	Issuer string `bson:"issuer"`
	Points int64  `bson:"points"`
}

type waitingDoc struct {
	Merchant   string    `bson:"merchant"`
	Order      string    `bson:"order"`
	Kind       string    `bson:"kind"`
	Occurrence string    `bson:"occurrence,omitempty"`
	Deadline   time.Time `bson:"deadline"`
}
