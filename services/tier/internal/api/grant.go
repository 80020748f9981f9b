package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	controlv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/control/v1"
	tierv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/tier/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/ladder"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/tier/internal/contract"
	"github.com/laurel-loyalty/laurel/services/tier/internal/storage"
)

// Kinds of control events that this service publishes as source "tier".
const (
	source         = "tier"
	kindGranted    = "granted"
	kindGrantEnded = "grant_ended"
)

// grantIDBytes keeps ids of grants apart; they are made of the caller and the idempotency key.
const grantIDBytes = 15

// call is a write as its idempotency key knows it.
type call struct {
	program, account string
	id               string // <programme>/<caller>/<key>
	content          []byte
}

// write is what every request that writes has.
type write interface {
	proto.Message
	GetIdempotencyKey() string
	GetProgram() string
	GetAccount() string
}

func callOf(ctx context.Context, in write) (call, error) {
	text, err := proto.MarshalOptions{Deterministic: true}.Marshal(in)
	if err != nil {
		return call{}, fmt.Errorf("write down a request: %w", err)
	}
	sum := sha256.Sum256(append([]byte(in.ProtoReflect().Descriptor().FullName()+"\n"), text...))
	id := strings.Join([]string{in.GetProgram(), string(rpc.Caller(ctx)), in.GetIdempotencyKey()}, "/")
	return call{in.GetProgram(), in.GetAccount(), id, sum[:]}, nil
}

// grantID is the id of the grant that a call makes: a repeated call names the same one. Hex, so that a command line takes it.
func (c call) grantID() string {
	sum := sha256.Sum256([]byte("grant\n" + c.id))
	return hex.EncodeToString(sum[:grantIDBytes])
}

// GrantTier implements TierService.
func (s *Server) GrantTier(ctx context.Context, in *tierv1.GrantTierRequest) (*tierv1.GrantTierResponse, error) {
	c, err := callOf(ctx, in)
	if err != nil {
		return nil, err
	}
	event := &controlv1.TierGranted{}
	known, err := s.repeated(ctx, c, event)
	if err != nil {
		return nil, err
	}
	if !known {
		if event, err = s.grant(ctx, c, in); err != nil {
			return nil, err
		}
	}
	if err := s.publish(ctx, c, kindGranted, event); err != nil {
		return nil, err
	}
	g, err := grantOf(event)
	return &tierv1.GrantTierResponse{Grant: contract.Grant(g)}, err
}

// grant checks a grant against what is known now, and makes its event. The last word has its place in the log.
func (s *Server) grant(ctx context.Context, c call, in *tierv1.GrantTierRequest) (*controlv1.TierGranted, error) {
	p, err := s.place(ctx, c.program, c.account)
	if err != nil {
		return nil, err
	}
	now := s.now(p)
	known := p.schedule.In(now)
	today := calendar.DayOf(now, known.Program.Zone)
	event := &controlv1.TierGranted{
		Program: c.program, Account: c.account, GrantId: c.grantID(), Tier: in.GetTier(), FromDay: in.GetFromDay(), UntilDay: in.GetUntilDay(),
		Reason: in.GetReason(), Actor: string(rpc.Caller(ctx)), GrantedAt: timestamppb.New(now),
	}
	if event.GetFromDay() == "" {
		event.FromDay = today.String()
	}
	g, err := grantOf(event)
	if err != nil {
		return nil, err
	}
	a, _, err := s.account(ctx, storage.Ref{Program: c.program, Account: c.account}, p)
	if err != nil {
		return nil, err
	}
	return event, known.Program.Ladder.Admit(a.Ladder, g, today)
}

func grantOf(event *controlv1.TierGranted) (ladder.Grant, error) {
	from, err := calendar.Parse(event.GetFromDay())
	if err != nil {
		return ladder.Grant{}, reason.New(reason.InvalidArgument, "from_day", "%q is no date", event.GetFromDay())
	}
	until, err := calendar.Parse(event.GetUntilDay())
	if err != nil {
		return ladder.Grant{}, reason.New(reason.InvalidArgument, "until_day", "%q is no date", event.GetUntilDay())
	}
	return ladder.Grant{
		ID: event.GetGrantId(), Tier: event.GetTier(), From: from, Until: until, Reason: event.GetReason(), Actor: event.GetActor(),
	}, nil
}

// EndTierGrant implements TierService.
func (s *Server) EndTierGrant(ctx context.Context, in *tierv1.EndTierGrantRequest) (*tierv1.EndTierGrantResponse, error) {
	c, err := callOf(ctx, in)
	if err != nil {
		return nil, err
	}
	event := &controlv1.TierGrantEnded{}
	known, err := s.repeated(ctx, c, event)
	if err != nil {
		return nil, err
	}
	if !known {
		if event, err = s.end(ctx, c, in); err != nil {
			return nil, err
		}
	}
	return &tierv1.EndTierGrantResponse{}, s.publish(ctx, c, kindGrantEnded, event)
}

func (s *Server) end(ctx context.Context, c call, in *tierv1.EndTierGrantRequest) (*controlv1.TierGrantEnded, error) {
	p, err := s.place(ctx, c.program, c.account)
	if err != nil {
		return nil, err
	}
	a, _, err := s.account(ctx, storage.Ref{Program: c.program, Account: c.account}, p)
	if err != nil {
		return nil, err
	}
	if g, ok := a.Ladder.Grant(in.GetGrantId()); !ok || g.Ended {
		return nil, reason.New(reason.GrantNotFound, "grant_id", "the account has no grant %s, or it is over", in.GetGrantId())
	}
	return &controlv1.TierGrantEnded{
		Program: c.program, Account: c.account, GrantId: in.GetGrantId(), Reason: in.GetReason(), Actor: string(rpc.Caller(ctx)),
		EndedAt: timestamppb.New(s.now(p)),
	}, nil
}

// repeated finds the event that a call made when it came before. IDEMPOTENCY_KEY_REUSED if another call came under its key.
func (s *Server) repeated(ctx context.Context, c call, event proto.Message) (bool, error) {
	known, found, err := s.deps.Storage.Command(ctx, c.id)
	if err != nil || !found {
		return false, err
	}
	return true, c.read(known, event)
}

// read takes the event of a command that is kept under the call's key.
func (c call) read(known storage.Command, event proto.Message) error {
	if !bytes.Equal(known.Content, c.content) {
		return reason.New(reason.IdempotencyKeyReused, "idempotency_key", "the key came before with another request")
	}
	if err := proto.Unmarshal(known.Event, event); err != nil {
		return fmt.Errorf("read the event of command %s: %w", c.id, err)
	}
	return nil
}

// publish keeps the event under the call's key and brings it into the log. Whoever was first under the key is heard: event
// is then theirs. A repeat publishes the same event, which takes effect once.
func (s *Server) publish(ctx context.Context, c call, kind string, event proto.Message) error {
	text, err := proto.MarshalOptions{Deterministic: true}.Marshal(event)
	if err != nil {
		return fmt.Errorf("write the event of command %s: %w", c.id, err)
	}
	kept, err := s.deps.Storage.Accept(ctx, storage.Command{ID: c.id, Content: c.content, Event: text})
	if err != nil {
		return err
	}
	if err := c.read(kept, event); err != nil || kept.Published {
		return err
	}
	m, err := publish.ControlFor(c.account, publish.ControlEvent{Program: c.program, Source: source, Kind: kind, ID: c.id, Body: event})
	if err != nil {
		return err
	}
	if err := publish.All(ctx, s.deps.Bus, []bus.Outgoing{m}); err != nil {
		return fmt.Errorf("publish %s: %w", c.id, err)
	}
	return s.deps.Storage.Published(ctx, c.id)
}
