package store

import (
	"context"
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

func (s *Store) ensure(ctx context.Context, c Collection) error {
	validator := bson.M{"$jsonSchema": c.Schema}
	err := s.db.CreateCollection(ctx, c.Name, options.CreateCollection().SetValidator(validator))
	var command mongo.CommandError
	if errors.As(err, &command) && command.Code == codeNamespaceExists {
		err = s.db.RunCommand(ctx, bson.D{{Key: "collMod", Value: c.Name}, {Key: "validator", Value: validator}}).Err()
	}
	if err != nil {
		return err
	}
	if len(c.Indexes) == 0 {
		return nil
	}
	_, err = s.db.Collection(c.Name).Indexes().CreateMany(ctx, c.Indexes)
	return err
}

// Integer is the schema of a whole number: doubles are refused.
func Integer() bson.M { return bson.M{"bsonType": bson.A{"int", "long"}} }

// Object is the schema of a document with fields that must be there. Other fields may be.
func Object(required bson.A, properties bson.M) bson.M {
	return bson.M{"bsonType": "object", "required": required, "properties": properties}
}
