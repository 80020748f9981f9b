package rpc_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
)

// TestNoAmountHasTheTailOfAFloat: no message of the contract, answer, request or fact, has a field that could hold one.
// Points and minor units are integers, rates and ratios are texts (I).
func TestNoAmountHasTheTailOfAFloat(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../../proto/laurel.binpb")
	require.NoError(t, err)
	var image descriptorpb.FileDescriptorSet
	require.NoError(t, proto.Unmarshal(raw, &image))
	packages, fields := map[string]bool{}, 0
	var look func(path string, messages []*descriptorpb.DescriptorProto)
	look = func(path string, messages []*descriptorpb.DescriptorProto) {
		for _, m := range messages {
			name := path + "." + m.GetName()
			for _, f := range append(m.GetField(), m.GetExtension()...) {
				fields++
				require.NotContains(t, []descriptorpb.FieldDescriptorProto_Type{
					descriptorpb.FieldDescriptorProto_TYPE_FLOAT, descriptorpb.FieldDescriptorProto_TYPE_DOUBLE,
				}, f.GetType(), "%s.%s", name, f.GetName())
				require.NotContains(t, []string{
					".google.protobuf.FloatValue", ".google.protobuf.DoubleValue", ".google.protobuf.Value", ".google.protobuf.Struct",
				}, f.GetTypeName(), "%s.%s", name, f.GetName())
			}
			look(name, m.GetNestedType())
		}
	}
	for _, file := range image.GetFile() {
		if strings.HasPrefix(file.GetPackage(), "laurel.") {
			packages[file.GetPackage()] = true
			look(file.GetPackage(), file.GetMessageType())
		}
	}
	for _, name := range []string{"accrual", "analytics", "control", "member", "orders", "partner", "programme", "reward", "tier", "type"} {
		require.Contains(t, packages, "laurel."+name+".v1")
	}
	require.Greater(t, fields, 500)
}
