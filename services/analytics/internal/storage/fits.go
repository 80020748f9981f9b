package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// FitState is how far a fit has come.
type FitState int

// States of a fit.
const (
	FitUnset FitState = iota
	FitQueued
	FitRunning
	FitEnded
)

// Fit is a fit as it is kept: what it is and came to is Body, bytes that fitting writes and reads.
type Fit struct {
	Program, ID string
	State       FitState
	RequestedAt time.Time
	// Digest is that of the request, so that a key that comes again with another one is seen.
	Digest string
	Body   []byte
}

// fitDoc is Fit with who works on it. Whoever works beats; who has stopped beating has lost it.
type fitDoc struct {
	ID          string    `bson:"_id"` // <programme>/<id>
	Format      int       `bson:"format"`
	Program     string    `bson:"programme"`
	Fit         string    `bson:"fit"`
	State       int       `bson:"state"`
	RequestedAt time.Time `bson:"requested_at"`
	Digest      string    `bson:"digest"`
	Body        []byte    `bson:"body"`
	Owner       string    `bson:"owner"`
	Beat        time.Time `bson:"beat"`
}

// championDoc is the fit of a programme that reports use.
type championDoc struct {
	ID     string `bson:"_id"` // the programme
	Format int    `bson:"format"`
	Fit    string `bson:"fit"`
}

func fitID(program, id string) string { return program + "/" + id }

func fitsCollection() store.Collection {
	return store.Collection{
		Name: fitsName,
		Schema: store.Object(bson.A{"_id", "format", "programme", "fit", "state", "requested_at", "digest", "body", "owner", "beat"}, bson.M{
			"format": store.Integer(), "state": store.Integer(), "body": bson.M{"bsonType": "binData"},
		}),
		Indexes: []mongo.IndexModel{
			{
				Keys:    bson.D{{Key: "programme", Value: 1}, {Key: "requested_at", Value: -1}, {Key: "fit", Value: 1}},
				Options: options.Index().SetName("programme_requested"),
			}, {
				Keys:    bson.D{{Key: "state", Value: 1}, {Key: "requested_at", Value: 1}},
				Options: options.Index().SetName("state_requested"),
			},
		},
	}
}

func championsCollection() store.Collection {
	return store.Collection{Name: championsName, Schema: store.Object(bson.A{"_id", "format", "fit"}, bson.M{"format": store.Integer()})}
}

// AddFit keeps a new fit. Not fresh: there is one of this id, which is returned.
func (s *Storage) AddFit(ctx context.Context, f Fit) (Fit, bool, error) {
	doc := fitDoc{
		ID: fitID(f.Program, f.ID), Format: format, Program: f.Program, Fit: f.ID, State: int(FitQueued),
		RequestedAt: f.RequestedAt, Digest: f.Digest, Body: f.Body,
	}
	_, err := s.store.Collection(fitsName).InsertOne(ctx, doc)
	if mongo.IsDuplicateKeyError(err) {
		known, _, err := s.Fit(ctx, f.Program, f.ID)
		return known, false, err
	}
	if err != nil {
		return Fit{}, false, fmt.Errorf("keep fit %s: %w", doc.ID, err)
	}
	f.State = FitQueued
	return f, true, nil
}

// Fit returns a fit; not ok if there is none.
func (s *Storage) Fit(ctx context.Context, program, id string) (Fit, bool, error) {
	var doc fitDoc
	err := s.store.Collection(fitsName).FindOne(ctx, bson.M{"_id": fitID(program, id)}).Decode(&doc)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return Fit{}, false, nil
	}
	if err != nil {
		return Fit{}, false, fmt.Errorf("read fit %s: %w", fitID(program, id), err)
	}
	return fitFromDoc(doc), true, nil
}

func fitFromDoc(d fitDoc) Fit {
	return Fit{
		Program: d.Program, ID: d.Fit, State: FitState(d.State), RequestedAt: d.RequestedAt.UTC(), Digest: d.Digest, Body: d.Body,
	}
}

// FitPlace is a place in the list of a programme's fits.
type FitPlace struct {
	RequestedAt time.Time
	ID          string
}

// Fits returns the fits of a programme, the latest first, those behind a place alone if it is set.
func (s *Storage) Fits(ctx context.Context, program string, after *FitPlace, limit int) ([]Fit, error) {
	filter := bson.M{"programme": program}
	if after != nil {
		filter["$or"] = bson.A{
			bson.M{"requested_at": bson.M{"$lt": after.RequestedAt}},
			bson.M{"requested_at": after.RequestedAt, "fit": bson.M{"$gt": after.ID}},
		}
	}
	sorted := options.Find().SetSort(bson.D{{Key: "requested_at", Value: -1}, {Key: "fit", Value: 1}}).SetLimit(int64(limit))
	cursor, err := s.store.Collection(fitsName).Find(ctx, filter, sorted)
	if err != nil {
		return nil, fmt.Errorf("list the fits of %s: %w", program, err)
	}
	var docs []fitDoc
	if err := cursor.All(ctx, &docs); err != nil {
		return nil, fmt.Errorf("list the fits of %s: %w", program, err)
	}
	list := make([]Fit, len(docs))
	for i, d := range docs {
		list[i] = fitFromDoc(d)
	}
	return list, nil
}

// WaitingFits counts the fits of a programme that have not ended.
func (s *Storage) WaitingFits(ctx context.Context, program string) (int64, error) {
	filter := bson.M{"programme": program, "state": bson.M{"$in": bson.A{int(FitQueued), int(FitRunning)}}}
	n, err := s.store.Collection(fitsName).CountDocuments(ctx, filter)
	if err != nil {
		return 0, fmt.Errorf("count the fits of %s that wait: %w", program, err)
	}
	return n, nil
}

// Claim says who works on fits, now, and since when a silent one has lost what they had.
type Claim struct {
	Owner       string
	Now, Silent time.Time
}

// ClaimFit gives the oldest fit that nobody works on to the claimant; not ok if there is none.
func (s *Storage) ClaimFit(ctx context.Context, c Claim) (Fit, bool, error) {
	filter := bson.M{"$or": bson.A{
		bson.M{"state": int(FitQueued)}, bson.M{"state": int(FitRunning), "beat": bson.M{"$lt": c.Silent}},
	}}
	set := bson.M{"$set": bson.M{"state": int(FitRunning), "owner": c.Owner, "beat": c.Now}}
	oldest := options.FindOneAndUpdate().SetSort(bson.D{{Key: "requested_at", Value: 1}, {Key: "_id", Value: 1}}).SetReturnDocument(options.After)
	var doc fitDoc
	err := s.store.Collection(fitsName).FindOneAndUpdate(ctx, filter, set, oldest).Decode(&doc)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return Fit{}, false, nil
	}
	if err != nil {
		return Fit{}, false, fmt.Errorf("claim a fit: %w", err)
	}
	return fitFromDoc(doc), true, nil
}

// PutFit writes how far a fit has come, as its owner. store.ErrConflict: another one has it.
func (s *Storage) PutFit(ctx context.Context, f Fit, c Claim) error {
	filter := bson.M{"_id": fitID(f.Program, f.ID), "owner": c.Owner, "state": int(FitRunning)}
	set := bson.M{"$set": bson.M{"state": int(f.State), "body": f.Body, "beat": c.Now}}
	result, err := s.store.Collection(fitsName).UpdateOne(ctx, filter, set)
	if err != nil {
		return fmt.Errorf("write fit %s: %w", f.ID, err)
	}
	if result.MatchedCount == 0 {
		return fmt.Errorf("%w: fit %s has another owner", store.ErrConflict, f.ID)
	}
	return nil
}

// EndFit writes what a fit came to, as its owner, and puts it into use if it is to be, both or neither. store.ErrConflict:
// another one has it.
func (s *Storage) EndFit(ctx context.Context, f Fit, c Claim, champion bool) error { //nolint:revive // one thing of the fit, as the others
	f.State = FitEnded
	return s.store.Transact(ctx, func(ctx context.Context) error {
		if err := s.PutFit(ctx, f, c); err != nil || !champion {
			return err
		}
		return s.PutChampion(ctx, f.Program, f.ID)
	})
}

// Champion returns the fit of a programme that is in use; empty if none is.
func (s *Storage) Champion(ctx context.Context, program string) (string, error) {
	var doc championDoc
	err := s.store.Collection(championsName).FindOne(ctx, bson.M{"_id": program}).Decode(&doc)
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return "", fmt.Errorf("read the champion of %s: %w", program, err)
	}
	return doc.Fit, nil
}

// PutChampion puts a fit into use.
func (s *Storage) PutChampion(ctx context.Context, program, id string) error {
	_, err := s.store.Collection(championsName).ReplaceOne(ctx, bson.M{"_id": program},
		championDoc{ID: program, Format: format, Fit: id}, options.Replace().SetUpsert(true))
	if err != nil {
		return fmt.Errorf("put fit %s into use: %w", id, err)
	}
	return nil
}
