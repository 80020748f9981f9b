package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	analyticsv1 "github.com/laurel-loyalty/laurel/proto/gen/laurel/analytics/v1"
	"github.com/laurel-loyalty/laurel/services/internal/bus"
	"github.com/laurel-loyalty/laurel/services/internal/calendar"
	"github.com/laurel-loyalty/laurel/services/internal/publish"
	"github.com/laurel-loyalty/laurel/services/internal/rpc"
)

// Targets of analytics, with a million members and ten million orders.
const (
	reportSeconds   = 20
	residentMiB     = 1024
	fitSeconds      = 60
	cardMillis      = 50
	callMax         = 10 * time.Minute // a report that takes longer is not waited for
	analyticsDB     = "laurel_bench_analytics"
	permille        = 1000
	tail, middle    = 990, 500 // of a thousand cards
	holdoutDays     = 90
	calendarOpened  = 2023
	partitionsOfBus = bus.Partitions
)

// desk is analytics as a process of its own, and who asks it.
type desk struct {
	*program
	reports analyticsv1.AnalyticsServiceClient
	models  analyticsv1.ModelServiceClient
}

// analytics fills analytics with the facts of a made-up shop, and asks it.
func (r *run) analytics(ctx context.Context) error {
	server, b, err := r.nats(ctx, "nats", 0, r.Orders)
	if err != nil {
		return err
	}
	defer func() { _ = server.Stop() }() // its data are removed
	defer b.Close()
	metrics, err := freePort(ctx)
	if err != nil {
		return err
	}
	address, err := freePort(ctx)
	if err != nil {
		return err
	}
	secrets := rpc.NewSecrets()
	p, err := r.start(ctx, "laurel-analytics", metrics, nil, []string{
		"LAUREL_ANALYTICS_MONGO_URI=" + r.MongoURI, "LAUREL_ANALYTICS_DATABASE=" + analyticsDB, "LAUREL_ANALYTICS_NATS_URL=" + server.URL(),
		"LAUREL_ANALYTICS_NATS_TOKEN=" + server.Token(), "LAUREL_ANALYTICS_LISTEN=" + address, "LAUREL_ANALYTICS_METRICS=" + metrics,
		"LAUREL_ANALYTICS_CALLERS=" + strings.Join(secrets.List(), ","), "LAUREL_LOG_LEVEL=warn",
	})
	if err != nil {
		return err
	}
	conn, err := rpc.Dial(address, secrets[rpc.Operator])
	if err != nil {
		return errors.Join(err, p.stop())
	}
	d := &desk{p, analyticsv1.NewAnalyticsServiceClient(conn), analyticsv1.NewModelServiceClient(conn)}
	return errors.Join(r.asked(ctx, b, d), conn.Close(), p.stop())
}

func (r *run) asked(ctx context.Context, b *bus.Bus, d *desk) error {
	if kept := filepath.Join(r.dir, "copied-"+r.cli.Size); !exists(kept) {
		if err := errors.Join(r.copied(ctx, b, d), os.WriteFile(kept, nil, fileMode)); err != nil {
			return err
		}
	}
	for _, name := range []string{"rfm", "pareto", "abc-xyz", "profitability", "cohorts"} {
		if err := r.report(ctx, d, name); err != nil {
			return err
		}
	}
	for _, step := range []func(context.Context, *desk) error{r.together, r.fit, r.cards} {
		if err := step(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// copied publishes the facts and measures how fast they are copied meanwhile.
func (r *run) copied(ctx context.Context, b *bus.Bus, d *desk) error {
	r.stage("publishing %d facts of %d members", r.Orders, r.Members)
	begun := r.clock.Now()
	given := 0
	err := newShop(r.Members, calendar.Date(calendarOpened, time.January, 1)).facts(r.Orders, func(batch []bus.Outgoing) error {
		if given += len(batch); given%tellEvery < len(batch) {
			r.stage("%d published", given)
		}
		return publish.All(ctx, b, batch)
	})
	if err != nil {
		return err
	}
	seconds, entries, err := r.settled(ctx, d.program, copied, float64(r.Orders), begun)
	if err != nil {
		return err
	}
	r.stage("all are copied")
	r.found.hold(Figure{Name: "copy alone, facts of orders", Value: entries / seconds, Unit: "entries/s", Relation: atLeast, Target: r.ledgerRate})
	return nil
}

// tellEvery is after how many facts it is said how far they are.
const tellEvery = 1_000_000

// get asks for a report.
func (d *desk) get(ctx context.Context, in *analyticsv1.GetReportRequest) error {
	ctx, cancel := context.WithTimeout(ctx, callMax)
	defer cancel()
	in.Program = programName
	_, err := d.reports.GetReport(ctx, in, grpc.WaitForReady(true))
	if err != nil {
		return fmt.Errorf("ask for report %s: %w", in.GetName(), err)
	}
	return nil
}

// report measures one report, and what the process holds at most meanwhile.
func (r *run) report(ctx context.Context, d *desk, name string) error {
	r.stage("report %s", name)
	forgetPeak(d.cmd.Process.Pid)
	begun := r.clock.Now()
	if err := d.get(ctx, &analyticsv1.GetReportRequest{Name: name}); err != nil {
		return err
	}
	r.found.hold(Figure{Name: "report " + name, Value: r.since(begun), Unit: "s", Relation: atMost, Target: reportSeconds})
	r.resident(d.program, "analytics_"+strings.ReplaceAll(name, "-", "_"), "report "+name, residentMiB)
	return nil
}

// resident tells what a program held at most since forgetPeak, where the system says so.
func (r *run) resident(p *program, name, doing string, target float64) {
	if mib, ok := peak(p.cmd.Process.Pid); ok {
		r.found.resident(name, mib, target)
		r.found.hold(Figure{Name: doing + ", resident", Value: mib, Unit: "MiB", Relation: atMost, Target: target})
	}
}

// together asks for as many reports at once as are computed at once.
func (r *run) together(ctx context.Context, d *desk) error {
	r.stage("two reports at once")
	forgetPeak(d.cmd.Process.Pid)
	begun := r.clock.Now()
	var group errgroup.Group
	for _, name := range []string{"rfm", "pareto"} {
		group.Go(func() error { return d.get(ctx, &analyticsv1.GetReportRequest{Name: name}) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	r.found.add("rfm and pareto at once", r.since(begun), "s")
	r.resident(d.program, "analytics_rfm_and_pareto", "rfm and pareto at once", residentMiB)
	return nil
}

// fit measures a fit with its holdout.
func (r *run) fit(ctx context.Context, d *desk) error {
	r.stage("fitting BG/NBD")
	forgetPeak(d.cmd.Process.Pid)
	begun := r.clock.Now()
	asked, err := d.models.FitModel(ctx, &analyticsv1.FitModelRequest{
		Program: programName, IdempotencyKey: fmt.Sprintf("bench-%d", r.begun.UnixMilli()), Buying: analyticsv1.BuyingModel_BUYING_MODEL_BG_NBD, HoldoutDays: holdoutDays,
	})
	if err != nil {
		return fmt.Errorf("ask for a fit: %w", err)
	}
	fit := asked.GetFit()
	err = poll(ctx, func() (bool, error) {
		answer, err := d.models.GetFit(ctx, &analyticsv1.GetFitRequest{Program: programName, Fit: fit.GetId()})
		fit = answer.GetFit()
		return fit.GetEndedAt() != nil, err
	})
	if err != nil {
		return fmt.Errorf("wait for the fit: %w", err)
	}
	r.stage("fit: %s", fit.GetVerdict()+fit.GetMessage())
	r.found.hold(Figure{Name: "BG/NBD fit with holdout", Value: r.since(begun), Unit: "s", Relation: atMost, Target: fitSeconds})
	r.resident(d.program, "analytics_fit", "BG/NBD fit", residentMiB)
	return nil
}

// cards measures the card of random customers, one after the other. The first has to compare with everybody.
func (r *run) cards(ctx context.Context, d *desk) error {
	r.stage("%d cards of customers", r.Cards)
	random := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // the same each time is what is wanted
	var took []float64
	for first := true; len(took) <= r.Cards; first = false {
		begun := time.Now() //nolint:forbidigo // what is measured is shorter than a millisecond of the house's clock
		card := &analyticsv1.GetReportRequest{Name: "customer", Parameters: &analyticsv1.GetReportRequest_Customer{
			Customer: &analyticsv1.CustomerParameters{Account: account(random.IntN(r.Members))},
		}}
		err := d.get(ctx, card)
		for first && status.Code(err) == codes.DeadlineExceeded && ctx.Err() == nil { // everybody is still being measured
			err = d.get(ctx, card)
		}
		if err != nil {
			return err
		}
		took = append(took, float64(time.Since(begun).Microseconds())/permille) //nolint:forbidigo // as above
	}
	r.found.add("card, the first of all", took[0], "ms")
	took = took[1:]
	slices.Sort(took)
	half, most := part(took, middle), part(took, tail)
	r.found.latency("customer_card", Latency{P50: rounds([]float64{half}, "", 0), P99: rounds([]float64{most}, atMost, cardMillis)})
	r.found.add("card, half of them", half, "ms")
	r.found.hold(Figure{Name: "card, 99 of 100", Value: most, Unit: "ms", Relation: atMost, Target: cardMillis})
	return nil
}
