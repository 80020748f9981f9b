package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// proposalsName is the collection of adjustments, transfers and extensions that wait for a second person, or did.
const proposalsName = "proposals"

// States of a proposal, as stored.
const (
	ProposalOpen     = "open"
	ProposalApproved = "approved" // decided; the entry may not be written yet
	ProposalDone     = "done"
	ProposalRejected = "rejected"
)

// Proposal is an adjustment, a transfer or an extension that somebody proposes. It is never deleted: it says who wanted what, and who let it happen.
type Proposal struct {
	ID         string    `bson:"_id"` // <programme>/<person>/<key>, each as a token
	Format     int       `bson:"format"`
	Program    string    `bson:"programme"`
	Account    string    `bson:"account"`
	To         string    `bson:"to,omitempty"` // of a transfer: where the points go; empty: it is an adjustment
	Points     int64     `bson:"points"`
	Before     int32     `bson:"before,omitempty"` // of an extension, as are the days of its part; both 0: it is none
	Until      int32     `bson:"until,omitempty"`
	Reason     string    `bson:"reason"`
	Proposer   string    `bson:"proposer"` // the person
	Key        string    `bson:"key"`      // its idempotency key, under which the entry will stand
	ProposedAt time.Time `bson:"proposed_at"`
	ExpiresAt  time.Time `bson:"expires_at"`
	State      string    `bson:"state"`
	DecidedBy  string    `bson:"decided_by,omitempty"` // the person
	DecidedAt  time.Time `bson:"decided_at,omitempty"`
	Entry      string    `bson:"entry,omitempty"` // its key
}

func proposalsCollection() store.Collection {
	return store.Collection{Name: proposalsName, Schema: store.Object(
		bson.A{"_id", "format", "programme", "account", "points", "reason", "proposer", "key", "proposed_at", "expires_at", "state"},
		bson.M{
			"format": store.Integer(), "points": store.Integer(),
			"state": bson.M{"enum": bson.A{ProposalOpen, ProposalApproved, ProposalDone, ProposalRejected}},
		},
	)}
}

// Propose keeps a proposal, and returns the one that stands under its id: this one, or another that came before.
func (s *Storage) Propose(ctx context.Context, p Proposal) (Proposal, error) {
	p.Format = format
	_, err := s.store.Collection(proposalsName).InsertOne(ctx, p)
	if err != nil && !mongo.IsDuplicateKeyError(err) {
		return p, fmt.Errorf("keep proposal %s: %w", p.ID, err)
	}
	return s.Proposal(ctx, p.Program, p.ID)
}

// Proposal reads a programme's proposal. PROPOSAL_NOT_FOUND if it has none of this id.
func (s *Storage) Proposal(ctx context.Context, program, id string) (Proposal, error) {
	var p Proposal
	err := s.store.Collection(proposalsName).FindOne(ctx, bson.M{"_id": id, "programme": program}).Decode(&p)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return p, reason.New(reason.ProposalNotFound, "proposal_id", "programme %s has no proposal %s", program, id)
	}
	if err != nil {
		return p, fmt.Errorf("read proposal %s: %w", id, err)
	}
	return p, nil
}

// Decide takes an open proposal to another state, in the name of a person. False: it is not open any more.
func (s *Storage) Decide(ctx context.Context, id, state, by string, at time.Time) (bool, error) {
	result, err := s.store.Collection(proposalsName).UpdateOne(ctx, bson.M{"_id": id, "state": ProposalOpen},
		bson.M{"$set": bson.M{"state": state, "decided_by": by, "decided_at": at}})
	if err != nil {
		return false, fmt.Errorf("decide on proposal %s: %w", id, err)
	}
	return result.MatchedCount == 1, nil
}

// Done notes the entry that an approved proposal has made. It is safe to repeat.
func (s *Storage) Done(ctx context.Context, id, entry string) error {
	_, err := s.store.Collection(proposalsName).UpdateOne(ctx, bson.M{"_id": id, "state": ProposalApproved},
		bson.M{"$set": bson.M{"state": ProposalDone, "entry": entry}})
	if err != nil {
		return fmt.Errorf("note the entry of proposal %s: %w", id, err)
	}
	return nil
}

// Proposals lists a programme's proposals in the order of their ids, behind one of them; of any state if that is empty.
func (s *Storage) Proposals(ctx context.Context, program, state, after string, limit int) ([]Proposal, error) {
	filter := bson.M{"_id": bson.M{"$gt": max(after, program+"/"), "$lt": program + "0"}} // '0' follows '/'
	if state != "" {
		filter["state"] = state
	}
	opts := options.Find().SetSort(bson.D{{Key: "_id", Value: 1}}).SetLimit(int64(limit))
	cursor, err := s.store.Collection(proposalsName).Find(ctx, filter, opts)
	if err != nil {
		return nil, fmt.Errorf("list proposals: %w", err)
	}
	var list []Proposal
	if err := cursor.All(ctx, &list); err != nil {
		return nil, fmt.Errorf("list proposals: %w", err)
	}
	return list, nil
}
