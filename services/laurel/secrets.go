package laurel

import (
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/laurel/internal/secrets"
)

// secretsCmd makes what services that run apart show each other.
type secretsCmd struct {
	Dir       string   `arg:"" help:"Where they are kept, for this user alone. It is made where it is not; what is there stays."`
	Merchants []string `name:"merchant" placeholder:"PROGRAMME/MERCHANT" help:"Who publishes orders, for example cdnow/shop; may be given again."`
	People    []string `name:"person" placeholder:"NAME/ROLE" help:"A person of the operator, for example anna/clerk; may be given again."`
	NATS      []string `name:"nats" placeholder:"HOST:PORT" help:"Where services reach NATS; given again: a cluster. Default: what an earlier run was told, else nats:4222."`
	Mongo     []string `name:"mongo" placeholder:"HOST:PORT" help:"Where services reach MongoDB; given again: the members of its replica set. Default: what an earlier run was told, else mongo:27017."`
	Reach     string   `placeholder:"HOST" help:"Where people and merchants reach the house. Default: what an earlier run was told, else 127.0.0.1."`
	Mounted   string   `placeholder:"PATH" help:"Where each service will find its own files, for example /run/secrets. Default: what an earlier run was told, else where they are written."`
	Rotate    []string `placeholder:"NAME" help:"Make the secrets and the certificate of a service, a merchant or a person anew; the old ones are gone. May be given again."`
}

// Run writes what is missing.
func (c *secretsCmd) Run(w *world) error {
	o := secrets.Options{
		Dir: c.Dir, Merchants: c.Merchants, Rotate: c.Rotate, Now: w.clock.Now(),
		Where: secrets.Where{NATS: c.NATS, Mongo: c.Mongo, Reach: c.Reach, Mounted: c.Mounted},
	}
	for _, text := range c.People {
		person, err := rpc.ParsePerson(text)
		if err != nil {
			return err
		}
		o.People = append(o.People, person)
	}
	written, err := secrets.Make(o)
	for _, name := range written {
		w.say("%s\n", name)
	}
	if err == nil {
		w.stage("%d files written in %s", len(written), c.Dir)
	}
	return err
}
