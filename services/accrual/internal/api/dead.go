package api

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/contract"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
	"github.com/laurel-loyalty/laurel/services/internal/cursor"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// Headers of a CloudEvent that a redrive replaces, and those that the bus gave the first publishing.
const (
	headerID        = "ce-id"
	headerRedriveOf = "ce-" + follow.ExtensionRedriveOf
	busPrefix       = "nats-"
)

// ListDeadLetters implements AccrualService.
func (s *Server) ListDeadLetters(ctx context.Context, in *accrualv1.ListDeadLettersRequest) (*accrualv1.ListDeadLettersResponse, error) {
	list := []string{"dead", in.GetProgram()}
	after, err := cursor.Place(list, in.GetPageToken())
	if err != nil {
		return nil, err
	}
	size := pageSize(in.GetPageSize())
	refusals, err := s.deps.Storage.Refusals(ctx, in.GetProgram(), after, size+1)
	if err != nil {
		return nil, err
	}
	letters := make([]*accrualv1.DeadLetter, len(refusals))
	for i, r := range refusals {
		letters[i] = deadLetter(r)
	}
	answer := &accrualv1.ListDeadLettersResponse{}
	shown, more := page(letters, size)
	answer.DeadLetters = shown
	if more {
		answer.NextPageToken = cursor.Of(list, shown[len(shown)-1].GetId())
	}
	return answer, nil
}

// GetDeadLetter implements AccrualService.
func (s *Server) GetDeadLetter(ctx context.Context, in *accrualv1.GetDeadLetterRequest) (*accrualv1.GetDeadLetterResponse, error) {
	row, err := s.deps.Storage.Refusal(ctx, in.GetId())
	if err != nil {
		return nil, err
	}
	return &accrualv1.GetDeadLetterResponse{DeadLetter: deadLetter(row)}, nil
}

func deadLetter(r storage.Refusal) *accrualv1.DeadLetter {
	letter := &accrualv1.DeadLetter{
		Id: r.ID, Program: clean(r.Program), Merchant: clean(r.Merchant), Account: clean(r.Account), Kind: clean(r.Kind),
		EventId: clean(r.EventID), EventSource: clean(r.EventSource), Reason: r.Reason, Message: clean(r.Message),
		Field: clean(r.Field), Subject: clean(r.Subject), StreamSequence: uint64(r.Sequence), //nolint:gosec // written from a uint64
		RefusedAt: contract.Time(r.RefusedAt), Body: r.Body, Redriven: int32(r.Redriven), //nolint:gosec // one for each call
	}
	for _, h := range r.Headers {
		letter.Headers = append(letter.Headers, clean(h))
	}
	return letter
}

// clean makes text of what a stranger wrote: a message with broken UTF-8 could not be sent at all.
func clean(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }

// RedriveDeadLetter implements AccrualService. The count is raised after the event was published, so a call that is
// repeated because nobody saw its answer publishes the same event again: the ledger knows it.
func (s *Server) RedriveDeadLetter(ctx context.Context, in *accrualv1.RedriveDeadLetterRequest) (*accrualv1.RedriveDeadLetterResponse, error) {
	row, err := s.deps.Storage.Refusal(ctx, in.GetId())
	if err != nil {
		return nil, err
	}
	n := row.Redriven + 1
	id := redriveID(row, n)
	if _, err := s.deps.Bus.Publish(ctx, redriven(row, id)); err != nil {
		return nil, notPublished(err)
	}
	if err := s.deps.Storage.CountRedrive(ctx, row.ID, n); err != nil {
		return nil, err
	}
	return &accrualv1.RedriveDeadLetterResponse{EventId: id}, nil
}

// refusedID names the event that was refused; one that had no id that could be read is named by its dead letter.
func refusedID(row storage.Refusal) string {
	if row.EventID == "" {
		return row.ID
	}
	return row.EventID
}

func redriveID(row storage.Refusal, n int) string {
	return fmt.Sprintf("%s/redrive/%d", refusedID(row), n)
}

// redriven is the event that a refused one becomes: the same, but for its id and the name of the old one.
func redriven(row storage.Refusal, id string) bus.Outgoing {
	header := nats.Header{}
	for _, line := range row.Headers {
		name, value, ok := strings.Cut(line, ": ")
		lower := strings.ToLower(name)
		if !ok || lower == headerID || lower == headerRedriveOf || strings.HasPrefix(lower, busPrefix) {
			continue
		}
		header[name] = append(header[name], value)
	}
	encoded := cloudevent.Event{ID: id, Extensions: map[string]string{follow.ExtensionRedriveOf: refusedID(row)}}.Headers()
	header[headerID], header[headerRedriveOf] = encoded[headerID], encoded[headerRedriveOf]
	return bus.Outgoing{
		Subject: row.Subject, Header: header, Data: row.Body, ID: bus.EventID(row.EventSource, id, row.Body),
	}
}

// notPublished tells a caller what to do about the bus.
func notPublished(err error) error {
	switch {
	case errors.Is(err, bus.ErrRetry):
		return reason.New(reason.NotReady, "", "the bus has not acknowledged the event; try again, it will take effect once")
	case errors.Is(err, reason.DiskLow):
		return err
	case errors.Is(err, bus.ErrFull):
		return reason.New(reason.Overloaded, "", "the bus is full: an operator must make room; nothing was published")
	}
	return fmt.Errorf("redrive: %w", err)
}
