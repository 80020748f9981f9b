// Package keeping carries out one command after the other: it reads what the command is about, lets the domain decide, and
// writes what follows in one transaction, with the answer under the command's key and what the house has to hear of it.
// Where somebody else was faster it reads and decides again.
package keeping

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/fault"
	"github.com/laurel-loyalty/laurel/services/internal/outbox"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/store"
	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
	"github.com/laurel-loyalty/laurel/services/member/internal/contract"
	"github.com/laurel-loyalty/laurel/services/member/internal/domain/membership"
	"github.com/laurel-loyalty/laurel/services/member/internal/storage"
)

// Waits between tries of a command that lost a race: one more step with each, up to the most.
const (
	waitStep = time.Millisecond
	waitMax  = 25 * time.Millisecond
)

// Deps are what commands stand on.
type Deps struct {
	Storage    *storage.Storage
	Clock      clock.Clock
	Partitions int
	// Known tells if a programme has a revision.
	Known func(ctx context.Context, program string) (bool, error)
	// Wake is called when something was stored that has to be published.
	Wake func()
}

// Keeper carries out commands. Safe for many goroutines, and for many replicas.
type Keeper struct {
	Deps
	// turns has a place for each partition: within this process the commands of one wait for each other. They would lose
	// races otherwise, one after the other; what is written is right without it, which other replicas need.
	turns []chan struct{}
}

// New makes a keeper.
func New(d Deps) *Keeper {
	k := &Keeper{Deps: d, turns: make([]chan struct{}, d.Partitions)}
	for i := range k.turns {
		k.turns[i] = make(chan struct{}, 1)
	}
	return k
}

// Command is a write as it was asked for.
type Command struct {
	Program, Caller, Key string
	// Content is the name of the method and all that it was asked, so that another call under the key is known as another.
	Content []string
}

// decision reads through storage with the context that it gets, and writes nothing.
type decision func(ctx context.Context, at time.Time) (change, error)

// change is what a command comes to: what is written, and who was enrolled.
type change struct {
	storage.Changes
	enrolled []membership.Member
}

// do carries out a command. About is what it may meet others over: an account, a member, or what an alias says.
func (k *Keeper) do(ctx context.Context, c Command, about membership.ID, decide decision) (storage.Answer, error) {
	turn := k.turns[bus.Partition(c.Program, string(about), k.Partitions)]
	select {
	case turn <- struct{}{}:
		defer func() { <-turn }()
	case <-ctx.Done():
		return storage.Answer{}, fmt.Errorf("wait for a turn: %w", ctx.Err())
	}
	cmd := storage.Command{Program: c.Program, Caller: c.Caller, Key: c.Key, Hash: hash(c.Content)}
	for wait := waitStep; ; wait = min(wait+waitStep, waitMax) {
		answer, err := k.try(ctx, cmd, decide)
		if !errors.Is(err, store.ErrConflict) && !errors.Is(err, store.ErrUnknown) {
			return answer, err
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return storage.Answer{}, fmt.Errorf("%w: %w", ctx.Err(), err)
		}
	}
}

// try is one transaction. A refusal commits too, with nothing written: what it was judged by then has held.
func (k *Keeper) try(ctx context.Context, cmd storage.Command, decide decision) (storage.Answer, error) {
	var answer storage.Answer
	var refusal *reason.Error
	told := false
	err := k.Storage.Store().Transact(ctx, func(ctx context.Context) error {
		var done bool
		var err error
		at := calendar.Millis(k.Clock.Now())
		answer, done, err = k.Storage.Done(ctx, cmd)
		if err == nil && !done {
			var todo change
			if todo, err = decide(ctx, at); err == nil {
				answer, told = todo.Answer, len(todo.enrolled) > 0
				return k.write(ctx, cmd, todo, at)
			}
		}
		if r, ok := reason.Of(err); ok {
			refusal = r
			return nil
		}
		return err
	})
	if err != nil {
		return storage.Answer{}, err
	}
	if refusal != nil {
		return storage.Answer{}, refusal
	}
	fault.Point(fault.AfterCommit)
	if told {
		k.Wake()
	}
	return answer, nil
}

// write stores what a command comes to, and numbers what the house has to hear of it.
func (k *Keeper) write(ctx context.Context, cmd storage.Command, todo change, at time.Time) error {
	for _, m := range todo.enrolled {
		message, err := contract.Enrolled(cmd.Program, m)
		if err != nil {
			return err
		}
		id := bus.Partition(cmd.Program, string(m.Account), k.Partitions)
		parts, err := k.Storage.Store().ReadPartitions(ctx, []int{id})
		if err != nil {
			return err
		}
		part, ok := parts[id]
		if !ok {
			return fmt.Errorf("there is no document of partition %d", id)
		}
		todo.Chunks = append(todo.Chunks, outbox.Cut(&part, bus.Events, []outbox.Message{message.Within(telemetry.TraceOf(ctx))}, at)...)
		todo.Partitions = append(todo.Partitions, part)
	}
	return k.Storage.Write(ctx, cmd, todo.Changes, at)
}

// hash keeps apart what its parts keep apart.
func hash(content []string) [sha256.Size]byte {
	h := sha256.New()
	for _, part := range content {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(part)))
		_, _ = h.Write(n[:])
		_, _ = h.Write([]byte(part))
	}
	return [sha256.Size]byte(h.Sum(nil))
}
