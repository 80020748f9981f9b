// Package rpc is the room in which every gRPC door stands: how a server is made, who may call, what a call may weigh and
// last, how a refusal becomes a status and back again. What the methods do is their services' business.
//
// A new service plugs in like this:
//
//  1. caller.go: its Name, if it calls others. access.go: a row for each of its methods; a server with a method that has
//     none does not serve. Then `make generate`, for docs/reference/access.md.
//  2. Its settings: Callers []string `yaml:"callers" … secret:"true"`, tried in Check with ParseCallers.
//  3. Its door: callers, err := ParseCallers(cfg.Callers); server, err := NewServer(Config{Callers: callers, …}); register,
//     Serve. A handler asks Caller(ctx) who calls, and never the request.
//  4. In one process (laurel): the house makes NewSecrets at each start, and gives each service Secrets.List() as its
//     Callers and Secrets[<its name>] to show to others with Dial.
//  5. Its black-box test calls testkit.RequireAccess with its address: every method, every caller, by the table.
//
// Methods are named verb and noun. One that begins with a verb of readVerbs changes nothing; any other has a field
// idempotency_key, and a repeated call has the effect of one. So both are tried again by the client.
//
// With TLS (tls.go) services talk across machines; without it they dial loopback addresses alone.
package rpc

import "time"

// Limits of a call. A test meets each.
const (
	// MessageBytesMax is the most that one request or answer may weigh.
	MessageBytesMax = 4 << 20
	// DefaultDeadline is how long a call may last whose caller set no deadline. The trailer TrailerDeadline tells the
	// caller that it was set.
	DefaultDeadline = 10 * time.Second
	// headerBytesMax bounds all headers of a call.
	headerBytesMax = 16 << 10
	// streamsMax bounds the calls under way on one connection.
	streamsMax = 256
)

// How a connection is kept up, and how long a server waits for calls under way when it stops.
const (
	pingEvery      = 20 * time.Second
	pingTimeout    = 10 * time.Second
	pingEveryLeast = 10 * time.Second // a client that pings more often is sent away
	connectTimeout = 10 * time.Second
	drainTimeout   = 10 * time.Second
	healthEvery    = time.Second
)

// TrailerDeadline stands in the trailer of an answer when the caller set no deadline: it names the one that was set instead.
const TrailerDeadline = "laurel-default-deadline"

// domain is the domain of every ErrorInfo.
const domain = "laurel"

// retryDelay is what RetryInfo asks a caller to wait.
const retryDelay = time.Second
