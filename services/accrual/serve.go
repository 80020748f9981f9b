package accrual

import (
	"context"
	"fmt"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/api"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/verify"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// serve answers gRPC until ctx ends.
func (s *Service) serve(ctx context.Context) error {
	callers, err := rpc.ParseCallers(s.cfg.Callers)
	if err != nil {
		return fmt.Errorf("read who may call accrual: %w", err)
	}
	server, err := rpc.NewServer(rpc.Config{Callers: callers, Health: s.deps.Health, Logger: s.deps.Log, Tracing: s.deps.Tracing})
	if err != nil {
		return fmt.Errorf("open accrual's door: %w", err)
	}
	accrualv1.RegisterAccrualServiceServer(server, api.New(api.Deps{
		Storage: s.storage, Programs: s.programs, Bus: s.bus, After: s.After, Clock: s.deps.Clock, Partitions: s.cfg.Partitions,
		Verify: func(ctx context.Context, program string, progress func(entries, accounts int64)) (verify.Report, error) {
			return s.verify(ctx, program, verify.Options{Progress: progress})
		},
	}))
	return server.Serve(ctx, s.listener)
}
