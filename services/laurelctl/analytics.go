package laurelctl

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/sheet"
)

// analytics is a connection to the analytics service.
type analytics struct {
	analyticsv1.AnalyticsServiceClient
	fits     analyticsv1.ModelServiceClient
	segments analyticsv1.SegmentServiceClient
	program  string
}

// askAnalytics lets f ask analytics about a programme.
func (w *world) askAnalytics(f func(ctx context.Context, a *analytics) error) error {
	return w.through("analytics", w.root.Timeout, func(ctx context.Context, d *door) error {
		program, err := d.programme()
		if err != nil {
			return err
		}
		return f(ctx, &analytics{
			analyticsv1.NewAnalyticsServiceClient(d.conn), analyticsv1.NewModelServiceClient(d.conn), analyticsv1.NewSegmentServiceClient(d.conn), program,
		})
	})
}

// reportCmd shows a report.
type reportCmd struct {
	Name    string `arg:"" help:"Which one; laurelctl analytics list names them."`
	AsOf    string `name:"as-of" placeholder:"DATE" help:"Orders of all days before it count. Default: everything that was read."`
	Compare string `placeholder:"DATE" help:"Tell what changed since then."`
	HTML    string `name:"html" placeholder:"FILE" help:"Write the report as a page with plots, too."`
	Plots   string `placeholder:"DIR" help:"Write each plot of the report as an SVG file of its own, too: DIR/pareto-1.svg."`
	With    string `placeholder:"JSON" help:"Parameters of the report as the contract has them, for example {\"account\": \"ann\"} for customer. Default: those of the report."`
	Filter  string `placeholder:"JSON" help:"Which customers and orders it is about: merchant, channel, category, tier, segment. Default: all."`
	Explain bool   `help:"Say of each figure what it is, where the formula comes from, what it rests on, and what it does not say."`
	modelFlags
}

// Run asks for the report.
func (c *reportCmd) Run(w *world) error {
	return w.askAnalytics(func(ctx context.Context, a *analytics) error {
		request, err := c.request(a.program)
		if err != nil {
			return err
		}
		c.put(request)
		answer, err := a.GetReport(ctx, request)
		if err != nil {
			return err
		}
		r := answer.GetReport()
		if c.HTML != "" {
			if err := os.WriteFile(c.HTML, []byte(answer.GetPage()), pageMode); err != nil {
				return fmt.Errorf("write the page: %w", err)
			}
			answer.Page = ""
		}
		if c.Plots != "" {
			if err := w.writePlots(c.Plots, c.Name, answer.GetPlots()); err != nil {
				return err
			}
			answer.Plots = nil
		}
		rows, tables := reportGrids(r)
		if changes := sheet.OfChanges(r.GetChanges()); len(changes.Rows) > 0 {
			appendSheet(&rows, changes)
			tables = append(tables, sheetGrid(changes.Shown(money.Currency(r.GetCurrency()))))
		}
		if c.Explain {
			rows = figureGrid(r.GetFigures())
			tables = append(tables, rows)
		}
		if err := w.show(answer, rows, tables...); err != nil || w.root.Output != formatTable {
			return err
		}
		read := r.GetRead()
		return w.lines([]string{"", fmt.Sprintf("as of %s: orders before that day; read up to %s, %d entries",
			r.GetAsOf(), moment(read.GetEffectiveAt()), read.GetEntries())})
	})
}

// request is the request of the contract. Parameters and filter are read as the contract writes them.
func (c *reportCmd) request(program string) (*analyticsv1.GetReportRequest, error) {
	request := &analyticsv1.GetReportRequest{}
	for _, part := range []struct{ flag, field, text string }{{"with", strings.ReplaceAll(c.Name, "-", "_"), c.With}, {"filter", "filter", c.Filter}} {
		if part.text == "" {
			continue
		}
		field, err := json.Marshal(part.field)
		if err != nil {
			return nil, fmt.Errorf("read --%s: %w", part.flag, err)
		}
		into := &analyticsv1.GetReportRequest{}
		if err := protojson.Unmarshal(fmt.Appendf(nil, "{%s:%s}", field, part.text), into); err != nil {
			return nil, &usageError{"--" + part.flag + " is no JSON of this report: " + err.Error(), "look at proto/laurel/analytics/v1"}
		}
		proto.Merge(request, into)
	}
	request.Program, request.Name, request.AsOf, request.Compare = program, c.Name, c.AsOf, c.Compare
	request.Page, request.Plots = c.HTML != "", c.Plots != ""
	return request, nil
}

// pageMode keeps the page to who asked for it: it may name accounts.
const pageMode = 0o600

func figureGrid(figures []*analyticsv1.Figure) grid {
	g := grid{columns: []string{"figure", "definition", "source", "n", "basis", "does_not_say"}, numbers: []string{"n"}}
	for _, f := range figures {
		g.add(f.GetField(), f.GetDefinition(), f.GetSource(), number(f.GetN()),
			strings.ToLower(strings.TrimPrefix(f.GetBasis().String(), "BASIS_")), f.GetCannotSay())
	}
	return g
}

// reportsCmd lists the reports.
type reportsCmd struct{}

// Run asks which reports there are.
func (c *reportsCmd) Run(w *world) error {
	return w.askAnalytics(func(ctx context.Context, a *analytics) error {
		answer, err := a.ListReports(ctx, &analyticsv1.ListReportsRequest{})
		if err != nil {
			return err
		}
		rows := grid{columns: []string{"name", "question"}}
		for _, r := range answer.GetReports() {
			rows.add(r.GetName(), r.GetQuestion())
		}
		return w.show(answer, rows)
	})
}

// customersCmd lists customers with what they are measured by.
type customersCmd struct {
	AsOf      string `name:"as-of" placeholder:"DATE" help:"Orders of all days before it count. Default: everything that was read."`
	Limit     int    `default:"100" placeholder:"N" help:"At most so many; 0: all. Default: ${default}."`
	PageToken string `placeholder:"TOKEN" help:"Go on where an answer that was limited ended (nextPageToken of its JSON)."`
}

// Run asks for the customers, page by page.
func (c *customersCmd) Run(w *world) error {
	return w.askAnalytics(func(ctx context.Context, a *analytics) error {
		request := &analyticsv1.ListCustomersRequest{Program: a.program, AsOf: c.AsOf, PageToken: c.PageToken}
		all := &analyticsv1.ListCustomersResponse{}
		err := pages(c.Limit, func(size int32) (int, bool, error) {
			request.PageSize = size
			answer, err := a.ListCustomers(ctx, request)
			if err != nil {
				return 0, false, err
			}
			answer.Customers = append(all.GetCustomers(), answer.GetCustomers()...)
			all, request.PageToken = answer, answer.GetNextPageToken()
			return len(all.GetCustomers()), request.GetPageToken() != "", nil
		})
		if err != nil {
			return err
		}
		rows := grid{
			columns: []string{
				"account", "class", "segment", "recency_score", "frequency_score", "monetary_score", "recency_days", "orders", "sum_minor",
				"first_day", "last_day",
			},
			numbers: []string{"recency_score", "frequency_score", "monetary_score", "recency_days", "orders", "sum_minor"},
		}
		for _, c := range all.GetCustomers() {
			rows.add(c.GetAccount(), c.GetClass(), c.GetSegment(), number(c.GetRecencyScore()), number(c.GetFrequencyScore()),
				number(c.GetMonetaryScore()), number(c.GetRecencyDays()), number(c.GetOrders()), number(c.GetSumMinor()), c.GetFirstDay(), c.GetLastDay())
		}
		return w.show(all, rows)
	})
}

func yesOrNo(b bool) string { //nolint:revive // what is written, not a switch
	if b {
		return "yes"
	}
	return "no"
}
