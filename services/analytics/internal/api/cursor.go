package api

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"

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

// token writes the cursor as a token: a version byte, a digest of programme and table, the changes; base64url.
func (at cursor) token(in *analyticsv1.ListRowsRequest) (string, error) {
	text, err := json.Marshal(at)
	if err != nil {
		return "", fmt.Errorf("write a cursor: %w", err)
	}
	head, err := listDigest(tableOnly(in))
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(append(head, text...)), nil
}

// cursorFromToken reads the cursor of a request; the empty one begins the table. INVALID_ARGUMENT for one that was not made
// for this table.
func cursorFromToken(in *analyticsv1.ListRowsRequest) (cursor, error) {
	at := cursor{}
	if in.GetCursor() == "" {
		return at, nil
	}
	head, err := listDigest(tableOnly(in))
	if err != nil {
		return nil, err
	}
	raw, err := base64.RawURLEncoding.DecodeString(in.GetCursor())
	if err != nil || !bytes.HasPrefix(raw, head) || json.Unmarshal(raw[len(head):], &at) != nil {
		return nil, reason.New(reason.InvalidArgument, "cursor",
			"this cursor does not belong to table %s of %s; leave it out to begin anew", in.GetTable(), in.GetProgram())
	}
	return at, nil
}
