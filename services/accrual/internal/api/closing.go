package api

import (
	"context"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	typev1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/type/v1"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/closing"
	"github.com/laurel-loyalty/laurel/services/accrual/internal/contract"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// periodDaysMax bounds what one question may add up.
const periodDaysMax = 400

// GetFinality implements AccrualService.
func (s *Server) GetFinality(ctx context.Context, in *accrualv1.GetFinalityRequest) (*accrualv1.GetFinalityResponse, error) {
	if _, err := s.latest(ctx, in.GetProgram()); err != nil {
		return nil, err
	}
	f, err := s.deps.Closing.Finality(ctx)
	if err != nil {
		return nil, err
	}
	return &accrualv1.GetFinalityResponse{Finality: finalityToProto(f)}, nil
}

// GetControlTotals implements AccrualService.
func (s *Server) GetControlTotals(ctx context.Context, in *accrualv1.GetControlTotalsRequest) (*accrualv1.GetControlTotalsResponse, error) {
	from, to, err := period(in)
	if err != nil {
		return nil, err
	}
	known, err := s.latest(ctx, in.GetProgram())
	if err != nil {
		return nil, err
	}
	t, err := s.deps.Closing.Totals(ctx, in.GetProgram(), from, to)
	if err != nil {
		return nil, err
	}
	answer := &accrualv1.GetControlTotalsResponse{
		Entries: t.Entries, Finality: finalityToProto(t.Finality),
		Final: !t.Until.IsZero() && (to-1).Passed(t.Until, known.Program.Zone),
	}
	for _, cell := range t.Cells() {
		sum := t.Sum(cell)
		if !sum.Points.IsInt64() {
			return nil, reason.New(reason.AmountOutOfRange, "", "%s comes to %s points, more than this answer can hold; ask for a shorter period",
				cell, sum.Points)
		}
		answer.Totals = append(answer.Totals, &accrualv1.ControlTotal{
			Kind: contract.Move(cell.Move), Unit: cell.Unit, Issuer: cell.Issuer, Redeemer: cell.Redeemer,
			Points: sum.Points.Int64(), Movements: sum.Movements,
		})
	}
	return answer, nil
}

func period(in *accrualv1.GetControlTotalsRequest) (from, to calendar.Day, _ error) {
	first, err := dayFromProto(in.GetFromDay(), "from_day")
	if err != nil {
		return 0, 0, err
	}
	end, err := dayFromProto(in.GetToDay(), "to_day")
	if err != nil {
		return 0, 0, err
	}
	if days := *end - *first; days < 1 || days > periodDaysMax {
		return 0, 0, reason.New(reason.InvalidArgument, "to_day", "from %s to before %s are %d days; ask for 1 to %d", first, end, days, periodDaysMax)
	}
	return *first, *end, nil
}

// latest is the newest revision of a programme that any partition has passed.
func (s *Server) latest(ctx context.Context, id string) (program.Known, error) {
	part, err := s.partition(ctx, id, "")
	if err != nil {
		return program.Known{}, err
	}
	if err := s.deps.Programs.Load(ctx, part.Revisions); err != nil {
		return program.Known{}, err
	}
	schedule := s.deps.Programs.Schedule(part, id)
	if schedule == nil {
		return program.Known{}, reason.New(reason.UnknownProgram, "program", "no revision of programme %s is known", id)
	}
	return schedule.Latest(), nil
}

func finalityToProto(f closing.Finality) *accrualv1.Finality {
	p := &accrualv1.Finality{
		FinalUntil: contract.Time(f.Until), Bound: boundToProto(f.Bound), Partition: int32(f.Partition), //nolint:gosec // small
	}
	if f.Facts > 0 {
		p.Facts = &typev1.Position{Stream: bus.Facts, Sequence: f.Facts}
	}
	return p
}

func boundToProto(b closing.Bound) accrualv1.FinalityBound {
	switch b {
	case closing.BoundClock:
		return accrualv1.FinalityBound_FINALITY_BOUND_CLOCK
	case closing.BoundDue:
		return accrualv1.FinalityBound_FINALITY_BOUND_DUE
	case closing.BoundFacts:
		return accrualv1.FinalityBound_FINALITY_BOUND_FACTS
	case closing.BoundUnset:
	}
	return accrualv1.FinalityBound_FINALITY_BOUND_UNSPECIFIED
}
