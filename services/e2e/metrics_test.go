package e2e

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/laurel-loyalty/laurel/services/internal/bus"
	doors "github.com/laurel-loyalty/laurel/services/internal/house"
	"github.com/laurel-loyalty/laurel/services/internal/metric"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
	"github.com/laurel-loyalty/laurel/services/internal/testkit"
)

// kinds are the metrics of Laurel on a page, with their kinds.
func kinds(t *testing.T, page string) map[string]metric.Kind {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, page+"/metrics", nil)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { require.NoError(t, answer.Body.Close()) }()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(answer.Body)
	require.NoError(t, err)
	http.DefaultClient.CloseIdleConnections()
	found := map[string]metric.Kind{}
	for name, f := range families {
		if strings.HasPrefix(name, "laurel_") {
			found[name] = metric.Kind(strings.ToLower(f.GetType().String()))
		}
	}
	return found
}

// intakeBytes is how much may wait in an intake.
const intakeBytes = 16 << 20

// TestEachMetricOfTheTableIsLive starts the house, lets in it happen what the table's metrics count, and holds the page against
// the table: what is there is in the table, with its kind, and what is in the table is there.
func TestEachMetricOfTheTableIsLive(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := h.serve(write(t, "tea.yaml", tea))
	page := upOn.FindStringSubmatch(p.err.String())[1]
	at := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	h.says([]string{"orders", "publish", write(t, "orders.csv", columns+"1,ann,"+at+",paid,assam,2,60.50,,\n1,ann,"+at+",returned,assam,9,,r-1,\n")}, `4`)
	house, err := doors.Read(h.doors())
	require.NoError(t, err)
	b, err := bus.Connect(t.Context(), bus.Config{URL: house.NATS.URL, Token: house.NATS.Token, Name: "test"}, testkit.Logger(t))
	require.NoError(t, err)
	t.Cleanup(b.Close)
	require.NoError(t, b.EnsureIntakes(t.Context(), bus.Layout{}, intakeBytes, []bus.Merchant{{Program: house.Program, Name: "shop"}}))
	for _, service := range []string{"accrual", "analytics", "member", "partner", "programme", "reward", "tier"} {
		_ = testkit.Dial(t, house.GRPC.Of(service), house.Token).Invoke(t.Context(), methodOf(t, service), &emptypb.Empty{}, &emptypb.Empty{}, grpc.WaitForReady(true))
	}
	want := map[string]metric.Kind{}
	for _, m := range metric.Table() {
		for _, name := range m.Names() {
			want[name] = m.Kind
		}
	}
	var got map[string]metric.Kind
	defer func() {
		if t.Failed() {
			t.Log("missing:", missing(want, got), "\nnot in the table:", missing(got, want))
		}
	}()
	testkit.Eventually(t, func() bool {
		got = kinds(t, page)
		return len(missing(want, got)) == 0 || p.ended()
	}, "every metric of the table on the page")
	require.Equal(t, want, got)
}

// methodOf is any method of a service: a call that is refused is counted too.
func methodOf(t *testing.T, service string) string {
	t.Helper()
	for _, rule := range rpc.Access() {
		if strings.HasPrefix(rule.Method, "/laurel."+service+".") && rule.Scope == "" {
			return rule.Method
		}
	}
	t.Fatal("no method of " + service)
	return ""
}

func missing(want, got map[string]metric.Kind) []string {
	return slices.Sorted(maps.Keys(maps.Collect(func(yield func(string, metric.Kind) bool) {
		for name, kind := range want {
			if _, there := got[name]; !there && !yield(name, kind) {
				return
			}
		}
	})))
}

// TestEachServiceShowsItsOwn: apart, a service shows its rows of the table and no others.
func TestEachServiceShowsItsOwn(t *testing.T) {
	t.Parallel()
	buildServices(t)
	uri, _ := testkit.Mongo(t)
	s := raise(t, uri, way{lanes: 2, batch: 64, replicas: 1})
	for name, p := range s.processes {
		page := "http://" + pageOn.FindStringSubmatch(p.err.String())[1]
		must, may := map[string]metric.Kind{}, map[string]metric.Kind{}
		for _, m := range metric.Table() {
			if slices.Contains(m.Services, name) {
				may[m.Of(name)] = m.Kind
				if !m.Later {
					must[m.Of(name)] = m.Kind
				}
			}
		}
		testkit.Eventually(t, func() bool { return len(missing(must, kinds(t, page))) == 0 }, name+" shows what it has from the start")
		require.Empty(t, missing(kinds(t, page), may), "%s shows what the table says nothing of", name)
	}
}

var pageOn = regexp.MustCompile(`"msg":"service is up".*"metrics":"(127\.0\.0\.1:\d+)"`)
