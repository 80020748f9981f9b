// Package sheet lays a message of a report out as tables: its own fields as one, each of its lists as another. It knows the
// names of the contract (_minor is money, _share a share) and nothing of any report, so that whoever shows one, on a
// terminal or on a page, shows all.
package sheet

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Kind says how a column is written for people.
type Kind int

// Kinds of columns.
const (
	Text Kind = iota
	Number
	Money // minor units
	Share // a decimal from 0 to 1
)

// Column is one column of a sheet.
type Column struct {
	Name string // of the field, lower_snake; below a nested message with the path before it
	Kind Kind
	// Whole says that cells are whole numbers, or empty where there is none.
	Whole bool
}

// Sheet is one table. Cells are as a program reads them; Shown writes them for people.
type Sheet struct {
	Name    string // path of the list; empty for what is no list
	Columns []Column
	Rows    [][]string
	kinds   []Kind // of the rows, where each is a figure of its own
}

// Of lays a message out: what it says once comes first, then each of its lists, those inside lists with what names the
// outer line before them.
func Of(body proto.Message) []Sheet {
	m := body.ProtoReflect()
	once := Sheet{Columns: []Column{{Name: "figure"}, {Name: "value", Kind: Number}}}
	for _, f := range flat(m.Descriptor(), "") {
		once.Rows = append(once.Rows, []string{f.name, f.cell(m)})
		once.kinds = append(once.kinds, f.kind())
	}
	var sheets []Sheet
	if len(once.Rows) > 0 {
		sheets = append(sheets, once)
	}
	return append(sheets, lists([]line{{of: m}}, m.Descriptor(), "", nil)...)
}

// field is a field that stands once below a message, however deep.
type field struct {
	name string
	path []protoreflect.FieldDescriptor
}

// flat lists the fields that are no lists, those of nested messages too.
func flat(d protoreflect.MessageDescriptor, prefix string) []field {
	var list []field
	for i := range d.Fields().Len() {
		f := d.Fields().Get(i)
		switch name := prefix + string(f.Name()); {
		case f.IsList() && f.Message() == nil:
			list = append(list, field{name, []protoreflect.FieldDescriptor{f}})
		case f.IsList():
		case f.Message() == nil:
			list = append(list, field{name, []protoreflect.FieldDescriptor{f}})
		default:
			for _, below := range flat(f.Message(), name+".") {
				list = append(list, field{below.name, append([]protoreflect.FieldDescriptor{f}, below.path...)})
			}
		}
	}
	return list
}

func (f field) leaf() protoreflect.FieldDescriptor { return f.path[len(f.path)-1] }

func (f field) kind() Kind {
	leaf := f.leaf()
	switch kind := kindOf(string(leaf.Name()), Number); {
	case kind != Number:
		return kind
	case leaf.IsList() || leaf.Kind() == protoreflect.StringKind || leaf.Kind() == protoreflect.BoolKind || leaf.Kind() == protoreflect.EnumKind:
		return Text
	}
	return Number
}

// whole tells whether cells of the field are whole numbers.
func (f field) whole() bool {
	switch f.leaf().Kind() {
	case protoreflect.Int32Kind, protoreflect.Int64Kind:
		return !f.leaf().IsList()
	default:
		return false
	}
}

// kindOf tells by its name how a figure is written.
func kindOf(name string, otherwise Kind) Kind {
	switch {
	case strings.HasSuffix(name, "_minor"):
		return Money
	case strings.HasSuffix(name, "_share") || name == "share":
		return Share
	}
	return otherwise
}

// cell writes the field of a message; empty where it is absent.
func (f field) cell(m protoreflect.Message) string {
	for _, d := range f.path[:len(f.path)-1] {
		if !m.Has(d) {
			return ""
		}
		m = m.Get(d).Message()
	}
	leaf := f.leaf()
	switch {
	case leaf.IsList():
		list := m.Get(leaf).List()
		cells := make([]string, list.Len())
		for i := range cells {
			cells[i] = text(leaf, list.Get(i))
		}
		return strings.Join(cells, " ")
	case leaf.HasPresence() && !m.Has(leaf):
		return ""
	}
	return text(leaf, m.Get(leaf))
}

func text(f protoreflect.FieldDescriptor, v protoreflect.Value) string {
	switch f.Kind() {
	case protoreflect.BoolKind:
		if v.Bool() {
			return "yes"
		}
		return "no"
	case protoreflect.EnumKind:
		known := f.Enum().Values().ByNumber(v.Enum())
		if known == nil { // of a house that is newer than this program
			return fmt.Sprint(v.Enum())
		}
		kind := strings.TrimSuffix(string(f.Enum().Values().ByNumber(0).Name()), "UNSPECIFIED")
		return strings.ToLower(strings.TrimPrefix(string(known.Name()), kind))
	}
	return fmt.Sprint(v.Interface())
}

// line is an entry of a list, and what names the lines outside it.
type line struct {
	names []string
	of    protoreflect.Message
}

// lists makes a sheet of each list below the lines, all of one type, that are reached by a path.
func lists(outer []line, d protoreflect.MessageDescriptor, prefix string, names []Column) []Sheet {
	var sheets []Sheet
	for i := range d.Fields().Len() {
		f := d.Fields().Get(i)
		if f.Message() == nil {
			continue
		}
		path := prefix + string(f.Name())
		if !f.IsList() {
			var inner []line
			for _, l := range outer {
				inner = append(inner, line{l.names, l.of.Get(f).Message()})
			}
			sheets = append(sheets, lists(inner, f.Message(), path+".", names)...)
			continue
		}
		sheets = append(sheets, list(outer, f, path, names)...)
	}
	return sheets
}

func list(outer []line, f protoreflect.FieldDescriptor, path string, names []Column) []Sheet {
	columns := flat(f.Message(), "")
	s := Sheet{Name: path, Columns: append([]Column{}, names...)}
	for _, c := range columns {
		s.Columns = append(s.Columns, Column{c.name, c.kind(), c.whole()})
	}
	var inner []line
	for _, l := range outer {
		entries := l.of.Get(f).List()
		for k := range entries.Len() {
			m := entries.Get(k).Message()
			row := append([]string{}, l.names...)
			for _, c := range columns {
				row = append(row, c.cell(m))
			}
			s.Rows = append(s.Rows, row)
			below := line{names: append([]string{}, l.names...), of: m}
			if len(columns) > 0 {
				below.names = append(below.names, columns[0].cell(m))
			}
			inner = append(inner, below)
		}
	}
	if len(columns) > 0 {
		names = append(append([]Column{}, names...), Column{Name: string(f.Name())})
	}
	return append([]Sheet{s}, lists(inner, f.Message(), path+".", names)...)
}
