package api

import (
	"context"
	"time"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/contract"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/cursor"
)

// ListOwnEntries implements AccrualService. Whose entries are listed, the credential says.
func (s *Server) ListOwnEntries(ctx context.Context, in *accrualv1.ListOwnEntriesRequest) (*accrualv1.ListOwnEntriesResponse, error) {
	caller := who(ctx).Caller
	list := []string{"own", in.GetProgram(), caller, in.GetKeyPrefix()}
	after, err := cursor.Place(list, in.GetPageToken())
	if err != nil {
		return nil, err
	}
	size := pageSize(in.GetPageSize())
	entries, err := s.deps.Storage.EntriesInRange(ctx, storage.KeyRange{
		Program: in.GetProgram(), Prefix: ledger.CommandPrefix(caller) + in.GetKeyPrefix(), After: after, Limit: size + 1,
	})
	if err != nil {
		return nil, err
	}
	messages := make([]*accrualv1.Entry, len(entries))
	for i, e := range entries {
		e.RecordedAt = time.Time{}
		messages[i] = contract.Entry(e)
	}
	answer := &accrualv1.ListOwnEntriesResponse{}
	shown, more := page(messages, size)
	answer.Entries = shown
	if more {
		answer.NextPageToken = cursor.Of(list, shown[len(shown)-1].GetKey())
	}
	return answer, nil
}
