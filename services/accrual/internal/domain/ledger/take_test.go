package ledger_test

import "testing"

func TestWhatAnOrderEarns(t *testing.T) {
	tellAll(t, []story{
		{
			name: "one floor per order, not one per line",
			script: `
				2025-01-10 paid o1: 1.50 cd; 1.50 dvd`,
			want: `2025-01-10 earn: earn 3 gone 2026-02-01 = active 3`,
		}, {
			name: "an order too small earns nothing and still has its entry",
			script: `
				2025-01-10 paid o1: 0.99 cd`,
			want: `2025-01-10 earn = nothing yet`,
		}, {
			name: "placed, shipped and invoice payment count for nothing",
			script: `
				2025-01-09 placed o1: 12.00 cd
				2025-01-10 paid o1: 12.00 cd
				2025-01-11 shipped o1/s1
				2025-01-12 payment o1/p1`,
			want: `
				2025-01-09 state = nothing yet
				2025-01-10 earn: earn 12 gone 2026-02-01 = active 12
				2025-01-11 state = active 12
				2025-01-12 state = active 12`,
		}, {
			name: "orders of one month share a lot, those of two months do not",
			script: `
				2025-01-10 paid o1: 12.00 cd
				2025-01-31 paid o2: 7.00 cd
				2025-02-01 paid o3: 5.00 cd
				2026-02-01T00:00 passes`,
			want: `
				2025-01-10 earn: earn 12 gone 2026-02-01 = active 12
				2025-01-31 earn: earn 7 gone 2026-02-01 = active 19
				2025-02-01 earn: earn 5 gone 2026-03-01 = active 24
				2026-02-01 expire: expire 19 gone 2026-02-01 = active 5`,
		}, {
			name:  "multipliers and exclusions are the order's, added up before the floor",
			rules: []string{"earning: {points: 1, per: 1.00, multipliers: {category: {books: 2}}, exclude: {category: [card]}}"},
			script: `
				2025-01-10 paid o1: 10.75 novel@books; 0.50 cd; 50.00 voucher@card`,
			want: `2025-01-10 earn: earn 22 gone 2026-02-01 = active 22`,
		}, {
			name: "amended up: the difference is earned, in the lot of the first payment",
			script: `
				2025-01-10 paid o1: 12.00 cd
				2025-02-03 amended o1/1: 12.00 cd; 8.00 dvd`,
			want: `
				2025-01-10 earn: earn 12 gone 2026-02-01 = active 12
				2025-02-03 earn: earn 8 gone 2026-02-01 = active 20`,
		}, {
			name: "amended down: the difference goes back",
			script: `
				2025-01-10 paid o1: 12.00 cd; 8.00 dvd
				2025-02-03 amended o1/1: 12.00 cd`,
			want: `
				2025-01-10 earn: earn 20 gone 2026-02-01 = active 20
				2025-02-03 reverse: reverse 8 gone 2026-02-01 = active 12`,
		}, {
			name: "an older revision comes last: it has a place and no effect",
			script: `
				2025-01-10 amended o1/2: 12.00 cd
				2025-01-11 amended o1/1: 90.00 cd
				2025-01-12 amended o1/3: 13.00 cd`,
			want: `
				2025-01-10 earn: earn 12 gone 2026-02-01 = active 12
				2025-01-11 earn = active 12
				2025-01-12 earn: earn 1 gone 2026-02-01 = active 13`,
		}, {
			name: "cancelled: everything goes back, and amendments change nothing any more",
			script: `
				2025-01-10 paid o1: 12.00 cd
				2025-01-12 cancelled o1
				2025-01-13 amended o1/1: 90.00 cd
				2025-01-14 returned o1/r1: cd`,
			want: `
				2025-01-10 earn: earn 12 gone 2026-02-01 = active 12
				2025-01-12 reverse: reverse 12 gone 2026-02-01 = active 0
				2025-01-13 earn = active 0
				refused: RETURN_EXCEEDS_ORDER`,
		}, {
			name: "cancelled before it was paid: it waits, and the payment earns nothing",
			script: `
				2025-01-10 cancelled o1
				2025-01-12 paid o1: 12.00 cd`,
			want: `
				2025-01-10 park = nothing yet; waits until 2025-02-09
				2025-01-12 earn = nothing yet`,
		},
	})
}

func TestWhatAReturnTakesBack(t *testing.T) {
	tellAll(t, []story{
		{
			name: "by line, by sku, by pieces, by amount",
			script: `
				2025-01-10 paid o1: 4 x 40.00 cd; 30.00 dvd; 30.00 book; 5.00 cd
				2025-01-11 returned o1/r1: #2
				2025-01-12 returned o1/r2: book
				2025-01-13 returned o1/r3: 3 x #1
				2025-01-14 returned o1/r4: 2.50 #4`,
			want: `
				2025-01-10 earn: earn 105 gone 2026-02-01 = active 105
				2025-01-11 reverse: reverse 30 gone 2026-02-01 = active 75
				2025-01-12 reverse: reverse 30 gone 2026-02-01 = active 45
				2025-01-13 reverse: reverse 30 gone 2026-02-01 = active 15
				2025-01-14 reverse: reverse 3 gone 2026-02-01 = active 12`,
		}, {
			name: "three returns of a third take back everything",
			script: `
				2025-01-10 paid o1: 3 x 10.00 cd
				2025-01-11 returned o1/r1: 1 x cd
				2025-01-12 returned o1/r2: 1 x cd
				2025-01-13 returned o1/r3: 1 x cd`,
			want: `
				2025-01-10 earn: earn 10 gone 2026-02-01 = active 10
				2025-01-11 reverse: reverse 4 gone 2026-02-01 = active 6
				2025-01-12 reverse: reverse 3 gone 2026-02-01 = active 3
				2025-01-13 reverse: reverse 3 gone 2026-02-01 = active 0`,
		}, {
			name: "a return without lines takes all that is left",
			script: `
				2025-01-10 paid o1: 10.00 cd; 20.00 dvd
				2025-01-11 returned o1/r1: cd
				2025-01-12 returned o1/r2
				2025-01-13 returned o1/r3`,
			want: `
				2025-01-10 earn: earn 30 gone 2026-02-01 = active 30
				2025-01-11 reverse: reverse 10 gone 2026-02-01 = active 20
				2025-01-12 reverse: reverse 20 gone 2026-02-01 = active 0
				refused: RETURN_EXCEEDS_ORDER`,
		}, {
			name: "trap: an item that earned nothing, returned, takes nothing back",
			rules: []string{
				"earning: {points: 1, per: 1.00, exclude: {category: [card]}}",
			},
			script: `
				2025-01-10 paid o1: 10.00 cd; 50.00 voucher@card
				2025-01-11 returned o1/r1: voucher`,
			want: `
				2025-01-10 earn: earn 10 gone 2026-02-01 = active 10
				2025-01-11 reverse = active 10`,
		}, {
			name:  "what was multiplied goes back multiplied, by the tier held before the order",
			rules: []string{ladderOf100, "earning: {points: 1, per: 1.00, multipliers: {tier: {silver: 5/4, gold: 3/2}}}"},
			script: `
				2025-01-10 paid o1: 2 x 500.00 cd
				2025-01-11 paid o2: 2 x 100.00 cd
				2025-01-12 returned o2/r1: 1 x cd
				2025-01-13 returned o1/r1: 1 x cd`,
			want: `
				2025-01-10 earn: earn 500 gone 2026-02-01 = active 500; gold at 500.00 (first)
				2025-01-11 earn: earn 150 gone 2026-02-01 = active 650
				2025-01-12 reverse: reverse 75 gone 2026-02-01 = active 575
				2025-01-13 reverse: reverse 250 gone 2026-02-01 = active 325`,
		}, {
			name: "returned after an amendment had lowered the line: what is left, not more",
			script: `
				2025-01-10 paid o1: 4 x 40.00 cd
				2025-01-11 returned o1/r1: 3 x cd
				2025-01-12 amended o1/1: 2 x 20.00 cd
				2025-01-13 returned o1/r2: 1 x cd`,
			want: `
				2025-01-10 earn: earn 40 gone 2026-02-01 = active 40
				2025-01-11 reverse: reverse 30 gone 2026-02-01 = active 10
				2025-01-12 reverse: reverse 10 gone 2026-02-01 = active 0
				refused: RETURN_EXCEEDS_ORDER`,
		}, {
			name: "what the order's own lot lacks comes from the others, first to expire first",
			script: `
				2025-01-10 paid o1: 10.00 cd
				2025-02-10 paid o2: 10.00 cd
				2025-03-10 paid o3: 10.00 cd
				2025-03-11 spends 5
				2025-03-12 returned o3/r1
				2025-03-13 returned o1/r1`,
			want: `
				2025-01-10 earn: earn 10 gone 2026-02-01 = active 10
				2025-02-10 earn: earn 10 gone 2026-03-01 = active 20
				2025-03-10 earn: earn 10 gone 2026-04-01 = active 30
				2025-03-11 state: reverse 5 gone 2026-02-01 for cafe = active 25
				2025-03-12 reverse: reverse 10 gone 2026-04-01 = active 15
				2025-03-13 reverse: reverse 5 gone 2026-02-01, reverse 5 gone 2026-03-01 = active 5`,
		},
	})
}

func TestDebt(t *testing.T) {
	tellAll(t, []story{
		{
			name: "what was spent and comes back is owed, and later earnings pay it first",
			script: `
				2025-01-10 paid o1: 10.00 cd
				2025-01-11 spends 8
				2025-01-12 returned o1/r1
				2025-01-13 paid o2: 5.00 cd
				2025-02-14 paid o3: 5.00 cd`,
			want: `
				2025-01-10 earn: earn 10 gone 2026-02-01 = active 10
				2025-01-11 state: reverse 8 gone 2026-02-01 for cafe = active 2
				2025-01-12 reverse: reverse 2 gone 2026-02-01, owe 8 = active 0, debt 8
				2025-01-13 earn: earn 5 gone 2026-02-01, payoff 5 gone 2026-02-01 = active 0, debt 3
				2025-02-14 earn: earn 5 gone 2026-03-01, payoff 3 gone 2026-03-01 = active 2`,
		}, {
			name: "an amendment up pays the debt that the return had left",
			script: `
				2025-01-10 paid o1: 10.00 cd
				2025-01-11 spends 10
				2025-01-12 amended o1/1: 4.00 cd
				2025-01-13 amended o1/2: 12.00 cd`,
			want: `
				2025-01-10 earn: earn 10 gone 2026-02-01 = active 10
				2025-01-11 state: reverse 10 gone 2026-02-01 for cafe = active 0
				2025-01-12 reverse: owe 6 = active 0, debt 6
				2025-01-13 earn: earn 8 gone 2026-02-01, payoff 6 gone 2026-02-01 = active 2`,
		}, {
			name:  "pending points pay nothing until they are active; then in the same entry",
			rules: []string{"earning: {points: 1, per: 1.00, pending_days: 14}"},
			script: `
				2025-01-10 paid o1: 10.00 cd
				2025-01-24 spends 10
				2025-01-25 returned o1/r1
				2025-01-26 paid o2: 15.00 cd
				2025-02-09T00:00 passes`,
			want: `
				2025-01-10 earn: earn 10 active 2025-01-24 gone 2026-02-01 = active 0, pending 10
				2025-01-24 activate: activate 10 active 2025-01-24 gone 2026-02-01 = active 10
				2025-01-24 state: reverse 10 gone 2026-02-01 for cafe = active 0
				2025-01-25 reverse: owe 10 = active 0, debt 10
				2025-01-26 earn: earn 15 active 2025-02-09 gone 2026-02-01 = active 0, pending 15, debt 10
				2025-02-09 activate: activate 15 active 2025-02-09 gone 2026-02-01, payoff 10 gone 2026-02-01 = active 5`,
		}, {
			name:  "pending points of other orders are not taken: what is missing is owed until they are active",
			rules: []string{"earning: {points: 1, per: 1.00, pending_days: 14}"},
			script: `
				2025-01-10 paid o1: 10.00 cd
				2025-01-24 spends 10
				2025-01-25 paid o2: 15.00 cd
				2025-01-26 returned o1/r1
				2025-02-08T00:00 passes
				2025-02-09 returned o2/r1`,
			want: `
				2025-01-10 earn: earn 10 active 2025-01-24 gone 2026-02-01 = active 0, pending 10
				2025-01-24 activate: activate 10 active 2025-01-24 gone 2026-02-01 = active 10
				2025-01-24 state: reverse 10 gone 2026-02-01 for cafe = active 0
				2025-01-25 earn: earn 15 active 2025-02-08 gone 2026-02-01 = active 0, pending 15
				2025-01-26 reverse: owe 10 = active 0, pending 15, debt 10
				2025-02-08 activate: activate 15 active 2025-02-08 gone 2026-02-01, payoff 10 gone 2026-02-01 = active 5
				2025-02-09 reverse: reverse 5 gone 2026-02-01, owe 10 = active 0, debt 10`,
		}, {
			name: "trap: buy, earn, spend, return leaves nobody richer",
			script: `
				2025-01-10 paid o1: 100.00 cd
				2025-01-11 spends 100
				2025-01-12 returned o1/r1
				2025-01-13 paid o2: 100.00 cd
				2025-01-14 returned o2/r1`,
			want: `
				2025-01-10 earn: earn 100 gone 2026-02-01 = active 100
				2025-01-11 state: reverse 100 gone 2026-02-01 for cafe = active 0
				2025-01-12 reverse: owe 100 = active 0, debt 100
				2025-01-13 earn: earn 100 gone 2026-02-01, payoff 100 gone 2026-02-01 = active 0
				2025-01-14 reverse: owe 100 = active 0, debt 100`,
		}, {
			name: "a late order pays the debt even with points whose day has passed",
			script: `
				2025-01-10 paid o1: 10.00 cd
				2025-01-11 spends 8
				2025-01-12 returned o1/r1
				on 2026-02-05, 2025-01-20 paid o2: 30.00 cd`,
			rules: []string{"orders: {accept_late_days: 400}"},
			want: `
				2025-01-10 earn: earn 10 gone 2026-02-01 = active 10
				2025-01-11 state: reverse 8 gone 2026-02-01 for cafe = active 2
				2025-01-12 reverse: reverse 2 gone 2026-02-01, owe 8 = active 0, debt 8
				2026-02-05 earn: earn 30 gone 2026-02-01, payoff 8 gone 2026-02-01, expire 22 gone 2026-02-01 = active 0`,
		},
	})
}
