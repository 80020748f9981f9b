package api

import (
	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// cursor is how far a table was read: the last change of each partition.
type cursor map[int]storage.Change

// tableOnly is the request without its place: what a cursor belongs to.
func tableOnly(in *analyticsv1.ListRowsRequest) *analyticsv1.ListRowsRequest {
	return &analyticsv1.ListRowsRequest{Program: in.GetProgram(), Table: in.GetTable()}
}

// cursorOf reads the cursor of a request; the empty one begins the table. INVALID_ARGUMENT for one that was not made for this
// table.
func cursorOf(in *analyticsv1.ListRowsRequest) (cursor, error) {
	at := cursor{}
	if in.GetCursor() == "" {
		return at, nil
	}
	ok, err := opened(tableOnly(in), in.GetCursor(), &at)
	if err == nil && !ok {
		err = reason.New(reason.InvalidArgument, "cursor",
			"this cursor does not belong to table %s of %s; leave it out to begin anew", in.GetTable(), in.GetProgram())
	}
	return at, err
}
