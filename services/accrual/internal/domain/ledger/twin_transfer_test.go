package ledger_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/money"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// twinSend is points that were sent, the fee with them, and whether they are back.
type twinSend struct {
	id     string
	points []*point
	net    int
	on     calendar.Day
	back   bool
}

func (p policy) fee(n int) int {
	if !p.feeTenth {
		return 0
	}
	return n/10 + 1
}

// maySend is what should become of a transfer.
func (w *twin) maySend(n int, now time.Time) string {
	p := w.policies[w.in(now)-1]
	today := 0
	for _, s := range w.sends {
		if s.on == w.today && !s.back {
			today += s.net
		}
	}
	switch {
	case !p.sends:
		return "TRANSFERS_NOT_ALLOWED"
	case w.frozen.Spending:
		return "ACCOUNT_FROZEN"
	case p.sendMax > 0 && (n > p.sendMax || today+n > p.sendDay):
		return "TRANSFER_LIMIT"
	case n+p.fee(n) > int(w.count("active")):
		return "INSUFFICIENT_POINTS"
	case n+p.fee(n) > len(w.old(p.sendOlder)):
		return "POINTS_TOO_YOUNG"
	}
	return ""
}

// old are the active points that may be sent, the first to lapse first: of each kind all but as many as came in of late.
func (w *twin) old(days int) []*point {
	var list []*point
	for _, p := range w.points {
		if p.state == "active" {
			list = append(list, p)
		}
	}
	slices.SortStableFunc(list, func(a, b *point) int { return w.consumedBefore("active", a, b) })
	for _, c := range w.came {
		if w.today >= c.active.AddDays(days) {
			continue
		}
		i := slices.IndexFunc(list, func(p *point) bool { return p.gone == c.gone && p.life == c.life && p.issuer == c.issuer })
		if i >= 0 {
			list = slices.Delete(list, i, i+1)
		}
	}
	return list
}

func (w *twin) send(id string, n int, now time.Time) {
	p := w.policies[w.in(now)-1]
	s := twinSend{id: id, net: n, on: w.today}
	s.points = w.old(p.sendOlder)[:n+p.fee(n)]
	for _, x := range s.points {
		x.state = "sent"
	}
	w.sends = append(w.sends, s)
	w.note("transfer_out")
}

// arrive lets points that were sent come back, or some of another account come in.
func (m *machine) arrive(*rapid.T) {
	m.twin.pass(m.now)
	on := slices.IndexFunc(m.twin.sends, func(s twinSend) bool { return !s.back })
	if on >= 0 && rapid.Bool().Draw(m.t, "back") {
		m.comeBack(&m.twin.sends[on])
		return
	}
	m.ids++
	out := ledger.Entry{
		Program: "shop", Account: "zoe", Kind: ledger.KindTransferOut, Key: fmt.Sprint("cmd/till/z", m.ids), Actor: "caller/till", EffectiveAt: m.now,
		Transfer: &ledger.TransferPart{ID: fmt.Sprint("cmd/till/z", m.ids), From: "zoe", To: "anna", Fee: money.Points(rapid.SampledFrom([]int{0, 0, 1, 9}).Draw(m.t, "fee")), Rolled: calendar.None},
	}
	sent := money.Points(0)
	for range rapid.IntRange(1, 3).Draw(m.t, "lots") {
		key := ledger.LotKey{Unit: "points", Issuer: rapid.SampledFrom([]string{"operator", "cafe", "air"}).Draw(m.t, "issuer"), Activation: calendar.None, Expiry: calendar.None}
		if rapid.IntRange(0, 3).Draw(m.t, "lapses") > 0 {
			key.Expiry = m.twin.today + calendar.Day(rapid.IntRange(-2, 60).Draw(m.t, "gone after"))
		}
		if rapid.IntRange(0, 3).Draw(m.t, "rolled") == 0 {
			if out.Transfer.Rolled == calendar.None {
				out.Transfer.Rolled = m.twin.today + calendar.Day(rapid.IntRange(-2, 60).Draw(m.t, "rolled until"))
			}
			key.Expiry, key.Life = calendar.None, rapid.IntRange(1, 3).Draw(m.t, "life")
		}
		n := money.Points(rapid.IntRange(1, 20).Draw(m.t, "sent"))
		sent += n
		out.Movements = append(out.Movements, ledger.Movement{Move: ledger.MoveSend, Lot: key, Points: n})
	}
	out.Transfer.Fee = min(out.Transfer.Fee, sent-1)
	out.Transfer.Points = sent - out.Transfer.Fee
	want := m.twin.receive(out)
	for _, h := range []*house{m.lazy, m.swept} {
		_, err := h.arrive(out, "", m.now)
		if want != "" {
			require.Error(m.t, err)
			require.Equal(m.t, want, reasonOf(err))
			continue
		}
		require.NoError(m.t, err)
	}
	if want != "" {
		m.seen["arrival "+want]++
		return
	}
	m.seen["arrived"]++
}

func (m *machine) comeBack(s *twinSend) {
	for _, h := range []*house{m.lazy, m.swept} {
		out, ok := h.entry(s.id)
		require.True(m.t, ok)
		_, err := h.arrive(out, reason.AccountNotFound, m.now)
		require.NoError(m.t, err)
	}
	s.back = true
	for _, p := range s.points {
		m.twin.comeIn(p)
	}
	m.twin.note("transfer_in")
	m.seen["came back"]++
}

// receive lets points of another account come in, or says why not.
func (w *twin) receive(out ledger.Entry) string {
	switch {
	case !w.enrolled:
		return "ACCOUNT_NOT_FOUND"
	case w.frozen.Earning:
		return "ACCOUNT_FROZEN"
	}
	left := out.Transfer.Points
	for _, m := range out.Movements {
		if m.Lot.Life > 0 { // at the receiver it keeps the day that it had
			m.Lot.Expiry = out.Transfer.Rolled
		}
		for range m.Points {
			if left == 0 {
				w.owed[flow{m.Lot.Issuer, "operator"}]++
				continue
			}
			left--
			w.give(point{active: w.today, gone: m.Lot.Expiry, issuer: m.Lot.Issuer})
		}
	}
	w.note("transfer_in")
	return ""
}

// extended lists the points that are meant.
func (w *twin) extended(d ledger.Extend) []*point {
	var list []*point
	for _, p := range w.points {
		pending := p.state == "pending" && p.active < d.To
		if (p.state == "active" || pending) && w.lapses(p) < d.Before {
			list = append(list, p)
		}
	}
	return list
}

// compareOwed holds what partners owe each other, by the movements, against the twin's points.
func (m *machine) compareOwed() {
	owed := map[flow]int{}
	for _, e := range m.lazy.entries {
		for _, move := range e.Movements {
			if move.Redeemer == "" {
				continue
			}
			points := int(move.Points)
			if move.Move == ledger.MoveRefund {
				points = -points
			}
			owed[flow{move.Lot.Issuer, move.Redeemer}] += points
			m.seen["owed by "+move.Move.String()]++
		}
	}
	require.Equal(m.t, nonzero(m.twin.owed), nonzero(owed), "what went from whom to whom")
}
