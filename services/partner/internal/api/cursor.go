package api

import (
	"strconv"
	"strings"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/cursor"
	"github.com/laurel-loyalty/laurel/services/partner/internal/domain/trade"
	"github.com/laurel-loyalty/laurel/services/partner/internal/storage"
)

// tradeCursor is the page token behind a trade.
func tradeCursor(list []string, t trade.Trade) string {
	return cursor.Of(list, strconv.FormatInt(t.AskedAt.UnixMilli(), 10)+"/"+t.ID)
}

func tradePlace(list []string, token string) (*storage.Place, error) {
	text, err := cursor.Place(list, token)
	if err != nil || text == "" {
		return nil, err
	}
	at, id, ok := strings.Cut(text, "/")
	millis, err := strconv.ParseInt(at, 10, 64)
	if err != nil || !ok {
		return nil, cursor.Refused()
	}
	return &storage.Place{AskedAt: time.UnixMilli(millis).UTC(), ID: id}, nil
}
