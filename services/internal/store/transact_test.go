package store_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/mongod"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

var errBroken = errors.New("an invariant does not hold")

func TestATransactionHappensWholeOrNotAtAll(t *testing.T) {
	for _, c := range []struct {
		name string
		then func(ctx context.Context, s *store.Store) error // after two writes
		err  error                                           // nil: it happens
		not  error                                           // what the error is not
	}{
		{name: "nothing is wrong", then: func(context.Context, *store.Store) error { return nil }},
		{
			name: "an error of the caller's own", err: errBroken, not: store.ErrConflict,
			then: func(context.Context, *store.Store) error { return errBroken },
		}, {
			name: "a conflict that the caller found", err: store.ErrConflict,
			then: func(context.Context, *store.Store) error { return errors.Join(store.ErrConflict, errBroken) },
		}, {
			name: "a key that is there already", err: store.ErrConflict,
			then: func(ctx context.Context, s *store.Store) error { return insert(ctx, s, thing("earlier", 9)) },
		}, {
			name: "another unique index", err: store.ErrConflict,
			then: func(ctx context.Context, s *store.Store) error { return insert(ctx, s, thing("later", 0)) },
		}, {
			name: "a document that breaks the schema", err: mongo.WriteException{}, not: store.ErrConflict,
			then: func(ctx context.Context, s *store.Store) error { return insert(ctx, s, bson.M{"points": 1.5}) },
		}, {
			name: "somebody else wrote the same document meanwhile", err: store.ErrConflict,
			then: func(ctx context.Context, s *store.Store) error {
				more := bson.M{"$inc": bson.M{"points": int64(1)}}
				outside := mongo.NewSessionContext(ctx, nil)
				if _, err := s.Collection("things").UpdateByID(outside, "earlier", more); err != nil {
					return err
				}
				_, err := s.Collection("things").UpdateByID(ctx, "earlier", more)
				return err
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := house(t)
			require.NoError(t, insert(t.Context(), s, thing("earlier", 0)))
			runs := 0
			err := s.Transact(t.Context(), func(ctx context.Context) error {
				runs++
				for _, d := range []bson.M{thing("a", 1), thing("b", 2)} {
					if err := insert(ctx, s, d); err != nil {
						return err
					}
				}
				return c.then(ctx, s)
			})
			require.Equal(t, 1, runs, "who calls owns the loop")
			if c.err == nil {
				require.NoError(t, err)
				require.Equal(t, []string{"a", "b", "earlier"}, ids(t, s))
				return
			}
			requireKind(t, err, c.err)
			require.False(t, c.not != nil && errors.Is(err, c.not), "got %v", err)
			require.Equal(t, []string{"earlier"}, ids(t, s))
		})
	}
}

// TestComputedWritesAreTriedAgainWhereTheyMeetOthers lets somebody else write what a transaction is about to write.
func TestComputedWritesAreTriedAgainWhereTheyMeetOthers(t *testing.T) {
	const tries = 4
	more := bson.M{"$inc": bson.M{"points": int64(1)}}
	for _, c := range []struct {
		name string
		met  int                                                      // tries in which another writer is faster
		then func(ctx context.Context, s *store.Store, run int) error // after the writes
		runs int
		err  error // nil: it happens
	}{
		{name: "nobody is in the way", runs: 1},
		{name: "somebody was, once", met: 1, runs: 2},
		{name: "as often as it is tried but once", met: tries - 1, runs: tries},
		{name: "always", met: tries, runs: tries, err: store.ErrConflict},
		{
			name: "a key that is there already says that it was computed from what no longer holds", runs: 1, err: store.ErrConflict,
			then: func(ctx context.Context, s *store.Store, _ int) error { return insert(ctx, s, thing("earlier", 9)) },
		}, {
			name: "so does a version, which the second try sees", met: 1, runs: 2, err: store.ErrConflict,
			then: func(_ context.Context, _ *store.Store, run int) error {
				if run == 2 {
					return store.ErrConflict
				}
				return nil
			},
		}, {
			name: "an error of the caller's own", runs: 1, err: errBroken,
			then: func(context.Context, *store.Store, int) error { return errBroken },
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := house(t)
			require.NoError(t, insert(t.Context(), s, thing("earlier", 0)))
			runs := 0
			err := s.Commit(t.Context(), func(ctx context.Context) error {
				runs++
				if err := insert(ctx, s, thing("a", 1)); err != nil {
					return err
				}
				if runs <= c.met {
					if _, err := s.Collection("things").UpdateByID(mongo.NewSessionContext(ctx, nil), "earlier", more); err != nil {
						return err
					}
				}
				if _, err := s.Collection("things").UpdateByID(ctx, "earlier", more); err != nil || c.then == nil {
					return err
				}
				return c.then(ctx, s, runs)
			})
			require.Equal(t, c.runs, runs)
			if c.err != nil {
				require.ErrorIs(t, err, c.err)
				require.Equal(t, []string{"earlier"}, ids(t, s))
				return
			}
			require.NoError(t, err)
			require.Equal(t, []string{"a", "earlier"}, ids(t, s))
		})
	}
}

// requireKind holds an error against one that it is, or whose type it has.
func requireKind(t *testing.T, err, want error) {
	t.Helper()
	if _, ok := errors.AsType[mongo.WriteException](want); ok {
		require.True(t, isType[mongo.WriteException](err), "got %v", err)
		return
	}
	require.ErrorIs(t, err, want)
}

func isType[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func insert(ctx context.Context, s *store.Store, document bson.M) error {
	_, err := s.Collection("things").InsertOne(ctx, document)
	return err
}

// fault is what mongod's fail point does to a command: closeConnection cuts it off unanswered before it runs;
// writeConcernError lets it run and then says that nobody knows whether it will last.
type fault bson.M

// breakable is a mongod of the test's own, which takes test commands.
func breakable(t *testing.T) string {
	t.Helper()
	server, err := mongod.Start(t.Context(), mongod.Options{
		Dir: t.TempDir(), Logger: testkit.Logger(t), ExtraArgs: []string{"--setParameter", "enableTestCommands=1"},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop()) })
	return server.URI()
}

// TestACommitIsTriedAgainAndHappensOnce breaks commits.
func TestACommitIsTriedAgainAndHappensOnce(t *testing.T) {
	t.Parallel()
	uri := breakable(t)
	cut := fault{"closeConnection": true}
	unsure := fault{"writeConcernError": bson.M{"code": 64, "errmsg": "waited too long"}}
	aborted := fault{"errorCode": 251, "errorLabels": bson.A{"TransientTransactionError"}}
	for i, c := range []struct {
		name  string
		fault fault
		times int
		err   error
		ids   []string
	}{
		{name: "cut off once", fault: cut, times: 1, ids: []string{"a"}},
		{name: "cut off more often than the driver tries", fault: cut, times: 5, ids: []string{"a"}},
		{name: "done, but nobody knows if on the majority", fault: unsure, times: 3, ids: []string{"a"}},
		{name: "mongod had aborted it", fault: aborted, times: 1, err: store.ErrConflict},
		{name: "an answer that nobody expects", fault: fault{"errorCode": 8000}, times: 1, err: store.ErrUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := open(t, uri, fmt.Sprint("faults_", i))
			before := failCommands(t, uri, c.fault, c.times, "commitTransaction")
			parts := load(t, s, 0)
			err := move(t.Context(), s, "a", 1, parts[0])
			if c.err != nil {
				require.ErrorIs(t, err, c.err)
			} else {
				require.NoError(t, err)
				require.Equal(t, int64(1), load(t, s, 0)[0].Version, "it happened once")
			}
			require.Equal(t, c.ids, ids(t, s))
			require.Equal(t, before+c.times, failCommands(t, uri, c.fault, 0, "commitTransaction"), "the fault was met each time")
		})
	}
}

// TestOnlyTheCommitSaysWhatLasts: a write within a transaction that is not confirmed was made all the same.
func TestOnlyTheCommitSaysWhatLasts(t *testing.T) {
	t.Parallel()
	uri := breakable(t)
	s := open(t, uri, "unconfirmed")
	require.NoError(t, insert(t.Context(), s, thing("earlier", 0)))
	parts := load(t, s, 0)
	unsure := fault{"writeConcernError": bson.M{"code": 64, "errmsg": "waited too long"}}
	failCommands(t, uri, unsure, 3, "insert", "update")
	runs := 0
	require.NoError(t, s.Commit(t.Context(), func(ctx context.Context) error {
		runs++
		if err := s.MovePartitions(ctx, []store.Partition{parts[0]}); err != nil {
			return err
		}
		if err := s.InsertWritten(ctx, "things", []bson.Raw{written(t, thing("a", 1))}); err != nil {
			return err
		}
		n, err := s.Replace(ctx, "things", []store.Replacement{{ID: "earlier", Document: written(t, thing("earlier", 2))}})
		require.Equal(t, 1, n)
		return err
	}))
	require.Equal(t, 1, runs)
	require.Equal(t, 3, failCommands(t, uri, unsure, 0, "insert"), "each was met")
	require.Equal(t, []string{"a", "earlier"}, ids(t, s))
	require.Equal(t, int64(1), load(t, s, 0)[0].Version)

	failCommands(t, uri, unsure, 1, "update")
	require.True(t, store.Trouble(s.MovePartitions(t.Context(), []store.Partition{load(t, s, 0)[0]})), "outside of a transaction nothing else would say it")
	interrupted := mongo.CommandError{Code: 11602}
	inside := mongo.NewSessionContext(t.Context(), &mongo.Session{})
	require.Equal(t, interrupted, store.Made(inside, interrupted), "a command that failed has made nothing")
}

// failCommands makes the next commands fail, and returns how often any have failed so far.
func failCommands(t *testing.T, uri string, f fault, times int, commands ...string) int {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	require.NoError(t, err)
	defer func() { require.NoError(t, client.Disconnect(t.Context())) }()
	var mode any = bson.D{{Key: "times", Value: times}}
	if times == 0 {
		mode = "off"
	}
	data := bson.M{"failCommands": commands}
	maps.Copy(data, f)
	var answer struct {
		Count int `bson:"count"`
	}
	err = client.Database("admin").RunCommand(t.Context(), bson.D{
		{Key: "configureFailPoint", Value: "failCommand"}, {Key: "mode", Value: mode}, {Key: "data", Value: data},
	}).Decode(&answer)
	require.NoError(t, err)
	return answer.Count
}

// TestTheEndOfTheContextDoesNotCutACommitOff ends the caller's context as the last write is made.
func TestTheEndOfTheContextDoesNotCutACommitOff(t *testing.T) {
	t.Parallel()
	s := house(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	require.NoError(t, s.Transact(ctx, func(ctx context.Context) error {
		defer cancel()
		return insert(ctx, s, thing("a", 1))
	}))
	require.Equal(t, []string{"a"}, ids(t, s))
}

func TestATransactionWhoseContextHasEndedWritesNothing(t *testing.T) {
	t.Parallel()
	s := house(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := s.Transact(ctx, func(ctx context.Context) error {
		if err := insert(ctx, s, thing("a", 1)); err != nil {
			return err
		}
		cancel()
		return insert(ctx, s, thing("b", 2))
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, ids(t, s))
}
