package spend

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	partnerv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/partner/v1"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/program"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

// monthForm is how a month is written: YYYY-MM.
const monthForm = len("2006-01")

// MonthEnd is when the month of a time is over in a programme's zone: no clock there will show it again.
func MonthEnd(p *program.Program, at time.Time) time.Time {
	next := calendar.DayOf(at, p.Zone).NextMonth()
	end := next.Start(p.Zone)
	if next.AddDays(-1).Passed(end, p.Zone) {
		return end
	}
	_, end = end.In(p.Zone).ZoneBounds()
	return end.UTC()
}

// settlementsMax is how many settlements are told: a month each.
const settlementsMax = 200

// Settle closes the month of o.At, and before it every month that has to be closed first, and returns all that are closed, by
// their numbers. The clocks of the house must have come to the month's end. Closed again, they are the same settlements.
func Settle(ctx context.Context, o Options) ([]*partnerv1.Settlement, error) {
	r := &runner{house: o.House, program: o.Program.ID}
	defer r.close()
	conn, err := r.dial(o.House.Partner.Address())
	if err != nil {
		return nil, err
	}
	client := partnerv1.NewSettlementServiceClient(conn)
	month := calendar.DayOf(o.At, o.Program.Zone).String()[:monthForm]
	for wanted := month; ; {
		err := r.ask(ctx, func(ctx context.Context) error {
			_, err := client.CloseSettlement(ctx, &partnerv1.CloseSettlementRequest{
				Program: r.program, Period: wanted, IdempotencyKey: "run/close/" + wanted,
			})
			return err
		})
		refusal, _ := reason.Of(err)
		switch {
		case err == nil && wanted == month:
			return r.settlements(ctx, client)
		case err == nil:
			wanted = month
		case errors.Is(err, reason.SettlementOutOfOrder) && refusal.Metadata["next_period"] != "":
			wanted = refusal.Metadata["next_period"]
		default:
			return nil, fmt.Errorf("close %s: %w", wanted, err)
		}
	}
}

// settlements reads what is closed.
func (r *runner) settlements(ctx context.Context, client partnerv1.SettlementServiceClient) ([]*partnerv1.Settlement, error) {
	listed, err := client.ListSettlements(ctx, &partnerv1.ListSettlementsRequest{Program: r.program, PageSize: settlementsMax})
	if err != nil {
		return nil, fmt.Errorf("list settlements: %w", err)
	}
	var list []*partnerv1.Settlement
	for _, s := range slices.Backward(listed.GetSettlements()) {
		answer, err := client.GetSettlement(ctx, &partnerv1.GetSettlementRequest{Program: r.program, Period: s.GetPeriod()})
		if err != nil {
			return nil, fmt.Errorf("read settlement %s: %w", s.GetPeriod(), err)
		}
		list = append(list, answer.GetSettlement())
	}
	return list, nil
}
