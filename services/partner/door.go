package partner

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"

	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	"github.com/laurel-loyalty/laurel/services/internal/metric"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/partner/internal/api"
)

// door is where partner companies come in.
type door struct {
	listener net.Listener
	tls      *tls.Config
}

// openDoor opens the port for partner companies and reads the certificates; nil: the house has no door for them. The
// authorities are returned apart: a client certificate that does not count is refused by the gate, in words, and not by
// the handshake. That proves in any case that the client holds the certificate's key.
func openDoor(ctx context.Context, cfg Config) (*door, *x509.CertPool, error) {
	roots := x509.NewCertPool()
	if cfg.Door == "" {
		return nil, roots, nil
	}
	cert, err := tls.LoadX509KeyPair(cfg.DoorCert, cfg.DoorKey)
	if err != nil {
		return nil, nil, fmt.Errorf("read the certificate of the partners' door: %w", err)
	}
	text, err := os.ReadFile(cfg.ClientCA)
	if err != nil {
		return nil, nil, fmt.Errorf("read who may sign partners' certificates: %w", err)
	}
	if !roots.AppendCertsFromPEM(text) {
		return nil, nil, fmt.Errorf("%s holds no certificate", cfg.ClientCA)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.Door)
	if err != nil {
		return nil, nil, fmt.Errorf("listen on %s: %w", cfg.Door, err)
	}
	return &door{listener, &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{cert}, ClientAuth: tls.RequestClientCert, ClientCAs: roots,
	}}, roots, nil
}

// close shuts a port that nobody serves.
func (d *door) close() error {
	if err := d.listener.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// serveDoor answers partner companies until ctx ends.
func (s *Service) serveDoor(ctx context.Context) error {
	server, err := rpc.NewServer(rpc.Config{
		Outside: &rpc.Outside{TLS: s.door.tls, Admit: s.gate.Admit}, Health: s.deps.Health, Logger: s.deps.Log, Tracing: s.deps.Tracing,
		Page: metric.On(s.deps.Registry, "partner"),
	})
	if err != nil {
		return fmt.Errorf("open the partners' door: %w", err)
	}
	partnerv1.RegisterPartnerServiceServer(server, api.NewPartners(s.desk, s.storage))
	return server.Serve(ctx, s.door.listener)
}

// DoorAddress is where partner companies come in; empty: the house has no door for them.
func (s *Service) DoorAddress() string {
	if s.door == nil {
		return ""
	}
	return s.door.listener.Addr().String()
}
