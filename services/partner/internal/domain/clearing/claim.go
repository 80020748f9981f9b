package clearing

import (
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/money"
)

var utc = time.UTC

// Basis is what a line is owed for.
type Basis uint8

// Bases. The second of each pair goes the other way: more came back than was spent or given.
const (
	BasisUnset Basis = iota
	BasisRedemption
	BasisRefund
	BasisIssue
	BasisIssueReturn
	BasisFee
	BasisFeeReturn
)

var basisNames = [...]string{"", "redemption", "refund", "issue", "issue_return", "fee", "fee_return"}

// String gives the basis as it stands in collections and statements.
func (b Basis) String() string {
	if int(b) < len(basisNames) {
		return basisNames[b]
	}
	return ""
}

// ParseBasis is the inverse of String; false: there is no such basis.
func ParseBasis(name string) (Basis, bool) {
	for b, n := range basisNames {
		if b > 0 && n == name {
			return Basis(b), true //nolint:gosec // an index of a short table
		}
	}
	return BasisUnset, false
}

// claimKey makes claims equal: equal ones become one line.
type claimKey struct {
	debtor, creditor string
	basis            Basis
	issuer, redeemer string
	price            money.Ratio // minor units per point
	late             Period
}

// claim is points that the debtor owes the creditor for, and those for which it is owed back.
type claim struct{ points, back money.Points }

// spends tells whether a row moves points from its issuer to another: false, true for a refund.
func (r Row) spends() (spends, back bool) {
	switch r.Move {
	case MoveCapture:
		return true, false
	case MoveRefund:
		return true, true
	case MoveReverse, MovePayoff:
		return r.Redeemer != "", false
	case MoveUnset, MoveEarn, MoveExpire, MoveUncount, MoveOwe, MoveCredit, MoveDebit:
	}
	return false, false
}

// gives tells whether a row gives points, for which an issuer that funds on issue pays, or takes them back. What became
// debt was given all the same: it is taken back when the debt is paid.
func (r Row) gives() (gives, back bool) {
	switch r.Move {
	case MoveEarn:
		return true, false
	case MoveReverse, MovePayoff:
		return r.Redeemer == "", true
	case MoveUncount:
		return true, true
	case MoveUnset, MoveExpire, MoveOwe, MoveCapture, MoveRefund, MoveCredit, MoveDebit:
	}
	return false, false
}

// claims says who owes whom for a row. Whoever would owe itself owes nothing.
func (r Row) claims(terms Terms, add func(claimKey, claim)) error {
	issuer := terms(r.Issuer, r.Revision)
	if gives, back := r.gives(); gives && issuer.OnIssue {
		add(claimKey{
			debtor: r.Issuer, creditor: Operator, basis: BasisIssue, issuer: r.Issuer, price: issuer.IssuePrice, late: r.Late,
		}, r.points(back))
		return nil
	}
	spends, back := r.spends()
	if !spends {
		return nil
	}
	payer := r.Issuer
	if issuer.OnIssue {
		payer = Operator
	}
	if payer == r.Redeemer {
		return nil
	}
	redeemer := terms(r.Redeemer, r.Revision)
	key := claimKey{
		debtor: payer, creditor: r.Redeemer, basis: BasisRedemption, issuer: r.Issuer, redeemer: r.Redeemer,
		price: price(issuer, redeemer), late: r.Late,
	}
	add(key, r.points(back))
	fee, err := key.price.Mul(redeemer.Fee)
	if err != nil || fee.Num() == 0 || r.Redeemer == Operator {
		return err
	}
	key.debtor, key.creditor, key.basis, key.price = r.Redeemer, Operator, BasisFee, fee
	add(key, r.points(back))
	return nil
}

func (r Row) points(back bool) claim { //nolint:revive // the answer of spends and gives, not a switch
	if back {
		return claim{back: r.Points}
	}
	return claim{points: r.Points}
}

// price is what a point is worth to whoever is owed for it: its redemption price; where it has none, for it takes no
// points (the operator's own rewards, an issuer that gets points of another back), its issue price, or that of the
// issuer who owes. 0: no agreement says.
func price(issuer, redeemer Agreement) money.Ratio {
	for _, p := range []money.Ratio{redeemer.RedemptionPrice, redeemer.IssuePrice, issuer.IssuePrice} {
		if p.Num() > 0 {
			return p
		}
	}
	return money.Ratio{}
}
