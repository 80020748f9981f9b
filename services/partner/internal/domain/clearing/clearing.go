// Package clearing says what partners owe each other for a period: from the points that moved between issuers and
// redeemers, and the agreements under which they moved, to lines of whole minor units, a gross matrix and net positions
// that sum to zero. It owns prices, who pays whom, and the rounding. Reading movements and keeping settlements is left to
// others.
package clearing

import (
	"fmt"
	"slices"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Operator runs the programme and is its pool: who funds points when they are given pays it, and it pays for them when
// they are spent.
const Operator = "operator"

// Period is a calendar month in the programme's zone. The zero Period is none.
type Period struct{ month int } // year*12 + month-1

// PeriodOf returns the period in which a day lies.
func PeriodOf(d calendar.Day) Period {
	y, m, _ := d.Start(utc).Date()
	return Period{y*12 + int(m) - 1}
}

// ParsePeriod reads YYYY-MM. The error is a reason.InvalidArgument for the field period.
func ParsePeriod(text string) (Period, error) {
	day, err := calendar.Parse(text + "-01")
	if err != nil || len(text) != len("2006-01") || day < calendar.Date(1, 1, 1) {
		return Period{}, reason.New(reason.InvalidArgument, "period", "%.40q is no month; write YYYY-MM, for example 2026-03", text)
	}
	return PeriodOf(day), nil
}

// String returns YYYY-MM, and the empty text for none.
func (p Period) String() string {
	if p == (Period{}) {
		return ""
	}
	return fmt.Sprintf("%04d-%02d", p.month/12, p.month%12+1)
}

// First is the first day of the period.
func (p Period) First() calendar.Day { return calendar.Date(0, 1, 1).AddMonths(p.month) }

// Next is the period after it; its first day is the first that is not in p.
func (p Period) Next() Period { return Period{p.month + 1} }

// Compare orders periods by time.
func (p Period) Compare(o Period) int { return p.month - o.month }

// Move says what happened to points, in the words of the ledger.
type Move uint8

// Moves that clearing and its control totals look at. Those inside one account (activate, hold, release) are nothing to it.
const (
	MoveUnset   Move = iota
	MoveEarn         // given by the issuer
	MoveReverse      // taken back; with a redeemer: for another partner's order, which was spent already
	MoveExpire       // lapsed unspent
	MoveUncount      // had lapsed, and were taken back after all
	MovePayoff       // paid a debt; with a redeemer: to another partner
	MoveOwe          // could not be taken back and became debt to the issuer
	MoveCapture      // spent at the redeemer
	MoveRefund       // spent there, and came back
	MoveCredit       // added by an adjustment
	MoveDebit        // taken away by an adjustment
)

var moveNames = [...]string{"", "earn", "reverse", "expire", "uncount", "payoff", "owe", "capture", "refund", "credit", "debit"}

// String gives the move as it stands in collections and control totals.
func (m Move) String() string {
	if int(m) < len(moveNames) {
		return moveNames[m]
	}
	return fmt.Sprintf("move(%d)", uint8(m))
}

// ParseMove is the inverse of String; false: it is none that clearing looks at.
func ParseMove(name string) (Move, bool) {
	i := slices.Index(moveNames[1:], name)
	return Move(i + 1), i >= 0
}

// Cell is points that are added up together, as control totals have them.
type Cell struct {
	Move     Move
	Unit     string
	Issuer   string
	Redeemer string // empty where the points went to nobody else
}

// Row is what a cell came to under one revision of the programme.
type Row struct {
	Cell
	// Revision is the one under whose agreements they moved: that of the entry, for a refund that of the capture.
	Revision int
	// Late is the period to which they belong, where it was closed when they came. None: the one that they stand in.
	Late   Period
	Points money.Points // > 0
}

// Agreement is what clearing needs to know of a partner's. A price of 0 is none.
type Agreement struct {
	IssuePrice, RedemptionPrice money.Ratio // minor units per point
	Fee                         money.Ratio // part of what a redeemer is owed that the operator keeps
	OnIssue                     bool        // it pays the operator when it gives points, and nobody when they are spent
}

// Terms returns the agreement of a partner as of a revision: the zero Agreement where there is none.
type Terms func(partner string, revision int) Agreement
