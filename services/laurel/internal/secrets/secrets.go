// Package secrets makes what a house needs to run apart and nobody else may know: certificates, passwords, credentials,
// and the files of settings in which each service, server, merchant and person finds its own and nothing of others'.
// Why it is so: docs/decisions/0035.
package secrets

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"time"

	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// setup is who makes the streams and the users of MongoDB, and keeper who reads all of the house, for backups.
const (
	setup  rpc.Name = "setup"
	keeper rpc.Name = "backup"
)

// Options say for whom secrets are made. What an earlier run was told holds where nothing is said.
type Options struct {
	Dir string
	Where
	Merchants []string // programme/merchant
	People    []rpc.Person
	// Rotate names those who get new secrets and a new certificate; what they had is gone at once.
	Rotate []string
	Now    time.Time
}

// words are what programmes and merchants may be called here: their names are names of files, too.
var words = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`)

// defaults are where the servers of docker-compose.yml are.
var defaults = Where{NATS: []string{"nats:4222"}, Mongo: []string{"mongo:27017"}, Reach: "127.0.0.1"}

// Services are the services of a house, sorted.
func Services() []rpc.Name {
	return []rpc.Name{rpc.Accrual, rpc.Analytics, rpc.Member, rpc.Partner, rpc.Program, rpc.Reward, rpc.Tier}
}

// Make makes what is missing in a directory, and returns the names of the files that it wrote. A secret that is there stays
// as it is; the same again writes nothing, until a certificate is nearly over. It returns an error for names that are none, and
// for files that cannot be read or written; what was written then stays good.
func Make(o Options) ([]string, error) {
	for _, m := range o.Merchants {
		if _, ok := parseMerchant(m); !ok {
			return nil, fmt.Errorf("%q names no merchant; write <programme>/<merchant>, for example cdnow/shop", m)
		}
	}
	k, err := readKept(o.Dir)
	if err != nil {
		return nil, err
	}
	k.Where = o.or(k.Where).or(defaults)
	add(&k.Merchants, o.Merchants)
	for _, p := range o.People {
		add(&k.People, []string{p.ID + "/" + p.Role})
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", o.Dir, err)
	}
	w := &writer{dir: dir}
	for _, whose := range o.Rotate {
		if whose == "mongo" {
			return nil, errors.New("the secrets of MongoDB itself are changed by its own means: its administrator's password, and the key file member by member")
		}
		if !k.forget(whose) {
			return nil, fmt.Errorf("nobody is called %s here", whose)
		}
	}
	h := &making{kept: k, writer: w, now: o.Now, rotate: o.Rotate}
	err = h.all()
	// Last, but also when something failed: no file may hold a secret that is not kept.
	text, fault := k.text()
	if fault == nil {
		fault = w.write(keptFile, text)
	}
	return w.written, errors.Join(err, fault)
}

// making is one run.
type making struct {
	*kept
	*writer
	now    time.Time
	rotate []string
}

func (m *making) all() error {
	if err := m.papers(); err != nil {
		return err
	}
	for _, service := range Services() {
		if err := m.settings(service); err != nil {
			return err
		}
	}
	for _, write := range []func() error{m.nats, m.mongo, m.grafana, m.setup, m.doors} {
		if err := write(); err != nil {
			return err
		}
	}
	return nil
}

// mounted is where somebody finds a file of their own.
func (m *making) mounted(whose, file string) string {
	if m.Where.Mounted != "" {
		return m.Where.Mounted + "/" + file
	}
	return filepath.Join(m.dir, whose, file)
}
