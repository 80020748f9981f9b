package api

import (
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
)

// What a figure rests on, as the tables of figures write it.
const (
	measured  = analyticsv1.Basis_BASIS_MEASURED
	assumed   = analyticsv1.Basis_BASIS_ASSUMED
	estimated = analyticsv1.Basis_BASIS_ESTIMATED
)

// figure is what an answer says of one of its figures. Every field of a body has one, or is below a field that has.
type figure struct {
	field, definition, source string
	n                         string // path of the field that counts what the figure is made of
	basis                     analyticsv1.Basis
	cannotSay                 string
}

// own is the source of a definition that is Laurel's.
const own = "Laurel"

// explain writes what the figures of a body mean. What the answer has said of a figure's basis already stays.
func explain(r *analyticsv1.Report, table []figure) {
	known := map[string]analyticsv1.Basis{}
	for _, f := range r.GetFigures() {
		known[f.GetField()] = f.GetBasis()
	}
	r.Figures = nil
	body := bodyOf(r)
	for _, f := range table {
		basis, ok := known[f.field]
		if !ok {
			basis = f.basis
		}
		r.Figures = append(r.Figures, &analyticsv1.Figure{
			Field: f.field, Definition: f.definition, Source: f.source, N: counted(body, f.n), Basis: basis, CannotSay: f.cannotSay,
		})
	}
}

// bodyOf is the body of a report; nil without one.
func bodyOf(r *analyticsv1.Report) proto.Message {
	m := r.ProtoReflect()
	set := m.WhichOneof(m.Descriptor().Oneofs().ByName("body"))
	if set == nil {
		return nil
	}
	return m.Get(set).Message().Interface()
}

// counted is the whole number that stands at a path; 0 where there is none.
func counted(body proto.Message, path string) int64 {
	if body == nil || path == "" {
		return 0
	}
	m, parts := body.ProtoReflect(), strings.Split(path, ".")
	for _, part := range parts[:len(parts)-1] {
		f := m.Descriptor().Fields().ByName(protoreflect.Name(part))
		m = m.Get(f).Message()
	}
	f := m.Descriptor().Fields().ByName(protoreflect.Name(parts[len(parts)-1]))
	return m.Get(f).Int()
}
