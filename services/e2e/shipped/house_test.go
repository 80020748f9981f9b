package shipped

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.yaml.in/yaml/v4"

	place "github.com/laurel-loyalty/laurel/services/internal/house"
	"github.com/laurel-loyalty/laurel/services/internal/mongod"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// house is what a directory of secrets opens, and all that runs with it.
type house struct {
	t         *testing.T
	dir       string // of secrets
	nats      string // host:port
	mongo     string
	processes map[string]*running
	operator  string // house files
	shop      string
	accrual   string // host:port
}

// raise makes the secrets, starts the servers with them, sets the house up, and starts every service.
func raise(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, dir: filepath.Join(t.TempDir(), "secrets"), nats: testkit.Address(t), mongo: testkit.Address(t), processes: map[string]*running{}}
	h.done("laurel", "secrets", h.dir, "--nats", h.nats, "--mongo", h.mongo,
		"--merchant", "cdnow/shop", "--merchant", "cdnow/other", "--person", "anna/clerk")
	again := h.done("laurel", "secrets", h.dir)
	require.Contains(t, again.err.String(), "0 files written", "the same again writes nothing")

	h.startMongo()
	h.startNATS()
	h.done("laurel", "setup", "--config", h.file("setup/settings.yaml"), "--clock", "events", "--wait", "1m")
	h.done("laurel", "setup", "--config", h.file("setup/settings.yaml"), "--clock", "events")
	h.accrual = testkit.Address(t)
	for name := range services {
		h.startService(name)
	}
	for name := range services {
		p := h.processes[name]
		testkit.Eventually(t, func() bool { return grpcOn.MatchString(p.err.String()) || p.ended() }, name+" is up")
		require.False(t, p.ended(), "%s ended:\n%s", name, &p.err)
	}
	h.operator, h.shop = h.at("operator/house.json"), h.at("merchants/cdnow/shop/house.json")
	return h
}

var grpcOn = regexp.MustCompile(`"msg":"service is up".*"grpc":"(127\.0\.0\.1:\d+)","metrics":"(127\.0\.0\.1:\d+)"`)

func (h *house) file(name string) string { return filepath.Join(h.dir, name) }

// startMongo does what the image of MongoDB does in an empty volume: first a server that nobody else reaches and that asks for no
// password makes the administrator, then the server begins that is meant.
func (h *house) startMongo() {
	h.t.Helper()
	binary, err := mongod.Find()
	require.NoError(h.t, err)
	data := h.t.TempDir()
	args := []string{"--dbpath", data, "--bind_ip", "127.0.0.1", "--port", strings.TrimPrefix(h.mongo, "127.0.0.1:"), "--nounixsocket", "--wiredTigerCacheSizeGB", "0.25",
		"--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100"} // a primary would wait for its electors
	first := h.start("mongod-first", binary, nil, args...)
	password, err := os.ReadFile(h.file("mongo/admin-password"))
	require.NoError(h.t, err)
	client := h.dial("mongodb://" + h.mongo + "/?directConnection=true")
	testkit.Eventually(h.t, func() bool { return client.Ping(h.t.Context(), nil) == nil || first.ended() }, "mongod listens")
	require.False(h.t, first.ended(), "%s", &first.out)
	require.NoError(h.t, client.Database("admin").RunCommand(h.t.Context(), bson.D{
		{Key: "createUser", Value: "laurel-admin"}, {Key: "pwd", Value: strings.TrimSpace(string(password))}, {Key: "roles", Value: bson.A{"root"}},
	}).Err())
	first.stop()
	command := h.command("mongo")
	require.Equal(h.t, "mongod", command[0])
	h.start("mongod", binary, nil, append(onLoopback(command[1:]), args...)...)
}

// onLoopback leaves out what the test says otherwise.
func onLoopback(arguments []string) []string {
	i := slices.Index(arguments, "--bind_ip_all")
	arguments = slices.Delete(slices.Clone(arguments), i, i+1)
	i = slices.Index(arguments, "--wiredTigerCacheSizeGB")
	return slices.Delete(arguments, i, i+2)
}

// command is what docker-compose.yml starts a container with.
func (h *house) command(service string) []string {
	h.t.Helper()
	text, err := os.ReadFile("../../../docker-compose.yml")
	require.NoError(h.t, err)
	var file struct {
		Services map[string]struct{ Command []string }
	}
	require.NoError(h.t, yaml.Unmarshal(text, &file))
	command := file.Services[service].Command
	require.NotEmpty(h.t, command)
	for i, argument := range command {
		command[i] = strings.Replace(argument, "/run/secrets", h.file(service), 1)
	}
	return command
}

// startNATS starts nats-server as docker-compose.yml does, but for its port, its directory, and that it listens on this
// machine alone.
func (h *house) startNATS() {
	h.t.Helper()
	command := h.command("nats")
	command[slices.Index(command, "-sd")+1] = h.t.TempDir()
	p := h.startSelf("nats-server", nil, append(command, "-a", "127.0.0.1", "-p", strings.TrimPrefix(h.nats, "127.0.0.1:"), "-m", fmt.Sprint(testkit.Port(h.t)))...)
	testkit.Eventually(h.t, func() bool { return strings.Contains(p.err.String(), "Server is ready") || p.ended() }, "nats-server is ready")
	require.False(h.t, p.ended(), "%s", &p.err)
}

// startService starts a service with its settings; what is no secret stands in the environment, some of it said here.
func (h *house) startService(name string, more ...string) {
	h.t.Helper()
	prefix := "LAUREL_" + strings.ToUpper(name) + "_"
	listen := "127.0.0.1:0"
	if name == "accrual" {
		listen = h.accrual
	}
	env := slices.Concat(more, []string{prefix + "LISTEN=" + listen})
	if name == "partner" || name == "reward" {
		env = append(env, prefix+"ACCRUAL="+h.accrual)
	}
	h.startSelf(name, env, "--config", h.file(name+"/settings.yaml"))
}

// at is a house file with the ports of this test.
func (h *house) at(name string) string {
	h.t.Helper()
	known, err := place.Read(h.file(name))
	require.NoError(h.t, err)
	known.NATS.URL = "tls://" + h.nats
	if known.Token != "" {
		for service, address := range map[string]*string{
			"accrual": &known.GRPC.Accrual, "analytics": &known.GRPC.Analytics, "member": &known.GRPC.Member, "partner": &known.GRPC.Partner,
			"programme": &known.GRPC.Programme, "reward": &known.GRPC.Reward, "tier": &known.GRPC.Tier,
		} {
			*address = grpcOn.FindStringSubmatch(h.processes[service].err.String())[1]
		}
	}
	path := filepath.Join(h.t.TempDir(), "house.json")
	require.NoError(h.t, place.Write(path, known))
	return path
}

// settings reads a file of settings as it was written.
func (h *house) settings(name string) map[string]any {
	h.t.Helper()
	text, err := os.ReadFile(h.file(name + "/settings.yaml"))
	require.NoError(h.t, err)
	var all map[string]any
	require.NoError(h.t, yaml.Unmarshal(text, &all))
	return all
}

func (h *house) dial(uri string) *mongo.Client {
	h.t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	require.NoError(h.t, err)
	h.t.Cleanup(func() { require.NoError(h.t, client.Disconnect(context.WithoutCancel(h.t.Context()))) })
	return client
}

// ready asks a service whether it is.
func (h *house) ready(name string) bool {
	h.t.Helper()
	at := grpcOn.FindStringSubmatch(h.processes[name].err.String())[2]
	request, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, "http://"+at+"/readyz", nil)
	require.NoError(h.t, err)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer http.DefaultClient.CloseIdleConnections()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		h.t.Logf("%s: %s", name, text)
	}
	return errors.Join(err, answer.Body.Close()) == nil && answer.StatusCode == http.StatusOK
}

// ctl runs laurelctl with a house file, and returns its answer as JSON.
func (h *house) ctl(file string, args ...string) map[string]any {
	h.t.Helper()
	p := h.done("laurelctl", append([]string{"-o", "json", "--house", file, "--programme", "cdnow", "--timeout", "60s"}, args...)...)
	var answer map[string]any
	require.NoError(h.t, json.Unmarshal([]byte(p.out.String()), &answer), "%s", &p.out)
	return answer
}

// process is a program that runs.
type running struct {
	cmd      *exec.Cmd
	out, err testkit.Output
	done     chan struct{}
}

// done runs a program of the house to its end, which must be a good one.
func (h *house) done(name string, args ...string) *running {
	h.t.Helper()
	p := h.startSelf(name, nil, args...)
	<-p.done
	require.Zero(h.t, p.cmd.ProcessState.ExitCode(), "%s %v\n%s%s", name, args, &p.out, &p.err)
	return p
}

func (h *house) startSelf(name string, env []string, args ...string) *running {
	h.t.Helper()
	self, err := os.Executable()
	require.NoError(h.t, err)
	return h.start(name, self, append(env, asWhat+"="+name), args...)
}

func (h *house) start(name, binary string, env []string, args ...string) *running {
	h.t.Helper()
	p := &running{cmd: exec.CommandContext(context.WithoutCancel(h.t.Context()), binary, args...), done: make(chan struct{})}
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = append([]string{"HOME=" + h.t.TempDir()}, env...), &p.out, &p.err
	p.cmd.Dir, p.cmd.SysProcAttr = h.t.TempDir(), attributes()
	started := make(chan error, 1)
	go func() {
		defer close(p.done)
		runtime.LockOSThread() // the program would end with the thread that started it
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait() // how it ended is read from ProcessState
		}
	}()
	require.NoError(h.t, <-started)
	h.t.Cleanup(p.stop)
	h.processes[name] = p
	return p
}

func (p *running) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

func (p *running) stop() {
	_ = p.cmd.Process.Signal(os.Interrupt) // already gone is as good
	<-p.done
}
