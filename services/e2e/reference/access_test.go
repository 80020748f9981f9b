package reference

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

func TestAccess(t *testing.T) {
	names := rpc.Names()
	slices.Sort(names)
	var table bytes.Buffer
	table.WriteString("| method | no credential |")
	for _, name := range names {
		fmt.Fprintf(&table, " %s |", name)
	}
	table.WriteString("\n|---|" + strings.Repeat("---|", len(names)+1) + "\n")
	for _, rule := range rpc.Access() {
		if rule.Scope != "" {
			continue
		}
		fmt.Fprintf(&table, "| `%s` | %s |", strings.TrimPrefix(rule.Method, "/"), may(rule.Open))
		for _, name := range names {
			fmt.Fprintf(&table, " %s |", may(rule.Allows(name)))
		}
		table.WriteString("\n")
	}
	table.WriteString(partnersHead)
	for _, rule := range rpc.Access() {
		if rule.Scope != "" {
			fmt.Fprintf(&table, "| `%s` | `%s` |\n", strings.TrimPrefix(rule.Method, "/"), rule.Scope)
		}
	}
	page(t, "access.md", table.Bytes())
}

// partnersHead stands above the table of what partner companies may call.
const partnersHead = `
## Partner companies

They come by a door of their own, over TLS, and show a client certificate or sign each call; see
[partner](../guides/partner.md). What one may call is told by the scopes of its credential, what it may do there by its
agreement. Nobody of the house may call these, and partner companies no other.

| method | scope |
|---|---|
`

func may(allowed bool) string {
	if allowed {
		return "yes"
	}
	return ""
}
