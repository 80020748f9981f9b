package api

import (
	"context"
	"time"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/fitting"
	"github.com/laurel-loyalty/laurel/services/analytics/internal/storage"
)

// fitsDefault is how many fits a page has, unless said otherwise.
const fitsDefault = 20

// Models implements ModelService. Safe for many goroutines.
type Models struct {
	analyticsv1.UnimplementedModelServiceServer
	server *Server
}

// NewModels makes the service beside the one of the reports; register it on an rpc.Server.
func NewModels(s *Server) *Models { return &Models{server: s} }

// FitModel implements ModelService.
func (m *Models) FitModel(ctx context.Context, in *analyticsv1.FitModelRequest) (*analyticsv1.FitModelResponse, error) {
	plan := &analyticsv1.FitPlan{
		Buying: in.GetBuying(), AsOf: in.GetAsOf(), HoldoutDays: in.GetHoldoutDays(), Prior: in.GetPrior(), Choice: in.GetChoice(),
	}
	if plan.GetBuying() == analyticsv1.BuyingModel_BUYING_MODEL_UNSPECIFIED {
		plan.Buying = analyticsv1.BuyingModel_BUYING_MODEL_BG_NBD
	}
	if plan.GetChoice() == analyticsv1.Choice_CHOICE_UNSPECIFIED {
		plan.Choice = analyticsv1.Choice_CHOICE_IF_BETTER
	}
	if _, err := fitting.PlanOf(plan); err != nil {
		return nil, err
	}
	fit, err := m.server.fitter.Start(ctx, fitting.Ask{Program: in.GetProgram(), Key: in.GetIdempotencyKey(), Plan: plan})
	if err != nil {
		return nil, err
	}
	return &analyticsv1.FitModelResponse{Fit: fit}, nil
}

// GetFit implements ModelService.
func (m *Models) GetFit(ctx context.Context, in *analyticsv1.GetFitRequest) (*analyticsv1.GetFitResponse, error) {
	fit, err := m.server.fitter.Fit(ctx, in.GetProgram(), in.GetFit())
	if err != nil {
		return nil, err
	}
	return &analyticsv1.GetFitResponse{Fit: fit}, nil
}

// fitsPlace is where a list of fits goes on.
type fitsPlace struct {
	At time.Time `json:"at"`
	ID string    `json:"id"`
}

// ListFits implements ModelService.
func (m *Models) ListFits(ctx context.Context, in *analyticsv1.ListFitsRequest) (*analyticsv1.ListFitsResponse, error) {
	size := fitsDefault
	if in.GetPageSize() > 0 {
		size = int(in.GetPageSize())
	}
	list := &analyticsv1.ListFitsRequest{Program: in.GetProgram()}
	at, err := unseal[fitsPlace](list, in.GetPageToken())
	if err != nil {
		return nil, err
	}
	var after *storage.FitPlace
	if at != nil {
		after = &storage.FitPlace{RequestedAt: at.At, ID: at.ID}
	}
	fits, err := m.server.fitter.Fits(ctx, in.GetProgram(), after, size+1)
	if err != nil {
		return nil, err
	}
	answer := &analyticsv1.ListFitsResponse{}
	if len(fits) > size {
		fits = fits[:size]
		last := fits[size-1]
		if answer.NextPageToken, err = seal(list, fitsPlace{last.GetRequestedAt().AsTime(), last.GetId()}); err != nil {
			return nil, err
		}
	}
	for _, fit := range fits {
		if check := fit.GetCheck(); check != nil {
			check.Tracking = nil
		}
	}
	answer.Fits = fits
	return answer, nil
}

// ChooseFit implements ModelService.
func (m *Models) ChooseFit(ctx context.Context, in *analyticsv1.ChooseFitRequest) (*analyticsv1.ChooseFitResponse, error) {
	fit, err := m.server.fitter.Choose(ctx, in.GetProgram(), in.GetId())
	if err != nil {
		return nil, err
	}
	return &analyticsv1.ChooseFitResponse{Fit: fit}, nil
}
