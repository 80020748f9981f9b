package analytics_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// tooMany is more than any list of parameters may hold.
const tooMany = 5_001

// shapes are what a parameter that has parts may be given as: an empty part, the same twice, too many, and parts each of whose own
// parameters stand at and beyond their ends.
func shapes(field protoreflect.FieldDescriptor, in proto.Message) []protoreflect.Value {
	m := in.ProtoReflect()
	if field.Message() == nil {
		one := entries(field)
		if len(one) == 0 {
			return nil
		}
		values := []protoreflect.Value{list(m, field, one[0], one[0])}
		for _, v := range one {
			values = append(values, list(m, field, v))
		}
		return append(values, list(m, field, one...), many(m, field, one[0]))
	}
	var parts []protoreflect.Value
	fresh := func() protoreflect.Value {
		if field.IsList() {
			return m.NewField(field).List().NewElement()
		}
		return m.NewField(field)
	}
	parts = append(parts, fresh())
	for i := range field.Message().Fields().Len() {
		inner := field.Message().Fields().Get(i)
		for _, v := range append(ends(inner), shapesOf(inner, fresh())...) {
			part := fresh()
			part.Message().Set(inner, v)
			parts = append(parts, part)
		}
	}
	if !field.IsList() {
		return parts
	}
	var values []protoreflect.Value
	for _, p := range parts {
		values = append(values, list(m, field, p))
	}
	return append(values, list(m, field, parts[0], parts[0]), list(m, field, parts...), many(m, field, parts[len(parts)-1]))
}

func shapesOf(field protoreflect.FieldDescriptor, in protoreflect.Value) []protoreflect.Value {
	if !field.IsList() && field.Message() == nil {
		return nil
	}
	return shapes(field, in.Message().Interface())
}

// entries are the ends of one entry of a list.
func entries(field protoreflect.FieldDescriptor) []protoreflect.Value {
	switch field.Kind() {
	case protoreflect.StringKind:
		var values []protoreflect.Value
		for _, text := range []string{"", "m0", "-1", "1/3", "nan", "inf", "2025-02-11", strings.Repeat("x", 300)} {
			values = append(values, protoreflect.ValueOfString(text))
		}
		return values
	case protoreflect.Int32Kind:
		return []protoreflect.Value{protoreflect.ValueOfInt32(1), protoreflect.ValueOfInt32(0), protoreflect.ValueOfInt32(-1), protoreflect.ValueOfInt32(math.MaxInt32)}
	case protoreflect.Int64Kind:
		return []protoreflect.Value{protoreflect.ValueOfInt64(1), protoreflect.ValueOfInt64(0), protoreflect.ValueOfInt64(-1), protoreflect.ValueOfInt64(math.MaxInt64)}
	case protoreflect.EnumKind:
		return []protoreflect.Value{protoreflect.ValueOfEnum(1), protoreflect.ValueOfEnum(0), protoreflect.ValueOfEnum(-1), protoreflect.ValueOfEnum(99)}
	default:
		return nil
	}
}

func list(m protoreflect.Message, field protoreflect.FieldDescriptor, values ...protoreflect.Value) protoreflect.Value {
	l := m.NewField(field)
	for _, v := range values {
		l.List().Append(v)
	}
	return l
}

func many(m protoreflect.Message, field protoreflect.FieldDescriptor, value protoreflect.Value) protoreflect.Value {
	l := m.NewField(field)
	for range tooMany {
		l.List().Append(value)
	}
	return l
}

// TestEveryParameterWithPartsHasAnAnswer: lists and nested parameters of every report, given empty, twice, too often, and with parts at
// and beyond their ends, are answered soundly, or refused with a reason and the field.
func TestEveryParameterWithPartsHasAnAnswer(t *testing.T) {
	t.Parallel()
	s := edgy(t)
	all := (&analyticsv1.GetReportRequest{}).ProtoReflect().Descriptor().Oneofs().ByName("parameters").Fields()
	tried, lists := 0, 0
	for i := range all.Len() {
		of := all.Get(i)
		for k := range of.Message().Fields().Len() {
			field := of.Message().Fields().Get(k)
			if !field.IsList() && field.Message() == nil {
				continue
			}
			refusedMany := false
			base := (&analyticsv1.GetReportRequest{}).ProtoReflect().NewField(of).Message().Interface()
			for _, value := range shapes(field, base) {
				in := &analyticsv1.GetReportRequest{Program: "edge3", Name: strings.ReplaceAll(string(of.Name()), "_", "-")}
				in.ProtoReflect().Mutable(of).Message().Set(field, value)
				tried++
				err := s.soundly(t, in)
				if err == nil {
					continue
				}
				what := fmt.Sprintf("%.300s: %.300s", fmt.Sprint(in), err)
				refusal, ok := reason.Of(rpc.FromStatus(err))
				require.True(t, ok, what)
				require.Contains(t, []reason.Reason{reason.InvalidArgument, reason.AmountOutOfRange}, refusal.Reason, what)
				require.True(t, refusal.Field != "" || refusal.Reason == reason.AmountOutOfRange, what)
				refusedMany = refusedMany || field.IsList() && value.List().Len() == tooMany
			}
			if field.IsList() {
				lists++
				require.True(t, refusedMany, "%s.%s takes %d entries", of.Name(), field.Name(), tooMany)
			}
		}
	}
	require.Greater(t, lists, 5)
	require.Greater(t, tried, 100)
}
