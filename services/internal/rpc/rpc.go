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

// How a connection is kept up, and how long a server waits for calls under way when it stops. One whose other end is gone without
// a word is left after pingEvery + pingTimeout = 20 s, by both ends, whether there are calls on it or not.
const (
	pingEvery      = 10 * time.Second // the least that gRPC lets a client ask for
	pingTimeout    = 10 * time.Second
	pingEveryLeast = 5 * time.Second // a client that pings more often is sent away
	connectTimeout = 10 * time.Second
	drainTimeout   = 10 * time.Second
	healthEvery    = time.Second
)

// How a client connects. gRPC's own limits are a busy day on the Internet: 20 s for one attempt, two minutes between two.
const (
	reachTimeout  = 5 * time.Second // of one attempt, its handshakes included
	reachAgain    = 200 * time.Millisecond
	reachAgainMax = 3 * time.Second
)

// What calls that are tried again may cost a server that fails: each attempt that fails takes one token, each that does not gives
// retryTokenRatio back, and below half of the tokens nothing is tried again. So a server that answers some of its calls
// gets at most retryTokenRatio more attempts than calls, and one that answers none some fifty more in all.
const (
	retryTokensMax  = 100
	retryTokenRatio = 0.5
)

// TrailerDeadline stands in the trailer of an answer when the caller set no deadline: it names the one that was set instead.
const TrailerDeadline = "laurel-default-deadline"

// domain is the domain of every ErrorInfo.
const domain = "laurel"

// retryDelay is what RetryInfo asks a caller to wait.
const retryDelay = time.Second
