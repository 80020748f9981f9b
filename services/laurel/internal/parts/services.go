package parts

import (
	"context"
	"time"

	"github.com/laurel-loyalty/laurel/services/accrual"
	"github.com/laurel-loyalty/laurel/services/analytics"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/process"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/member"
	"github.com/laurel-loyalty/laurel/services/partner"
	"github.com/laurel-loyalty/laurel/services/programme"
	"github.com/laurel-loyalty/laurel/services/reward"
	"github.com/laurel-loyalty/laurel/services/tier"
)

// How the services of one process batch.
const (
	batchIdle   = 2 * time.Millisecond
	queueItems  = 2048
	intakeAhead = 2048
	// redemptionLease is longer than a call to accrual lasts.
	redemptionLease = 15 * time.Second
)

// freePort is where the doors are that nobody has to find by heart: what the house writes down says which port it was.
const freePort = "127.0.0.1:0"

// buildServices makes the services. Each is noted as soon as it is there, so that Close finds it whatever fails next.
func (h *House) buildServices(ctx context.Context) error {
	// Who reads FACTS stands behind who tells them: so Progress asks first whether there is more to tell.
	for _, build := range []func(context.Context) error{
		h.buildAccrual, h.buildAnalytics, h.buildMember, h.buildPartner, h.buildProgramme, h.buildTier,
		h.buildReward,
	} {
		if err := build(ctx); err != nil {
			return err
		}
	}
	return nil
}

// deps are what all services of this process share.
func (h *House) deps() process.Deps {
	return process.Deps{Log: h.Log, Clock: clock.System(), Registry: h.Metrics, Health: h.Health, Tracing: h.tracing}
}

func (h *House) buildAccrual(ctx context.Context) error {
	s, err := accrual.New(ctx, accrual.Config{
		MongoURI: h.MongoURI, Database: h.database("accrual"), NATS: bus.Server{URL: h.NATSURL, Token: h.NATSToken}, Listen: h.Listen,
		Callers: h.Secrets.List(), Partitions: bus.Partitions, Lanes: h.Lanes, BatchItems: h.Batch, BatchIdle: batchIdle, QueueItems: queueItems, IntakeAhead: intakeAhead,
	}, h.deps())
	if err != nil {
		return err
	}
	h.Accrual, h.services = s, append(h.services, s)
	return nil
}

func (h *House) buildAnalytics(ctx context.Context) error {
	s, err := analytics.New(ctx, analytics.Config{
		MongoURI: h.MongoURI, Database: h.database("analytics"), NATS: bus.Server{URL: h.NATSURL, Token: h.NATSToken}, Listen: freePort,
		Callers: h.Secrets.List(), Partitions: bus.Partitions, Lanes: h.Lanes, BatchItems: h.Batch, BatchIdle: batchIdle, QueueItems: queueItems,
	}, h.deps())
	if err != nil {
		return err
	}
	h.Analytics, h.services = s, append(h.services, s)
	return nil
}

func (h *House) buildMember(ctx context.Context) error {
	s, err := member.New(ctx, member.Config{
		MongoURI: h.MongoURI, Database: h.database("member"), NATS: bus.Server{URL: h.NATSURL, Token: h.NATSToken}, Listen: freePort,
		Callers: h.Secrets.List(), Partitions: bus.Partitions,
	}, h.deps())
	if err != nil {
		return err
	}
	h.Member, h.services = s, append(h.services, s)
	return nil
}

// callsPerSecond is how often one credential of a partner may call.
const callsPerSecond = 200

func (h *House) buildPartner(ctx context.Context) error {
	cfg := partner.Config{
		MongoURI: h.MongoURI, Database: h.database("partner"), NATS: bus.Server{URL: h.NATSURL, Token: h.NATSToken}, Listen: freePort,
		Accrual: h.Accrual.Address(), AccrualToken: h.Secrets[rpc.Partner],
		Callers: h.Secrets.List(), Partitions: bus.Partitions, Lanes: h.Lanes, BatchItems: h.Batch, BatchIdle: batchIdle, QueueItems: queueItems,
		Door: h.PartnerDoor, CallsPerSecond: callsPerSecond,
	}
	if err := h.doorKeys(&cfg); err != nil {
		return err
	}
	s, err := partner.New(ctx, cfg, h.deps())
	if err != nil {
		return err
	}
	h.Partner, h.services = s, append(h.services, s)
	return nil
}

func (h *House) buildProgramme(ctx context.Context) error {
	s, err := programme.New(ctx, programme.Config{
		MongoURI: h.MongoURI, Database: h.database("programme"), NATS: bus.Server{URL: h.NATSURL, Token: h.NATSToken},
		Listen: freePort, Callers: h.Secrets.List(), Partitions: bus.Partitions,
	}, h.deps())
	if err != nil {
		return err
	}
	h.Programme, h.services = s, append(h.services, s)
	return nil
}

func (h *House) buildReward(ctx context.Context) error {
	s, err := reward.New(ctx, reward.Config{
		MongoURI: h.MongoURI, Database: h.database("reward"), NATS: bus.Server{URL: h.NATSURL, Token: h.NATSToken}, Listen: freePort,
		Callers: h.Secrets.List(), Accrual: h.Accrual.Address(), AccrualToken: h.Secrets[rpc.Reward], Partitions: bus.Partitions,
		Lease: redemptionLease,
	}, h.deps())
	if err != nil {
		return err
	}
	// It makes accrual work: Progress asks it first.
	h.Reward, h.services = s, append([]service{s}, h.services...)
	return nil
}

func (h *House) buildTier(ctx context.Context) error {
	s, err := tier.New(ctx, tier.Config{
		MongoURI: h.MongoURI, Database: h.database("tier"), NATS: bus.Server{URL: h.NATSURL, Token: h.NATSToken}, Listen: freePort,
		Callers: h.Secrets.List(), Partitions: bus.Partitions, Lanes: h.Lanes, BatchItems: h.Batch, BatchIdle: batchIdle, QueueItems: queueItems,
	}, h.deps())
	if err != nil {
		return err
	}
	h.Tier, h.services = s, append(h.services, s)
	return nil
}
