package storage

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/laurel-loyalty/laurel/services/internal/outbox"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/member/internal/domain/alias"
	"github.com/laurel-loyalty/laurel/services/member/internal/domain/membership"
)

// Command is one write, under the key that its caller has given it.
type Command struct {
	Program, Caller, Key string
	Hash                 [sha256.Size]byte // of what is asked
}

// Answer is what a command answers: the rows that it is about, as they are then.
type Answer struct {
	Members []membership.Member
	Aliases []alias.Alias
}

// Changes is what one command writes.
type Changes struct {
	Members    []Row[membership.Member]
	Aliases    []Row[alias.Alias]
	Partitions []store.Partition
	Chunks     []outbox.Chunk
	Answer     Answer
}

// Write stores the changes of a command and its answer. It belongs inside a transaction. store.ErrConflict: somebody else
// has written one of the rows; nothing may be committed.
func (s *Storage) Write(ctx context.Context, c Command, changes Changes, at time.Time) error {
	done := commandDoc{ID: commandKey(c), Format: format, Hash: bson.Binary{Data: c.Hash[:]}, DoneAt: at}
	for _, m := range changes.Answer.Members {
		done.Members = append(done.Members, memberToDoc(c.Program, m, 0))
	}
	for _, a := range changes.Answer.Aliases {
		done.Aliases = append(done.Aliases, aliasToDoc(c.Program, a, 0))
	}
	if _, err := s.store.Collection(commandsName).InsertOne(ctx, done); err != nil {
		return fmt.Errorf("store the answer of a command: %w", err)
	}
	for _, m := range changes.Members {
		d := memberToDoc(c.Program, m.Value, m.version+1)
		if err := s.put(ctx, membersName, d.ID, m.version, d); err != nil {
			return err
		}
	}
	for _, a := range changes.Aliases {
		d := aliasToDoc(c.Program, a.Value, a.version+1)
		if err := s.put(ctx, aliasesName, d.ID, a.version, d); err != nil {
			return err
		}
	}
	if err := s.store.MovePartitions(ctx, changes.Partitions); err != nil {
		return err
	}
	return outbox.Insert(ctx, s.store, changes.Chunks)
}

// put stores a document whose stored version is still the given one; 0: none is stored.
func (s *Storage) put(ctx context.Context, collection, id string, version int64, document any) error {
	if version == 0 {
		if _, err := s.store.Collection(collection).InsertOne(ctx, document); err != nil {
			return fmt.Errorf("store one of %s: %w", collection, err)
		}
		return nil
	}
	result, err := s.store.Collection(collection).ReplaceOne(ctx, bson.M{"_id": id, "version": version}, document)
	if err != nil {
		return fmt.Errorf("store one of %s: %w", collection, err)
	}
	if result.MatchedCount != 1 {
		return fmt.Errorf("%w: one of %s has changed", store.ErrConflict, collection)
	}
	return nil
}

func answerFromDoc(d commandDoc) (Answer, error) {
	members, err := all(d.Members, memberFromDoc)
	if err != nil {
		return Answer{}, err
	}
	aliases, err := all(d.Aliases, aliasFromDoc)
	return Answer{members, aliases}, err
}
