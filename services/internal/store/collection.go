package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Collection declares a collection beside the code that needs it.
type Collection struct {
	Name string
	// Schema is a $jsonSchema; documents that break it are refused by mongod.
	Schema  bson.M
	Indexes []mongo.IndexModel
}

// codeNamespaceExists is mongod's answer to creating what is there.
const codeNamespaceExists = 48

// Ensure creates what is missing and brings the schemas up to date. It may run at every start, from any number of replicas.
func (s *Store) Ensure(ctx context.Context, collections ...Collection) error {
	for _, c := range collections {
		if err := s.ensure(ctx, c); err != nil {
			return fmt.Errorf("prepare collection %s: %w", c.Name, err)
		}
	}
	return nil
}

// ensure alters what is there only where it has to: an alteration waits for every transaction that is open on the
// collection, also for one whose process is dead.
func (s *Store) ensure(ctx context.Context, c Collection) error {
	validator := bson.M{"$jsonSchema": c.Schema}
	have, err := s.validator(ctx, c.Name)
	if err == nil && have == nil {
		err = s.db.CreateCollection(ctx, c.Name, options.CreateCollection().SetValidator(validator))
		var command mongo.CommandError
		if errors.As(err, &command) && command.Code == codeNamespaceExists { // another replica was faster
			have, err = s.validator(ctx, c.Name)
		}
	}
	if err == nil && have != nil && !same(have, validator) {
		err = s.db.RunCommand(ctx, bson.D{{Key: "collMod", Value: c.Name}, {Key: "validator", Value: validator}}).Err()
	}
	if err != nil || len(c.Indexes) == 0 {
		return err
	}
	_, err = s.db.Collection(c.Name).Indexes().CreateMany(ctx, c.Indexes)
	return err
}

// validator is what a collection holds its documents against; nil if there is no such collection.
func (s *Store) validator(ctx context.Context, name string) (bson.M, error) {
	cursor, err := s.db.ListCollections(ctx, bson.M{"name": name})
	if err != nil {
		return nil, err
	}
	var found []struct {
		Options struct{ Validator bson.M }
	}
	if err := cursor.All(ctx, &found); err != nil || len(found) == 0 {
		return nil, err
	}
	if found[0].Options.Validator == nil {
		return bson.M{}, nil
	}
	return found[0].Options.Validator, nil
}

// same compares two documents without the order of their fields, which a map does not keep.
func same(a, b bson.M) bool {
	x, y := sorted(a), sorted(b)
	return x != nil && bytes.Equal(x, y)
}

// sorted writes a document as JSON with its fields in the order of their names; nil if it cannot be written.
func sorted(document bson.M) []byte {
	const canonical, escapeHTML = true, false
	text, err := bson.MarshalExtJSON(document, canonical, escapeHTML)
	var plain map[string]any
	if err == nil {
		err = json.Unmarshal(text, &plain)
	}
	if err == nil {
		text, err = json.Marshal(plain)
	}
	if err != nil {
		return nil
	}
	return text
}

// Integer is the schema of a whole number: doubles are refused.
func Integer() bson.M { return bson.M{"bsonType": bson.A{"int", "long"}} }

// Object is the schema of a document with fields that must be there. Other fields may be.
func Object(required bson.A, properties bson.M) bson.M {
	return bson.M{"bsonType": "object", "required": required, "properties": properties}
}
