package analytics_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	accrualv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/accrual/v1"
	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// listMax is the most that a list of an answer may hold, as the reference states it.
const listMax = 5_000

// TestNoReportGrowsWithTheCopy: more customers, days, categories, channels and kinds of events than any list may hold, each another
// one: every list of every report ends, and every answer fits into a message with its page and plots.
func TestNoReportGrowsWithTheCopy(t *testing.T) {
	t.Parallel()
	h := open(t)
	const customers = listMax + 500
	first := date("2005-01-01")
	var told []bus.Outgoing
	for i := range customers {
		account := fmt.Sprintf("m%05d", i)
		lines := []*accrualv1.StandingLine{line(fmt.Sprint("c", i), int64(1000+i))}
		told = append(told,
			h.ledger.detailed(account, account+"a", fmt.Sprint("w", i), first, lines...),
			h.ledger.detailed(account, account+"b", "web", first.AddDays(1+i), lines...),
			h.ledger.said(account, fmt.Sprint("e", i), first.AddDays(2+i), `{}`),
		)
	}
	h.tell(told...)
	s := h.run(size{})
	s.drained()
	patient, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // what is asked is how much is said, not how soon
	defer cancel()
	for _, name := range s.reportNames() {
		in := &analyticsv1.GetReportRequest{Program: "tea", Name: name, Page: true, Plots: true}
		if name == "customer" {
			in.Parameters = &analyticsv1.GetReportRequest_Customer{Customer: &analyticsv1.CustomerParameters{Account: "m00001"}}
		}
		answer, err := s.grpc.GetReport(patient, in)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if n := proto.Size(answer); n >= rpc.MessageBytesMax/2 {
			t.Errorf("%s weighs %d", name, n)
		}
		ended(t, name, answer.GetReport().ProtoReflect())
	}
	curve := s.ask(&analyticsv1.GetReportRequest{Program: "tea", Name: "survival"}).GetSurvival().GetFirstRepeat()
	require.Equal(t, customers, len(curve.GetSteps())+int(curve.GetStepsLeftOut()))
	last := curve.GetSteps()[len(curve.GetSteps())-1]
	require.EqualValues(t, customers, last.GetDay(), "the end of the curve is told")
	require.Equal(t, "0.000000000", last.GetSurvival())
	groups := s.ask(&analyticsv1.GetReportRequest{Program: "tea", Name: "survival", Parameters: &analyticsv1.GetReportRequest_Survival{
		Survival: &analyticsv1.SurvivalParameters{By: "channel"}}}).GetSurvival().GetGroups()
	require.Len(t, groups, 12, "of as many channels as customers")
	rest := groups[11].GetFirstRepeat()
	require.Equal(t, "(others)", groups[11].GetName())
	require.EqualValues(t, customers-11, rest.GetCustomers())
	require.LessOrEqual(t, len(rest.GetSteps()), 400)
	require.Equal(t, customers-11, len(rest.GetSteps())+int(rest.GetStepsLeftOut()))
	require.Equal(t, "0.000000000", rest.GetSteps()[len(rest.GetSteps())-1].GetSurvival(), "the end is told")
	require.EqualValues(t, customers-listMax, s.ask(&analyticsv1.GetReportRequest{Program: "tea", Name: "actions"}).GetActions().GetMonthsLeftOut())
	_, err := s.grpc.ListCustomers(t.Context(), &analyticsv1.ListCustomersRequest{Program: "tea", PageSize: listMax})
	require.NoError(t, err)
}

// ended checks that no list below a message is too long.
func ended(t *testing.T, path string, m protoreflect.Message) {
	t.Helper()
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		at := path + "." + string(f.Name())
		switch {
		case f.IsList():
			if n := v.List().Len(); n > listMax {
				t.Errorf("%s has %d entries", at, n)
			}
			for i := range v.List().Len() {
				if f.Message() != nil && i < 10 {
					ended(t, at, v.List().Get(i).Message())
				}
			}
		case f.Message() != nil:
			ended(t, at, v.Message())
		}
		return true
	})
}
