package report_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

// outline is what a reader meets on the page, in order, and how many marks of each class a drawing has.
func outline(t require.TestingT, page string) string {
	var b strings.Builder
	each(t, page, func(n *html.Node) {
		switch n.Data {
		case "title":
			if n.Parent.Data == "head" {
				fmt.Fprintf(&b, "title: %s\n", textOf(n))
			}
		case "h1", "h2", "h3":
			fmt.Fprintf(&b, "\n%s %s\n", strings.Repeat("#", int(n.Data[1]-'0')), textOf(n))
		case "p", "caption", "pre", "dt", "dd", "li":
			fmt.Fprintf(&b, "%s: %s\n", n.Data, textOf(n))
		case "tr":
			var cells []string
			for c := n.FirstChild; c != nil; c = c.NextSibling {
				if c.Type == html.ElementNode {
					cells = append(cells, textOf(c))
				}
			}
			fmt.Fprintf(&b, "  | %s\n", strings.Join(cells, " | "))
		case "svg":
			if attribute(n, "role") == "img" {
				fmt.Fprintf(&b, "drawing %s\n", drawing(n))
			}
		}
	})
	return b.String()
}

func drawing(svg *html.Node) string {
	counts := map[string]int{}
	var words []string
	for c := svg.FirstChild; c != nil; c = c.NextSibling {
		switch c.Data {
		case "title", "desc":
			words = append(words, c.Data+": "+textOf(c))
		case "path", "circle", "text":
			counts[attribute(c, "class")]++
		}
	}
	var marks []string
	for class, n := range counts {
		marks = append(marks, fmt.Sprintf("%d×%s", n, class))
	}
	slices.Sort(marks)
	return attribute(svg, "viewbox") + attribute(svg, "viewBox") + " " + strings.Join(words, " ") + "\n    " + strings.Join(marks, ", ")
}

func each(t require.TestingT, page string, visit func(*html.Node)) {
	root, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err)
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			visit(n)
		}
	}
}

func elements(t require.TestingT, page string) map[string]bool {
	names := map[string]bool{}
	each(t, page, func(n *html.Node) {
		names[n.Data] = true
		for _, a := range n.Attr {
			names["@"+a.Key] = true
		}
	})
	return names
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// textOf is the text inside, blanks joined.
func textOf(n *html.Node) string {
	var b strings.Builder
	if n.Type == html.TextNode {
		b.WriteString(n.Data)
	}
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
