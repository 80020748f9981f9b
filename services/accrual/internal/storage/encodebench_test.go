package storage

import (
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

func sample() (entryDoc, accountDoc) {
	now := time.UnixMilli(1700000000000).UTC()
	h := bson.Binary{Data: make([]byte, 32)}
	e := entryDoc{ID: "cdnow/order/shop/123456/1", Format: 1, Account: "cdnow/12345", Seq: 7, Kind: "earn", OccurredAt: now, EffectiveAt: now, Day: 19000, Revision: 1,
		Actor: "merchant/shop", EventID: "abcdefgh-123", EventSource: "//shop", Epoch: 1, Sequence: 12345,
		Order: &orderDoc{Merchant: "shop", Order: "123456", Number: 1, Kind: "paid", OccurredAt: now, Currency: "USD", Lines: []goodsDoc{{ID: "1", SKU: "cd-123", Category: "cd", Quantity: 1, Amount: 1999}}, Channel: "web", Content: h, Revision: 1, Tier: "bronze", Base: 1999, Target: 19},
		Lines:     []lineDoc{{ID: "1", SKU: "cd-123", Category: "cd", Base: 1999, Rate: "1/100", Points: 19}},
		Movements: []movementDoc{{Move: "earn", Lot: lotKeyDoc{Unit: "points", Issuer: "operator", Expiry: new(int32)}, Points: 19}},
		Postings:  []postingDoc{{"points", "active", 19}, {"points", "issued/operator", -19}},
		Ladder:    &ladderDoc{Counts: []spendDoc{{19000, 1999}}, Window: 12}, After: afterDoc{Balances: []balanceDoc{{"points", 0, 19, 0, 0}}, Tier: "bronze"}, Hash: h, RecordedAt: now}
	a := accountDoc{ID: "cdnow/12345", Format: 1, Program: "cdnow", Account: "12345", Partition: 3, Version: 7, Clock: now, Hash: h, Balances: []balanceDoc{{"points", 0, 19, 0, 0}},
		Lots: []lotDoc{{Key: lotKeyDoc{Unit: "points", Issuer: "operator", Expiry: new(int32)}, Left: 19}, {Key: lotKeyDoc{Unit: "points", Issuer: "operator", Expiry: new(int32)}, Left: 19}}, Tier: "bronze", Days: []spendDoc{{1, 2}, {2, 3}, {4, 4}}, Reviewed: 190000, DueAt: &now}
	return e, a
}

func BenchmarkEncode(b *testing.B) {
	e, a := sample()
	b.Run("driver-entry", func(b *testing.B) { b.ReportAllocs(); for b.Loop() { _, _ = bson.Marshal(e) } })
	b.Run("driver-account", func(b *testing.B) { b.ReportAllocs(); for b.Loop() { _, _ = bson.Marshal(a) } })
	w := encoder{}
	b.Run("hand-entry", func(b *testing.B) { b.ReportAllocs(); for b.Loop() { w.b = w.b[:0]; document(&w, &e, writeEntry) } })
	b.Run("hand-account", func(b *testing.B) { b.ReportAllocs(); for b.Loop() { w.b = w.b[:0]; document(&w, &a, writeAccount) } })
	r := document(&encoder{}, &e, writeEntry)
	b.Run("copy-entry", func(b *testing.B) { b.ReportAllocs(); for b.Loop() { _, _ = bson.Marshal(r) } })
	b.Run("decode-id", func(b *testing.B) { b.ReportAllocs(); for b.Loop() { var id struct{ ID any `bson:"_id"` }; _ = bson.Unmarshal(r, &id) } })
	ra := document(&encoder{}, &a, writeAccount)
	b.Run("driver-decode-account", func(b *testing.B) { b.ReportAllocs(); for b.Loop() { var d accountDoc; _ = bson.Unmarshal(ra, &d) } })
	d := newDecoder()
	b.Run("hand-decode-account", func(b *testing.B) { b.ReportAllocs(); for b.Loop() { _, _ = d.account(ra) } })
}
