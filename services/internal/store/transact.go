package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"

	"github.com/laurel-loyalty/laurel/services/internal/fault"
)

// ErrConflict says that another writer was faster: nothing was written. Read again and compute again.
var ErrConflict = errors.New("another writer was faster")

// ErrUnknown says that a commit may or may not have happened. Read again: keys and versions tell.
var ErrUnknown = errors.New("the outcome of the commit is not known")

// commitPatience bounds how long a commit with unknown outcome is tried again.
const commitPatience = 10 * time.Second

// writeTries is how often the writes of Commit are tried: each write of a transaction that meets another one ends all of it.
const writeTries = 4

// codeWriteConflict is mongod's answer to a write that met another one.
const codeWriteConflict = 112

// Labels that mongod and the driver put on errors.
const (
	labelTransient = "TransientTransactionError"
	labelUnknown   = "UnknownTransactionCommitResult"
)

// Transact runs the writes of fn as one snapshot transaction, once. It returns ErrConflict where trying the
// whole again may help, ErrUnknown where the commit's fate is open, and otherwise the error of fn or of mongod.
// Only the commit is retried here; whoever calls owns the loop, because it must read and compute again.
func (s *Store) Transact(ctx context.Context, fn func(ctx context.Context) error) error {
	session, err := s.client.StartSession()
	if err != nil {
		return fmt.Errorf("start session: %w", err)
	}
	defer session.EndSession(context.WithoutCancel(ctx))
	defer s.entered(session)()
	if err := session.StartTransaction(options.Transaction().SetReadConcern(readconcern.Snapshot())); err != nil {
		return fmt.Errorf("start transaction: %w", err)
	}
	if err := fn(mongo.NewSessionContext(ctx, session)); err != nil {
		// An abort that fails leaves the transaction to mongod's own time-out: the error of fn says more.
		_ = session.AbortTransaction(context.WithoutCancel(ctx))
		return classify(err)
	}
	fault.Point(fault.InCommit)
	return commit(ctx, session)
}

// entered notes that a transaction of the session is being worked on, until what it returns is called.
func (s *Store) entered(session *mongo.Session) func() {
	_, id, _ := session.ID().Lookup("id").BinaryOK()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[string(id)] = true
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.open, string(id))
	}
}

// Commit is Transact for writes that are computed already: they read nothing, and versions and keys among them say whether what they
// were computed from still holds. Where mongod had one of them meet another write, or could not confirm it, the same are tried
// again at once, a few times: that costs less than reading and computing anew, which is what ErrConflict then asks for.
func (s *Store) Commit(ctx context.Context, writes func(ctx context.Context) error) error {
	for try := 1; ; try++ {
		err := s.Transact(ctx, writes)
		if err == nil || try == writeTries || ctx.Err() != nil || errors.Is(err, ErrUnknown) || !met(err) && !unconfirmed(err) {
			return err
		}
	}
}

// met tells whether a write met another one.
func met(err error) bool {
	answer, ok := errors.AsType[mongo.ServerError](err)
	return ok && answer.HasErrorCode(codeWriteConflict)
}

func commit(ctx context.Context, session *mongo.Session) error {
	// The commit is waited for even when ctx ends meanwhile: half a stop is no stop.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitPatience)
	defer cancel()
	for {
		err := session.CommitTransaction(ctx)
		var labelled mongo.LabeledError
		switch {
		case err == nil:
			return nil
		case errors.As(err, &labelled) && labelled.HasErrorLabel(labelUnknown) && ctx.Err() == nil:
			continue
		case errors.As(err, &labelled) && labelled.HasErrorLabel(labelTransient):
			return fmt.Errorf("%w: %w", ErrConflict, err)
		default:
			return fmt.Errorf("%w: %w", ErrUnknown, err)
		}
	}
}

// classify tells a lost race from trouble.
func classify(err error) error {
	var labelled mongo.LabeledError
	if errors.Is(err, ErrConflict) {
		return err
	}
	if mongo.IsDuplicateKeyError(err) || errors.As(err, &labelled) && labelled.HasErrorLabel(labelTransient) {
		return fmt.Errorf("%w: %w", ErrConflict, err)
	}
	return err
}
