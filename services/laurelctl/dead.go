package laurelctl

import (
	"context"
	"encoding/hex"
	"fmt"
	"unicode/utf8"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
)

// deadListCmd lists refused events.
type deadListCmd struct {
	All       bool   `help:"Of all programmes, not only one."`
	Limit     int    `default:"100" placeholder:"N" help:"At most so many; 0: all. Default: ${default}."`
	PageToken string `placeholder:"TOKEN" help:"Go on where an answer that was limited ended (nextPageToken of its JSON)."`
}

// Run asks for the dead letters, page by page.
func (c *deadListCmd) Run(w *world) error {
	return w.ask(w.root.Timeout, func(ctx context.Context, a *accrual) error {
		request := &accrualv1.ListDeadLettersRequest{PageToken: c.PageToken}
		if !c.All {
			program, err := a.programme()
			if err != nil {
				return err
			}
			request.Program = program
		}
		all := &accrualv1.ListDeadLettersResponse{}
		err := pages(c.Limit, func(size int32) (int, bool, error) {
			request.PageSize = size
			answer, err := a.ListDeadLetters(ctx, request)
			if err != nil {
				return 0, false, err
			}
			all.DeadLetters = append(all.GetDeadLetters(), answer.GetDeadLetters()...)
			all.NextPageToken = answer.GetNextPageToken()
			request.PageToken = all.GetNextPageToken()
			return len(all.GetDeadLetters()), request.GetPageToken() != "", nil
		})
		if err != nil {
			return err
		}
		if len(all.GetDeadLetters()) == 0 && w.root.Output == formatTable {
			return w.lines([]string{"no event was refused"})
		}
		return w.show(all, letterRows(all.GetDeadLetters()), letterList(all.GetDeadLetters()))
	})
}

// letterRows has all of a dead letter but headers and body.
func letterRows(list []*accrualv1.DeadLetter) grid {
	g := grid{columns: []string{
		"id", "refused_at", "programme", "merchant", "account", "kind", "event_id", "event_source", "reason", "field", "message",
		"subject", "stream_sequence", "redriven",
	}}
	for _, l := range list {
		g.add(l.GetId(), moment(l.GetRefusedAt()), l.GetProgram(), l.GetMerchant(), l.GetAccount(), l.GetKind(), l.GetEventId(),
			l.GetEventSource(), l.GetReason(), l.GetField(), l.GetMessage(), l.GetSubject(), number(l.GetStreamSequence()), number(l.GetRedriven()))
	}
	return g
}

// letterList is dead letters for people.
func letterList(list []*accrualv1.DeadLetter) grid {
	g := grid{
		columns: []string{"id", "refused_at", "merchant", "account", "kind", "event_id", "reason", "redriven"},
		numbers: []string{"redriven"},
	}
	for _, l := range list {
		g.add(l.GetId(), moment(l.GetRefusedAt()), l.GetMerchant(), l.GetAccount(), l.GetKind(), l.GetEventId(), l.GetReason(), number(l.GetRedriven()))
	}
	return g
}

// deadShowCmd shows a refused event whole.
type deadShowCmd struct {
	ID string `arg:"" help:"The dead letter's id. One that begins with a dash goes behind --."`
}

// Run asks for the dead letter and shows it with its headers and body.
func (c *deadShowCmd) Run(w *world) error {
	return w.ask(w.root.Timeout, func(ctx context.Context, a *accrual) error {
		answer, err := a.GetDeadLetter(ctx, &accrualv1.GetDeadLetterRequest{Id: c.ID})
		if err != nil {
			return err
		}
		found := answer.GetDeadLetter()
		rows := letterRows([]*accrualv1.DeadLetter{found})
		return w.show(answer, rows, letterTable(found, rows))
	})
}

// letterTable turns the one row on its side, and adds headers and body.
func letterTable(l *accrualv1.DeadLetter, rows grid) grid {
	g := grid{columns: []string{"what", "value"}}
	for i, name := range rows.columns {
		g.add(name, rows.rows[0][i])
	}
	for _, h := range l.GetHeaders() {
		g.add("header", h)
	}
	g.add("body", body(l.GetBody()))
	return g
}

// bodyShown is how many bytes of a body are shown in a table; JSON has all of it.
const bodyShown = 4 << 10

func body(raw []byte) string {
	shown := raw[:min(len(raw), bodyShown)]
	text := string(shown)
	if !utf8.Valid(shown) || text != safe(text) {
		text = "hex " + hex.EncodeToString(shown)
	}
	if len(raw) > len(shown) {
		text += fmt.Sprintf(" … and %d bytes more", len(raw)-len(shown))
	}
	return text
}

// deadRedriveCmd publishes a refused event again.
type deadRedriveCmd struct {
	ID string `arg:"" help:"The dead letter's id. One that begins with a dash goes behind --."`
}

// Run asks for the redrive.
func (c *deadRedriveCmd) Run(w *world) error {
	return w.ask(w.root.Timeout, func(ctx context.Context, a *accrual) error {
		answer, err := a.RedriveDeadLetter(ctx, &accrualv1.RedriveDeadLetterRequest{Id: c.ID})
		if err != nil {
			return err
		}
		if w.root.Output == formatTable {
			return w.lines([]string{"published again as event " + answer.GetEventId()})
		}
		rows := grid{columns: []string{"id", "event_id"}}
		rows.add(c.ID, answer.GetEventId())
		return w.show(answer, rows)
	})
}
