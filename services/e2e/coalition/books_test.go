package coalition

import (
	"fmt"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/cloudevent"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// derived are the collections that follow from FACTS.
var derived = []string{"read", "books", "captures"}

// busy is some weeks of what partners and members do.
func (h *standing) busy() {
	h.t.Helper()
	h.pass("2026-03-02")
	for i := range 6 {
		account := fmt.Sprint("member-", i)
		h.award(account, "a", 100)
		h.award(account, "b", 50)
		capture := h.spend(account, "c", 30+int64(i))
		if i%2 == 0 {
			h.refund(account, capture)
		}
		h.spend(account, "operator", 7)
		h.spend(account, "a", 90)
	}
}

// TestBooksAreAFunctionOfFacts: told again in another way, or read anew from the beginning with a month closed meanwhile,
// they hold the same.
func TestBooksAreAFunctionOfFacts(t *testing.T) {
	t.Parallel()
	h := open(t, e2)
	d := h.desk()
	h.busy()
	h.pass("2026-04-01")
	d.mustClose("2026-03")
	h.award("member-1", "b", 10)
	h.spend("member-1", "c", 5)
	h.pass("2026-04-02")
	d.drained()
	want := h.documents(append(derived, "settlements")...)
	d.requireSound(1)

	facts := h.facts()
	for i, f := range facts { // past the window in which the bus knows them
		facts[i].ID += " again"
		facts[i].Header = maps.Clone(f.Header)
	}
	for chunk := range len(facts)/100 + 1 {
		require.NoError(t, publish.All(t.Context(), h.bus, facts[chunk*100:min(len(facts), chunk*100+100)]))
	}
	d.drained()
	require.Equal(t, want, h.documents(append(derived, "settlements")...))

	d.stop()
	again := h.build(7)
	require.NoError(t, again.Forget(t.Context()))
	require.Empty(t, h.documents("books")["books"])
	stop := h.run(again)
	testkit.Eventually(t, func() bool {
		p, err := again.Progress(t.Context())
		return err == nil && p.Drained()
	}, "the books are read anew")
	stop()
	require.Equal(t, want, h.documents(append(derived, "settlements")...))
}

// facts are all messages of FACTS, in their order.
func (h *standing) facts() []bus.Outgoing {
	h.t.Helper()
	stream, err := h.js.Stream(h.t.Context(), bus.Facts)
	require.NoError(h.t, err)
	info, err := stream.Info(h.t.Context())
	require.NoError(h.t, err)
	var list []bus.Outgoing
	for n := uint64(1); n <= info.State.LastSeq; n++ {
		m, err := stream.GetMsg(h.t.Context(), n)
		require.NoError(h.t, err)
		var posted accrualv1.EntryPosted
		if m.Header.Get("ce-type") == string(posted.ProtoReflect().Descriptor().FullName()) {
			require.NoError(h.t, proto.Unmarshal(m.Data, &posted))
			list = append(list, tell(h.t, &posted, m.Header.Get("Nats-Msg-Id")))
		}
	}
	return list
}

// tell makes a fact as the ledger tells it.
func tell(t *testing.T, posted *accrualv1.EntryPosted, id string) bus.Outgoing {
	t.Helper()
	data, err := proto.Marshal(posted)
	require.NoError(t, err)
	e := posted.GetEntry()
	event := cloudevent.Event{
		ID: id, Source: "laurel/accrual", Type: string(posted.ProtoReflect().Descriptor().FullName()),
		ContentType: cloudevent.ContentTypeProtobuf, Time: e.GetEffectiveAt().AsTime(),
	}
	return bus.Outgoing{
		Subject: bus.FactSubject(e.GetProgram(), "accrual", "capture", e.GetAccount()), ID: id, Header: event.Headers(), Data: data,
	}
}

// spent is a fact that somebody spent 25 points of A at C.
func spent(seq int64, day string) *accrualv1.EntryPosted {
	return &accrualv1.EntryPosted{EffectiveDay: day, Entry: &accrualv1.Entry{
		Program: "tea", Account: "zed", Key: fmt.Sprint("cmd/x/", seq), Seq: seq, Kind: accrualv1.EntryKind_ENTRY_KIND_CAPTURE, Revision: 1,
		EffectiveAt: timestamppb.Now(), Movements: []*accrualv1.Movement{{
			Kind: accrualv1.MovementKind_MOVEMENT_KIND_CAPTURE, Unit: "points", Issuer: "a", Redeemer: "c", Points: 25,
		}},
	}}
}

// TestWhatComesAfterTheCloseIsLate: the ledger has promised that nothing would; if something does all the same, it stands
// in the next month and is marked so, also when everything is read anew. The month that is closed does not change.
func TestWhatComesAfterTheCloseIsLate(t *testing.T) {
	t.Parallel()
	h := open(t, e2)
	d := h.desk()
	h.workedExample()
	h.pass("2026-04-01")
	closed := d.mustClose("2026-03")
	require.NoError(t, publish.All(t.Context(), h.bus, []bus.Outgoing{tell(t, spent(1, "2026-03-31"), "late")}))
	d.drained()
	require.Equal(t, closed.GetDigest(), d.mustClose("2026-03").GetDigest())
	h.pass("2026-05-01")
	s := d.mustClose("2026-04")
	require.Len(t, s.GetLines(), 1)
	require.Equal(t, "2026-03", s.GetLines()[0].GetLatePeriod())
	require.EqualValues(t, 20, s.GetLines()[0].GetAmountMinor())

	want := h.documents(derived...)
	d.stop()
	again := h.build(0)
	require.NoError(t, again.Forget(t.Context()))
	h.run(again)
	testkit.Eventually(t, func() bool {
		p, err := again.Progress(t.Context())
		return err == nil && p.Drained()
	}, "the books are read anew")
	require.Equal(t, want, h.documents(derived...))
	report, err := again.Verify(t.Context(), "tea")
	require.NoError(t, err)
	require.Equal(t, []string{"2026-03: SETTLEMENT_TOTALS_DIFFER (period): entries: 7 in partner's books, 6 in the ledger"}, report.Breaches)
}

// TestAFactThatIsMissingStopsTheBooks: better none than wrong ones.
func TestAFactThatIsMissingStopsTheBooks(t *testing.T) {
	t.Parallel()
	for name, fact := range map[string]*accrualv1.EntryPosted{
		"a gap":                      spent(2, "2026-03-31"),
		"a day that is none":         spent(1, "2026-03-32"),
		"a refund of nothing":        refunding(spent(1, "2026-03-31")),
		"points that are none":       moving(spent(1, "2026-03-31"), func(m *accrualv1.Movement) { m.Points = 0 }),
		"a movement that is strange": moving(spent(1, "2026-03-31"), func(m *accrualv1.Movement) { m.Kind = 99 }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t, e2)
			d := h.desk()
			require.NoError(t, publish.All(t.Context(), h.bus, []bus.Outgoing{tell(t, fact, "bad")}))
			testkit.Eventually(t, func() bool { return d.Broken() != nil }, "the books stop")
			require.ErrorContains(t, d.Broken(), "account tea/zed")
		})
	}
}

func refunding(posted *accrualv1.EntryPosted) *accrualv1.EntryPosted {
	posted.Entry.Kind, posted.Entry.Refund = accrualv1.EntryKind_ENTRY_KIND_REFUND, &accrualv1.RefundPart{CaptureSeq: 7}
	return posted
}

func moving(posted *accrualv1.EntryPosted, change func(*accrualv1.Movement)) *accrualv1.EntryPosted {
	change(posted.GetEntry().GetMovements()[0])
	return posted
}
