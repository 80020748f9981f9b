package summary

import "github.com/laurel-loyalty/laurel/services/internal/money"

// Analytics is what the customers did, as of a day: orders of all days before it count. It is empty, with no day, where
// no order was taken. Shares have nine digits after the point.
type Analytics struct {
	AsOf      string      `json:"as_of"`
	Customers int64       `json:"customers"`
	Spend     money.Minor `json:"spend_minor"`
	Gini      string      `json:"gini"`
	// Top is the best fifth of the customers, Most the fewest who make 80 %, Half the fewest who make half.
	Top     CustomerGroup   `json:"top_20_percent"`
	Most    CustomerGroup   `json:"make_80_percent"`
	Half    CustomerGroup   `json:"make_half"`
	Classes []CustomerGroup `json:"classes"`
	// Segments are those of recency, frequency and monetary value.
	Segments []CustomerGroup `json:"segments"`
	// ComparedWith is the day half a year before AsOf, and Moves who stood in which segment then and now; both are empty where
	// nobody had bought by then.
	ComparedWith string        `json:"compared_with"`
	Moves        []SegmentMove `json:"segment_moves"`
	Cohorts      []Cohort      `json:"cohorts"`
	// TwoOrders have at least two orders, Repeat at least two purchase days.
	TwoOrders   int64      `json:"two_orders"`
	Repeat      int64      `json:"repeat_buyers"`
	RepeatShare string     `json:"repeat_share"`
	Within      []Within   `json:"second_purchase"`
	Survival    []Survival `json:"survival"`
	// DigestClasses is SHA-256 in hex over one line `account,class` per customer, DigestScores over `account,R,F,M`;
	// sorted by account, each ended by a line feed.
	DigestClasses string `json:"digest_classes"`
	DigestScores  string `json:"digest_scores"`
}

// CustomerGroup is some customers and what they spent.
type CustomerGroup struct {
	Name      string      `json:"name"`
	Customers int64       `json:"customers"`
	Spend     money.Minor `json:"spend_minor"`
}

// SegmentMove is how many customers stood in one segment then, and stand in another or the same now. From is empty for who
// had not bought yet.
type SegmentMove struct {
	From      string `json:"from"`
	To        string `json:"to"`
	Customers int64  `json:"customers"`
}

// Cohort is the customers whose first order fell into a month (YYYY-MM), and how many of them ordered in the k-th month
// after it.
type Cohort struct {
	Month  string  `json:"month"`
	Active []int64 `json:"active"`
}

// Within is how many customers had a second purchase day within some days, of those observed for so long.
type Within struct {
	Days      int32 `json:"days"`
	Customers int64 `json:"customers"`
	Second    int64 `json:"second"`
}

// Survival is a Kaplan-Meier curve at a few days. MedianDays is 0 where it is not reached.
type Survival struct {
	Name       string          `json:"name"` // first_repeat, loss
	Events     int64           `json:"events"`
	TotalDays  int64           `json:"total_days"`
	MedianDays int32           `json:"median_days"`
	At         []SurvivalPoint `json:"at"`
}

// SurvivalPoint is the curve at a day, and its standard error.
type SurvivalPoint struct {
	Day      int32  `json:"day"`
	Survival string `json:"survival"`
	Error    string `json:"error"`
}

// filled writes lists that are not set as empty ones.
func (a Analytics) filled() Analytics {
	a.Classes, a.Segments, a.Cohorts = filledList(a.Classes), filledList(a.Segments), filledList(a.Cohorts)
	a.Moves = filledList(a.Moves)
	a.Within, a.Survival = filledList(a.Within), filledList(a.Survival)
	return a
}
