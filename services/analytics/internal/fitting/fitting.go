// Package fitting makes fits of models as jobs: one at a time in a process, in the order in which they were asked for. A
// job outlives who works on it: whoever stops beating loses it to the next one, who begins it anew.
package fitting

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/reporting"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/storage"
	"github.com/laurel-loyalty/laurel/services/internal/clock"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
)

const (
	// waitingMax is how many fits of a programme may wait.
	waitingMax = 16
	// every is how often a fitter looks for work without being woken.
	every = 5 * time.Second
	// beatEvery is how often whoever works says so, silentAfter how long a silent one keeps what they had.
	beatEvery   = 2 * time.Second
	silentAfter = 30 * time.Second
	// idBytes is how much of a key's digest names a fit.
	idBytes = 8
)

// Deps are what a fitter stands on.
type Deps struct {
	Storage  *storage.Storage
	Reporter *reporting.Reporter
	Clock    clock.Clock
	Log      *slog.Logger
}

// Fitter makes fits. Safe for many goroutines.
type Fitter struct {
	Deps
	owner string
	wake  chan struct{}
}

// New makes a fitter. It works while Run runs.
func New(d Deps) *Fitter {
	return &Fitter{Deps: d, owner: rand.Text(), wake: make(chan struct{}, 1)}
}

// Ask is a fit that is asked for under a key.
type Ask struct {
	Program, Key string
	Plan         *analyticsv1.FitPlan
}

// Start puts a fit into the queue, or finds the one that was asked for under the same key before. Reasons:
// reason.UnknownProgram, reason.IdempotencyKeyReused, reason.TooManyFits.
func (f *Fitter) Start(ctx context.Context, a Ask) (*analyticsv1.Fit, error) {
	id := fitID(a)
	digest, err := digestOf(a.Plan)
	if err != nil {
		return nil, err
	}
	known, ok, err := f.Storage.Fit(ctx, a.Program, id)
	if err != nil {
		return nil, err
	}
	if !ok {
		if known, err = f.add(ctx, a, storage.Fit{Program: a.Program, ID: id, Digest: digest}); err != nil {
			return nil, err
		}
	}
	if known.Digest != digest {
		return nil, reason.New(reason.IdempotencyKeyReused, "idempotency_key", "fit %s was asked for with it, by another plan; take a new key", id)
	}
	return f.show(ctx, known)
}

func (f *Fitter) add(ctx context.Context, a Ask, fit storage.Fit) (storage.Fit, error) {
	if err := f.Reporter.Known(ctx, a.Program); err != nil {
		return storage.Fit{}, err
	}
	waiting, err := f.Storage.WaitingFits(ctx, a.Program)
	if err != nil {
		return storage.Fit{}, err
	}
	if waiting >= waitingMax {
		return storage.Fit{}, reason.New(reason.TooManyFits, "", "%d fits of %s wait already; try again when one has ended", waiting, a.Program)
	}
	fit.RequestedAt = f.Clock.Now()
	body := &analyticsv1.Fit{Id: fit.ID, Program: a.Program, Plan: a.Plan, RequestedAt: timestamppb.New(fit.RequestedAt)}
	if fit.Body, err = encode(body); err != nil {
		return storage.Fit{}, err
	}
	known, _, err := f.Storage.AddFit(ctx, fit)
	select {
	case f.wake <- struct{}{}:
	default: // it is awake
	}
	return known, err
}

func fitID(a Ask) string {
	sum := sha256.Sum256([]byte(a.Program + "\x00" + a.Key))
	return hex.EncodeToString(sum[:idBytes])
}

func digestOf(plan *analyticsv1.FitPlan) (string, error) {
	text, err := encode(plan)
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), err
}

func encode(m proto.Message) ([]byte, error) {
	text, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("write a fit: %w", err)
	}
	return text, nil
}

// Fit returns a fit, the champion for an empty id. reason.FitNotFound: there is none.
func (f *Fitter) Fit(ctx context.Context, program, id string) (*analyticsv1.Fit, error) {
	if id == "" {
		var err error
		if id, err = f.Storage.Champion(ctx, program); err != nil {
			return nil, err
		}
		if id == "" {
			return nil, reason.New(reason.FitNotFound, "id", "no fit of %s is in use yet; ask for one, and choose it if it does not choose itself", program)
		}
	}
	kept, ok, err := f.Storage.Fit(ctx, program, id)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, reason.New(reason.FitNotFound, "id", "%s has no fit %.64q", program, id)
	}
	return f.show(ctx, kept)
}

// Fits returns the fits of a programme behind a place, the latest first.
func (f *Fitter) Fits(ctx context.Context, program string, after *storage.FitPlace, limit int) ([]*analyticsv1.Fit, error) {
	kept, err := f.Storage.Fits(ctx, program, after, limit)
	if err != nil {
		return nil, err
	}
	champion, err := f.Storage.Champion(ctx, program)
	if err != nil {
		return nil, err
	}
	var list []*analyticsv1.Fit
	for _, k := range kept {
		shown, err := decode(k, champion)
		if err != nil {
			return nil, err
		}
		list = append(list, shown)
	}
	return list, nil
}

// Choose puts a fit into use. Reasons: reason.FitNotFound, reason.FitNotUsable.
func (f *Fitter) Choose(ctx context.Context, program, id string) (*analyticsv1.Fit, error) {
	fit, err := f.Fit(ctx, program, id)
	if err != nil {
		return nil, err
	}
	if err := Usable(fit); err != nil {
		return nil, err
	}
	if err := f.Storage.PutChampion(ctx, program, id); err != nil {
		return nil, err
	}
	fit.Champion = true
	return fit, nil
}

// Usable refuses a fit that tells nothing of when customers buy: reason.FitNotUsable.
func Usable(fit *analyticsv1.Fit) error {
	switch {
	case fit.GetState() == analyticsv1.FitState_FIT_STATE_FAILED:
		return reason.New(reason.FitNotUsable, "fit", "fit %s failed: %s", fit.GetId(), fit.GetMessage())
	case fit.GetState() != analyticsv1.FitState_FIT_STATE_DONE:
		return reason.New(reason.FitNotUsable, "fit", "fit %s has not ended yet", fit.GetId())
	case !fit.GetFinal().GetBuying().GetConverged():
		return reason.New(reason.FitNotUsable, "fit", "fit %s did not converge: %s", fit.GetId(), fit.GetFinal().GetBuying().GetWhy())
	}
	return nil
}

// show is a kept fit as callers see it.
func (f *Fitter) show(ctx context.Context, kept storage.Fit) (*analyticsv1.Fit, error) {
	champion, err := f.Storage.Champion(ctx, kept.Program)
	if err != nil {
		return nil, err
	}
	return decode(kept, champion)
}

func decode(kept storage.Fit, champion string) (*analyticsv1.Fit, error) {
	fit := &analyticsv1.Fit{}
	if err := proto.Unmarshal(kept.Body, fit); err != nil {
		return nil, errors.Join(fmt.Errorf("read fit %s", kept.ID), err)
	}
	fit.Champion = kept.ID == champion
	switch kept.State {
	case storage.FitQueued:
		fit.State = analyticsv1.FitState_FIT_STATE_QUEUED
	case storage.FitRunning:
		fit.State = analyticsv1.FitState_FIT_STATE_RUNNING
	}
	return fit, nil
}
