package testkit

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	mongooptions "go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/laurel-loyalty/laurel/services/internal/mongod"
)

// setName is the replica set's name; package mongod has the same.
const setName = "laurel"

// electionMillis is after how long the others elect another primary. The default, 10 s, is for networks that falter.
const electionMillis = 2000

// MongoSet is a replica set of several members, each a process of its own; they end with the test.
type MongoSet struct {
	members []*member
}

type member struct {
	host    string
	args    []string
	process *exec.Cmd
	ended   chan struct{}
}

// Members starts a replica set of so many members, and returns when it has a primary and all others follow.
func Members(t testing.TB, n int) *MongoSet {
	t.Helper()
	binary, err := mongod.Find()
	require.NoError(t, err)
	s := &MongoSet{}
	var hosts bson.A
	for i := range n {
		dir, port := t.TempDir(), Port(t)
		m := &member{host: fmt.Sprint("127.0.0.1:", port), args: []string{
			binary, "--dbpath", dir, "--port", strconv.Itoa(port), "--bind_ip", "127.0.0.1", "--nounixsocket", "--replSet", setName,
			"--oplogSize", "256", "--wiredTigerCacheSizeGB", "0.25", "--quiet", "--logpath", filepath.Join(dir, "mongod.log"),
			"--setParameter", "diagnosticDataCollectionEnabled=false",
		}}
		m.start(t)
		t.Cleanup(m.kill)
		s.members = append(s.members, m)
		hosts = append(hosts, bson.D{{Key: "_id", Value: i}, {Key: "host", Value: m.host}})
	}
	config := bson.D{
		{Key: "_id", Value: setName}, {Key: "members", Value: hosts},
		{Key: "settings", Value: bson.D{{Key: "electionTimeoutMillis", Value: electionMillis}}},
	}
	Eventually(t, func() bool {
		err := s.members[0].ask(t, bson.D{{Key: "replSetInitiate", Value: config}}, &bson.M{})
		return err == nil || strings.Contains(err.Error(), "AlreadyInitialized")
	}, "the replica set is made")
	s.Whole(t)
	return s
}

// URI names all members.
func (s *MongoSet) URI() string {
	hosts := make([]string, len(s.members))
	for i, m := range s.members {
		hosts[i] = m.host
	}
	return "mongodb://" + strings.Join(hosts, ",") + "/?replicaSet=" + setName
}

// Whole waits until one member is primary and all others follow it.
func (s *MongoSet) Whole(t testing.TB) {
	t.Helper()
	Eventually(t, func() bool {
		primaries, others := 0, 0
		for _, m := range s.members {
			var hello struct {
				Primary   bool `bson:"isWritablePrimary"`
				Secondary bool `bson:"secondary"`
			}
			if m.ask(t, bson.D{{Key: "hello", Value: 1}}, &hello) != nil {
				return false
			}
			if hello.Primary {
				primaries++
			}
			if hello.Secondary {
				others++
			}
		}
		return primaries == 1 && others == len(s.members)-1
	}, "one member is primary and the others follow")
}

// KillPrimary ends the primary with SIGKILL, and returns what starts it again.
func (s *MongoSet) KillPrimary(t testing.TB) func() {
	t.Helper()
	var primary *member
	Eventually(t, func() bool {
		for _, m := range s.members {
			var hello struct {
				Primary bool `bson:"isWritablePrimary"`
			}
			if m.ask(t, bson.D{{Key: "hello", Value: 1}}, &hello) == nil && hello.Primary {
				primary = m
			}
		}
		return primary != nil
	}, "there is a primary")
	primary.kill()
	return func() { primary.start(t) }
}

func (m *member) start(t testing.TB) {
	t.Helper()
	m.process = exec.CommandContext(context.WithoutCancel(t.Context()), m.args[0], m.args[1:]...)
	m.process.SysProcAttr = attributes()
	started, ended := make(chan error, 1), make(chan struct{})
	process := m.process
	go func() {
		defer close(ended)
		runtime.LockOSThread() // the program would end with the thread that started it
		defer runtime.UnlockOSThread()
		err := process.Start()
		started <- err
		if err == nil {
			_ = process.Wait() // how it ended is in its log
		}
	}()
	require.NoError(t, <-started, "start mongod")
	m.ended = ended
}

func (m *member) kill() {
	_ = m.process.Process.Kill() // already gone is as good
	<-m.ended
}

// ask has one member run a command.
func (m *member) ask(t testing.TB, command bson.D, answer any) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	client, err := mongo.Connect(mongooptions.Client().ApplyURI("mongodb://" + m.host).SetDirect(true).SetServerSelectionTimeout(time.Second))
	require.NoError(t, err)
	defer func() { _ = client.Disconnect(context.WithoutCancel(ctx)) }()
	return client.Database("admin").RunCommand(ctx, command).Decode(answer)
}
