package paper

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"strconv"
	"strings"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/clearing"
)

//go:embed templates
var files embed.FS

var page = template.Must(template.New("statement.html").ParseFS(files, "templates/*"))

// view is what the page shows: words and figures, ready to be escaped.
type view struct {
	Title, Partner, ID, Operator, Program, Period, From, Until string
	Number, Settlement                                         int64
	ClosedAt, Unit, Currency, Digest                           string
	Verdict                                                    string
	Tiles                                                      []tile
	Groups                                                     []group
	Issued                                                     []tile
}

type tile struct{ Word, Figure string }

// group is the lines of one side.
type group struct {
	Title string
	Lines []line
	Total string
}

type line struct{ With, For, Price, Points, Amount string }

// HTML writes the statement as one page that needs nothing else, to read and to print.
func (p Paper) HTML() ([]byte, error) {
	var out bytes.Buffer
	if err := page.Execute(&out, p.view()); err != nil {
		return nil, fmt.Errorf("write a statement: %w", err)
	}
	return out.Bytes(), nil
}

func (p Paper) view() view {
	s, own := p.Settlement, p.Statement
	n, digest := s.Numbered(own.Partner), s.Digest()
	v := view{
		Title: fmt.Sprintf("Statement %d", n.Number), Partner: n.Name, ID: own.Partner, Operator: p.called(clearing.Operator),
		Program: s.Program, Period: s.Period.String(), From: s.Period.First().String(), Until: (s.Period.Next().First() - 1).String(),
		Number: n.Number, Settlement: s.Number, ClosedAt: s.ClosedAt.UTC().Format("2006-01-02 15:04 UTC"), Unit: s.Unit,
		Currency: string(s.Currency), Digest: fmt.Sprintf("%x", digest[:]), Verdict: p.verdict(),
		Tiles: []tile{
			{"owed to you", p.amount(own.Owed)}, {"owed by you", p.amount(own.Owes)}, {"net", p.amount(own.Net)},
		},
	}
	for _, side := range []struct {
		title string
		total money.Minor
		mine  func(clearing.Line) string
	}{
		{"Owed to you", own.Owed, func(l clearing.Line) string { return l.Creditor }},
		{"Owed by you", own.Owes, func(l clearing.Line) string { return l.Debtor }},
	} {
		g := group{Title: side.title, Total: p.amount(side.total)}
		for _, l := range own.Lines {
			if side.mine(l) == own.Partner {
				g.Lines = append(g.Lines, p.line(l))
			}
		}
		v.Groups = append(v.Groups, g)
	}
	if i := own.Issued; i != nil {
		v.Issued = []tile{
			{"given", count(i.Given)}, {"taken back", count(i.TakenBack)}, {"spent", count(i.Spent)}, {"lapsed", count(i.Lapsed)},
		}
		if i.Adjusted != 0 {
			v.Issued = append(v.Issued, tile{"adjusted", count(i.Adjusted)})
		}
		if i.Breakage != 0 {
			v.Issued = append(v.Issued, tile{"paid for lapsed points", p.amount(i.Breakage) + " " + string(s.Currency)})
		}
	}
	return v
}

func (p Paper) verdict() string {
	net, currency := p.Statement.Net, string(p.Settlement.Currency)
	switch {
	case net > 0:
		return fmt.Sprintf("You get %s %s.", p.amount(net), currency)
	case net < 0:
		return fmt.Sprintf("You pay %s %s.", p.amount(-net), currency)
	}
	return "Nothing is to be paid."
}

func (p Paper) line(l clearing.Line) line {
	row := line{With: p.called(p.other(l)), Price: Price(l.Price, p.Settlement.Currency), Points: count(l.Points), Amount: p.amount(l.Amount)}
	if l.Back > 0 {
		row.Points += " − " + count(l.Back)
	}
	row.For = p.words(l)
	if l.Price.Num() == 0 {
		row.For += "; no agreement says what they are worth"
	}
	if l.Late != (clearing.Period{}) {
		row.For += fmt.Sprintf(" (late, of %s)", l.Late)
	}
	return row
}

// words says what a line is for.
func (p Paper) words(l clearing.Line) string {
	issuer, redeemer := p.called(l.Issuer), p.called(l.Redeemer)
	switch l.Basis {
	case clearing.BasisRedemption:
		return fmt.Sprintf("%s of %s, spent at %s", p.Settlement.Unit, issuer, redeemer)
	case clearing.BasisRefund:
		return fmt.Sprintf("%s of %s that came back from %s", p.Settlement.Unit, issuer, redeemer)
	case clearing.BasisIssue:
		return fmt.Sprintf("%s that %s gave", p.Settlement.Unit, issuer)
	case clearing.BasisIssueReturn:
		return fmt.Sprintf("%s that %s took back", p.Settlement.Unit, issuer)
	case clearing.BasisFee:
		return fmt.Sprintf("fee on %s of %s, spent at %s", p.Settlement.Unit, issuer, redeemer)
	case clearing.BasisFeeReturn:
		return fmt.Sprintf("fee on %s of %s that came back from %s", p.Settlement.Unit, issuer, redeemer)
	case clearing.BasisUnset:
	}
	return ""
}

// called is what a partner was called, for people.
func (p Paper) called(partner string) string {
	if name := p.Settlement.Numbered(partner).Name; name != "" {
		return name
	}
	return partner
}

// count writes a number with its thousands apart.
func count[N ~int64](n N) string {
	text, negative := strings.CutPrefix(strconv.FormatInt(int64(n), 10), "-")
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	if negative {
		return "−" + text
	}
	return text
}
