package metric

import "strings"

// Severity says how soon somebody must look.
type Severity string

// Severities.
const (
	Now   Severity = "now"   // members or shops are not served, or will not be soon
	Today Severity = "today" // nothing is lost; it will not pass by itself
)

// Alert is a rule for Prometheus: what is told when its expression holds for so long. Each has a page of its name in
// docs/operating/alerts, with the symptom, what to check and the cure.
type Alert struct {
	Name     string
	Severity Severity
	For      string // as Prometheus writes durations; empty: at once
	Says     string // one sentence, of the service
	// Expr is PromQL. Where it says <service> there is a rule for each of Services.
	Expr     string
	Services []string
}

// Of is the expression for a service.
func (a Alert) Of(service string) string { return strings.ReplaceAll(a.Expr, placeholder, service) }

// Alerts lists all of them.
func Alerts() []Alert {
	swept := []string{"accrual", "tier"}
	return []Alert{
		{Name: "LaurelNotReady", Severity: Now, For: "1m", Services: []string{House},
			Says: "A check is red, so the process is sent no work.",
			Expr: "min by (job, instance, check) (laurel_check_ready) < 1"},
		{Name: "LaurelStopped", Severity: Now, Services: followers,
			Says: "It has stopped applying: an invariant does not hold, or the bus went back.",
			Expr: "laurel_<service>_stopped > 0"},
		{Name: "LaurelBusWentBack", Severity: Now, Services: followers,
			Says: "The bus no longer holds a message that was read from it.",
			Expr: "increase(laurel_<service>_bus_went_back_total[1h]) > 0"},
		{Name: "LaurelLagGrows", Severity: Today, For: "10m", Services: followers,
			Says: "More comes in than is applied.",
			Expr: "laurel_<service>_lag_messages > 1000 and deriv(laurel_<service>_lag_messages[10m]) > 0"},
		{Name: "LaurelMarkOld", Severity: Now, For: "2m", Services: followers,
			Says: "A message was delivered minutes ago and is not applied.",
			Expr: "laurel_<service>_mark_age_seconds > 300"},
		{Name: "LaurelOutboxOld", Severity: Now, For: "2m", Services: boxes,
			Says: "What it has to tell does not leave.",
			Expr: "max by (stream) (laurel_<service>_outbox_age_seconds) > 60"},
		{Name: "LaurelStreamFull", Severity: Now, For: "1m", Services: []string{House},
			Says: "A stream holds more than 80 % of what it may; when it is full it refuses what is new.",
			Expr: "laurel_stream_bytes / laurel_stream_limit_bytes > 0.8"},
		{Name: "LaurelDeadLetters", Severity: Today, Services: []string{"accrual"},
			Says: "Events were refused and are in DEAD.",
			Expr: `sum(increase(laurel_<service>_published_total{stream="DEAD"}[15m])) > 0`},
		{Name: "LaurelOverdue", Severity: Today, For: "15m", Services: swept,
			Says: "What was due (holds that lapse, points that begin or end, reviews) is not done.",
			Expr: "sum(laurel_<service>_overdue_accounts) > 0"},
		{Name: "LaurelPartitionsWander", Severity: Today, Services: followers,
			Says: "Partitions were taken from silent replicas again and again.",
			Expr: "sum(increase(laurel_<service>_taken_partitions_total[15m])) > 48"},
		{Name: "LaurelCommitUnknown", Severity: Today, Services: followers,
			Says: "It was not known whether commits happened.",
			Expr: `sum(increase(laurel_<service>_batch_failures_total{kind="unknown"}[15m])) > 3`},
		{Name: "LaurelClockSkew", Severity: Today, For: "5m", Services: services,
			Says: "The clocks of this machine and of mongod differ by more than 1 s, so that those of two services may by more than 2 s.",
			Expr: "abs(laurel_<service>_clock_skew_seconds) > 1"},
		{Name: "LaurelCallsFail", Severity: Now, For: "10m", Services: services,
			Says: "More than one call of twenty fails through no fault of the caller.",
			Expr: `sum(rate(laurel_<service>_grpc_calls_total{code=~"Internal|Unknown|DataLoss|DeadlineExceeded"}[5m])) / sum(rate(laurel_<service>_grpc_calls_total[5m])) > 0.05`},
	}
}
