package secrets

import (
	"bytes"
	_ "embed"
	"fmt"
	"net"
	"path/filepath"
	"text/template"

	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// NATSNameVariable names a server of a cluster in its environment.
const NATSNameVariable = "LAUREL_NATS_NAME"

// routesPort is where the servers of a cluster talk to each other.
const routesPort = "6222"

//go:embed nats.conf.tmpl
var natsTemplate string

var natsConf = template.Must(template.New("nats.conf").Funcs(template.FuncMap{"quote": quote}).Parse(natsTemplate))

// natsUser is somebody whom NATS knows.
type natsUser struct {
	Name, Hash string
	subjects
}

// natsMerchant is a merchant with an account of its own, that shares two subjects with the house.
type natsMerchant struct {
	natsUser
	Orders, Intake, Dead string
}

// nats writes the configuration of nats-server.
func (m *making) nats() error {
	view := struct {
		Cert, Key, CA    string
		Name             string // of the variable; empty: one server
		Routes           []string
		RoutesPort       string
		Peer, PeerSecret string
		House            []natsUser
		Merchants        []natsMerchant
	}{Cert: m.mounted("nats", certFile), Key: m.mounted("nats", keyFile), CA: m.mounted("nats", caFile), RoutesPort: routesPort}
	if len(m.Where.NATS) > 1 {
		view.Name, view.Peer, view.PeerSecret = NATSNameVariable, "laurel-nats", m.secret("nats routes")
		for _, host := range hosts(m.Where.NATS) {
			view.Routes = append(view.Routes, fmt.Sprintf("nats://%s:%s@%s", view.Peer, view.PeerSecret, net.JoinHostPort(host, routesPort)))
		}
	}
	for _, who := range append(Services(), rpc.Operator, setup, keeper) {
		hash, err := m.hash(string(who) + " nats")
		if err != nil {
			return err
		}
		view.House = append(view.House, natsUser{User(who), hash, m.rights()[who].allowed(User(who))})
	}
	for _, text := range m.Merchants {
		who, _ := parseMerchant(text)
		hash, err := m.hash(text + " nats")
		if err != nil {
			return err
		}
		view.Merchants = append(view.Merchants, natsMerchant{natsUser{text, hash, who.allowed()}, who.orders(), who.IntakeSubjects(), who.dead()})
	}
	var text bytes.Buffer
	if err := natsConf.Execute(&text, view); err != nil {
		return fmt.Errorf("write nats.conf: %w", err)
	}
	return m.write(filepath.Join("nats", "nats.conf"), text.Bytes())
}
