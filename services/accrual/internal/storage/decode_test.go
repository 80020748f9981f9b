package storage

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/internal/document"
)

// draw fills a document: every field that a document of its type may have, or some of them.
func draw(t *rapid.T, v reflect.Value, all bool) {
	some := func() bool { return all || rapid.Bool().Draw(t, "there") }
	switch v.Interface().(type) {
	case time.Time:
		v.Set(reflect.ValueOf(time.UnixMilli(rapid.Int64Range(-1e12, 4e12).Draw(t, "time")).UTC()))
		return
	case bson.Binary:
		v.Set(reflect.ValueOf(bson.Binary{Data: rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "hash")}))
		return
	case originalDoc:
		return // it is passed over
	}
	least := 0
	if all {
		least = 1
	}
	switch v.Kind() { // documents have no others
	case reflect.Struct:
		for _, field := range v.Fields() {
			draw(t, field, all)
		}
	case reflect.Pointer:
		if _, original := v.Interface().(*originalDoc); some() && !original {
			v.Set(reflect.New(v.Type().Elem()))
			draw(t, v.Elem(), all)
		}
	case reflect.Slice:
		n := 2
		if !all {
			n = rapid.IntRange(0, 3).Draw(t, "items")
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			draw(t, v.Index(i), all)
		}
	case reflect.String:
		v.SetString(rapid.StringN(least, 50, -1).Draw(t, "text"))
	case reflect.Bool:
		v.SetBool(some())
	case reflect.Int32:
		v.SetInt(int64(rapid.Int32Min(int32(least)).Draw(t, "number")))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64Min(int64(least)).Draw(t, "number"))
	default:
		t.Fatalf("a document has a %s", v.Type())
	}
}

// TestDocumentsAreReadAsTheDriverReadsThem whatever stands in them. A field that somebody adds to a document and not to the
// decoder is found here.
func TestDocumentsAreReadAsTheDriverReadsThem(t *testing.T) {
	t.Parallel()
	d := newDecoder()
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.Bool().Draw(t, "all")
		var e, e2 entryDoc
		draw(t, reflect.ValueOf(&e).Elem(), all)
		raw, err := bson.Marshal(e)
		require.NoError(t, err)
		require.NoError(t, bson.Unmarshal(raw, &e2))
		got, err := d.entry(raw)
		require.NoError(t, err)
		require.Equal(t, said(e2), said(*got))

		var a, a2 accountDoc
		draw(t, reflect.ValueOf(&a).Elem(), all)
		raw, err = bson.Marshal(a)
		require.NoError(t, err)
		require.NoError(t, bson.Unmarshal(raw, &a2))
		stored, err := d.account(raw)
		require.NoError(t, err)
		require.Equal(t, said(a2), said(stored))
	})
}

// said is all that a document says: an empty list is none.
func said(document any) any {
	v := reflect.New(reflect.TypeOf(document)).Elem()
	v.Set(reflect.ValueOf(document))
	var empty func(v reflect.Value)
	empty = func(v reflect.Value) {
		switch v.Kind() { // documents have no others
		case reflect.Struct:
			if v.Type() != reflect.TypeFor[time.Time]() {
				for _, field := range v.Fields() {
					empty(field)
				}
			}
		case reflect.Pointer:
			if !v.IsNil() {
				empty(v.Elem())
			}
		case reflect.Slice:
			for i := range v.Len() {
				empty(v.Index(i))
			}
			if v.Len() == 0 {
				v.SetZero()
			}
		}
	}
	empty(v)
	return v.Interface()
}

// full is every field of a document, as mongod has it.
func full(t *testing.T, document any) bson.D {
	t.Helper()
	v := reflect.New(reflect.TypeOf(document)).Elem()
	rapid.Check(t, func(t *rapid.T) { draw(t, v, true) })
	raw, err := bson.Marshal(v.Interface())
	require.NoError(t, err)
	var d bson.D
	require.NoError(t, bson.Unmarshal(raw, &d))
	return d
}

// places lists every document within a document, itself included, and every value that is none.
func places(at *bson.D, path string, see func(path string, in *bson.D, field int)) {
	for i, e := range *at {
		here := strings.TrimPrefix(path+"."+e.Key, ".")
		see(here, at, i)
		switch v := e.Value.(type) {
		case bson.D:
			places(&v, here, see)
			(*at)[i].Value = v
		case bson.A:
			if len(v) > 0 {
				if item, ok := v[0].(bson.D); ok {
					places(&item, here, see)
					v[0] = item
				}
			}
		}
	}
}

// TestNothingThatIsNotKnownIsPassedOver at any depth: neither another field nor a value of another type.
func TestNothingThatIsNotKnownIsPassedOver(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		document any
		read     func(raw []byte) error
		least    int
	}{
		"entry":   {entryDoc{}, func(raw []byte) error { _, err := newDecoder().entry(raw); return err }, 120},
		"account": {accountDoc{}, func(raw []byte) error { _, err := newDecoder().account(raw); return err }, 60},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, tried := full(t, c.document), 0
			read := func() error {
				raw, err := bson.Marshal(d)
				require.NoError(t, err)
				return c.read(raw)
			}
			require.NoError(t, read())
			places(&d, "", func(path string, in *bson.D, field int) {
				if path == "original" {
					return
				}
				tried++
				key, value := (*in)[field].Key, (*in)[field].Value
				last := path[strings.LastIndex(path, ".")+1:]
				(*in)[field].Key = key + "x"
				require.ErrorContains(t, read(), "field "+last+"x: "+document.ErrUnknown.Error(), path)
				(*in)[field].Key = key
				for _, wrong := range []any{1.5, nil, bson.D{{Key: "x", Value: "y"}}, bson.A{"x", 2}} {
					(*in)[field].Value = wrong
					require.ErrorContains(t, read(), "field "+last+": ", "%s: %v", path, wrong)
				}
				(*in)[field].Value = value
			})
			require.NoError(t, read(), "put right again")
			require.GreaterOrEqual(t, tried, c.least)
		})
	}
}

func TestBrokenBytesAreAnError(t *testing.T) {
	t.Parallel()
	var e entryDoc
	rapid.Check(t, func(t *rapid.T) {
		draw(t, reflect.ValueOf(&e).Elem(), rapid.Bool().Draw(t, "all"))
		raw, err := bson.Marshal(e)
		require.NoError(t, err)
		cut := rapid.IntRange(0, len(raw)-1).Draw(t, "cut")
		_, err = newDecoder().entry(raw[:cut])
		require.Error(t, err)
		raw[rapid.IntRange(0, len(raw)-1).Draw(t, "at")] ^= rapid.ByteMin(1).Draw(t, "bits")
		_, _ = newDecoder().entry(raw) // may be an entry, but never a panic
	})
}

// TestADecoderRemembersSoManyWords and reads on.
func TestADecoderRemembersSoManyWords(t *testing.T) {
	t.Parallel()
	d := newDecoder()
	for i := range wordsMax + 10 {
		want := accountDoc{Balances: []balanceDoc{}, Lots: []lotDoc{}, Tier: strings.Repeat("t", i%wordBytes) + time.UnixMilli(int64(i)).Format("150405.000")}
		raw, err := bson.Marshal(want)
		require.NoError(t, err)
		got, err := d.account(raw)
		require.NoError(t, err)
		require.Equal(t, want.Tier, got.Tier)
	}
	require.LessOrEqual(t, len(d.words), wordsMax)
}
