package secrets

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/laurel-loyalty/laurel/services/internal/house"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// settingsFile is what a service is started with.
const settingsFile = "settings.yaml"

// calls says whose gRPC a service calls, beside its own replicas'.
var calls = map[rpc.Name]rpc.Name{rpc.Partner: rpc.Accrual, rpc.Reward: rpc.Accrual}

// replicaSet is what the servers of MongoDB call their set.
const replicaSet = "laurel"

// User is as whom somebody of the house comes to NATS and MongoDB.
func User(who rpc.Name) string { return "laurel-" + string(who) }

// Database is the database of a service.
func Database(service rpc.Name) string { return "laurel_" + string(service) }

func (m *making) grpcSecret(who rpc.Name) string { return m.secret(string(who) + " grpc") }

// settings writes what a service is started with. Of those who call it the file holds digests: who reads it cannot call others.
func (m *making) settings(service rpc.Name) error {
	whose := string(service)
	ca := m.mounted(whose, caFile)
	lines := []string{
		"# Made by `laurel secrets`, which writes it anew. Other settings belong into the environment, which goes before it.",
		"mongo_uri: " + quote(m.mongoURI(User(service), m.secret(whose+" mongo"), ca)),
		"nats:",
		"  url: " + quote(m.natsURL()),
		"  user: " + quote(User(service)),
		"  password: " + quote(m.secret(whose+" nats")),
		"  ca: " + quote(ca),
		"tls:",
		"  cert: " + quote(m.mounted(whose, certFile)),
		"  key: " + quote(m.mounted(whose, keyFile)),
		"  ca: " + quote(ca),
		"callers:",
	}
	for _, who := range m.callers(service) {
		lines = append(lines, "  - "+quote(rpc.DigestCaller(who, m.grpcSecret(who))))
	}
	if callee, ok := calls[service]; ok {
		lines = append(lines, string(callee)+"_token: "+quote(m.grpcSecret(service)))
	}
	return m.write(filepath.Join(whose, settingsFile), []byte(strings.Join(lines, "\n")+"\n"))
}

// callers are who may call a service: the operator's people, and services that have to.
func (m *making) callers(service rpc.Name) []rpc.Name {
	list := []rpc.Name{rpc.Operator}
	for _, caller := range Services() {
		if calls[caller] == service {
			list = append(list, caller)
		}
	}
	for _, text := range m.People {
		list = append(list, rpc.Operator+"/"+rpc.Name(text))
	}
	return list
}

func (m *making) mongoURI(user, password, ca string) string {
	query := url.Values{"replicaSet": {replicaSet}, "authSource": {"admin"}, "tls": {"true"}, "tlsCAFile": {ca}}
	return fmt.Sprintf("mongodb://%s:%s@%s/?%s", user, password, strings.Join(m.Where.Mongo, ","), query.Encode())
}

func (m *making) natsURL() string {
	return "tls://" + strings.Join(m.Where.NATS, ",tls://")
}

// quote writes a text so that YAML and the configuration of NATS read it as it is.
func quote(text string) string { return fmt.Sprintf("%q", text) }

// Ports of the doors that people and merchants reach from outside, in the order of Services.
const (
	firstPort = 7401
	natsPort  = 4222
)

// Port is where a service is reached from outside.
func Port(service rpc.Name) int {
	for i, s := range Services() {
		if s == service {
			return firstPort + i
		}
	}
	return 0
}

// doors writes a house file for the operator and for each of their people, for each merchant one that opens the bus alone, and
// one for backups, which are taken where the servers can be reached as services reach them.
func (m *making) doors() error {
	people := map[string]rpc.Name{"operator": rpc.Operator}
	for _, text := range m.People {
		id, _, _ := strings.Cut(text, "/")
		people[filepath.Join("people", id)] = rpc.Operator + "/" + rpc.Name(text)
	}
	for dir, who := range people {
		h := house.House{
			Token: m.grpcSecret(who), CA: m.ca(),
			NATS: house.NATS{URL: m.reachNATS(), User: User(rpc.Operator), Password: m.secret("operator nats"), CA: m.ca()},
		}
		for service, address := range map[rpc.Name]*string{
			rpc.Accrual: &h.GRPC.Accrual, rpc.Analytics: &h.GRPC.Analytics, rpc.Member: &h.GRPC.Member, rpc.Partner: &h.GRPC.Partner,
			rpc.Program: &h.GRPC.Programme, rpc.Reward: &h.GRPC.Reward, rpc.Tier: &h.GRPC.Tier,
		} {
			*address = fmt.Sprintf("%s:%d", m.Where.Reach, Port(service))
		}
		if err := m.door(dir, h); err != nil {
			return err
		}
	}
	err := m.door(string(keeper), house.House{
		NATS:  house.NATS{URL: m.natsURL(), User: User(keeper), Password: m.secret(string(keeper) + " nats"), CA: m.ca()},
		Mongo: house.Mongo{URI: m.mongoURI(User(keeper), m.secret(string(keeper)+" mongo"), m.ca())},
	})
	if err != nil {
		return err
	}
	for _, text := range m.Merchants {
		who, _ := parseMerchant(text)
		err := m.door(filepath.Join("merchants", who.Program, who.Name), house.House{
			Program: who.Program,
			NATS:    house.NATS{URL: m.reachNATS(), User: text, Password: m.secret(text + " nats"), CA: m.ca()},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// ca is the certificate of the authority, for those who reach the house from outside.
func (m *making) ca() string { return filepath.Join(m.dir, caDir, "ca.pem") }

func (m *making) reachNATS() string { return fmt.Sprintf("tls://%s:%d", m.Where.Reach, natsPort) }

func (m *making) door(dir string, h house.House) error {
	text, err := h.Text()
	if err != nil {
		return err
	}
	return m.write(filepath.Join(dir, "house.json"), text)
}
