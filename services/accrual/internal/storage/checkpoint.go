package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/totals"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

const (
	// checkpointsName is the collection of checkpoints, one for each programme.
	checkpointsName = "checkpoints"
	// verifiedName is the collection of what stood in the ledger at a checkpoint: <programme>/<generation>/<kind>/<key>.
	verifiedName = "verified"

	// checkpointFormat is what generations look like. It goes up with anything that an account has more: what was kept without
	// it would look like a difference.
	checkpointFormat = 1

	// The kinds of what a checkpoint keeps.
	keptAccount, keptDay, keptTransit = "account", "day", "transit"

	// keepBatch is how much of a checkpoint is written at once.
	keepBatch = 500
)

// Checkpoint says when a programme's ledger was verified, and up to where.
type Checkpoint struct {
	Program    string
	Generation string // of what is kept of it; each verification that keeps something has its own
	At         time.Time
	Entries    int64 // verified by then, in this verification or by those that it follows
	Accounts   int64
}

type checkpointDoc struct {
	ID         string    `bson:"_id"` // programme
	Format     int       `bson:"format"`
	Generation string    `bson:"generation,omitempty"` // empty: no checkpoint yet
	At         time.Time `bson:"at"`
	Entries    int64     `bson:"entries"`
	Accounts   int64     `bson:"accounts"`
	Next       string    `bson:"next,omitempty"` // the generation that is being written
}

// keptDoc is one thing of a generation: an account as its entries give it, what the entries of a day come to, or a transfer that
// had not ended.
type keptDoc struct {
	ID      string      `bson:"_id"`
	Account *accountDoc `bson:"account,omitempty"`
	Day     *totalsDoc  `bson:"day,omitempty"`
}

func checkpointsCollection() store.Collection {
	return store.Collection{Name: checkpointsName, Schema: store.Object(bson.A{"_id", "format"},
		bson.M{"format": store.Integer(), "entries": store.Integer(), "accounts": store.Integer()})}
}

func verifiedCollection() store.Collection {
	return store.Collection{Name: verifiedName, Schema: store.Object(bson.A{"_id"}, bson.M{
		"account": store.Object(bson.A{"_id", "version", "hash", "balances", "lots"}, bson.M{"version": store.Integer()}),
		"day":     store.Object(bson.A{"entries"}, bson.M{"entries": store.Integer()}),
	})}
}

// Checkpoint reads a programme's checkpoint. NO_CHECKPOINT where there is none that this Laurel can read.
func (s *Storage) Checkpoint(ctx context.Context, program string) (Checkpoint, error) {
	var d checkpointDoc
	err := s.store.Collection(checkpointsName).FindOne(ctx, bson.M{"_id": program}).Decode(&d)
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return Checkpoint{}, fmt.Errorf("read the checkpoint of %s: %w", program, err)
	}
	if d.Generation == "" {
		return Checkpoint{}, reason.New(reason.NoCheckpoint, "since_checkpoint", "programme %s has no checkpoint; verify all of it, and set one: laurelctl ledger verify --set-checkpoint", program)
	}
	if d.Format != checkpointFormat {
		return Checkpoint{}, reason.New(reason.NoCheckpoint, "since_checkpoint", "the checkpoint of programme %s was set by another version of Laurel (format %d, this one reads %d); verify all of it, and set another: laurelctl ledger verify --set-checkpoint",
			program, d.Format, checkpointFormat)
	}
	return Checkpoint{Program: program, Generation: d.Generation, At: d.At.UTC(), Entries: d.Entries, Accounts: d.Accounts}, nil
}

// Keeper writes the next generation of a checkpoint. Not safe for many goroutines.
type Keeper struct {
	storage    *Storage
	program    string
	generation string
	docs       []keptDoc
}

// Keep begins a generation. Whatever somebody else has begun can no longer become a checkpoint.
func (s *Storage) Keep(ctx context.Context, program string) (*Keeper, error) {
	k := &Keeper{storage: s, program: program, generation: bson.NewObjectID().Hex()}
	var before checkpointDoc
	err := s.store.Collection(checkpointsName).FindOneAndUpdate(ctx, bson.M{"_id": program},
		bson.M{"$set": bson.M{"next": k.generation}, "$setOnInsert": bson.M{"format": checkpointFormat}},
		options.FindOneAndUpdate().SetUpsert(true)).Decode(&before)
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return nil, fmt.Errorf("begin a checkpoint of %s: %w", program, err)
	}
	return k, k.clear(ctx, before.Generation)
}

// clear removes what was kept for other generations than that of the checkpoint: whoever kept it was killed, or is overtaken.
func (k *Keeper) clear(ctx context.Context, generation string) error {
	all := keysUnder(k.program + "/")
	bounds := []bson.M{all}
	if generation != "" {
		its := keysUnder(keptID(k.program, generation, ""))
		bounds = []bson.M{{"$gte": all["$gte"], "$lt": its["$gte"]}, {"$gte": its["$lt"], "$lt": all["$lt"]}}
	}
	for _, b := range bounds {
		if _, err := k.storage.store.Collection(verifiedName).DeleteMany(ctx, bson.M{"_id": b}); err != nil {
			return fmt.Errorf("remove what is no checkpoint of %s: %w", k.program, err)
		}
	}
	return nil
}

func (k *Keeper) remove(ctx context.Context, generation string) error {
	if generation == "" {
		return nil
	}
	_, err := k.storage.store.Collection(verifiedName).DeleteMany(ctx, bson.M{"_id": keysUnder(keptID(k.program, generation, ""))})
	if err != nil {
		return fmt.Errorf("remove what an older checkpoint of %s has kept: %w", k.program, err)
	}
	return nil
}

func keptID(program, generation, kind string) string { return program + "/" + generation + "/" + kind }

// Account keeps an account.
func (k *Keeper) Account(ctx context.Context, a ledger.Account) error {
	doc := accountToDoc(a, 0, time.Time{})
	return k.keep(ctx, keptDoc{ID: k.id(keptAccount, string(a.ID)), Account: &doc})
}

// Day keeps what the entries of a day come to.
func (k *Keeper) Day(ctx context.Context, day calendar.Day, t *totals.Tally) error {
	doc, err := tallyToDoc(t)
	if err != nil {
		return fmt.Errorf("keep the totals of %s: %w", day, err)
	}
	doc.ID, doc.Program, doc.Day = day.String(), k.program, int32(day)
	return k.keep(ctx, keptDoc{ID: k.id(keptDay, day.String()), Day: &doc})
}

// Transit keeps a transfer that has not ended, by the key of the entry that sent it.
func (k *Keeper) Transit(ctx context.Context, key string) error {
	return k.keep(ctx, keptDoc{ID: k.id(keptTransit, key)})
}

func (k *Keeper) id(kind, key string) string {
	return keptID(k.program, k.generation, kind) + "/" + key
}

func (k *Keeper) keep(ctx context.Context, d keptDoc) error {
	if k.docs = append(k.docs, d); len(k.docs) < keepBatch {
		return nil
	}
	return k.flush(ctx)
}

func (k *Keeper) flush(ctx context.Context) error {
	if len(k.docs) == 0 {
		return nil
	}
	_, err := k.storage.store.Collection(verifiedName).InsertMany(ctx, k.docs, options.InsertMany().SetOrdered(false))
	if err != nil {
		return fmt.Errorf("keep %d documents of a checkpoint of %s: %w", len(k.docs), k.program, err)
	}
	k.docs = k.docs[:0]
	return nil
}

// Set makes what was kept the programme's checkpoint. False: somebody else has begun one meanwhile, or removed some of what was
// kept, and this one is none.
func (k *Keeper) Set(ctx context.Context, c Checkpoint) (bool, error) {
	if err := k.flush(ctx); err != nil {
		return false, err
	}
	kept, err := k.storage.store.Collection(verifiedName).CountDocuments(ctx, bson.M{"_id": keysUnder(k.id(keptAccount, ""))})
	if err != nil {
		return false, fmt.Errorf("count what a checkpoint of %s has kept: %w", k.program, err)
	}
	if kept != c.Accounts { // somebody has removed some of it
		return false, k.remove(ctx, k.generation)
	}
	var before checkpointDoc
	err = k.storage.store.Collection(checkpointsName).FindOneAndUpdate(ctx, bson.M{"_id": k.program, "next": k.generation}, bson.M{
		"$set":   bson.M{"generation": k.generation, "format": checkpointFormat, "at": c.At, "entries": c.Entries, "accounts": c.Accounts},
		"$unset": bson.M{"next": ""},
	}).Decode(&before)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return false, k.remove(ctx, k.generation)
	}
	if err != nil {
		return false, fmt.Errorf("set the checkpoint of %s: %w", k.program, err)
	}
	return true, k.remove(ctx, before.Generation)
}

// Drop removes what was kept: it does not become a checkpoint.
func (k *Keeper) Drop(ctx context.Context) error { return k.remove(ctx, k.generation) }
