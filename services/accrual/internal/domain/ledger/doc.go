// Package ledger decides what happens to an account and is the only place that does.
//
// It owns accounts, entries, lots, postings and their invariants. It is pure: an account, a command, the programme
// and a time go in; an entry and the account after it come out. The entries are the truth; the account is their
// running total and can be rebuilt from them by Account.Apply.
//
// It leaves to others: what an order is (orders), when a tier changes (ladder), what a line earns (earning),
// and where any of this is kept (storage).
package ledger
