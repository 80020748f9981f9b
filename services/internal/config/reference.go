package config

import (
	"fmt"
	"io"
	"strings"
)

// Reference writes the settings as a Markdown table, in the order of the struct's fields. cfg is the struct, or a pointer to
// it; its values do not matter.
func Reference(w io.Writer, cfg any, prefix Prefix) error {
	p, _, err := inspect(cfg)
	if err != nil {
		return err
	}
	if _, err := p.variables(prefix); err != nil {
		return err
	}
	var table strings.Builder
	table.WriteString("| setting | variable | values | default | what it sets |\n|---|---|---|---|---|\n")
	for _, s := range p.settings {
		fmt.Fprintf(&table, "| `%s` | `%s` | %s | %s | %s |\n",
			s.path, prefix.variable(s.path), s.values(), s.fallbackCell(), cell(s.help))
	}
	if _, err := io.WriteString(w, table.String()); err != nil {
		return fmt.Errorf("write the table of settings: %w", err)
	}
	return nil
}

// values says what may be written, for example "whole number, 1 to 512 items".
func (s setting) values() string {
	text := s.kind.String()
	limits := s.limits()
	switch {
	case s.kind == kindDuration && s.most == nil && *s.least == 0: // as any duration
	case limits != "":
		text += ", " + limits
	case s.unit != "":
		text += " of " + s.unit
	}
	if s.secret {
		text += ", secret"
	}
	return cell(text)
}

func (s setting) fallbackCell() string {
	switch text := s.fallback.text; {
	case text != "":
		return "`" + cell(text) + "`"
	case s.kind == kindInt, s.kind == kindInt64:
		return "`0`"
	case s.kind == kindBool:
		return "`false`"
	case s.kind == kindDuration:
		return "`0s`"
	default:
		return ""
	}
}

// cell keeps text within its cell.
func cell(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(text, "|", `\|`)), " ")
}
