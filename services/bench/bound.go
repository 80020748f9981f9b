package bench

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Side is a program that was measured beside others, and what it spent its time on.
type Side struct {
	Name     string `json:"name"`
	Does     string `json:"does"`
	Orders   int    `json:"orders"`      // in each round
	Accounts int    `json:"accounts"`    // whose they are
	Batch    int    `json:"batch"`       // orders in a transaction at most
	Writers  int    `json:"writers"`     // side by side
	Bytes    int    `json:"order_bytes"` // the body of each
	// Rate is in orders a second, from the first publish to the last commit.
	Rate Rounds `json:"rate"`
	// Cores is how many processor cores each process had on average over all rounds.
	Cores map[string]float64 `json:"cores,omitempty"`
	// Phases is how many seconds the lanes of each service, added up, and its outbox spent in each phase, over all rounds.
	Phases map[string]map[string]float64 `json:"phases,omitempty"`

	seconds float64 // of all rounds
}

// mongod is the process of the server, 0 where it is on another machine.
func (l *loops) mongod(ctx context.Context) (int, error) {
	var status struct {
		PID int `bson:"pid"`
	}
	if err := l.client.Database("admin").RunCommand(ctx, bson.D{{Key: "serverStatus", Value: 1}}).Decode(&status); err != nil {
		return 0, fmt.Errorf("ask mongod who it is: %w", err)
	}
	if !called(status.PID, "mongod") {
		return 0, nil
	}
	return status.PID, nil
}

// side measures one round of a side.
func (r *run) side(ctx context.Context, s *side, mongod int) error {
	pids := s.pids()
	pids["laurel-bench"] = os.Getpid()
	if mongod != 0 {
		pids["mongod"] = mongod
	}
	cores, phases := processors(pids), s.phases(ctx)
	seconds, err := s.take(ctx)
	if err != nil {
		return err
	}
	s.rates = append(s.rates, float64(s.Orders)/seconds)
	s.spent(seconds, less(processors(pids), cores))
	s.worked(less(s.phases(ctx), phases), float64(s.Writers)*seconds)
	return nil
}

// processors are the seconds that processes have had.
func processors(pids map[string]int) map[string]float64 {
	had := map[string]float64{}
	for name, pid := range pids {
		if seconds, ok := processor(pid); ok {
			had[name] = seconds
		}
	}
	return had
}

// less subtracts what was before.
func less(now, before map[string]float64) map[string]float64 {
	for name := range now {
		now[name] -= before[name]
	}
	return now
}

// spent adds a round to the means.
func (s *Side) spent(seconds float64, had map[string]float64) {
	if s.Cores == nil {
		s.Cores = map[string]float64{}
	}
	all := s.seconds + seconds
	for name, more := range had {
		s.Cores[name] = (s.Cores[name]*s.seconds + more) / all
	}
	s.seconds = all
}

// phased is the metric that tells how long the lanes of a service were in a phase.
const phased = "_phase_seconds_total{phase=\""

// phases reads the seconds of each phase, by the name of the metric.
func (s *side) phases(ctx context.Context) map[string]float64 {
	found := map[string]float64{}
	if s.follows == nil {
		return found
	}
	page, err := s.follows.page(ctx)
	if err != nil {
		return found // what is measured says so itself
	}
	for name, seconds := range page {
		if strings.Contains(name, phased) {
			found[name] = seconds
		}
	}
	return found
}

// worked adds the phases of a round, in which the lanes of each service had so many seconds. A lane tells how long it has waited when
// it no longer does, so that the wait before a round would be in it: here it is what other phases leave.
func (s *Side) worked(phases map[string]float64, lanes float64) {
	const wait, outbox = "wait", "outbox"
	busy := map[string]float64{}
	for name, seconds := range phases {
		service, phase, _ := strings.Cut(strings.TrimPrefix(name, "laurel_"), phased)
		phase = strings.TrimSuffix(phase, "\"}")
		if s.Phases == nil {
			s.Phases = map[string]map[string]float64{}
		}
		if s.Phases[service] == nil {
			s.Phases[service] = map[string]float64{}
		}
		if phase == wait {
			continue
		}
		s.Phases[service][phase] += seconds
		if phase != outbox {
			busy[service] += seconds
		}
	}
	for service := range s.Phases {
		s.Phases[service][wait] += max(0, lanes-busy[service])
	}
}

// text says how fast the side was, and what bound it.
func (s *Side) text() string {
	var t strings.Builder
	_, _ = fmt.Fprintf(&t, "\n%s (%s): %s orders/s (%s to %s); %d orders of %d bytes in each of %d rounds, %d accounts, batches of %d, writers: %d\n",
		s.Name, s.Does, number(s.Rate.Median), number(s.Rate.Min), number(s.Rate.Max), s.Orders, s.Bytes, s.Rate.Rounds, s.Accounts, s.Batch, s.Writers)
	_, _ = fmt.Fprintf(&t, "  cores: %s\n", shares(s.Cores, 1, "%.2f"))
	for _, service := range slices.Sorted(maps.Keys(s.Phases)) {
		if all := s.lanes(service); all > 0 {
			_, _ = fmt.Fprintf(&t, "  %s: %s\n", service, shares(s.Phases[service], all/percent, "%.0f %%"))
		}
	}
	return t.String()
}

// lanes is how many seconds the lanes of a service had, over all rounds. The outbox works beside them.
func (s *Side) lanes(service string) float64 {
	all := 0.0
	for phase, seconds := range s.Phases[service] {
		if phase != "outbox" {
			all += seconds
		}
	}
	return all
}

const percent = 100

// shares writes values, the largest first, divided by one.
func shares(values map[string]float64, by float64, form string) string {
	names := slices.SortedFunc(maps.Keys(values), func(a, b string) int {
		return cmp.Or(cmp.Compare(values[b], values[a]), strings.Compare(a, b))
	})
	for i, name := range names {
		names[i] = name + " " + fmt.Sprintf(form, values[name]/by)
	}
	return strings.Join(names, ", ")
}
