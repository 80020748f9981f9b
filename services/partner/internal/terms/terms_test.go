package terms_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
	"github.com/laurel-loyalty/laurel/services/partner/internal/terms"
)

const streamBytes = 16 << 20

// tea is a programme with one partner, whose price is written in.
const tea = `
programme: tea
zone: Europe/Berlin
currency: EUR
unit: points
earning: {points: 1, per: 1.00}
expiry: {rule: never}
partners: {air: {roles: [redeem], category: airline, redemption_price: PRICE}}
`

var morning = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// log is EVENTS of one test.
type log struct {
	t   *testing.T
	bus *bus.Bus
}

func open(t *testing.T) *log {
	t.Helper()
	server := testkit.NATS(t)
	b, err := bus.Connect(t.Context(), bus.Config{URL: server.URL, Token: server.Token, Name: "test"}, testkit.Logger(t))
	require.NoError(t, err)
	t.Cleanup(b.Close)
	l := &log{t, b}
	l.streams()
	return l
}

func (l *log) streams() {
	l.t.Helper()
	require.NoError(l.t, l.bus.EnsureStreams(l.t.Context(), bus.Layout{
		Partitions: bus.Partitions, MaxBytesEvents: streamBytes, MaxBytesFacts: streamBytes, MaxBytesDead: streamBytes,
	}))
}

func (l *log) terms() *terms.Terms {
	l.t.Helper()
	known, err := terms.New(l.bus, clock.At(morning), testkit.Logger(l.t))
	require.NoError(l.t, err)
	return known
}

func (l *log) control(program, kind, id string, body proto.Message) {
	l.t.Helper()
	batch, err := publish.Control(publish.ControlEvent{Program: program, Source: "programme", Kind: kind, ID: id, Body: body}, bus.Partitions)
	require.NoError(l.t, err)
	require.NoError(l.t, publish.All(l.t.Context(), l.bus, batch))
}

func (l *log) opened(mode controlv1.ClockMode) {
	l.control("house", "opened", "opened", &controlv1.HouseOpened{ClockMode: mode, Partitions: bus.Partitions})
}

func (l *log) passed(to time.Time) {
	l.control("house", "clock", "clock/"+to.String(), &controlv1.ClockPassed{Time: timestamppb.New(to)})
}

func (l *log) revised(number int32, price string, effective *timestamppb.Timestamp) {
	l.control("tea", "revised", "revised/"+price, &controlv1.ProgramRevised{
		Program: "tea", Revision: number, EffectiveAt: effective,
		Files: []*controlv1.ProgramFile{{Name: "tea.yaml", Content: []byte(strings.ReplaceAll(tea, "PRICE", price))}},
	})
}

func TestAgreementsAreReadFromTheLog(t *testing.T) {
	t.Parallel()
	l := open(t)
	known := l.terms()
	_, err := known.Schedule(t.Context(), "tea")
	require.ErrorIs(t, err, reason.UnknownProgram)
	_, err = known.Now(t.Context())
	require.ErrorIs(t, err, reason.NotReady)
	require.Error(t, known.Ready(t.Context()), "nobody has opened the house")

	l.opened(controlv1.ClockMode_CLOCK_MODE_WALL)
	l.revised(1, "0.01", nil)
	s, err := known.Schedule(t.Context(), "tea")
	require.NoError(t, err)
	require.Len(t, s, 1)
	require.True(t, s[0].Effective.IsZero(), "the first holds from the beginning")
	now, err := known.Now(t.Context())
	require.NoError(t, err)
	require.Equal(t, morning, now)
	require.NoError(t, known.Ready(t.Context()))

	later := morning.AddDate(100, 0, 0)
	l.revised(2, "0.02", timestamppb.New(later))
	l.revised(2, "0.03", nil) // two of one number: the first counts
	again := l.terms()
	s, err = again.Schedule(t.Context(), "tea")
	require.NoError(t, err)
	require.Len(t, s, 2)
	require.Equal(t, later, s[1].Effective)
	air, ok := s.In(later).Program.Partner("air")
	require.True(t, ok)
	require.Equal(t, "2", air.RedemptionPrice.String())

	s, err = known.Schedule(t.Context(), "tea")
	require.NoError(t, err)
	require.Len(t, s, 1, "nobody has polled since")
	s, err = known.Revisions(t.Context(), "tea", 2)
	require.NoError(t, err)
	require.Len(t, s, 2)
	_, err = known.Revisions(t.Context(), "tea", 3)
	require.ErrorIs(t, err, reason.NotReady)
}

// TestPastDaysHaveTheirOwnTime: where orders move the clocks, a revision begins at the boundary before it, and calls are
// made at the last one, also for who reads the log later.
func TestPastDaysHaveTheirOwnTime(t *testing.T) {
	t.Parallel()
	l := open(t)
	l.opened(controlv1.ClockMode_CLOCK_MODE_EVENTS)
	l.revised(1, "0.01", nil)
	before := l.terms()
	_, err := before.Now(t.Context())
	require.ErrorIs(t, err, reason.NotReady)
	first, last := time.Date(1998, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(1998, 7, 1, 0, 0, 0, 0, time.UTC)
	l.passed(first)
	now, err := before.Now(t.Context())
	require.NoError(t, err, "the time is looked for as soon as it is asked for")
	require.Equal(t, first, now)
	l.revised(2, "0.02", nil)
	l.passed(last)
	known := l.terms()
	s, err := known.Schedule(t.Context(), "tea")
	require.NoError(t, err)
	require.Len(t, s, 2)
	require.Equal(t, first, s[1].Effective)
	now, err = known.Now(t.Context())
	require.NoError(t, err)
	require.Equal(t, last, now)
}

// TestALogThatHasGoneBackIsReadAnew: what is published again after a loss stands before what was read already.
func TestALogThatHasGoneBackIsReadAnew(t *testing.T) {
	t.Parallel()
	l := open(t)
	l.opened(controlv1.ClockMode_CLOCK_MODE_EVENTS)
	l.revised(1, "0.01", nil)
	first, last := time.Date(1998, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(1998, 7, 1, 0, 0, 0, 0, time.UTC)
	l.passed(first)
	known := l.terms()
	s, err := known.Schedule(t.Context(), "tea")
	require.NoError(t, err)
	require.Len(t, s, 1)

	require.NoError(t, l.bus.Remove(t.Context(), bus.Events))
	l.streams()
	l.passed(last)
	l.revised(2, "0.02", nil)
	s, err = known.Revisions(t.Context(), "tea", 2)
	require.NoError(t, err)
	require.Equal(t, last, s[1].Effective)
}
