package laurelctl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	tierv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/tier/v1"
)

// verifyCmd verifies the ledger, and holds the tier service against it.
type verifyCmd struct {
	All             bool          `help:"All programmes, not only one; the ledger alone."`
	SinceCheckpoint bool          `help:"Read only entries that came after the programme's checkpoint. An older one that was altered since in the database is not seen."`
	SetCheckpoint   bool          `help:"Set the programme's checkpoint, if everything holds."`
	Tier            string        `placeholder:"ADDRESS" help:"Where the tier service listens, whose tiers must be those of the ledger. Default: where the house says."`
	Wait            time.Duration `default:"1h" placeholder:"TIME" help:"How long to wait for the end. Default: ${default}."`
}

// Run asks for the verification, tells how far it is, and shows the checks.
func (c *verifyCmd) Run(w *world) error {
	return w.ask(c.Wait, func(ctx context.Context, a *accrual) error {
		request := &accrualv1.VerifyLedgerRequest{Tiers: !c.All, SinceCheckpoint: c.SinceCheckpoint, SetCheckpoint: c.SetCheckpoint}
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
		last, ledger, err := w.follow(stream.Recv)
		if err != nil {
			return err
		}
		holds, notAsked := last.GetOk(), error(nil)
		if !c.All {
			notAsked = c.compare(ctx, w, a, ledger, last)
		}
		if err := w.show(last, checkGrid(last)); err != nil {
			return err
		}
		for _, note := range last.GetNotes() {
			w.tell("%s", note)
		}
		if set := last.GetSet(); set != nil {
			w.tell("a checkpoint is set: %d entries of %d accounts are verified; --since-checkpoint reads what comes after them", set.GetEntries(), set.GetAccounts())
		}
		switch {
		case !holds:
			return errBroken
		case !last.GetOk():
			return errTiersDiffer
		}
		return notAsked
	})
}

// compare adds the check that the tier service has the tiers of the ledger. It returns an error if the service could not be
// asked: the ledger holds or not without it.
func (c *verifyCmd) compare(ctx context.Context, w *world, a *accrual, ledger map[string]string, last *accrualv1.VerifyLedgerResponse) error {
	place, err := w.place()
	if err != nil {
		return err
	}
	if c.Tier == "" && place.GRPC.Tier == "" {
		w.tell("the tier service was not asked: the house does not say where it listens; name it with --tier")
		return nil
	}
	d, err := w.dial("tier", c.Tier)
	if err != nil {
		return err
	}
	defer d.close()
	check, err := w.tiersAgree(ctx, a, &tiers{tierv1.NewTierServiceClient(d.conn), d.program, d.currency}, ledger)
	if err != nil {
		return w.reached(d.address, err)
	}
	last.Checks = append(last.GetChecks(), check)
	last.Ok = last.GetOk() && check.GetOk()
	return nil
}

// follow reads the progress to its end, and returns the last answer and the tiers that were told, by account.
func (w *world) follow(next func() (*accrualv1.VerifyLedgerResponse, error)) (*accrualv1.VerifyLedgerResponse, map[string]string, error) {
	tiers := map[string]string{}
	for {
		answer, err := next()
		if errors.Is(err, io.EOF) {
			return nil, nil, errors.New("the verification ended without an outcome; try again")
		}
		if err != nil {
			return nil, nil, err
		}
		for _, t := range answer.GetTiers() {
			tiers[t.GetAccount()] = t.GetTier()
		}
		switch {
		case answer.GetDone():
			return answer, tiers, nil
		case len(answer.GetTiers()) == 0:
			w.tell("%d entries of %d accounts read", answer.GetEntries(), answer.GetAccounts())
		}
	}
}

// title says what was read.
func title(answer *accrualv1.VerifyLedgerResponse) string {
	if since := answer.GetSince(); since != nil {
		return fmt.Sprintf("%d entries since the checkpoint of %s, %d accounts", answer.GetEntries(), since.GetVerifiedAt().AsTime().Format(time.RFC3339), answer.GetAccounts())
	}
	return fmt.Sprintf("%d entries of %d accounts", answer.GetEntries(), answer.GetAccounts())
}

func checkGrid(answer *accrualv1.VerifyLedgerResponse) grid {
	g := grid{
		title:   title(answer),
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
