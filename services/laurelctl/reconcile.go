package laurelctl

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orderfile"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// reconcileCmd holds a shop's own list of orders against the house.
type reconcileCmd struct {
	columns
	Files   []string `arg:"" name:"file" help:"The shop's list: order files as orders publish takes them, whole."`
	From    string   `placeholder:"DATE" help:"First day that is looked at, by an order's first payment. Default: the first of the list."`
	To      string   `placeholder:"DATE" help:"Last day. Default: the last of the list."`
	Missing string   `placeholder:"DIR" help:"Write the rows of missing orders there, as files that orders publish takes."`
}

// Run compares, and ends with exit code 1 if something differs.
func (c *reconcileCmd) Run(w *world) error {
	h, err := w.place()
	if err != nil {
		return err
	}
	defaults, err := c.defaults(h)
	if err != nil {
		return err
	}
	list := &shopList{zone: defaults.Zone, orders: map[orders.Ref]*listed{}}
	for _, name := range c.Files {
		if err := list.read(w, name, defaults); err != nil {
			return err
		}
	}
	r := &reconciled{list: list}
	err = w.askRegistry(func(ctx context.Context, reg *registry) error {
		id, err := reg.programme()
		if err != nil {
			return err
		}
		if r.schedule, err = reg.schedule(ctx, id); errors.Is(rpc.FromStatus(err), reason.UnknownProgram) {
			return nil // who filled the house without the registry, such as a replay, goes by what was paid
		}
		return err
	})
	if err != nil {
		return err
	}
	if r.from, r.to, err = c.days(list); err != nil {
		return err
	}
	if err := w.askExport(func(e *exporter) error { return r.readHouse(w.ctx, e) }); err != nil {
		return err
	}
	r.compare()
	if err := w.ask(w.root.Timeout, func(_ context.Context, a *accrual) error { return r.ask(w, a) }); err != nil {
		return err
	}
	if c.Missing != "" {
		if err := r.writeMissing(c.Missing, c.Files); err != nil {
			return err
		}
	}
	if err := r.show(w); err != nil {
		return err
	}
	if len(r.Differences) > 0 {
		return &failure{
			message: fmt.Sprintf("the list and the house differ in %d orders", len(r.Differences)),
			todo:    "write what is missing with --missing DIR, and publish that: laurelctl orders publish; look at the others with laurelctl orders status",
		}
	}
	return nil
}

// days are those that are looked at.
func (c *reconcileCmd) days(list *shopList) (calendar.Day, calendar.Day, error) {
	from, to := list.span()
	for _, f := range []struct {
		said string
		day  *calendar.Day
		name string
	}{{c.From, &from, "--from"}, {c.To, &to, "--to"}} {
		if f.said == "" {
			continue
		}
		day, err := calendar.Parse(f.said)
		if err != nil {
			return 0, 0, &usageError{f.name + ": " + err.Error(), "write a day as 2026-11-27"}
		}
		*f.day = day
	}
	return from, to, nil
}

// listed is an order as the shop's list has it.
type listed struct {
	state  orders.State
	places []place // where its rows stand
}

// place is rows of a file.
type place struct {
	file       string
	line, rows int
}

// shopList is what the files say.
type shopList struct {
	zone   *time.Location
	orders map[orders.Ref]*listed
}

// read folds the orders of a file, as the ledger does.
func (l *shopList) read(w *world, name string, defaults orderfile.Defaults) error {
	if name == "-" {
		return &usageError{"a list is read from a file", "name the file"}
	}
	file, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("read orders: %w", err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	reader, err := orderfile.NewReader(filepath.Base(name), file, defaults)
	if err != nil {
		return err
	}
	rejected := 0
	reader.OnRejected(func(r orderfile.Rejected) {
		if rejected++; rejected <= rejectedShown {
			w.tell("rejected %s:%d:%d: %s", r.File, r.Line, r.Column, r.Reason)
		}
	})
	for {
		g, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		l.add(name, g)
	}
	if rejected > 0 { // an order that is half known would be a difference that is none
		return fmt.Errorf("%d %w", rejected, errRows)
	}
	return nil
}

func (l *shopList) add(file string, g orderfile.Group) {
	o := l.orders[g.Ref]
	if o == nil {
		o = &listed{}
		l.orders[g.Ref] = o
	}
	o.places = append(o.places, place{file, g.Line, g.Rows})
	if outcome, _, err := o.state.Judge(g.Event); err == nil && (outcome == orders.Takes || outcome == orders.Waits) {
		o.state = o.state.Apply(g.Event) // what the ledger would refuse changes nothing there either
	}
}

func (l *shopList) day(o *listed) calendar.Day { return calendar.DayOf(o.state.PaidAt(), l.zone) }

// span are the first and the last day of the list.
func (l *shopList) span() (calendar.Day, calendar.Day) {
	var from, to calendar.Day
	first := true
	for _, o := range l.orders {
		if !o.state.Paid() {
			continue
		}
		day := l.day(o)
		if first {
			from, to, first = day, day, false
		}
		from, to = min(from, day), max(to, day)
	}
	return from, to
}

// held is an order as the house has it.
type held struct {
	day      calendar.Day
	currency money.Currency
	amount   money.Minor // nothing for a cancelled one
	change   int64
}

// difference is an order that is not the same on both sides.
type difference struct {
	Merchant string `json:"merchant"`
	Day      string `json:"day"`
	Order    string `json:"order"`
	What     string `json:"what"` // missing, amount or unlisted
	Listed   string `json:"listed,omitempty"`
	House    string `json:"house,omitempty"`
	// State is what the ledger knows of a missing one: unknown, waiting, refused with its reason.
	State string `json:"state,omitempty"`

	ref orders.Ref
}

// dayTotal is a merchant's day.
type dayTotal struct {
	Merchant string `json:"merchant"`
	Day      string `json:"day"`
	Listed   int    `json:"listed"`
	House    int    `json:"house"`
	Missing  int    `json:"missing"`
	Amount   int    `json:"amount"`
	Unlisted int    `json:"unlisted"`
}

// reconciled is what came of it.
type reconciled struct {
	list     *shopList
	house    map[orders.Ref]held
	from, to calendar.Day
	schedule program.Schedule

	Days        []*dayTotal   `json:"days"`
	Differences []*difference `json:"differences"`
}

func (r *reconciled) within(day calendar.Day) bool { return day >= r.from && day <= r.to }

// readHouse reads the orders that were paid, as analytics keeps them from the ledger's facts.
func (r *reconciled) readHouse(ctx context.Context, e *exporter) error {
	r.house = map[orders.Ref]held{}
	tables, err := e.tables(ctx, []string{"orders"})
	if err != nil {
		return err
	}
	table, cursor := tables[0], ""
	at := map[string]int{}
	for i, c := range table.GetColumns() {
		at[c.GetName()] = i
	}
	for {
		page, err := e.page(ctx, &analyticsv1.ListRowsRequest{Program: e.program, Table: "orders", Cursor: cursor, PageSize: exportPageRows})
		if err != nil {
			return err
		}
		for _, row := range rowsOf(table, page) {
			ref := orders.Ref{Merchant: row[at["merchant"]].text, Order: row[at["order_id"]].text}
			o := held{
				day: calendar.Day(row[at["day"]].number), currency: money.Currency(row[at["currency"]].text),
				amount: money.Minor(row[at["amount_minor"]].number), change: row[at["change"]].number,
			}
			if row[at["counts"]].number == 0 {
				o.amount = 0
			}
			if o.change >= r.house[ref].change {
				r.house[ref] = o
			}
		}
		cursor = page.GetCursor()
		if !page.GetMore() {
			return nil
		}
	}
}

// compare finds what differs, by merchant, day and order.
func (r *reconciled) compare() {
	days := map[[2]string]*dayTotal{}
	total := func(merchant string, day calendar.Day) *dayTotal {
		key := [2]string{merchant, day.String()}
		if days[key] == nil {
			days[key] = &dayTotal{Merchant: merchant, Day: day.String()}
		}
		return days[key]
	}
	for ref, o := range r.list.orders {
		if !o.state.Paid() || !r.within(r.list.day(o)) {
			continue
		}
		d := total(ref.Merchant, r.list.day(o))
		d.Listed++
		listed := r.counts(o.state)
		h, found := r.house[ref]
		house := money.Format(h.amount, h.currency) + " " + string(h.currency)
		switch {
		case !found:
			d.Missing++
			r.differ(ref, d.Day, difference{What: "missing", Listed: listed})
		case listed != house:
			d.Amount++
			r.differ(ref, d.Day, difference{What: "amount", Listed: listed, House: house})
		}
	}
	for ref, h := range r.house {
		if !r.within(h.day) {
			continue
		}
		d := total(ref.Merchant, h.day)
		d.House++
		if o := r.list.orders[ref]; o == nil || !o.state.Paid() {
			d.Unlisted++
			r.differ(ref, d.Day, difference{What: "unlisted", House: money.Format(h.amount, h.currency) + " " + string(h.currency)})
		}
	}
	r.Days = slices.SortedFunc(maps.Values(days), func(a, b *dayTotal) int {
		return cmp.Or(strings.Compare(a.Merchant, b.Merchant), strings.Compare(a.Day, b.Day))
	})
	slices.SortFunc(r.Differences, func(a, b *difference) int {
		return cmp.Or(strings.Compare(a.Merchant, b.Merchant), strings.Compare(a.Day, b.Day), strings.Compare(a.Order, b.Order))
	})
}

// counts is what counts of an order of the list: what was paid, where no revision is known or the one in force has no rate for it.
func (r *reconciled) counts(order orders.State) string {
	amount, currency := order.Base(), order.Currency()
	if p := r.schedule.In(order.PaidAt()).Program; p != nil {
		if _, ok := p.Exchange(currency, calendar.DayOf(order.PaidAt(), p.Zone)); ok {
			amount, currency = p.Base(order), p.Currency
		}
	}
	return money.Format(amount, currency) + " " + string(currency)
}

func (r *reconciled) differ(ref orders.Ref, day string, d difference) {
	d.Merchant, d.Order, d.Day, d.ref = ref.Merchant, ref.Order, day, ref
	r.Differences = append(r.Differences, &d)
}

// ask asks the ledger itself what became of each missing order: analytics hears of it a moment later.
func (r *reconciled) ask(w *world, a *accrual) error {
	program, err := a.programme()
	if err != nil {
		return err
	}
	for _, d := range r.Differences {
		if d.What != "missing" {
			continue
		}
		ctx, cancel := context.WithTimeout(w.ctx, w.root.Timeout)
		answer, err := a.GetEventStatus(ctx, &accrualv1.GetEventStatusRequest{Program: program, Merchant: d.Merchant, OrderId: d.Order})
		cancel()
		if err != nil {
			return err
		}
		d.State = "unknown"
		for _, e := range answer.GetEvents() {
			d.State = strings.TrimSpace(strings.ToLower(strings.TrimPrefix(e.GetState().String(), "EVENT_STATE_")) + " " + e.GetReason())
			if e.GetState() == accrualv1.EventState_EVENT_STATE_TAKEN {
				break
			}
		}
	}
	return nil
}

func (r *reconciled) show(w *world) error {
	rows := grid{columns: []string{"merchant", "day", "order", "what", "listed", "house", "state"}, numbers: []string{"listed", "house"}}
	for _, d := range r.Differences {
		rows.add(d.Merchant, d.Day, d.Order, d.What, d.Listed, d.House, d.State)
	}
	if w.root.Output == formatJSON {
		out := json.NewEncoder(w.Out)
		out.SetIndent("", "  ")
		return out.Encode(r)
	}
	days := grid{
		columns: []string{"merchant", "day", "listed", "house", "missing", "amount", "unlisted"},
		numbers: []string{"listed", "house", "missing", "amount", "unlisted"},
	}
	for _, d := range r.Days {
		days.add(d.Merchant, d.Day, fmt.Sprint(d.Listed), fmt.Sprint(d.House), fmt.Sprint(d.Missing), fmt.Sprint(d.Amount), fmt.Sprint(d.Unlisted))
	}
	if len(r.Differences) == 0 {
		return w.show(nil, rows, days)
	}
	return w.show(nil, rows, days, rows)
}
