package store

import (
	"context"
	"errors"
	"slices"

	"go.mongodb.org/mongo-driver/v2/mongo"
)

// labelRetry is on what the driver would have tried again, had it tries left.
const labelRetry = "RetryableWriteError"

// Trouble tells whether an error is MongoDB's and passes by itself: it did not answer, has no primary, could not confirm a write,
// or another writer was faster. Whether the write happened is not known; the same again, under the same key, finds out.
func Trouble(err error) bool {
	if errors.Is(err, ErrConflict) || errors.Is(err, ErrUnknown) || mongo.IsTimeout(err) || mongo.IsNetworkError(err) {
		return true
	}
	if labelled, ok := errors.AsType[mongo.LabeledError](err); ok && slices.ContainsFunc([]string{labelTransient, labelUnknown, labelRetry}, labelled.HasErrorLabel) {
		return true
	}
	return unconfirmed(err)
}

// unconfirmed tells whether a write was made, and mongod does not know yet if it will last.
func unconfirmed(err error) bool {
	c, ok := errors.AsType[mongo.CommandError](err)
	return made(err) || ok && slices.Contains(codesUnconfirmed, c.Code)
}

// Made drops an error that says of a write within a transaction only that it was not confirmed: it was made, and what confirms it is the commit.
// A command that failed, for whatever reason, has ended the transaction, and its error stays; so does that of a write outside of one.
func Made(ctx context.Context, err error) error {
	if mongo.SessionFromContext(ctx) != nil && made(err) {
		return nil
	}
	return err
}

// made tells whether the answer to a write says that it was made, and not confirmed.
func made(err error) bool {
	if w, ok := errors.AsType[mongo.WriteException](err); ok {
		return w.WriteConcernError != nil && len(w.WriteErrors) == 0
	}
	b, ok := errors.AsType[mongo.BulkWriteException](err)
	return ok && b.WriteConcernError != nil && len(b.WriteErrors) == 0
}

// codesUnconfirmed are those of a command whose write was made and not confirmed: WriteConcernFailed, PrimarySteppedDown,
// InterruptedDueToReplStateChange.
var codesUnconfirmed = []int32{64, 189, 11602}
