package accrual

import (
	"context"
	"fmt"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/adjusting"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/api"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/closing"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/domain/ledger"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/posting"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/follow"
	"github.com/laurel-loyalty/laurel/services/internal/metric"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// serve answers gRPC until ctx ends.
func (s *Service) serve(ctx context.Context) error {
	callers, err := rpc.ParseCallers(s.cfg.Callers)
	if err != nil {
		return fmt.Errorf("read who may call accrual: %w", err)
	}
	server, err := rpc.NewServer(rpc.Config{
		Callers: callers, Service: "accrual", TLS: s.cfg.TLS, Health: s.deps.Health, Logger: s.deps.Log, Tracing: s.deps.Tracing,
		Page: metric.On(s.deps.Registry, "accrual"),
	})
	if err != nil {
		return fmt.Errorf("open accrual's door: %w", err)
	}
	accrualv1.RegisterAccrualServiceServer(server, api.New(api.Deps{
		Storage: s.storage, Programs: s.programs, Bus: s.bus, After: s.After, Do: s.do, Clock: s.deps.Clock, Partitions: s.cfg.Partitions,
		Adjusting: &adjusting.Adjuster{Storage: s.storage, Do: s.do}, Stopping: ctx.Done(), Closing: &closing.Closer{Storage: s.storage, Bus: s.bus, Partitions: s.cfg.Partitions},
		Verify: s.verify,
	}))
	return server.Serve(ctx, s.listener)
}

// do puts a caller's command into the lane of its account and waits until its effect is durable.
func (s *Service) do(ctx context.Context, ref storage.AccountRef, r ledger.Request) (ledger.Entry, error) {
	if err := s.door.admit(ctx, ref, r); err != nil {
		return ledger.Entry{}, err
	}
	c := &posting.Command{Account: ref, Request: r}
	asked := follow.Asked{
		Partition: bus.Partition(ref.Program, string(ref.ID), s.cfg.Partitions), From: r.Caller, Payload: c,
	}
	if err := s.Call(ctx, asked); err != nil {
		return ledger.Entry{}, err
	}
	if c.Refusal != nil {
		return ledger.Entry{}, c.Refusal
	}
	if c.Repeated {
		rpc.Replayed(ctx)
	}
	return c.Entry, nil
}
