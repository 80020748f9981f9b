package storage

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/token"
	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/catalogue"
	"github.com/laurel-loyalty/laurel/services/reward/internal/domain/redemption"
)

// Command is one write, under the key that its caller has given it.
type Command struct {
	Program string
	redemption.Call
}

// Answer is what a command of an operator came to.
type Answer struct {
	Reward catalogue.Reward
	Stock  catalogue.Stock
	// Added and Known count codes.
	Added, Known int
}

type answerDoc struct {
	Reward *rewardDoc `bson:"reward,omitempty"`
	PutIn  int64      `bson:"put_in"`
	Left   int64      `bson:"left"`
	Added  int        `bson:"added"`
	Known  int        `bson:"known"`
}

type commandDoc struct {
	ID     string      `bson:"_id"` // <programme>/<caller>/<idempotency key>
	Format int         `bson:"format"`
	Hash   bson.Binary `bson:"hash"` // of what was asked
	Answer answerDoc   `bson:"answer"`
	DoneAt time.Time   `bson:"done_at"`
}

func commandKey(c Command) string {
	return strings.Join([]string{c.Program, token.Of(c.Caller), c.Key}, "/")
}

// Done reads what a command answered when it came before. IDEMPOTENCY_KEY_REUSED if another one did.
func (s *Storage) Done(ctx context.Context, c Command) (Answer, bool, error) {
	var d commandDoc
	found, err := s.one(ctx, commandsName, byID(commandKey(c)), &d)
	if err != nil || !found {
		return Answer{}, false, err
	}
	if !bytes.Equal(d.Hash.Data, c.Content[:]) {
		return Answer{}, false, Reused()
	}
	answer := Answer{Stock: catalogue.Stock{PutIn: d.Answer.PutIn, Left: d.Answer.Left}, Added: d.Answer.Added, Known: d.Answer.Known}
	if d.Answer.Reward != nil {
		answer.Reward, err = rewardFromDoc(*d.Answer.Reward)
	}
	return answer, true, err
}

// Reused is the refusal of a call under the key of another.
func Reused() *reason.Error {
	return reason.New(reason.IdempotencyKeyReused, "idempotency_key", "another call was made under this key")
}

// Note stores the answer of a command. It belongs inside the transaction of what it did.
func (s *Storage) Note(ctx context.Context, c Command, a Answer, at time.Time) error {
	hash := c.Content
	d := commandDoc{
		ID: commandKey(c), Format: format, Hash: bson.Binary{Data: hash[:sha256.Size]}, DoneAt: at,
		Answer: answerDoc{PutIn: a.Stock.PutIn, Left: a.Stock.Left, Added: a.Added, Known: a.Known},
	}
	if a.Reward.Version > 0 {
		reward := rewardToDoc(c.Program, a.Reward, 0)
		d.Answer.Reward = &reward
	}
	return s.put(ctx, commandsName, d.ID, 0, d)
}

// Forget drops a command that came to nothing, so that it may be tried again. It belongs inside a transaction.
func (s *Storage) Forget(ctx context.Context, c Command) error {
	if _, err := s.store.Collection(commandsName).DeleteOne(ctx, byID(commandKey(c))); err != nil {
		return fmt.Errorf("forget a command: %w", err)
	}
	return nil
}
