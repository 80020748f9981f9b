package clearing

import (
	"cmp"
	"maps"
	"slices"

	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Line is what one partner owes another for one thing at one price.
type Line struct {
	Debtor, Creditor string
	Basis            Basis
	// Issuer is whose points they were, Redeemer where they were spent: empty for what is owed when they are given.
	Issuer, Redeemer string
	// Price is in minor units per point. 0: no agreement says what they are worth, and nothing is owed for them.
	Price money.Ratio
	// Late is the period to which the points belong, if that is not the settlement's own.
	Late Period
	// Points moved in the line's direction, Back against it: Points >= Back >= 0.
	Points, Back money.Points
	// Amount is (Points - Back) times Price, in whole minor units: >= 0.
	Amount money.Minor
}

// Settlement is what a period comes to. It is a function of its rows and of the agreements.
type Settlement struct {
	Program  string
	Period   Period
	Currency money.Currency
	Unit     string
	Lines    []Line     // sorted by creditor, debtor, basis, issuer, redeemer, late, price
	Gross    []Cross    // sorted by debtor, creditor: those above 0
	Net      []Position // sorted by partner: everybody who appears
	Issued   []Issued   // sorted by issuer
}

// Cross is a cell of the gross matrix: all that one partner owes another.
type Cross struct {
	Debtor, Creditor string
	Amount           money.Minor // > 0
}

// Position is where a partner stands: Net = Owed - Owes. The Net of all sum to zero.
type Position struct {
	Partner         string
	Owes, Owed, Net money.Minor
}

// Book is what Settle works on.
type Book struct {
	Program  string
	Period   Period
	Currency money.Currency
	Unit     string // rows of other units are worth nothing
	Rows     []Row
}

// Settle computes what the partners owe each other. What is owed to a partner is rounded down once, and its lines share
// that out by largest remainder: so each is within one minor unit of its exact value, and they sum to the total. The error
// is AMOUNT_OUT_OF_RANGE.
func Settle(b Book, terms Terms) (Settlement, error) {
	s := Settlement{Program: b.Program, Period: b.Period, Currency: b.Currency, Unit: b.Unit}
	rows := slices.DeleteFunc(slices.Clone(b.Rows), func(r Row) bool { return r.Unit != b.Unit })
	sum := sums{claims: map[claimKey]claim{}}
	for _, r := range rows {
		if err := r.claims(terms, sum.add); err != nil {
			return Settlement{}, tooMuch()
		}
	}
	if sum.overflow {
		return Settlement{}, tooMuch()
	}
	s.Lines = sum.lines()
	if err := s.round(); err != nil {
		return Settlement{}, tooMuch()
	}
	var err error
	if s.Issued, err = issued(rows, terms); err != nil {
		return Settlement{}, err
	}
	return s, s.position()
}

// sums adds claims up.
type sums struct {
	claims   map[claimKey]claim
	overflow bool
}

func (s *sums) add(key claimKey, c claim) {
	have := s.claims[key]
	have.points += c.points
	have.back += c.back
	s.overflow = s.overflow || have.points < 0 || have.back < 0
	s.claims[key] = have
}

// lines turns claims into lines that point to whoever is owed in the end.
func (s *sums) lines() []Line {
	var lines []Line
	for k, c := range s.claims {
		l := Line{
			Debtor: k.debtor, Creditor: k.creditor, Basis: k.basis, Issuer: k.issuer, Redeemer: k.redeemer,
			Price: k.price, Late: k.late, Points: c.points, Back: c.back,
		}
		if l.Back > l.Points {
			l.Debtor, l.Creditor, l.Basis = l.Creditor, l.Debtor, l.Basis+1
			l.Points, l.Back = l.Back, l.Points
		}
		lines = append(lines, l)
	}
	slices.SortFunc(lines, Line.compare)
	return lines
}

func (l Line) compare(o Line) int {
	return cmp.Or(cmp.Compare(l.Creditor, o.Creditor), cmp.Compare(l.Debtor, o.Debtor), cmp.Compare(l.Basis, o.Basis),
		cmp.Compare(l.Issuer, o.Issuer), cmp.Compare(l.Redeemer, o.Redeemer), l.Late.Compare(o.Late), l.Price.Cmp(o.Price))
}

// round gives each line its amount, creditor by creditor.
func (s *Settlement) round() error {
	for begin := 0; begin < len(s.Lines); {
		end := begin
		var terms []money.Term
		for ; end < len(s.Lines) && s.Lines[end].Creditor == s.Lines[begin].Creditor; end++ {
			l := s.Lines[end]
			terms = append(terms, money.Term{N: int64(l.Points - l.Back), R: l.Price})
		}
		total, err := money.SumFloor(terms)
		if err != nil {
			return err
		}
		shares, err := money.Split(total, terms)
		if err != nil {
			return err
		}
		for i, share := range shares {
			s.Lines[begin+i].Amount = money.Minor(share)
		}
		begin = end
	}
	return nil
}

// position adds the lines up: the gross matrix, and where each partner stands.
func (s *Settlement) position() error {
	type pair struct{ debtor, creditor string }
	gross, net := map[pair]money.Minor{}, map[string]*Position{}
	of := func(partner string) *Position {
		if net[partner] == nil {
			net[partner] = &Position{Partner: partner}
		}
		return net[partner]
	}
	for _, i := range s.Issued {
		of(i.Issuer)
	}
	for _, l := range s.Lines {
		debtor, creditor := of(l.Debtor), of(l.Creditor)
		debtor.Owes += l.Amount
		creditor.Owed += l.Amount
		if debtor.Owes < 0 || creditor.Owed < 0 {
			return tooMuch()
		}
		if l.Amount > 0 {
			gross[pair{l.Debtor, l.Creditor}] += l.Amount
		}
	}
	for p, amount := range gross {
		s.Gross = append(s.Gross, Cross{p.debtor, p.creditor, amount})
	}
	slices.SortFunc(s.Gross, func(a, b Cross) int {
		return cmp.Or(cmp.Compare(a.Debtor, b.Debtor), cmp.Compare(a.Creditor, b.Creditor))
	})
	for _, partner := range slices.Sorted(maps.Keys(net)) {
		p := *net[partner]
		p.Net = p.Owed - p.Owes
		s.Net = append(s.Net, p)
	}
	return nil
}

func tooMuch() error {
	return reason.New(reason.AmountOutOfRange, "", "the points or amounts of the period are more than fits")
}
