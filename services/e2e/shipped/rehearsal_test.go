package shipped

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	place "github.com/laurel-loyalty/laurel/services/internal/house"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

const orders = `order_id,account,occurred_at,kind,currency,sku,category,quantity,amount
1,ann,1998-03-01,paid,USD,cd,music,1,120.00
2,ben,1998-03-02,paid,USD,cd,music,1,30.50
`

// TestAHouseByItsSecrets is the whole rehearsal: one house, since it takes long to raise.
func TestAHouseByItsSecrets(t *testing.T) {
	t.Parallel()
	h := raise(t)
	programme, err := filepath.Abs("../../../deploy/programmes/cdnow.yaml")
	require.NoError(t, err)
	h.done("laurelctl", "--house", h.operator, "programme", "apply", programme)

	file := filepath.Join(t.TempDir(), "orders.csv")
	require.NoError(t, os.WriteFile(file, []byte(orders), 0o600))
	published := h.done("laurelctl", "-o", "json", "--house", h.shop, "orders", "publish", file)
	require.Contains(t, published.out.String(), `"events": 2`)
	require.NotContains(t, published.out.String(), `"position":`, "what waits in an intake has none yet")
	testkit.Eventually(t, func() bool {
		p := h.startSelf("laurelctl", nil, "-o", "json", "--house", h.operator, "--programme", "cdnow", "account", "show", "ann")
		<-p.done
		return p.cmd.ProcessState.Success()
	}, "the order has come through")
	shown := h.ctl(h.operator, "account", "show", "ann")["account"].(map[string]any)
	require.Equal(t, []any{map[string]any{"unit": "points", "active": "120"}}, shown["balances"])
	h.redeem()
	h.requireRefused(file)
	h.requireOthersPast()
	for name := range services {
		testkit.Eventually(t, func() bool { return h.ready(name) }, name+" is ready")
		require.NotContains(t, h.processes[name].err.String(), "permissions violation", "%s may do what it does", name)
	}

	t.Run("in the store", h.requireOwnDatabases)
	t.Run("an abandoned transaction", h.requireTransactionsEnd)
	h.requireBackup()
	// From here on FACTS gets what is no fact, which stops its readers.
	t.Run("a merchant apart", h.requireAMerchantApart)
	t.Run("rights on the bus", h.requireRightsOnTheBus)
}

// requireRefused has a merchant publish orders of another: it is told at once.
func (h *house) requireRefused(file string) {
	h.t.Helper()
	p := h.startSelf("laurelctl", nil, "--house", h.at("merchants/cdnow/other/house.json"), "orders", "publish", file)
	<-p.done
	require.Equal(h.t, 1, p.cmd.ProcessState.ExitCode())
	require.Contains(h.t, p.err.String(), "PERMISSION_DENIED: publish orders of orders.csv: publish on orders.cdnow.shop.paid.ann: the bus does not allow this user")
}

// requireOthersPast has a merchant publish more than the ledger takes at once, and then another one order: that one does not wait until
// the flood is over.
func (h *house) requireOthersPast() {
	t := h.t
	t.Helper()
	const flood = 2000
	rows := "order_id,merchant,account,occurred_at,kind,currency,sku,category,quantity,amount\n"
	file, other := filepath.Join(t.TempDir(), "flood.csv"), filepath.Join(t.TempDir(), "other.csv")
	require.NoError(t, os.WriteFile(other, []byte(rows+"1,other,eve,1998-03-03,paid,USD,cd,music,1,70.00\n"), 0o600))
	for i := range flood {
		rows += fmt.Sprintf("f%d,shop,member-%d,1998-03-03,paid,USD,cd,music,1,10.00\n", i, i%100)
	}
	require.NoError(t, os.WriteFile(file, []byte(rows), 0o600))

	h.processes["accrual"].stop()
	h.done("laurelctl", "--house", h.shop, "orders", "publish", file)
	h.done("laurelctl", "--house", h.at("merchants/cdnow/other/house.json"), "orders", "publish", other)
	h.startService("accrual", "LAUREL_ACCRUAL_INTAKE_AHEAD=64")
	shown := func(account string) func() bool {
		return func() bool {
			p := h.startSelf("laurelctl", nil, "-o", "json", "--house", h.operator, "--programme", "cdnow", "account", "show", account)
			<-p.done
			return p.cmd.ProcessState.Success()
		}
	}
	testkit.Eventually(t, shown("eve"), "the other's order has come through")
	setup, _ := h.user(t, "setup")
	state, err := setup.State(t.Context(), bus.Merchant{Program: "cdnow", Name: "shop"}.Intake())
	require.NoError(t, err)
	require.Positive(t, state.Messages, "the flood still waits")
	testkit.Eventually(t, func() bool {
		state, err := setup.State(t.Context(), bus.Merchant{Program: "cdnow", Name: "shop"}.Intake())
		return err == nil && state.Messages == 0
	}, "the flood has come through")
}

// redeem spends points: reward calls accrual, and both tell of it.
func (h *house) redeem() {
	h.t.Helper()
	h.ctl(h.operator, "reward", "put", "mug", "--kind", "gift", "--name", "a mug", "--points", "100", "--unlimited")
	h.ctl(h.operator, "reward", "redeem", "ann", "mug", "--key", "monday", "--points", "100")
}

// requireBackup takes one as who may read all and write nothing.
func (h *house) requireBackup() {
	h.t.Helper()
	dir := filepath.Join(h.t.TempDir(), "backup")
	h.done("laurelctl", "--house", h.file("backup/house.json"), "backup", dir)
	h.done("laurelctl", "restore", "--check", dir)
	known, err := place.Read(h.file("backup/house.json"))
	require.NoError(h.t, err)
	_, err = h.dial(known.Mongo.URI).Database("laurel_accrual").Collection("accounts").InsertOne(h.t.Context(), bson.M{})
	h.requireUnauthorized(h.t, err, "who takes backups writes")
}

// requireTransactionsEnd leaves a transaction open as a service that died would: its user has the rights to see it and to end it.
func (h *house) requireTransactionsEnd(t *testing.T) {
	client, err := mongo.Connect(options.Client().ApplyURI(h.settings("tier")["mongo_uri"].(string)).SetAppName("laurel laurel_tier"))
	require.NoError(t, err)
	defer func() { require.NoError(t, client.Disconnect(context.WithoutCancel(t.Context()))) }()
	session, err := client.StartSession()
	require.NoError(t, err)
	defer session.EndSession(t.Context())
	require.NoError(t, session.StartTransaction())
	db := client.Database("laurel_tier")
	_, err = db.Collection("abandoned").InsertOne(mongo.NewSessionContext(t.Context(), session), bson.M{})
	require.NoError(t, err)
	testkit.Eventually(t, func() bool {
		return strings.Contains(h.processes["tier"].err.String(), "ended transactions that a dead process had left open")
	}, "tier has ended it")
	require.NoError(t, db.RunCommand(t.Context(), bson.D{{Key: "collMod", Value: "partitions"}}).Err(), "it may bring its schemas up to date")
}

// user is somebody on the bus.
func (h *house) user(t *testing.T, name string) (*bus.Bus, *nats.Conn) {
	t.Helper()
	var user, password string
	if known, err := place.Read(h.file("merchants/" + name + "/house.json")); err == nil {
		user, password = known.NATS.User, known.NATS.Password
	} else if name == "operator" || name == "backup" {
		known, err := place.Read(h.file(name + "/house.json"))
		require.NoError(t, err)
		user, password = known.NATS.User, known.NATS.Password
	} else {
		at := h.settings(name)["nats"].(map[string]any)
		user, password = at["user"].(string), at["password"].(string)
	}
	cfg := bus.Config{URL: "tls://" + h.nats, User: user, Password: password, CA: h.file("ca/ca.pem"), Name: "test"}
	b, err := bus.Connect(t.Context(), cfg, testkit.Logger(t))
	require.NoError(t, err)
	t.Cleanup(b.Close)
	conn, err := nats.Connect(cfg.URL, nats.UserInfo(user, password), nats.RootCAs(cfg.CA), nats.CustomInboxPrefix(bus.InboxPrefix(user)),
		nats.PermissionErrOnSubscribe(true), nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}))
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	return b, conn
}

func (h *house) requireRightsOnTheBus(t *testing.T) {
	for _, c := range []struct {
		who    string
		may    []string
		mayNot []string
	}{
		{"cdnow/shop", []string{"orders.cdnow.shop.paid.ann"}, []string{
			"orders.cdnow.other.paid.ann", "orders.club.shop.paid.ann", "actions.cdnow.shop.visit.ann", "control.cdnow.programme.revised.x",
			"facts.cdnow.accrual.earn.ann", "dead.cdnow.shop.paid.ann", "$JS.API.STREAM.DELETE.EVENTS", "$JS.API.STREAM.MSG.GET.EVENTS",
			"$JS.API.STREAM.INFO.EVENTS", "$JS.API.CONSUMER.CREATE.DEAD.x", "_INBOX_laurel-accrual.x", "intake.cdnow.shop.paid.ann", "intake.cdnow.other.paid.ann",
			"$JS.API.STREAM.PURGE.INTAKE=cdnow=shop",
		}},
		{"accrual", []string{"facts.cdnow.accrual.test.x"}, []string{
			"facts.cdnow.tier.raised.ann", "control.cdnow.programme.revised.x", "control.house.laurel.opened.x", "$JS.API.STREAM.PURGE.EVENTS",
			"$JS.API.STREAM.UPDATE.EVENTS", "$JS.API.CONSUMER.CREATE.FACTS.x", "$JS.API.STREAM.DELETE.INTAKE=cdnow=shop", "intake.cdnow.shop.paid.ann",
		}},
		{"tier", []string{"facts.cdnow.tier.test.x"}, []string{
			"facts.cdnow.accrual.earn.ann", "orders.cdnow.shop.paid.ann", "control.cdnow.accrual.refused.ann", "dead.cdnow.shop.paid.ann",
		}},
		{"partner", nil, []string{"facts.cdnow.partner.x.ann", "control.cdnow.partner.x.ann", "orders.cdnow.shop.paid.ann"}},
		{"reward", []string{"facts.cdnow.reward.test.x"}, []string{"control.cdnow.reward.x.ann", "$JS.API.CONSUMER.CREATE.FACTS.x"}},
		{"member", []string{"control.cdnow.member.test.x"}, []string{"facts.cdnow.member.x.ann"}},
		{"programme", []string{"control.cdnow.programme.test.x"}, []string{"facts.cdnow.programme.x.ann", "control.house.laurel.clock.x"}},
		{"analytics", []string{"facts.cdnow.analytics.test.x"}, []string{"facts.cdnow.accrual.earn.x", "$JS.API.CONSUMER.CREATE.EVENTS.x"}},
		{"operator", []string{"actions.cdnow.app.visit.ann"}, []string{"intake.cdnow.shop.paid.ann", "control.cdnow.programme.revised.x", "facts.cdnow.accrual.earn.ann"}},
		{"backup", nil, []string{
			"orders.cdnow.shop.paid.ann", "facts.cdnow.backup.x.ann", "$JS.API.STREAM.RESTORE.EVENTS", "$JS.API.STREAM.DELETE.EVENTS", "$JS.API.STREAM.PURGE.DEAD",
		}},
		{"setup", nil, []string{"orders.cdnow.shop.paid.ann", "$JS.API.STREAM.DELETE.EVENTS", "control.cdnow.programme.revised.x"}},
	} {
		b, _ := h.user(t, c.who)
		for _, subject := range c.mayNot {
			_, err := b.Publish(t.Context(), bus.Outgoing{Subject: subject})
			require.ErrorIs(t, err, bus.ErrDenied, "%s on %s", c.who, subject)
		}
		for _, subject := range c.may {
			_, err := b.Publish(t.Context(), bus.Outgoing{Subject: subject, Data: []byte("{}")})
			require.NoError(t, err, "%s on %s", c.who, subject)
		}
	}
}

// requireAMerchantApart tries what a merchant could do with a connection but for publishing.
func (h *house) requireAMerchantApart(t *testing.T) {
	_, shop := h.user(t, "cdnow/shop")
	for _, subject := range []string{"facts.>", "orders.>", "orders.cdnow.other.>", "dead.cdnow.other.>", "dead.>", "_INBOX.>", ">", "$SYS.>"} {
		sub, err := shop.SubscribeSync(subject)
		if err == nil {
			_, err = sub.NextMsg(answerMax)
		}
		require.ErrorIs(t, err, nats.ErrPermissionViolation, subject)
	}

	// Its own dead letters it hears.
	dead, err := shop.SubscribeSync("dead.cdnow.shop.>")
	require.NoError(t, err)
	require.NoError(t, shop.Flush())
	_, err = shop.Request("orders.cdnow.shop.paid.ann", []byte("no order"), answerMax)
	require.NoError(t, err)
	letter, err := dead.NextMsg(answerMax)
	require.NoError(t, err)
	require.Equal(t, "dead.cdnow.shop.paid.ann", letter.Subject)

	// The answer to what is published goes where the publisher says. Out of the house's own account that could be FACTS; out of a
	// merchant's it does not get there.
	accrual, _ := h.user(t, "accrual")
	_, operator := h.user(t, "operator")
	for who, c := range map[string]struct {
		conn  *nats.Conn
		there bool
	}{"shop": {shop, false}, "operator": {operator, true}} {
		forged := "facts.cdnow.accrual.forged." + who
		require.NoError(t, c.conn.PublishRequest("orders.cdnow.shop.paid.ben", forged, []byte("no order either, by "+who)))
		_, err = c.conn.Request("orders.cdnow.shop.paid.ben", []byte("behind it, by "+who), answerMax)
		require.NoError(t, err)
		if c.there {
			testkit.Eventually(t, func() bool { return found(t, accrual, forged) }, "the test sees what comes there")
		}
		require.Equal(t, c.there, found(t, accrual, forged), "%s", who)
	}
}

// answerMax is how long an answer may take on a busy machine.
const answerMax = time.Minute

func found(t *testing.T, b *bus.Bus, fact string) bool {
	t.Helper()
	_, found, err := b.Last(t.Context(), bus.Facts, fact)
	require.NoError(t, err)
	return found
}

// requireOwnDatabases lets each service's user into its own database, and into no other.
func (h *house) requireOwnDatabases(t *testing.T) {
	for name := range services {
		client := h.dial(h.settings(name)["mongo_uri"].(string))
		for other := range services {
			db := client.Database("laurel_" + other)
			err := db.Collection("partitions").FindOne(t.Context(), bson.M{}).Err()
			if other == name {
				require.True(t, err == nil || errors.Is(err, mongo.ErrNoDocuments), "%s in its own: %v", name, err)
				continue
			}
			h.requireUnauthorized(t, err, name+" reads what is "+other+"'s")
			_, err = db.Collection("mine").InsertOne(t.Context(), bson.M{})
			h.requireUnauthorized(t, err, name+" writes what is "+other+"'s")
		}
		h.requireUnauthorized(t, client.Database("admin").Collection("system.users").FindOne(t.Context(), bson.M{}).Err(), name+" reads users")
		h.requireUnauthorized(t, client.Database("local").Collection("oplog.rs").FindOne(t.Context(), bson.M{}).Err(), name+" reads the oplog")
	}
	stranger := h.dial("mongodb://" + h.mongo + "/?replicaSet=laurel&tls=true&tlsCAFile=" + h.file("ca/ca.pem"))
	h.requireUnauthorized(t, stranger.Database("laurel_accrual").Collection("accounts").FindOne(t.Context(), bson.M{}).Err(), "nobody reads")
}

// codeUnauthorized is mongod's answer to who may not.
const codeUnauthorized = 13

func (h *house) requireUnauthorized(t *testing.T, err error, what string) {
	t.Helper()
	var server mongo.ServerError
	require.ErrorAs(t, err, &server, what)
	require.True(t, server.HasErrorCode(codeUnauthorized), "%s: %v", what, err)
}
