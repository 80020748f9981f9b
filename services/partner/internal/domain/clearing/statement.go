package clearing

import "slices"

// Statement is one partner's side of a settlement.
type Statement struct {
	Partner string
	Lines   []Line // in which it is debtor or creditor, in the order of the settlement
	Position
	// Issued is nil for a partner none of whose points moved.
	Issued *Issued
}

// Partners lists everybody who gets a statement, sorted.
func (s Settlement) Partners() []string {
	names := make([]string, len(s.Net))
	for i, p := range s.Net {
		names[i] = p.Partner
	}
	return names
}

// Statement returns a partner's side; false: the partner does not appear in the settlement.
func (s Settlement) Statement(partner string) (Statement, bool) {
	at := slices.IndexFunc(s.Net, func(p Position) bool { return p.Partner == partner })
	if at < 0 {
		return Statement{}, false
	}
	own := Statement{Partner: partner, Position: s.Net[at]}
	for _, l := range s.Lines {
		if l.Debtor == partner || l.Creditor == partner {
			own.Lines = append(own.Lines, l)
		}
	}
	if i := slices.IndexFunc(s.Issued, func(i Issued) bool { return i.Issuer == partner }); i >= 0 {
		own.Issued = &s.Issued[i]
	}
	return own, true
}
