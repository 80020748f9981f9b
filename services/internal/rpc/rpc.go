// Package rpc is the room in which every gRPC door stands: how a server is made, who may call, what a call may weigh and
// last, how a refusal becomes a status and back again. What the methods do is their services' business.
//
// There is no TLS yet: listen on, and dial, loopback addresses.
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
	// tokenCharsMin keeps a token from being guessed, or left at a word that somebody typed.
	tokenCharsMin = 32
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
