package orderfile

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/orders"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

const (
	quantityMax int64       = 1_000_000_000
	amountMax   money.Minor = 1_000_000_000_000_000
	revisionMax             = 1_000_000

	merchantDefault = "shop"
)

// row is one row of the file. With a flaw only what key.has names is sure.
type row struct {
	line  int
	cells []string // of the columns that are read, in the file's order
	bytes int
	flaw  *Rejected
	guess string // where key.has.order is not set: the order that it seems to name, or
	cut   bool   // how the name of that order seems to begin

	key                    key
	account                string
	at                     time.Time
	currency               money.Currency
	sku, category, brand   string
	quantity               int64
	amount                 money.Minor
	cost                   money.Minor
	points                 money.Minor // part of amount that was paid with points
	giftCards, tax         money.Minor // parts of amount
	shipping               bool
	hasQuantity, hasAmount bool
	hasCost                bool
	channel, member        string
	noSKU                  bool // the file has no such column
}

// key says which event of which order a row belongs to.
type key struct {
	merchant, order string
	kind            orders.Kind
	occurrence      string // return_id, or the time where there is none
	revision        int32
	has             struct{ merchant, order, kind, occurrence, revision bool }
}

// fits says that a row with key o belongs to the order of k, as far as both are known: one that cannot be read
// completely is rather counted with its neighbours than left out of their order.
func (k key) fits(o key) bool {
	return same(k.order, o.order, k.has.order && o.has.order) &&
		same(k.merchant, o.merchant, k.has.merchant && o.has.merchant) &&
		same(k.kind, o.kind, k.has.kind && o.has.kind) &&
		same(k.occurrence, o.occurrence, k.has.occurrence && o.has.occurrence) &&
		same(k.revision, o.revision, k.has.revision && o.has.revision)
}

func same[T comparable](a, b T, known bool) bool { return !known || a == b }

// maybe says that a row without a sure order may belong to this one: it seems to name it, or names no order and no
// other account.
func (w row) maybe(b *batch) bool {
	if w.guess != "" {
		return w.guess == b.key.order || w.cut && strings.HasPrefix(b.key.order, w.guess)
	}
	return w.account == "" || b.account == "" || w.account == b.account
}

// parse reads a line as a row. All columns are looked at, so that the key is known where it can be; the first flaw
// is the one that is told.
func (r *Reader) parse(text string, long bool) row {
	p := parser{reader: r, text: text, row: row{line: r.lines.number, bytes: len(text)}}
	cells, bad := split(text, len(r.header.order))
	ends := true // the last value is whole
	switch {
	case long:
		bad = &flaw{code: reason.TooLarge, text: fmt.Sprintf("the row is longer than %d bytes", rowBytesMax)}
		ends = false
	case bad == nil && len(cells) < len(r.header.order):
		bad = malformed(len(text), "the row has %d values, the header names %d", len(cells), len(r.header.order))
		ends = false
	case bad == nil:
		bad = unfit(text)
	}
	if bad != nil {
		p.row.cells = []string{cut(text, keptBytes)}
		p.fail(bad)
		p.guessKey(cells, ends)
		return p.row
	}
	p.cells = cells
	for i, c := range r.header.order {
		if c != colOurs {
			p.row.cells = append(p.row.cells, cells[i].text)
		}
	}
	p.read()
	return p.row
}

// parser fills a row from its cells.
type parser struct {
	reader *Reader
	text   string
	cells  []cell
	row    row
}

// fail notes a flaw; the first one counts.
func (p *parser) fail(f *flaw) {
	if p.row.flaw == nil {
		p.row.flaw = &Rejected{File: p.reader.name, Line: p.row.line, Column: columnAt(p.text, f.at), Field: f.field,
			Code: f.code, Reason: f.text, Row: p.row.cells}
	}
}

// failAt notes what is wrong with the value of a column.
func (p *parser) failAt(c column, err error) {
	f := &flaw{field: columnNames[c], code: reason.InvalidField, text: err.Error()}
	if refusal, ok := reason.Of(err); ok {
		f.code, f.text = refusal.Reason, refusal.Message
	}
	if i := p.reader.header.place[c]; i >= 0 && i < len(p.cells) {
		f.at = p.cells[i].at
	}
	p.fail(f)
}

// guessKey takes from a row that cannot be read what says which order it belongs to: for sure from the cells before
// the flaw, else a guess from what stands there if no value has a comma in it. Without ends the last value may be cut.
func (p *parser) guessKey(cells []cell, ends bool) {
	w, place := &p.row, p.reader.header.place
	parts := strings.Split(p.text, ",")
	at := func(c column) (string, bool, bool) { // the text, if it is sure, if it is cut
		i := place[c]
		if i < 0 || i >= len(parts) {
			return "", false, false
		}
		cut := i == len(parts)-1 && !ends
		if i >= len(cells) {
			return cleaned(parts[i]), false, cut
		}
		clean := cleaned(cells[i].text)
		return clean, clean == cells[i].text && (ends || i < len(cells)-1), cut
	}
	order, sure, cut := at(colOrder)
	if sure && order != "" {
		w.key.order, w.key.has.order = order, true
	} else {
		w.guess, w.cut = order, cut
	}
	if !cut {
		w.flaw.order = order
	}
	if account, _, cut := at(colAccount); !cut {
		w.account = account
	}
	if merchant, sure, _ := at(colMerchant); sure && merchant != "" {
		w.key.merchant, w.key.has.merchant = merchant, true
	}
}

// cleaned drops what no id has: quotes, broken UTF-8, control characters, blanks around it.
func cleaned(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '"' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	return strings.TrimSpace(text)
}

// read takes all columns apart.
func (p *parser) read() {
	w := &p.row
	w.key.order = p.id(colOrder, "")
	if w.key.has.order = w.key.order != ""; !w.key.has.order {
		w.guess = p.cellOf(colOrder) // none, or one that is too long
	}
	w.key.merchant = p.id(colMerchant, merchantDefault)
	w.key.has.merchant = w.key.merchant != ""
	w.account = p.id(colAccount, "")
	w.sku, w.category, w.brand = p.words(colSKU), p.words(colCategory), p.words(colBrand)
	w.channel, w.member = p.words(colChannel), p.words(colMember)
	w.noSKU = p.reader.header.place[colSKU] < 0
	p.readKind()
	p.readTime()
	p.readOccurrence()
	p.readRevision()
	p.readQuantity()
	p.readMoney()
	if w.flaw == nil {
		p.readMeaning()
	}
}

// cellOf returns the text of a column, "" where the file has no such column.
func (p *parser) cellOf(c column) string {
	if i := p.reader.header.place[c]; i >= 0 {
		return p.cells[i].text
	}
	return ""
}

// words returns a text of bounded length.
func (p *parser) words(c column) string {
	text := p.cellOf(c)
	if n := utf8.RuneCountInString(text); n > charsMax[c] {
		p.failAt(c, reason.New(reason.InvalidField, "", "%d characters are more than the %d that fit", n, charsMax[c]))
		return ""
	}
	return text
}

// id returns a text that may not be missing.
func (p *parser) id(c column, otherwise string) string {
	text := p.words(c)
	if text == "" && p.cellOf(c) == "" {
		text = otherwise
		if text == "" {
			p.failAt(c, errors.New("the value is missing"))
		}
	}
	return text
}

func (p *parser) readKind() {
	k := &p.row.key
	text := p.cellOf(colKind)
	if text == "" {
		k.kind, k.has.kind = orders.Paid, true
		return
	}
	kind, err := orders.ParseKind(strings.ToLower(text))
	if err == nil && kind == orders.Lapsed {
		err = reason.New(reason.UnknownEventType, "", "only the ledger itself writes %q", text)
	}
	if err != nil {
		p.failAt(colKind, err)
		return
	}
	k.kind, k.has.kind = kind, true
}

// readTime reads RFC 3339, or a bare date as 12:00 in the programme's zone.
func (p *parser) readTime() {
	text := p.cellOf(colOccurredAt)
	if text == "" {
		p.failAt(colOccurredAt, errors.New("the value is missing"))
		return
	}
	at, err := time.Parse(time.RFC3339, text)
	if day, bare := calendar.Parse(text); bare == nil {
		y, m, d := day.Start(time.UTC).Date()
		at, err = time.Date(y, m, d, 12, 0, 0, 0, p.reader.defaults.Zone), nil
	}
	at = calendar.Millis(at)
	if err != nil || at.Year() < 1 || at.Year() > 9999 {
		p.failAt(colOccurredAt, reason.New(reason.InvalidField, "",
			"%.40q is no time; write 2026-03-09T14:05:00+01:00 or, for noon, 2026-03-09", text))
		return
	}
	p.row.at = at
}
