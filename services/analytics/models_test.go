package analytics_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"google.golang.org/protobuf/proto"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/reason"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// madeUp is a copy of some customers who come back, with no fit.
func madeUp(t *testing.T) *service {
	t.Helper()
	h := open(t)
	h.tell(h.ledger.makeUp(7, 24, 300)...)
	s := h.run(size{})
	s.drained()
	return s
}

func (s *service) champion() string {
	s.h.t.Helper()
	answer, err := s.models.GetFit(s.h.t.Context(), &analyticsv1.GetFitRequest{Program: "tea"})
	require.NoError(s.h.t, err)
	require.True(s.h.t, answer.GetFit().GetChampion())
	return answer.GetFit().GetId()
}

func TestAChampionIsReplacedByWhoErrsNoMore(t *testing.T) {
	t.Parallel()
	s := madeUp(t)
	first := s.fit(&analyticsv1.FitModelRequest{IdempotencyKey: "1", HoldoutDays: 60, Prior: true})
	require.Equal(t, "in use: it is the first that converged", first.GetVerdict())
	require.Equal(t, first.GetId(), s.champion())

	again, err := s.models.FitModel(t.Context(), &analyticsv1.FitModelRequest{Program: "tea", IdempotencyKey: "1", HoldoutDays: 60, Prior: true})
	require.NoError(t, err)
	require.True(t, proto.Equal(first, again.GetFit()), "the same key is the same fit")
	_, err = s.models.FitModel(t.Context(), &analyticsv1.FitModelRequest{Program: "tea", IdempotencyKey: "1", HoldoutDays: 61, Prior: true})
	requireRefused(t, err, reason.IdempotencyKeyReused, "idempotency_key", "take a new key")

	asked := s.fit(&analyticsv1.FitModelRequest{IdempotencyKey: "2", HoldoutDays: 60, Prior: true, Choice: analyticsv1.Choice_CHOICE_NEVER})
	require.Equal(t, "a challenger, as asked", asked.GetVerdict())
	require.Equal(t, first.GetCheck().GetMeanError(), asked.GetCheck().GetMeanError(), "the same plan, the same figures")
	equal := s.fit(&analyticsv1.FitModelRequest{IdempotencyKey: "3", HoldoutDays: 60, Prior: true})
	require.Contains(t, equal.GetVerdict(), "errs no more than "+first.GetId())
	require.Equal(t, first.GetCheck().GetMeanError(), equal.GetChampionMeanError())
	require.Equal(t, equal.GetId(), s.champion())

	other := s.fit(&analyticsv1.FitModelRequest{
		IdempotencyKey: "4", HoldoutDays: 60, Prior: true, Buying: analyticsv1.BuyingModel_BUYING_MODEL_MBG_NBD,
	})
	require.NotEqual(t, equal.GetCheck().GetMeanError(), other.GetCheck().GetMeanError())
	if other.GetCheck().GetMeanError() > other.GetChampionMeanError() {
		require.Equal(t, equal.GetId(), s.champion(), other.GetVerdict())
	} else {
		require.Equal(t, other.GetId(), s.champion(), other.GetVerdict())
	}
	pareto := s.fit(&analyticsv1.FitModelRequest{
		IdempotencyKey: "5", HoldoutDays: 60, Prior: true, Buying: analyticsv1.BuyingModel_BUYING_MODEL_PARETO_NBD, Choice: analyticsv1.Choice_CHOICE_NEVER,
	})
	require.True(t, pareto.GetFinal().GetBuying().GetConverged(), pareto.GetFinal().GetBuying().GetWhy())
	var names []string
	for _, p := range pareto.GetFinal().GetBuying().GetParameters() {
		names = append(names, p.GetName())
	}
	require.Equal(t, []string{"r", "alpha", "s", "beta"}, names)
	_, err = s.models.ChooseFit(t.Context(), &analyticsv1.ChooseFitRequest{Program: "tea", Id: pareto.GetId(), IdempotencyKey: "p"})
	require.NoError(t, err)
	values, err := s.models.ListLifetimes(t.Context(), &analyticsv1.ListLifetimesRequest{Program: "tea", PageSize: 5})
	require.NoError(t, err)
	require.Equal(t, pareto.GetId(), values.GetFit())
	require.NotEmpty(t, values.GetLifetimes())
	require.Nil(t, values.GetLifetimes()[0].GetInterval(), "nobody asked")
	between, err := s.models.ListLifetimes(t.Context(), &analyticsv1.ListLifetimesRequest{Program: "tea", PageSize: 5, Intervals: true})
	require.NoError(t, err)
	some, doubted := false, false
	for i, l := range between.GetLifetimes() {
		require.LessOrEqual(t, l.GetInterval().GetPurchasesLow(), l.GetInterval().GetPurchasesHigh())
		require.NotEmpty(t, l.GetInterval().GetResidualHigh())
		alive := []string{l.GetInterval().GetAliveLow(), l.GetInterval().GetAliveHigh()}
		require.NotContains(t, alive, "", "the fit keeps how well it knows its parameters")
		low, err := strconv.ParseFloat(alive[0], 64)
		require.NoError(t, err)
		high, err := strconv.ParseFloat(alive[1], 64)
		require.NoError(t, err)
		require.True(t, 0 < low && low <= high && high <= 1, alive)
		doubted = doubted || low < high
		if i == 0 {
			card := s.card(l.GetAccount())
			require.Equal(t, pareto.GetId(), card.GetLifetimeFit())
			require.True(t, proto.Equal(l, card.GetLifetime()), "the card tells the same: %v", card.GetLifetime())
		}
		some = some || l.GetInterval().GetPurchasesHigh() > 0
		l.Interval = nil
		require.True(t, proto.Equal(values.GetLifetimes()[i], l))
	}
	require.True(t, some)
	require.True(t, doubted)
	chosen, err := s.models.ChooseFit(t.Context(), &analyticsv1.ChooseFitRequest{Program: "tea", Id: asked.GetId(), IdempotencyKey: "k"})
	require.NoError(t, err)
	require.True(t, chosen.GetFit().GetChampion())
	require.Equal(t, asked.GetId(), s.champion())

	var listed []string
	in := &analyticsv1.ListFitsRequest{Program: "tea", PageSize: 3}
	for {
		answer, err := s.models.ListFits(t.Context(), in)
		require.NoError(t, err)
		for _, f := range answer.GetFits() {
			listed = append(listed, f.GetId())
			require.Equal(t, f.GetId() == asked.GetId(), f.GetChampion())
			require.Empty(t, f.GetCheck().GetTracking())
		}
		if in.PageToken = answer.GetNextPageToken(); in.GetPageToken() == "" {
			break
		}
	}
	require.Equal(t, []string{pareto.GetId(), other.GetId(), equal.GetId(), asked.GetId(), first.GetId()}, listed, "the latest first")
}

func TestAFitWhoseMakerDiedIsMadeAnewAndARebuildKeepsIt(t *testing.T) {
	t.Parallel()
	s := madeUp(t)
	in := &analyticsv1.FitModelRequest{IdempotencyKey: "1", AsOf: "2025-12-01", HoldoutDays: 30, Prior: true}
	made := s.fit(in)
	s.stop()
	// As a process leaves it that is killed in the middle.
	_, err := s.h.db.Collection("fits").UpdateMany(t.Context(), bson.M{}, bson.M{"$set": bson.M{"state": 2, "owner": "gone", "beat": time.Unix(0, 0)}})
	require.NoError(t, err)
	_, err = s.h.db.Collection("champions").DeleteMany(t.Context(), bson.M{})
	require.NoError(t, err)
	next := s.h.run(size{})
	next.drained()
	again := next.fit(in)
	require.True(t, again.GetChampion(), again.GetMessage())
	again.EndedAt = made.GetEndedAt()
	require.True(t, proto.Equal(made, again), "the same orders, the same fit")
	report := next.reports("")
	next.stop()
	rebuilt := s.h.build(size{})
	require.NoError(t, rebuilt.Forget(t.Context()))
	rebuilt.start()
	rebuilt.drained()
	require.Equal(t, again.GetId(), rebuilt.champion())
	require.Equal(t, report, rebuilt.reports(""))
}

func TestModelsThatAreRefused(t *testing.T) {
	t.Parallel()
	s := shop(t)
	fit := func(in *analyticsv1.FitModelRequest) error {
		_, err := s.models.FitModel(t.Context(), in)
		return err
	}
	list := func(in *analyticsv1.ListLifetimesRequest) error {
		_, err := s.models.ListLifetimes(t.Context(), in)
		return err
	}
	report := func(in *analyticsv1.GetReportRequest) error {
		in.Program = "tea"
		_, err := s.grpc.GetReport(t.Context(), in)
		return err
	}
	poor := s.fit(&analyticsv1.FitModelRequest{IdempotencyKey: "poor"})
	require.Equal(t, analyticsv1.FitState_FIT_STATE_DONE, poor.GetState())
	require.Contains(t, poor.GetFinal().GetBuying().GetWhy(), "nobody came back")
	require.Equal(t, "not used: it did not converge: nobody came back: there is nothing to learn from", poor.GetVerdict())
	_, notChosen := s.models.ChooseFit(t.Context(), &analyticsv1.ChooseFitRequest{Program: "tea", Id: poor.GetId(), IdempotencyKey: "k"})
	_, notThere := s.models.GetFit(t.Context(), &analyticsv1.GetFitRequest{Program: "tea", Fit: "none"})
	_, notThereToChoose := s.models.ChooseFit(t.Context(), &analyticsv1.ChooseFitRequest{Program: "tea", Id: "none", IdempotencyKey: "n"})
	_, notOurs := s.models.GetFit(t.Context(), &analyticsv1.GetFitRequest{Program: "coffee", Fit: poor.GetId()})
	_, noToken := s.models.ListFits(t.Context(), &analyticsv1.ListFitsRequest{Program: "tea", PageToken: "%"})
	with := func(p *analyticsv1.LifetimeParameters) *analyticsv1.GetReportRequest {
		return &analyticsv1.GetReportRequest{Name: "lifetime", Parameters: &analyticsv1.GetReportRequest_Lifetime{Lifetime: p}}
	}
	churn := func(p *analyticsv1.ChurnEffectParameters) *analyticsv1.GetReportRequest {
		return &analyticsv1.GetReportRequest{Name: "churn-effect", Parameters: &analyticsv1.GetReportRequest_ChurnEffect{ChurnEffect: p}}
	}
	for _, c := range []struct {
		name   string
		err    error
		reason reason.Reason
		field  string
	}{
		{"a fit without a key", fit(&analyticsv1.FitModelRequest{Program: "tea"}), reason.InvalidArgument, "idempotency_key"},
		{"a fit of a day that is none", fit(&analyticsv1.FitModelRequest{Program: "tea", IdempotencyKey: "k", AsOf: "soon"}), reason.InvalidArgument, "as_of"},
		{"a holdout of less than nothing", fit(&analyticsv1.FitModelRequest{Program: "tea", IdempotencyKey: "k", HoldoutDays: -1}), reason.InvalidArgument, "holdout_days"},
		{"a model that there is not", fit(&analyticsv1.FitModelRequest{Program: "tea", IdempotencyKey: "k", Buying: 99}), reason.InvalidArgument, "buying"},
		{"a programme of which nothing was read", fit(&analyticsv1.FitModelRequest{Program: "coffee", IdempotencyKey: "k"}), reason.UnknownProgram, "program"},
		{"a fit that there is not", notThere, reason.FitNotFound, "id"},
		{"a fit that there is not, chosen", notThereToChoose, reason.FitNotFound, "id"},
		{"a fit of another programme", notOurs, reason.FitNotFound, "id"},
		{"lifetimes by a fit that there is not", list(&analyticsv1.ListLifetimesRequest{
			Program: "tea", Parameters: &analyticsv1.LifetimeParameters{Fit: "none"},
		}), reason.FitNotFound, "id"},
		{"a token that is none", noToken, reason.InvalidArgument, "page_token"},
		{"the choice of what did not converge", notChosen, reason.FitNotUsable, "fit"},
		{"lifetimes without a champion", list(&analyticsv1.ListLifetimesRequest{Program: "tea"}), reason.FitNotFound, "parameters.fit"},
		{"lifetimes of an unknown programme", list(&analyticsv1.ListLifetimesRequest{Program: "coffee"}), reason.UnknownProgram, "program"},
		{"lifetimes by what did not converge", list(&analyticsv1.ListLifetimesRequest{
			Program: "tea", Parameters: &analyticsv1.LifetimeParameters{Fit: poor.GetId()},
		}), reason.FitNotUsable, "fit"},
		{"a list's token that is none", list(&analyticsv1.ListLifetimesRequest{Program: "tea", PageToken: "%"}), reason.InvalidArgument, "page_token"},
		{"too far ahead", report(with(&analyticsv1.LifetimeParameters{Weeks: 521})), reason.InvalidArgument, "lifetime.weeks"},
		{"a discount that is none", report(with(&analyticsv1.LifetimeParameters{YearlyDiscount: "-1"})), reason.InvalidArgument, "lifetime.yearly_discount"},
		{"a discount beyond reason", report(with(&analyticsv1.LifetimeParameters{YearlyDiscount: "10.5"})), reason.InvalidArgument, "lifetime.yearly_discount"},
		{"more kept than all", report(churn(&analyticsv1.ChurnEffectParameters{Retention: "1.01"})), reason.InvalidArgument, "churn_effect.retention"},
		{"more kept than all, in the end", report(churn(&analyticsv1.ChurnEffectParameters{Retention: "0.97"})), reason.InvalidArgument, "churn_effect.points"},
		{"points that are none", report(churn(&analyticsv1.ChurnEffectParameters{Points: "five"})), reason.InvalidArgument, "churn_effect.points"},
	} {
		t.Run(c.name, func(t *testing.T) { requireRefused(t, c.err, c.reason, c.field, "") })
	}
}

func TestWhatLifetimesAreWorthWithoutAnyModel(t *testing.T) {
	t.Parallel()
	s := shop(t)
	r := s.report("lifetime", "2025-02-12").GetLifetime()
	require.Nil(t, r.GetModel())
	require.Contains(t, r.GetWithout(), "no fit of tea is in use yet")
	require.EqualValues(t, 10_000, r.GetHistoric().GetSumMinor())
	require.Empty(t, r.GetSimple().GetRetention(), "nobody bought a year ago")
	early := s.report("lifetime", "2024-01-01").GetLifetime()
	require.Zero(t, early.GetHistoric().GetCustomers())
	require.Empty(t, early.GetHistoric().GetMean())
	churn := s.ask(&analyticsv1.GetReportRequest{
		Program: "tea", Name: "churn-effect", AsOf: "2025-02-19",
		Parameters: &analyticsv1.GetReportRequest_ChurnEffect{ChurnEffect: &analyticsv1.ChurnEffectParameters{PeriodDays: 20}},
	}).GetChurnEffect()
	require.Equal(t, "0.000000000", churn.GetRetention(), "ann and bob did not come back")
	require.Empty(t, churn.GetRise(), "no share of nothing")
	free := s.ask(&analyticsv1.GetReportRequest{
		Program: "tea", Name: "churn-effect",
		Parameters: &analyticsv1.GetReportRequest_ChurnEffect{ChurnEffect: &analyticsv1.ChurnEffectParameters{Retention: "0.95", Discount: "0"}},
	}).GetChurnEffect()
	require.Contains(t, free.GetWithout(), "has no end")
	none := s.report("churn-effect", "").GetChurnEffect()
	require.Contains(t, none.GetWithout(), "state one")
}

func TestTooManyFitsWait(t *testing.T) {
	t.Parallel()
	s := shop(t)
	docs := make([]any, 16)
	for i := range docs {
		docs[i] = bson.M{
			"_id": fmt.Sprint("tea/waiting-", i), "format": 1, "programme": "tea", "fit": fmt.Sprint("waiting-", i), "state": 2,
			"requested_at": time.Now(), "digest": strings.Repeat("0", 64), "body": []byte{}, "owner": "other", "beat": time.Now().Add(time.Hour),
		}
	}
	_, err := s.h.db.Collection("fits").InsertMany(t.Context(), docs)
	require.NoError(t, err)
	_, err = s.models.FitModel(t.Context(), &analyticsv1.FitModelRequest{Program: "tea", IdempotencyKey: "one-more"})
	requireRefused(t, err, reason.TooManyFits, "", "16 fits of tea wait already")
	_, err = s.h.db.Collection("fits").DeleteMany(t.Context(), bson.M{"fit": "waiting-0"})
	require.NoError(t, err)
	testkit.Eventually(t, func() bool {
		_, err := s.models.FitModel(t.Context(), &analyticsv1.FitModelRequest{Program: "tea", IdempotencyKey: "one-more"})
		return err == nil
	}, "there is room again")
}
