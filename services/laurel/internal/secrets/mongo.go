package secrets

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// MongoAdmin is who makes the users of MongoDB. The image makes this one, from the file AdminFile.
const (
	MongoAdmin = "laurel-admin"
	AdminFile  = "admin-password"
)

// keyLetters writes a secret with the letters that mongod takes in a key file.
var keyLetters = strings.NewReplacer("-", "+", "_", "/")

// mongo writes what mongod is started with: its certificate and key in one file, by what the members of the set know each
// other, and the first user's password.
func (m *making) mongo() error {
	var pair []byte
	for _, file := range []string{certFile, keyFile} {
		text, err := os.ReadFile(filepath.Join(m.dir, "mongo", file))
		if err != nil {
			return err
		}
		pair = append(pair, text...)
	}
	for file, text := range map[string]string{
		"server.pem": string(pair), "keyfile": keyLetters.Replace(m.secret("mongo keyfile")) + "\n", AdminFile: m.secret("mongo admin") + "\n",
	} {
		if err := m.write(filepath.Join("mongo", file), []byte(text)); err != nil {
			return err
		}
	}
	return nil
}

// grafana writes the password of its administrator, for houses that are watched by it.
func (m *making) grafana() error {
	return m.write(filepath.Join("grafana", AdminFile), []byte(m.secret("grafana admin")+"\n"))
}

// streamReplicas is on how many nodes of a cluster each stream is kept: one of them may be lost.
const streamReplicas = 3

// setup writes what `laurel setup` is started with.
func (m *making) setup() error {
	whose := string(setup)
	authority, err := os.ReadFile(m.ca())
	if err == nil {
		err = m.write(filepath.Join(whose, caFile), authority)
	}
	if err != nil {
		return err
	}
	lines := []string{
		"# Made by `laurel secrets`, which writes it anew.",
		"nats:",
		"  url: " + quote(m.natsURL()),
		"  user: " + quote(User(setup)),
		"  password: " + quote(m.secret(whose+" nats")),
		"  ca: " + quote(m.mounted(whose, caFile)),
		fmt.Sprint("replicas: ", min(len(m.Where.NATS), streamReplicas)),
		"merchants:",
	}
	for _, text := range m.Merchants {
		lines = append(lines, "  - "+quote(text))
	}
	lines = append(lines,
		"mongo:",
		"  admin: "+quote(m.mongoURI(MongoAdmin, m.secret("mongo admin"), m.mounted(whose, caFile))),
		"  users:",
	)
	for _, service := range Services() {
		lines = append(lines, "    - "+quote(userOf(service, m.secret(string(service)+" mongo"))))
	}
	lines = append(lines, "    - "+quote(User(keeper)+":"+store.AllDatabases+":"+m.secret(string(keeper)+" mongo")))
	return m.write(filepath.Join(whose, settingsFile), []byte(strings.Join(lines, "\n")+"\n"))
}

// userOf writes a user as the setting of `laurel setup` has it: who, its database, its password.
func userOf(service rpc.Name, password string) string {
	return User(service) + ":" + Database(service) + ":" + password
}
