package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
)

// Result is what was found.
type Result struct {
	Size    string   `json:"size"`
	Of      size     `json:"of"`
	Machine Machine  `json:"machine"`
	Figures []Figure `json:"figures"`
	// Ratios are measured side by side, in several rounds.
	Ratios map[string]Rounds `json:"ratios,omitempty"`
	// Latencies are in milliseconds, by what was waited for.
	Latencies map[string]Latency `json:"latency_ms,omitempty"`
	// Resident is how many MiB a program held at most, by program and what it did.
	Resident map[string]Rounds `json:"rss_mib,omitempty"`
	// Sides are the programs that Ratios were measured with.
	Sides []Side `json:"sides,omitempty"`
	// Memory is what a whole house held under load; nothing where the system does not tell.
	Memory *Memory `json:"memory_mib,omitempty"`
}

// Memory is what a program held under a load of so many seconds, in its first third and in its last, in MiB.
type Memory struct {
	Seconds int    `json:"seconds"`
	First   Rounds `json:"first_third"`
	Last    Rounds `json:"last_third"`
}

// Latency is how long something takes, half of the time at most and 99 times of 100.
type Latency struct {
	P50 Rounds `json:"p50"`
	P99 Rounds `json:"p99"`
}

// Rounds are what several rounds found, and what their median is to be. Without a relation there is no target.
type Rounds struct {
	Relation string  `json:"relation,omitempty"` // <= or >=
	Target   float64 `json:"target,omitempty"`
	Rounds   int     `json:"rounds"`
	Min      float64 `json:"min"`
	Median   float64 `json:"median"`
	Max      float64 `json:"max"`
}

// Machine is what it was measured on.
type Machine struct {
	OS    string `json:"os"`
	Arch  string `json:"arch"`
	Cores int    `json:"cores"`
	Go    string `json:"go"`
}

func thisMachine() Machine {
	return Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU(), Go: runtime.Version()}
}

// Figure is one figure and what it is to be. Without a relation there is no target.
type Figure struct {
	Name     string  `json:"name"`
	Value    float64 `json:"value"`
	Unit     string  `json:"unit"`
	Relation string  `json:"relation,omitempty"` // <= or >=
	Target   float64 `json:"target,omitempty"`
	Met      bool    `json:"met"`
}

const (
	atMost  = "<="
	atLeast = ">="
)

// add notes a figure that only informs.
func (r *Result) add(name string, value float64, unit string) {
	r.Figures = append(r.Figures, Figure{Name: name, Value: value, Unit: unit, Met: true})
}

// hold notes a figure and what it is to be.
func (r *Result) hold(f Figure) {
	f.Met = f.Relation == atMost && f.Value <= f.Target || f.Relation == atLeast && f.Value >= f.Target
	r.Figures = append(r.Figures, f)
}

// ratio notes what several rounds have found; one at least.
func (r *Result) ratio(name string, found []float64, relation string, target float64) {
	if r.Ratios == nil {
		r.Ratios = map[string]Rounds{}
	}
	r.Ratios[name] = rounds(found, relation, target)
}

// compare notes a ratio that is to be so large at least, as a figure too.
func (r *Result) compare(name string, found []float64, least float64) {
	r.ratio(name, found, atLeast, least)
	r.hold(Figure{Name: name, Value: median(found), Unit: "times", Relation: atLeast, Target: least})
}

// latency notes how long something takes.
func (r *Result) latency(name string, l Latency) {
	if r.Latencies == nil {
		r.Latencies = map[string]Latency{}
	}
	r.Latencies[name] = l
}

// resident notes what a program held at most, and is to hold.
func (r *Result) resident(name string, mib, target float64) {
	if r.Resident == nil {
		r.Resident = map[string]Rounds{}
	}
	r.Resident[name] = rounds([]float64{mib}, atMost, target)
}

func rounds(found []float64, relation string, target float64) Rounds {
	return Rounds{relation, target, len(found), slices.Min(found), median(found), slices.Max(found)}
}

// median is the middle of what was found, the lower one of two.
func median(found []float64) float64 {
	sorted := slices.Sorted(slices.Values(found))
	return sorted[(len(sorted)-1)/2]
}

// Met tells whether every figure is what it is to be.
func (r *Result) Met() bool {
	for _, f := range r.Figures {
		if !f.Met {
			return false
		}
	}
	return true
}

// Table is for people.
func (r *Result) Table() string {
	var text strings.Builder
	_, _ = fmt.Fprintf(&text, "%s: %d members, %d orders, on %d cores (%s/%s, %s)\n",
		r.Size, r.Of.Members, r.Of.Orders, r.Machine.Cores, r.Machine.OS, r.Machine.Arch, r.Machine.Go)
	t := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, f := range r.Figures {
		target, verdict := "", ""
		if f.Relation != "" {
			target, verdict = f.Relation+" "+number(f.Target), "met"
		}
		if !f.Met {
			verdict = "MISSED"
		}
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", f.Name, number(f.Value), f.Unit, target, verdict)
	}
	_ = t.Flush() // to memory
	for _, s := range r.Sides {
		_, _ = text.WriteString(s.text())
	}
	return text.String()
}

// number prints what is large without and what is small with digits after the point.
func number(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func (r *Result) write(path string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err == nil {
		err = os.WriteFile(path, append(text, '\n'), fileMode) //nolint:gosec // figures are for everybody
	}
	if err != nil {
		return fmt.Errorf("write the figures: %w", err)
	}
	return nil
}
