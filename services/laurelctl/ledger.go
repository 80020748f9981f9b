package laurelctl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
)

// verifyCmd verifies the ledger.
type verifyCmd struct {
	All  bool          `help:"All programmes, not only one."`
	Wait time.Duration `default:"1h" placeholder:"TIME" help:"How long to wait for the end. Default: ${default}."`
}

// Run asks for the verification, tells how far it is, and shows the checks.
func (c *verifyCmd) Run(w *world) error {
	return w.ask(c.Wait, func(ctx context.Context, a *accrual) error {
		request := &accrualv1.VerifyLedgerRequest{}
		if !c.All {
			program, err := a.programme()
			if err != nil {
				return err
			}
			request.Program = program
		}
		stream, err := a.VerifyLedger(ctx, request)
		if err != nil {
			return err
		}
		last, err := w.follow(stream.Recv)
		if err != nil {
			return err
		}
		if err := w.show(last, checkGrid(last)); err != nil {
			return err
		}
		if !last.GetOk() {
			return errBroken
		}
		return nil
	})
}

// follow reads the progress to its end, and returns the last answer.
func (w *world) follow(next func() (*accrualv1.VerifyLedgerResponse, error)) (*accrualv1.VerifyLedgerResponse, error) {
	for {
		answer, err := next()
		if errors.Is(err, io.EOF) {
			return nil, errors.New("the verification ended without an outcome; try again")
		}
		if err != nil {
			return nil, err
		}
		if answer.GetDone() {
			return answer, nil
		}
		w.tell("%d entries of %d accounts read", answer.GetEntries(), answer.GetAccounts())
	}
}

func checkGrid(answer *accrualv1.VerifyLedgerResponse) grid {
	g := grid{
		title:   fmt.Sprintf("%d entries of %d accounts", answer.GetEntries(), answer.GetAccounts()),
		columns: []string{"check", "holds", "detail"},
	}
	for _, c := range answer.GetChecks() {
		holds := "yes"
		if !c.GetOk() {
			holds = "NO"
		}
		g.add(c.GetName(), holds, c.GetDetail())
	}
	return g
}
