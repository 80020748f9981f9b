package rpc

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// TLS is how a service shows who it is, and by what it knows others, as settings. Without it a service talks to its own
// machine alone.
type TLS struct {
	Cert string `yaml:"cert" help:"PEM file of the certificate that gRPC shows to the house; it is good for the name laurel-<service>. Empty: no TLS."`
	Key  string `yaml:"key" help:"PEM file of its private key."`
	CA   string `yaml:"ca" help:"PEM file of the authorities that the certificates of other services may come from."`
}

// Check wants all of it or nothing.
func (t TLS) Check() error {
	if (t.Cert == "") != (t.Key == "") || (t.Cert == "") != (t.CA == "") {
		return errors.New("cert, key and ca belong together: set all of them or none")
	}
	return nil
}

// server is what a server shows; nil: nothing.
func (t TLS) server() (*tls.Config, error) {
	if t.Cert == "" {
		return nil, nil //nolint:nilnil // no TLS is no error
	}
	cert, err := tls.LoadX509KeyPair(t.Cert, t.Key)
	if err != nil {
		return nil, fmt.Errorf("read the certificate of gRPC: %w", err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{cert}}, nil
}

// ServerName is the name that a service's certificate is good for, wherever it listens.
func ServerName(service string) string { return "laurel-" + service }

// transport is how a client reaches a service at an address: over TLS where an authority is given, else on this machine.
func transport(addr, service, ca string) (grpc.DialOption, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("address %q: give host:port, for example 127.0.0.1:7010", addr)
	}
	if ca == "" {
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return nil, fmt.Errorf("address %q is not on this machine, and no authority for TLS is given: the token would be sent in the open", addr)
		}
		return grpc.WithTransportCredentials(insecure.NewCredentials()), nil
	}
	text, err := os.ReadFile(ca) //nolint:gosec // the operator names it
	if err != nil {
		return nil, fmt.Errorf("read the authorities of the house: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate in PEM form", ca)
	}
	return grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{
		MinVersion: tls.VersionTLS13, RootCAs: roots, ServerName: ServerName(service),
	})), nil
}
