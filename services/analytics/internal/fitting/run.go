package fitting

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/history"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/domain/lifetime"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/store"
)

// Run makes what is asked for until ctx ends. What is not made by then is begun anew by whoever comes next.
func (f *Fitter) Run(ctx context.Context) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for ctx.Err() == nil {
		found, err := f.next(ctx)
		if err != nil && ctx.Err() == nil {
			f.Log.WarnContext(ctx, "fit not made, trying again", "error", err)
		}
		if found && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-f.wake:
		case <-tick.C:
		}
	}
	return nil
}

// next makes the fit that has waited longest. Not found: none waits.
func (f *Fitter) next(ctx context.Context) (bool, error) {
	kept, ok, err := f.Storage.ClaimFit(ctx, f.claim())
	if err != nil || !ok {
		return false, err
	}
	fit, err := decode(kept, "")
	if err != nil {
		return true, err
	}
	j := &job{fitter: f, kept: kept, fit: fit, beaten: f.Clock.Now()}
	err = j.make(ctx)
	if refusal, ok := reason.Of(err); ok {
		fit.Reason, fit.Message, fit.State = string(refusal.Reason), refusal.Message, analyticsv1.FitState_FIT_STATE_FAILED
	} else if err != nil {
		return true, errors.Join(err, j.giveBack(context.WithoutCancel(ctx)))
	}
	return true, j.end(ctx)
}

func (f *Fitter) claim() storage.Claim {
	now := f.Clock.Now()
	return storage.Claim{Owner: f.owner, Now: now, Silent: now.Add(-silentAfter)}
}

// job is a fit at work.
type job struct {
	fitter *Fitter
	kept   storage.Fit
	fit    *analyticsv1.Fit
	beaten time.Time
	choose bool // put it into use
}

// say tells how far it is, if it has not for a while. store.ErrConflict: somebody else has the job.
func (j *job) say(ctx context.Context, format string, args ...any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	now := j.fitter.Clock.Now()
	if now.Before(j.beaten.Add(beatEvery)) {
		return nil
	}
	j.beaten, j.fit.Progress = now, fmt.Sprintf(format, args...)
	j.kept.State = storage.FitRunning
	return j.put(ctx)
}

func (j *job) put(ctx context.Context) error {
	var err error
	if j.kept.Body, err = encode(j.fit); err != nil {
		return err
	}
	return j.fitter.Storage.PutFit(ctx, j.kept, j.fitter.claim())
}

// giveBack puts a job that could not be made back into the queue; if it cannot, its silence will.
func (j *job) giveBack(ctx context.Context) error {
	j.kept.State = storage.FitQueued
	err := j.put(ctx)
	if errors.Is(err, store.ErrConflict) {
		return nil
	}
	return err
}

func (j *job) end(ctx context.Context) error {
	j.fit.Progress, j.fit.EndedAt = "", timestamppb.New(j.fitter.Clock.Now())
	var err error
	if j.kept.Body, err = encode(j.fit); err != nil {
		return err
	}
	if err := j.fitter.Storage.EndFit(ctx, j.kept, j.fitter.claim(), j.choose); err != nil {
		return err
	}
	j.fitter.Log.InfoContext(ctx, "fit ended", "programme", j.kept.Program, "fit", j.kept.ID, "verdict", j.fit.GetVerdict())
	return nil
}

// make reads the customers, fits the models and decides whether to use them.
func (j *job) make(ctx context.Context) error {
	plan, err := PlanOf(j.fit.GetPlan())
	if err != nil {
		return err
	}
	var b *lifetime.Builder
	n := 0
	q := reporting.Query{Program: j.kept.Program, AsOf: plan.AsOf, Compare: calendar.None}
	head, err := j.fitter.Reporter.Read(ctx, q, func(h reporting.Head) func(history.Customer) error {
		plan.AsOf = h.AsOf
		b = lifetime.New(plan, Major(h.Reading.Currency))
		return func(c history.Customer) error {
			if n++; n%progressEvery == 0 {
				if err := j.say(ctx, "%d customers read", n); err != nil {
					return err
				}
			}
			return b.Add(c)
		}
	})
	if err != nil {
		return err
	}
	j.fit.Plan.AsOf = head.AsOf.String()
	j.fit.Read, j.fit.Currency = reporting.ReadToProto(head.Reading), string(head.Reading.Currency)
	evaluations := 0
	outcome, err := b.Fit(func() error {
		evaluations++
		return j.say(ctx, "%d customers read; likelihood evaluated %d times", n, evaluations)
	})
	if err != nil {
		return err
	}
	j.fit.State = analyticsv1.FitState_FIT_STATE_DONE
	outcomeToProto(j.fit, outcome)
	return j.decide(ctx, b)
}

// progressEvery is after how many customers it is looked whether it is time to say so.
const progressEvery = 10_000

// decide puts the fit into use if it is to be.
func (j *job) decide(ctx context.Context, b *lifetime.Builder) error {
	if err := Usable(j.fit); err != nil {
		j.fit.Verdict = "not used: it did not converge: " + j.fit.GetFinal().GetBuying().GetWhy()
		return nil //nolint:nilerr // that is the result
	}
	if j.fit.GetPlan().GetChoice() == analyticsv1.Choice_CHOICE_NEVER {
		j.fit.Verdict = "a challenger, as asked"
		return nil
	}
	id, err := j.fitter.Storage.Champion(ctx, j.kept.Program)
	if err != nil {
		return err
	}
	if id != "" && id != j.kept.ID {
		j.choose, err = j.better(ctx, b, id)
		return err
	}
	j.choose, j.fit.Verdict = true, "in use: it is the first that converged"
	return nil
}

// better holds the champion against the holdout of the challenger, each as it was fitted without its own holdout.
func (j *job) better(ctx context.Context, b *lifetime.Builder, id string) (bool, error) {
	if j.fit.GetCheck() == nil && j.fit.GetPlan().GetHoldoutDays() > 0 {
		j.fit.Verdict = fmt.Sprintf("a challenger: without its holdout it did not converge (%s), so nothing says that it is no worse than %s",
			j.fit.GetCalibration().GetBuying().GetWhy(), id)
		return false, nil
	}
	champion, err := j.fitter.Fit(ctx, j.kept.Program, id)
	if err != nil {
		return false, err
	}
	known := champion.GetCalibration()
	if known == nil {
		known = champion.GetFinal()
	}
	model, ok, err := BuyingOf(champion.GetPlan().GetBuying(), known)
	if err != nil {
		return false, err
	}
	if j.fit.GetCheck() == nil || !ok {
		j.fit.Verdict = fmt.Sprintf("in use: nothing to compare with %s by; it knows more", id)
		return true, nil
	}
	// Both as they are told, so that equal ones are equal.
	j.fit.ChampionMeanError = Decimal(b.Holdout().Check(model).MeanError)
	theirs, err := number(j.fit.GetChampionMeanError())
	if err != nil {
		return false, err
	}
	mine, err := number(j.fit.GetCheck().GetMeanError())
	if err != nil {
		return false, err
	}
	if mine > theirs {
		j.fit.Verdict = fmt.Sprintf("a challenger: in the holdout %s errs less", id)
		return false, nil
	}
	j.fit.Verdict = fmt.Sprintf("in use: in the holdout it errs no more than %s", id)
	return true, nil
}
