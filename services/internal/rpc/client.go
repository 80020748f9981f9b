package rpc

import (
	"encoding/json"
	"fmt"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	_ "google.golang.org/grpc/balancer/roundrobin" // the service config names it
	"google.golang.org/grpc/keepalive"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/laurel-loyalty/laurel/services/internal/telemetry"
)

// Option changes how a connection is made.
type Option func(*dialing)

type dialing struct {
	options     []grpc.DialOption
	ca, service string
}

// WithTracing makes a span of each call.
func WithTracing(t telemetry.Tracing) Option {
	return func(d *dialing) { d.options = append(d.options, tracedClient(t)...) }
}

// WithTLS has the connection go over TLS to a service whose certificate comes from an authority in a PEM file; without a
// file it does not, and stays on this machine.
func WithTLS(ca, service string) Option {
	return func(d *dialing) { d.ca, d.service = ca, service }
}

// Dial returns a connection to a service of the house that shows the token on every call. It connects with the first
// call. Reads, and writes with an idempotency key, are tried again, up to four times in all, while the server cannot be
// reached or is not ready, unless it fails most of its calls. Without TLS it refuses addresses that are not on this machine: the token would be read on the way.
func Dial(addr, secret string, options ...Option) (*grpc.ClientConn, error) {
	config, err := serviceConfig()
	if err != nil {
		return nil, err
	}
	d := dialing{options: []grpc.DialOption{grpc.WithPerRPCCredentials(token(secret)), grpc.WithDefaultServiceConfig(config)}}
	for _, o := range options {
		o(&d)
	}
	return connect(addr, d)
}

func connect(addr string, d dialing) (*grpc.ClientConn, error) {
	secured, err := transport(addr, d.service, d.ca)
	if err != nil {
		return nil, err
	}
	conn, err := grpc.NewClient("dns:///"+addr, append(d.options, secured,
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(MessageBytesMax), grpc.MaxCallSendMsgSize(MessageBytesMax)),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: pingEvery, Timeout: pingTimeout, PermitWithoutStream: true}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: reachAgain, Multiplier: 1.6, Jitter: 0.2, MaxDelay: reachAgainMax},
			MinConnectTimeout: reachTimeout,
		}),
		grpc.WithNoProxy(),
	)...)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", addr, err)
	}
	return conn, nil
}

// readVerbs begin the names of methods that change nothing, by the rule that every method is named verb and noun.
var readVerbs = []string{"Compare", "Count", "Describe", "Explain", "Get", "List", "Plan", "Preview", "Resolve", "Validate", "Verify", "Watch"}

// keyField is the field of a request by which a repeated write is known again, and has the effect of one.
const keyField = "idempotency_key"

// repeatable tells if a call may be made again when nobody knows what became of the first.
func repeatable(method protoreflect.MethodDescriptor) bool {
	for _, verb := range readVerbs {
		if rest, ok := strings.CutPrefix(string(method.Name()), verb); ok && rest != "" && rest[0] >= 'A' && rest[0] <= 'Z' {
			return true
		}
	}
	key := method.Input().Fields().ByName(keyField)
	return key != nil && key.Kind() == protoreflect.StringKind && !method.IsStreamingClient()
}

// repeatables lists the methods that are tried again, of all of Laurel's services that this program was built with.
func repeatables() []methodName {
	var names []methodName
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if !strings.HasPrefix(string(file.Package()), "laurel.") {
			return true
		}
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				if method := service.Methods().Get(j); repeatable(method) {
					names = append(names, methodName{string(service.FullName()), string(method.Name())})
				}
			}
		}
		return true
	})
	return names
}

// The service config of gRPC, as far as it is used here.
type (
	methodName struct {
		Service string `json:"service"`
		Method  string `json:"method"`
	}
	retryPolicy struct {
		MaxAttempts          int      `json:"maxAttempts"`
		InitialBackoff       string   `json:"initialBackoff"`
		MaxBackoff           string   `json:"maxBackoff"`
		BackoffMultiplier    float64  `json:"backoffMultiplier"`
		RetryableStatusCodes []string `json:"retryableStatusCodes"`
	}
	methodConfig struct {
		Name        []methodName `json:"name"`
		RetryPolicy retryPolicy  `json:"retryPolicy"`
	}
	retryThrottling struct {
		MaxTokens  int     `json:"maxTokens"`
		TokenRatio float64 `json:"tokenRatio"`
	}
	clientConfig struct {
		LoadBalancingConfig []map[string]struct{} `json:"loadBalancingConfig"`
		MethodConfig        []methodConfig        `json:"methodConfig,omitempty"`
		RetryThrottling     retryThrottling       `json:"retryThrottling"`
	}
)

func serviceConfig() (string, error) {
	config := clientConfig{
		LoadBalancingConfig: []map[string]struct{}{{"round_robin": {}}}, RetryThrottling: retryThrottling{retryTokensMax, retryTokenRatio},
	}
	if names := repeatables(); len(names) > 0 {
		config.MethodConfig = []methodConfig{{Name: names, RetryPolicy: retryPolicy{
			MaxAttempts: 4, InitialBackoff: "0.1s", MaxBackoff: "2s", BackoffMultiplier: 2,
			RetryableStatusCodes: []string{"UNAVAILABLE"},
		}}}
	}
	text, err := json.Marshal(config)
	if err != nil {
		return "", fmt.Errorf("write the service config: %w", err)
	}
	return string(text), nil
}
