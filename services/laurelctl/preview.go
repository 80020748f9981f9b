package laurelctl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	ordersv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/orders/v1"
	"github.com/laurel-loyalty/laurel/services/internal/orderfile"
)

// previewCmd asks what orders would earn.
type previewCmd struct {
	columns
	File     string `arg:"" help:"Order file (CSV, one row a line item); - is standard input. Only what is paid is previewed, each order by itself."`
	Now      bool   `help:"As if it were paid now, whatever the file says."`
	Newcomer bool   `help:"As if it were the first order of somebody new."`
}

// Run asks for each order that the file pays. Rows that do not parse are shown, the rest goes on; then the exit code is 1.
func (c *previewCmd) Run(w *world) error {
	h, err := w.place()
	if err != nil {
		return err
	}
	defaults, err := c.defaults(h)
	if err != nil {
		return err
	}
	in, base := w.In, stdinName
	if c.File != "-" {
		file, err := os.Open(c.File)
		if err != nil {
			return fmt.Errorf("read orders: %w", err)
		}
		defer file.Close() //nolint:errcheck // it was only read
		in, base = file, filepath.Base(c.File)
	}
	reader, err := orderfile.NewReader(base, in, defaults)
	if err != nil {
		return err
	}
	rejected := 0
	reader.OnRejected(func(row orderfile.Rejected) {
		if rejected++; rejected <= rejectedShown {
			w.tell("rejected %s", safe(row.String()))
		}
	})
	r := w.resolver(w.ctx, c.columns)
	defer r.close()
	reader.Resolve(r.who)
	var p previews
	err = w.ask(w.root.Timeout, func(ctx context.Context, a *accrual) error { return c.all(ctx, a, reader, &p) })
	if err == nil {
		err = w.showPreviews(p)
	}
	if err == nil && rejected > 0 {
		return fmt.Errorf("%d %w", rejected, errRows)
	}
	return err
}

// previews are orders and what is foretold of them.
type previews []preview

type preview struct {
	order  *ordersv1.OrderPaid
	answer *accrualv1.PreviewOrderResponse
}

// all previews every order that the file pays.
func (c *previewCmd) all(ctx context.Context, a *accrual, reader *orderfile.Reader, p *previews) error {
	program, err := a.programme()
	if err != nil {
		return err
	}
	for {
		g, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		order, ok := orderfile.ToProto(g).(*ordersv1.OrderPaid)
		if !ok {
			continue
		}
		answer, err := a.PreviewOrder(ctx, c.request(program, order))
		if err != nil {
			return err
		}
		*p = append(*p, preview{order, answer})
	}
}

func (c *previewCmd) request(program string, order *ordersv1.OrderPaid) *accrualv1.PreviewOrderRequest {
	in := &accrualv1.PreviewOrderRequest{
		Program: program, Account: order.GetAccount(), Merchant: order.GetMerchant(), Currency: order.GetCurrency(),
		Lines: order.GetLines(), OccurredAt: proto.CloneOf[*timestamppb.Timestamp](order.GetOccurredAt()),
	}
	if c.Now {
		in.OccurredAt = nil
	}
	if c.Newcomer {
		in.Account = ""
	}
	return in
}

// showPreviews shows one answer after the other as JSON, else a row an order, and for people the lines below.
func (w *world) showPreviews(p previews) error {
	if w.root.Output == formatJSON {
		for _, one := range p {
			if err := w.json(one.answer); err != nil {
				return err
			}
		}
		return nil
	}
	rows := grid{
		columns: []string{"order", "account", "points", "unit", "active_from", "last_day", "pays_debt", "tier_held", "tier_reached"},
		numbers: []string{"points", "pays_debt"},
	}
	lines := grid{columns: []string{"order", "line", "sku", "category", "points", "rules"}, numbers: []string{"points"}}
	for _, one := range p {
		order, a := one.order.GetMerchant()+"/"+one.order.GetOrderId(), one.answer
		rows.add(order, one.order.GetAccount(), number(a.GetPoints()), a.GetUnit(), a.GetActivationDay(), lastDay(a.GetExpiryDay()),
			number(a.GetDebtPaidPoints()), a.GetTierHeld(), a.GetTierReached())
		for _, l := range a.GetLines() {
			lines.add(order, l.GetLineId(), l.GetSku(), l.GetCategory(), number(l.GetPoints()), strings.Join(l.GetRules(), ", "))
		}
	}
	return w.show(nil, rows, rows, lines)
}
