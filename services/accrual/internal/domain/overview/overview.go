// Package overview adds a ledger up: totals, digests, figures by month and at given times. It is fed entry by entry, in
// the order of accounts and of their seq, and keeps no account but the one that it is reading.
package overview

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
)

// Points are totals of one unit over all accounts.
// Earned + Imported + Adjusted − Reversed − Expired − Redeemed − Donated − Fees − InTransit = Pending + Active + Held − Debt.
type Points struct {
	Earned, Reversed, Expired   money.Points
	Redeemed, Adjusted          money.Points // captured less refunded; added less taken away
	Fees, InTransit             money.Points // of transfers; on their way
	Imported, Donated           money.Points // brought over from other systems; given to causes
	Pending, Active, Held, Debt money.Points
}

// Figures are the totals of a programme.
type Figures struct {
	Orders   int64 // orders of which anything is known
	Lines    int64 // of paid orders, as first paid
	Accounts int64
	Entries  int64
	Amount   map[money.Currency]money.Minor // paid, before returns and amendments
	Points   Points
	Tiers    map[string]int64 // accounts by tier
	// ExpiredOn is what lapsed on each day: the first day on which the points were gone.
	ExpiredOn map[calendar.Day]money.Points
	// Moves counts changes of tier.
	Moves map[Move]int64
	// DigestBalances and DigestTiers are SHA-256 in hex over one line "<account>,<active points>" or "<account>,<tier>"
	// per account, sorted by account, each ended by a line feed.
	DigestBalances, DigestTiers string
}

// Move is a change of tier: "reached", "review", or "first" for the first tier of an account.
type Move struct{ From, To, Cause string }

// At is a programme at a time, what fell due at that time included.
type At struct {
	Time        time.Time
	Tiers       map[string]int64
	Outstanding money.Points // pending, active and held
	DigestTiers string
}

// Month is what happened in a month, and what stood at its end. What falls due at 00:00 counts with the day before.
type Month struct {
	First                     calendar.Day
	Orders                    int64
	Amount                    money.Minor
	Earned, Reversed, Expired money.Points
	Redeemed                  money.Points // captured less refunded
	Alive                     money.Points
	Tiers                     map[string]int64
}

// Collector adds up one programme's entries. Not safe for many goroutines.
type Collector struct {
	unit     string
	figures  Figures
	balances hash.Hash
	tiers    hash.Hash
	at       []*snapshot
	months   map[calendar.Day]*Month
	storied  story
	reading  *reading
}

type snapshot struct {
	At
	digest hash.Hash
}

// reading is the account that the collector is in the middle of.
type reading struct {
	id      ledger.AccountID
	after   ledger.After
	day     calendar.Day        // with which its last entry counted
	paid    map[orders.Ref]bool // its orders that are counted as paid
	pending []*snapshot         // times that its entries have not reached yet
	booked  bool                // it stands in the tiers of a month
	tale    story
}

// New makes a collector for a programme's unit; at are the times to look at.
func New(unit string, at []time.Time) *Collector {
	c := &Collector{
		unit: unit, balances: sha256.New(), tiers: sha256.New(), months: map[calendar.Day]*Month{},
		figures: Figures{Amount: map[money.Currency]money.Minor{}, Tiers: map[string]int64{}, ExpiredOn: map[calendar.Day]money.Points{}, Moves: map[Move]int64{}},
	}
	for _, t := range slices.SortedFunc(slices.Values(at), time.Time.Compare) {
		c.at = append(c.at, &snapshot{At{Time: t, Tiers: map[string]int64{}}, sha256.New()})
	}
	return c
}

// Entry takes the next entry.
func (c *Collector) Entry(e ledger.Entry) {
	if c.reading == nil || c.reading.id != e.Account {
		c.closeAccount()
		c.reading = &reading{id: e.Account, day: e.Day - 1, pending: c.at, paid: map[orders.Ref]bool{}}
	}
	r := c.reading
	for len(r.pending) > 0 && e.EffectiveAt.After(r.pending[0].Time) {
		r.reach(c.unit)
	}
	c.figures.Entries++
	c.month(e)
	r.after = e.After
	r.tale.add(e)
}

// reach puts the account as it stands into the next snapshot.
func (r *reading) reach(unit string) {
	s := r.pending[0]
	r.pending = r.pending[1:]
	if r.tale.entries == 0 {
		return
	}
	b := balance(r.after, unit)
	s.Tiers[r.after.Tier]++
	s.Outstanding += b.Pending + b.Active + b.Held
	line(s.digest, r.id, r.after.Tier)
}

func (c *Collector) closeAccount() {
	r := c.reading
	if r == nil {
		return
	}
	for len(r.pending) > 0 {
		r.reach(c.unit)
	}
	b := balance(r.after, c.unit)
	p := &c.figures.Points
	p.Pending, p.Active, p.Held, p.Debt = p.Pending+b.Pending, p.Active+b.Active, p.Held+b.Held, p.Debt+b.Debt
	c.figures.Accounts++
	c.figures.Tiers[r.after.Tier]++
	line(c.balances, r.id, strconv.FormatInt(int64(b.Active), 10))
	line(c.tiers, r.id, r.after.Tier)
	r.tale.account = r.id
	if r.tale.score() > c.storied.score() {
		c.storied = r.tale
	}
	c.reading = nil
}

// line adds one line to a digest.
func line(h hash.Hash, id ledger.AccountID, value string) {
	h.Write([]byte(string(id) + "," + value + "\n"))
}

// month books an entry in its month.
func (c *Collector) month(e ledger.Entry) {
	if e.EffectiveAt.IsZero() {
		return // an enrolment before the first day of a replay: it moves nothing, and belongs to no month
	}
	day := e.Day
	if e.Actor == ledger.ActorClock && e.Kind != ledger.KindVoid { // a hold lapses at any hour
		// Not before what came before it: points that an old order brought too late lapse behind it, on its day.
		day = max(day-1, c.reading.day)
	}
	c.reading.day = day
	m := c.months[day.FirstOfMonth()]
	if m == nil {
		m = &Month{First: day.FirstOfMonth(), Tiers: map[string]int64{}}
		c.months[m.First] = m
	}
	c.order(m, e.Order)
	c.moved(m, e)
	if e.Ladder != nil && e.Ladder.Change != nil {
		c.figures.Moves[Move{e.Ladder.Change.From, e.Ladder.Change.To, e.Ladder.Change.Cause}]++
	}
	before, after := balance(c.reading.after, c.unit), balance(e.After, c.unit)
	m.Alive += after.Pending + after.Active + after.Held - before.Pending - before.Active - before.Held
	if was := c.reading.after.Tier; was != e.After.Tier || !c.reading.booked {
		if c.reading.booked {
			m.Tiers[was]--
		}
		c.reading.booked = true
		m.Tiers[e.After.Tier]++
	}
}

// moved adds up what the movements of an entry did to the points.
func (c *Collector) moved(m *Month, e ledger.Entry) {
	p := &c.figures.Points
	for _, mv := range e.Movements {
		if mv.Lot.Unit != c.unit {
			continue
		}
		switch mv.Move {
		case ledger.MoveEarn:
			m.Earned, p.Earned = m.Earned+mv.Points, p.Earned+mv.Points
		case ledger.MoveReverse, ledger.MoveOwe:
			m.Reversed, p.Reversed = m.Reversed+mv.Points, p.Reversed+mv.Points
		case ledger.MoveUncount:
			m.Reversed, p.Reversed = m.Reversed+mv.Points, p.Reversed+mv.Points
			m.Expired, p.Expired = m.Expired-mv.Points, p.Expired-mv.Points
		case ledger.MoveExpire:
			m.Expired, p.Expired = m.Expired+mv.Points, p.Expired+mv.Points
			c.figures.ExpiredOn[e.Day] += mv.Points
		case ledger.MoveCapture:
			m.Redeemed, p.Redeemed = m.Redeemed+mv.Points, p.Redeemed+mv.Points
		case ledger.MoveRefund:
			m.Redeemed, p.Redeemed = m.Redeemed-mv.Points, p.Redeemed-mv.Points
		case ledger.MoveDonate:
			p.Donated += mv.Points
		case ledger.MoveImport:
			p.Imported += mv.Points
		case ledger.MoveCredit:
			p.Adjusted += mv.Points
		case ledger.MoveDebit:
			p.Adjusted -= mv.Points
		case ledger.MoveSend:
			p.InTransit += mv.Points
		case ledger.MoveReceive:
			p.InTransit -= mv.Points
		case ledger.MoveFee:
			p.InTransit, p.Fees = p.InTransit-mv.Points, p.Fees+mv.Points
		case ledger.MoveActivate, ledger.MovePayoff, ledger.MoveHold, ledger.MoveRelease, ledger.MoveForgive, ledger.MovePutOff, ledger.MoveExtend, ledger.MoveUnset:
		}
	}
}

func (c *Collector) order(m *Month, o *ledger.OrderPart) {
	if o == nil {
		return
	}
	if o.Number == 1 {
		c.figures.Orders++
		m.Orders++
	}
	if o.Event.Kind != orders.Paid || c.reading.paid[o.Ref] {
		return
	}
	c.reading.paid[o.Ref] = true
	c.figures.Lines += int64(len(o.Event.Lines))
	for _, l := range o.Event.Lines {
		c.figures.Amount[o.Event.Currency] += l.Amount
		m.Amount += l.Amount
	}
}

// Result is what a collector has added up.
type Result struct {
	Figures Figures
	At      []At
	Months  []Month // without gaps
	// Story is the account whose entries tell most; empty without accounts.
	Story ledger.AccountID
}

// Result ends the collection.
func (c *Collector) Result() Result {
	c.closeAccount()
	c.figures.DigestBalances = hex.EncodeToString(c.balances.Sum(nil))
	c.figures.DigestTiers = hex.EncodeToString(c.tiers.Sum(nil))
	r := Result{Figures: c.figures, Months: c.monthsInOrder(), Story: c.storied.account}
	for _, s := range c.at {
		s.DigestTiers = hex.EncodeToString(s.digest.Sum(nil))
		r.At = append(r.At, s.At)
	}
	return r
}

// monthsInOrder fills gaps and turns changes into what stood at each month's end.
func (c *Collector) monthsInOrder() []Month {
	if len(c.months) == 0 {
		return nil
	}
	firsts := slices.Sorted(maps.Keys(c.months))
	var list []Month
	alive, tiers := money.Points(0), map[string]int64{}
	for first := firsts[0]; first <= firsts[len(firsts)-1]; first = first.NextMonth() {
		m := Month{First: first}
		if found := c.months[first]; found != nil {
			m = *found
		}
		alive += m.Alive
		for tier, n := range m.Tiers {
			tiers[tier] += n
		}
		m.Alive, m.Tiers = alive, maps.Clone(tiers)
		list = append(list, m)
	}
	return list
}

func balance(a ledger.After, unit string) ledger.Balance {
	i, found := slices.BinarySearchFunc(a.Balances, unit, func(b ledger.Balance, u string) int { return cmp.Compare(b.Unit, u) })
	if !found {
		return ledger.Balance{}
	}
	return a.Balances[i]
}
