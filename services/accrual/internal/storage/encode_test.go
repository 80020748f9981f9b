package storage

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/document"
)

// TestDocumentsAreWrittenAsTheDriverWritesThem to the byte, and many of them one behind the other. A field that somebody adds to a
// document and not to the encoder is found here.
func TestDocumentsAreWrittenAsTheDriverWritesThem(t *testing.T) {
	t.Parallel()
	w := document.NewWriter(0)
	var written []bson.Raw
	var want [][]byte
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.Bool().Draw(t, "all")
		var e entryDoc
		draw(t, reflect.ValueOf(&e).Elem(), all)
		if all {
			e.Original = &originalDoc{Subject: "orders.shop.till.1", Headers: []string{}, Body: []byte{1, 2, 3}}
		}
		raw, err := bson.Marshal(e)
		require.NoError(t, err)
		got := document.Make(w, &e, writeEntry)
		require.Equal(t, bson.Raw(raw), got)
		written, want = append(written, got), append(want, raw)

		var a accountDoc
		draw(t, reflect.ValueOf(&a).Elem(), all)
		raw, err = bson.Marshal(a)
		require.NoError(t, err)
		got = document.Make(w, &a, writeAccount)
		require.Equal(t, bson.Raw(raw), got)
		written, want = append(written, got), append(want, raw)
	})
	for i := range want {
		require.Equal(t, want[i], []byte(written[i]), "what was written before stays as it was")
	}
}
