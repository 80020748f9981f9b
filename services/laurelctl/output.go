package laurelctl

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/laurel-loyalty/laurel/services/internal/calendar"
)

// Formats of answers.
const (
	formatTable = "table"
	formatJSON  = "json"
	formatCSV   = "csv"
)

// grid is rows of an answer.
type grid struct {
	title   string   // for people; not in CSV
	columns []string // lower_snake
	numbers []string // columns that are aligned to the right
	rows    [][]string
}

func (g *grid) add(cells ...string) { g.rows = append(g.rows, cells) }

// show writes an answer in the format that was asked for: the message itself as JSON, rows as CSV, or tables, which are
// the rows too where none are given.
func (w *world) show(answer proto.Message, rows grid, tables ...grid) error {
	switch w.root.Output {
	case formatJSON:
		return w.json(answer)
	case formatCSV:
		out := csv.NewWriter(w.Out)
		return out.WriteAll(append([][]string{rows.columns}, rows.rows...))
	}
	if len(tables) == 0 {
		tables = []grid{rows}
	}
	rendered := make([]string, len(tables))
	for i, g := range tables {
		rendered[i] = g.render()
	}
	_, err := fmt.Fprintln(w.Out, strings.Join(rendered, "\n\n"))
	return err
}

// json writes a message as protojson, always in the same way: protojson itself varies its blanks on purpose.
func (w *world) json(answer proto.Message) error {
	raw, err := protojson.Marshal(answer)
	if err != nil {
		return fmt.Errorf("write the answer as JSON: %w", err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, raw, "", "  "); err != nil {
		return fmt.Errorf("write the answer as JSON: %w", err)
	}
	out.WriteByte('\n')
	_, err = out.WriteTo(w.Out)
	return err
}

// cellWidth is where long texts of a table are folded.
const cellWidth = 72

func (g grid) render() string {
	t := table.NewWriter()
	style := table.StyleLight
	style.Format.Header = text.FormatDefault
	style.Title.Format = text.FormatDefault
	style.Options.DrawBorder, style.Options.SeparateColumns = false, false
	t.SetStyle(style)
	header := make(table.Row, len(g.columns))
	configs := make([]table.ColumnConfig, len(g.columns))
	for i, name := range g.columns {
		header[i] = strings.ReplaceAll(name, "_", " ")
		configs[i] = table.ColumnConfig{Number: i + 1, WidthMax: cellWidth, WidthMaxEnforcer: text.WrapSoft}
		for _, number := range g.numbers {
			if number == name {
				configs[i].Align, configs[i].AlignHeader = text.AlignRight, text.AlignRight
			}
		}
	}
	t.AppendHeader(header)
	t.SetColumnConfigs(configs)
	for _, cells := range g.rows {
		row := make(table.Row, len(cells))
		for i, cell := range cells {
			row[i] = safe(cell)
		}
		t.AppendRow(row)
	}
	rendered := t.Render()
	if g.title != "" {
		rendered = safe(g.title) + "\n" + rendered
	}
	return trimRight(rendered)
}

// trimRight drops blanks at the ends of lines.
func trimRight(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}

// safe keeps what a stranger wrote from steering the terminal that it is printed on.
func safe(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return '\uFFFD'
		}
		return r
	}, text)
}

// moment writes a time; one that is absent is empty.
func moment(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	return t.AsTime().UTC().Format(time.RFC3339Nano)
}

// number writes a number without separators, as CSV and scripts want it.
func number[N int32 | int64 | uint64](n N) string { return fmt.Sprint(n) }

// instant is a time on the command line.
type instant struct{ calendar.Instant }

func (t *instant) toProto() *timestamppb.Timestamp {
	if t == nil {
		return nil
	}
	return timestamppb.New(t.Time)
}
