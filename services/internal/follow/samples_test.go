package follow_test

import (
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

var rewrite = flag.Bool("rewrite", false, "store a sample of what has none yet")

// sample is a message as it was stored once, and what it says.
type sample struct {
	Bytes string `json:"bytes"` // hex
	Says  any    `json:"says"`
}

// TestWhatStandsInTheStreamsIsReadForEver keeps a sample of each fact and each control event: it stands in streams that are
// read again from their beginning. A sample is never changed; what is new in a message is not in it, and need not be.
func TestWhatStandsInTheStreamsIsReadForEver(t *testing.T) {
	n := 0
	protoregistry.GlobalFiles.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		if !strings.HasPrefix(f.Path(), "laurel/control/") && !strings.HasPrefix(f.Path(), "laurel/orders/") && filepath.Base(f.Path()) != "facts.proto" {
			return true
		}
		for i := range f.Messages().Len() {
			n++
			kept(t, f.Messages().Get(i))
		}
		return true
	})
	require.Greater(t, n, 15)
}

func kept(t *testing.T, d protoreflect.MessageDescriptor) {
	t.Helper()
	kind, err := protoregistry.GlobalTypes.FindMessageByName(d.FullName())
	require.NoError(t, err)
	path := filepath.Join("testdata", "samples", string(d.FullName())+".json")
	raw, err := os.ReadFile(path)
	if os.IsNotExist(err) && *rewrite {
		m := kind.New()
		fill(m, 1)
		data, err := proto.MarshalOptions{Deterministic: true}.Marshal(m.Interface())
		require.NoError(t, err)
		raw, err = json.MarshalIndent(sample{hex.EncodeToString(data), says(t, m.Interface())}, "", "  ")
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, append(raw, '\n'), 0o600))
	}
	require.True(t, err == nil || *rewrite, "there is no sample of %s: store one with go test ./services/internal/follow -run ReadForEver -rewrite", d.FullName())
	var want sample
	require.NoError(t, json.Unmarshal(raw, &want))
	data, err := hex.DecodeString(want.Bytes)
	require.NoError(t, err)
	m := kind.New().Interface()
	require.NoError(t, proto.Unmarshal(data, m))
	require.Equal(t, want.Says, says(t, m), "%s does not say what it said", d.FullName())
	again, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	require.NoError(t, err)
	require.Equal(t, want.Bytes, hex.EncodeToString(again), "%s is written in another way", d.FullName())
}

func says(t *testing.T, m proto.Message) any {
	t.Helper()
	text, err := protojson.Marshal(m)
	require.NoError(t, err)
	var plain any
	require.NoError(t, json.Unmarshal(text, &plain))
	return plain
}

// fill gives every field a value that depends on its number and on how deep it stands.
func fill(m protoreflect.Message, depth int) {
	for i := range m.Descriptor().Fields().Len() {
		f := m.Descriptor().Fields().Get(i)
		switch {
		case f.IsMap() || depth > 4:
		case f.Message() != nil && f.IsList():
			fill(m.Mutable(f).List().AppendMutable().Message(), depth+1)
		case f.Message() != nil:
			fill(m.Mutable(f).Message(), depth+1)
		case f.IsList():
			m.Mutable(f).List().Append(value(f, depth))
		default:
			m.Set(f, value(f, depth))
		}
	}
}

func value(f protoreflect.FieldDescriptor, depth int) protoreflect.Value {
	n := int(f.Number())*10 + depth
	switch f.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(true)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(f.Enum().Values().Get(f.Enum().Values().Len() - 1).Number())
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(int32(n)) //nolint:gosec // small
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(int64(n))
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(uint32(n)) //nolint:gosec // small
	case protoreflect.Uint64Kind:
		return protoreflect.ValueOfUint64(uint64(n)) //nolint:gosec // small
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte(f.Name()))
	default:
		return protoreflect.ValueOfString(string(f.Name()))
	}
}
