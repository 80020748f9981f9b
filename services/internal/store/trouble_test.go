package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/laurel-loyalty/laurel/services/internal/store"
)

func TestTroubleIsWhatPassesByItself(t *testing.T) {
	t.Parallel()
	concern, duplicate := &mongo.WriteConcernError{Code: 64}, mongo.WriteError{Code: 11000}
	for _, c := range []struct {
		name string
		err  error
		want bool
	}{
		{"another writer was faster", store.ErrConflict, true},
		{"nobody knows if it was committed", fmt.Errorf("post: %w", store.ErrUnknown), true},
		{"no answer in time", context.DeadlineExceeded, true},
		{"the connection broke", mongo.CommandError{Labels: []string{"NetworkError"}}, true},
		{"a transaction that may be tried again", mongo.CommandError{Labels: []string{"TransientTransactionError"}}, true},
		{"a write that may be tried again", mongo.CommandError{Labels: []string{"RetryableWriteError"}}, true},
		{"a write that was not confirmed", fmt.Errorf("keep: %w", mongo.WriteException{WriteConcernError: concern}), true},
		{"many writes that were not confirmed", mongo.BulkWriteException{WriteConcernError: concern}, true},
		{"a command that was not confirmed", mongo.CommandError{Code: 64}, true},
		{"a duplicate that was not confirmed either", mongo.WriteException{WriteConcernError: concern, WriteErrors: mongo.WriteErrors{duplicate}}, false},
		{"a duplicate", mongo.WriteException{WriteErrors: mongo.WriteErrors{duplicate}}, false},
		{"a document that its schema refuses", mongo.CommandError{Code: 121}, false},
		{"something of our own", errors.New("no such thing"), false},
		{"nothing", nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, store.Trouble(c.err))
		})
	}
}
