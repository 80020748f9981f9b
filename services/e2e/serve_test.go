package e2e

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	doors "github.com/laurel-loyalty/laurel/services/internal/house"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// serve keeps the house up on free ports, and returns once it is.
func (h *house) serve(programme string, more ...string) *process {
	h.t.Helper()
	p := h.run(programs.laurel, append([]string{"serve", "--programme", programme, "--data", h.data, "--home", h.home,
		"--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--partner-listen", "127.0.0.1:0"}, more...)...)
	testkit.Eventually(h.t, func() bool { return upOn.MatchString(p.err.String()) || p.ended() }, "the house is up")
	h.stillRuns(p)
	return p
}

var upOn = regexp.MustCompile(`the house is up: programme \w+ revision \d+, gRPC on 127\.0\.0\.1:\d+, (http://127\.0\.0\.1:\d+)/metrics`)

func (h *house) doors() string { return filepath.Join(h.home, "house.json") }

// ctl runs laurelctl on the house.
func (h *house) ctl(args ...string) outcome {
	h.t.Helper()
	return h.run(programs.laurelctl, append([]string{"--house", h.doors()}, args...)...).wait()
}

// says runs laurelctl and asserts that it succeeds and prints these lines, as regular expressions.
func (h *house) says(args []string, lines ...string) outcome {
	h.t.Helper()
	o := h.ctl(args...)
	require.Zero(h.t, o.code, "laurelctl %v\n%v", args, o)
	for _, line := range lines {
		require.Regexp(h.t, "(?m)"+line, o.out, "laurelctl %v", args)
	}
	return o
}

// becomes runs laurelctl until it prints a line: what was published is taken a moment later.
func (h *house) becomes(line string, args ...string) {
	h.t.Helper()
	want := regexp.MustCompile("(?m)" + line)
	testkit.Eventually(h.t, func() bool { return want.MatchString(h.ctl(args...).out) }, fmt.Sprintf("laurelctl %v says %s", args, line))
}

const columns = "order_id,account,occurred_at,kind,sku,quantity,amount,return_id,order_revision\n"

// TestAHouseIsServed follows a day of a shop: orders come in as a file, one event is refused, put right and sent again,
// somebody alters the books and is found out, and the books are made anew.
func TestAHouseIsServed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.serve(write(t, "tea.yaml", tea))
	at := func(ago time.Duration) string { return time.Now().Add(-ago).UTC().Format(time.RFC3339) }
	morning, noon := at(3*time.Hour), at(time.Hour)

	h.says([]string{"orders", "publish", write(t, "orders.csv", columns+
		"1,ann,"+morning+",paid,assam,2,60.50,,\n"+
		"1,ann,"+noon+",returned,assam,1,,r-1,\n"+
		"2,bob,"+morning+",paid,mint,1,40.00,,\n"+
		"2,bob,"+noon+",returned,mint,3,,r-2,\n")}, `^ orders\.csv +4 +4 +0 +\d+ *$`)
	h.becomes(`^ returned +refused +.*RETURN_EXCEEDS_ORDER`, "orders", "status", "shop/2")
	h.becomes(`^ returned +taken +order/shop/1/2 `, "orders", "status", "shop/1")
	h.says([]string{"orders", "status", "shop/2"}, `^ paid +taken +order/shop/2/1 `)
	h.says([]string{"account", "show", "ann"}, `^ account +tea/ann$`, `^ points +30 active, 0 pending, 0 held, 0 owed$`)
	h.says([]string{"account", "entries", "ann"}, `^ +1 .* earn +order/shop/1/1 +\+60 active`, `^ +2 .* reverse +order/shop/1/2 +-30 active`)
	h.says([]string{"account", "explain", "order/shop/1/2"}, `30`)
	h.says([]string{"ledger", "verify"}, `^3 entries of 2 accounts$`)
	require.Equal(t, 1, h.ctl("account", "show", "eve").code)
	require.Equal(t, 2, h.ctl("account", "look", "ann").code)
	freeze := []string{"--reason", "LOOKED_INTO", "--key"}
	require.Equal(t, 2, h.ctl(append([]string{"account", "freeze", "ann"}, append(freeze, "f0")...)...).code, "it must say what is frozen")
	h.says(append([]string{"account", "freeze", "ann", "--spending"}, append(freeze, "f1")...), `^ +3 .* state +cmd/operator/f1 `)
	h.says([]string{"account", "show", "ann"}, `^ may not +spend$`)
	h.says([]string{"account", "explain", "cmd/operator/f1"}, `froze the account: it may not spend, but earn \(LOOKED_INTO\)\.$`)
	h.says(append([]string{"account", "unfreeze", "ann"}, append(freeze, "f2")...), `^ +4 .* state +cmd/operator/f2 `)
	require.NotContains(t, h.says([]string{"account", "show", "ann"}).out, "may not")

	requireRedrive(t, h, noon)
	requireBooksAreVerified(t, h)
	requireStops(t, h, p)
	o := h.run(programs.laurel, "rebuild", "--data", h.data, "--home", h.home).wait()
	require.Zero(t, o.code, "%v", o)
	require.Contains(t, o.out, "2 accounts rebuilt from 7 entries; the ledger holds.")
}

// requireRedrive puts an order right, so that the return which it refused is taken when it is sent again.
func requireRedrive(t *testing.T, h *house, noon string) {
	t.Helper()
	list := h.says([]string{"-o", "csv", "dead", "list"}, `,RETURN_EXCEEDS_ORDER,`)
	letter := regexp.MustCompile(`(?m)^([^,]+),.*RETURN_EXCEEDS_ORDER`).FindStringSubmatch(list.out)
	require.NotNil(t, letter, list.out)
	h.says([]string{"dead", "show", letter[1]}, `^ reason +RETURN_EXCEEDS_ORDER$`, `^ header +ce-source: laurelctl$`)

	h.says([]string{"orders", "publish", write(t, "amended.csv", columns+"2,bob,"+noon+",paid,mint,4,160.00,,1\n")})
	h.becomes(`^ points +160 active`, "account", "show", "bob")
	h.says([]string{"dead", "redrive", letter[1]}, `^published again as event \S+/redrive/1$`)
	h.becomes(`^ points +40 active`, "account", "show", "bob")
	h.says([]string{"orders", "status", "shop/2"}, `^ returned +refused `, `^ returned +taken `)

	house, err := doors.Read(h.doors())
	require.NoError(t, err)
	stream, err := dialBus(t, house.NATS.URL, house.NATS.Token).Stream(t.Context(), bus.Dead)
	require.NoError(t, err)
	require.EqualValues(t, 1, stream.CachedInfo().State.Msgs, "the refused event is in DEAD once")
	m, err := stream.GetMsg(t.Context(), 1, jetstream.WithGetMsgSubject("dead.tea.shop.returned.bob"))
	require.NoError(t, err)
	require.Equal(t, "RETURN_EXCEEDS_ORDER", m.Header.Get("Laurel-Reason"))
	require.Equal(t, "laurelctl", m.Header.Get("ce-source"))
}

// requireBooksAreVerified alters an account, which the verification finds, and says so by its exit code.
func requireBooksAreVerified(t *testing.T, h *house) {
	t.Helper()
	h.says([]string{"ledger", "verify"}, `^7 entries of 2 accounts$`)
	client := dial(t, h.mongoURI())
	defer hangUp(t, client)
	changed, err := client.Database(h.database()).Collection("accounts").UpdateByID(t.Context(), "tea/ann", bson.M{"$inc": bson.M{"balances.0.active": 1000}})
	require.NoError(t, err)
	require.EqualValues(t, 1, changed.ModifiedCount)
	o := h.ctl("ledger", "verify")
	require.Equal(t, 3, o.code, "%v", o)
	require.Regexp(t, `(?m)^ accounts +NO +.*account tea/ann`, o.out)
	require.Contains(t, o.err, "laurelctl: the ledger does not hold")
}

// requireStops ends the house as Ctrl-C does.
func requireStops(t *testing.T, h *house, p *process) {
	t.Helper()
	children := []child{h.child(mongodRecord), h.child(natsRecord)}
	p.signal(syscall.SIGINT)
	testkit.Eventually(t, p.ended, "the house has stopped")
	o := p.wait()
	require.Zero(t, o.code, "%v", o)
	for _, c := range children {
		require.False(t, alive(c.PID), "child %d is gone", c.PID)
	}
	require.NoFileExists(t, h.doors())
	require.Equal(t, 2, h.ctl("account", "show", "ann").code, "there is no house to ask")
}

// TestAProgrammeIsChangedWhileTheHouseIsServed applies and takes back revisions in a house that is up; a restart with the
// file of the first one does not undo them, one with a file that the house has never had is the next revision.
func TestAProgrammeIsChangedWhileTheHouseIsServed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first, double := write(t, "tea.yaml", tea), write(t, "double.yaml", strings.Replace(tea, "points: 1,", "points: 2,", 1))
	p := h.serve(first)
	order := func(id string) {
		at := time.Now().UTC().Format(time.RFC3339Nano)
		h.says([]string{"orders", "publish", write(t, "order.csv", columns+id+",ann,"+at+",paid,assam,1,10.00,,\n")})
		h.becomes(`^ paid +taken `, "orders", "status", "shop/"+id)
	}
	order("1")
	h.says([]string{"programme", "plan", double}, `^ changed +earning.points +1 per 1.00 +2 per 1.00$`)
	h.says([]string{"programme", "apply", double}, `^programme tea has revision 2$`)
	order("2")
	h.says([]string{"account", "show", "ann"}, `^ points +30 active`)
	requireStops(t, h, p)

	p = h.serve(first)
	require.Contains(t, p.err.String(), "the programme file is revision 1; revision 2 was applied since and stays: to go back, laurelctl programme rollback 1")
	order("3")
	h.says([]string{"account", "show", "ann"}, `^ points +50 active`)
	h.says([]string{"programme", "rollback", "1"}, `^programme tea has revision 3, with the files of revision 1$`)
	order("4")
	h.says([]string{"account", "show", "ann"}, `^ points +60 active`)
	requireStops(t, h, p)

	p = h.serve(write(t, "tea.yaml", strings.Replace(tea, "points: 1,", "points: 3,", 1)))
	h.says([]string{"programme", "history"}, `^ +4 .* laurel +at once +in force$`, `^ +3 .* operator +at once +back to revision 1$`)
	order("5")
	h.says([]string{"account", "show", "ann"}, `^ points +90 active`)
	h.says([]string{"ledger", "verify"}, `^5 entries of 1 accounts$`)
	requireStops(t, h, p)
}
