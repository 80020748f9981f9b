package faults

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/laurel-loyalty/laurel/services/internal/devca"
	"github.com/laurel-loyalty/laurel/services/internal/house"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// everyService names the services, each of which is a binary of its own.
var everyService = []string{"accrual", "analytics", "member", "partner", "programme", "reward", "tier"}

// apart is a house whose services are processes of their own, some of them with several replicas: accrual, accrual/2, ...
type apart struct {
	w        *world
	secrets  rpc.Secrets
	ca       *devca.CA
	binaries string // directory
	replicas map[string]*replica
	// env is what a replica finds in its environment besides its settings.
	env func(name string) []string
	// fence is what has happened to their partition documents.
	fence *fence
}

// replica is a process of a service. It comes back where it was.
type replica struct {
	name, listen, door, metrics string
	process                     *process // nil: it does not run
}

// buildApart makes the binaries of the services, with points at which they can be killed and clocks that can be moved.
func (x *trial) buildApart() string {
	x.t.Helper()
	dir := filepath.Join(programs.dir, "apart")
	args := []string{"-tags", "fault"}
	for _, name := range everyService {
		args = append(args, commands+name+"/cmd/laurel-"+name)
	}
	require.NoError(x.t, testkit.Build(x.t.Context(), dir+"/", args...))
	return dir
}

// raiseApart starts servers and all services as processes, accrual with so many replicas, and waits until they are up.
func (x *trial) raiseApart(g ground, accruals int, env func(name string) []string) *world {
	x.t.Helper()
	binaries := x.buildApart()
	w := x.place(g)
	w.stand()
	w.apart = &apart{w: w, secrets: rpc.NewSecrets(), binaries: binaries, replicas: map[string]*replica{}, env: env}
	w.apart.doors()
	w.apart.fence = w.watchFence()
	setup := run(x.t, nil, programs.laurel, "setup", "--nats-url", w.busURL(), "--nats-token", w.busToken())
	<-setup.done
	require.Zero(x.t, setup.cmd.ProcessState.ExitCode(), setup.lastWords())
	for _, name := range everyService {
		w.apart.start(name)
	}
	for n := 2; n <= accruals; n++ {
		w.apart.start(fmt.Sprint("accrual/", n))
	}
	w.apart.up()
	w.apart.writeDown()
	w.ctl("programme", "apply", w.file)
	w.furnish()
	return w
}

// doors makes what the partners' door is known by, and knows partners by.
func (a *apart) doors() {
	t := a.w.t
	t.Helper()
	var err error
	a.ca, err = devca.Open(filepath.Join(a.w.data, "tls"), now())
	require.NoError(t, err)
	for _, partner := range []string{"a", "b", "c"} {
		_, err = a.ca.Client("partner-"+partner, partner+"."+programme+".partners.internal")
		require.NoError(t, err)
	}
}

func (a *apart) caFile() string { return filepath.Join(a.w.data, "tls", devca.CertFile) }

// running are the replicas that should run, by name.
func (a *apart) running() []*replica {
	var all []*replica
	for _, name := range slices.Sorted(maps.Keys(a.replicas)) {
		if a.replicas[name].process != nil {
			all = append(all, a.replicas[name])
		}
	}
	return all
}

// at is where a replica is, or will be.
func (a *apart) at(name string) *replica {
	if a.replicas[name] == nil {
		t := a.w.t
		a.replicas[name] = &replica{name: name, listen: testkit.Address(t), door: testkit.Address(t), metrics: testkit.Address(t)}
	}
	return a.replicas[name]
}

// start starts a replica, with more in its environment, and does not wait until it is up.
func (a *apart) start(name string, more ...string) *replica {
	t := a.w.t
	t.Helper()
	r := a.at(name)
	service, _, _ := strings.Cut(name, "/")
	uri, url := a.w.mongod.URI(), a.w.busURL()
	settings := map[string]string{
		"MONGO_URI": uri, "DATABASE": "laurel_" + service + "_books", "NATS_URL": url, "NATS_TOKEN": a.w.busToken(),
		"CALLERS": strings.Join(a.secrets.List(), ","), "LISTEN": r.listen, "METRICS": r.metrics,
	}
	reach := a.w.ground.reach
	if reach == nil {
		reach = func(_, address string) string { return address }
	}
	switch service {
	case "accrual":
		if name != service { // callers go to the first
			settings["ADVERTISE"] = reach(service, r.listen)
		}
	case "reward":
		settings["ACCRUAL"], settings["ACCRUAL_TOKEN"], settings["LEASE"] = reach(service, a.at("accrual").listen), a.secrets[rpc.Reward], "3s"
	case "partner":
		pair, err := a.ca.Server("server", "127.0.0.1")
		require.NoError(t, err)
		settings["ACCRUAL"], settings["ACCRUAL_TOKEN"] = reach(service, a.at("accrual").listen), a.secrets[rpc.Partner]
		settings["DOOR"], settings["DOOR_CERT"], settings["DOOR_KEY"], settings["CLIENT_CA"] = r.door, pair.Cert, pair.Key, a.caFile()
	}
	env := slices.Concat(a.env(name), more)
	for setting, value := range settings {
		env = append(env, "LAUREL_"+strings.ToUpper(service)+"_"+setting+"="+value)
	}
	r.process = run(t, env, filepath.Join(a.binaries, "laurel-"+service))
	return r
}

// up waits until every replica is ready.
func (a *apart) up() {
	a.w.t.Helper()
	testkit.Eventually(a.w.t, func() bool {
		a.w.stillRun()
		return a.w.ready()
	}, "all services are up")
}

// stop ends a replica in order, and returns how long that took.
func (a *apart) stop(name string) time.Duration {
	t := a.w.t
	t.Helper()
	r := a.replicas[name]
	p := r.process
	r.process = nil
	took := p.stop()
	require.Zero(t, p.cmd.ProcessState.ExitCode(), "%s:\n%s", name, p.lastWords())
	return took
}

// writeDown writes down where the house stands, for laurelctl and for who calls.
func (a *apart) writeDown() {
	at := func(name string) string { return a.at(name).listen }
	require.NoError(a.w.t, house.Write(a.w.houseFile(), house.House{
		GRPC: house.GRPC{
			Accrual: at("accrual"), Analytics: at("analytics"), Member: at("member"), Partner: at("partner"), Programme: at("programme"),
			Reward: at("reward"), Tier: at("tier"),
		},
		Token: a.secrets[rpc.Operator], NATS: house.NATS{URL: a.w.busURL(), Token: a.w.busToken()},
		Mongo:       house.Mongo{URI: a.w.mongod.URI(), Suffix: "_books"},
		PartnerDoor: house.PartnerDoor{Address: a.at("partner").door, CA: a.caFile()}, Program: programme, Zone: "UTC", Currency: "EUR",
	}))
}
