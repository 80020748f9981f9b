package metric

import "slices"

// Services of the house, and those of them that follow a stream.
var (
	services  = []string{"accrual", "analytics", "member", "partner", "programme", "reward", "tier"}
	followers = []string{"accrual", "analytics", "partner", "tier"}
	tellers   = []string{"accrual", "analytics", "tier"}                     // followers that publish
	boxes     = []string{"accrual", "analytics", "member", "reward", "tier"} // with an outbox
)

// Areas, in the order in which they are shown.
const (
	areaProcess = "process"
	areaLog     = "following the log"
	areaShare   = "partitions"
	areaOutbox  = "outbox"
	areaStreams = "streams"
	areaCalls   = "gRPC"
	areaStore   = "MongoDB"
	areaOwn     = "its own work"
)

// Buckets: a commit on a quiet disk takes some ms, a call that waits for a fit takes minutes.
var (
	commitBuckets = doubling(0.001, 14)
	callBuckets   = []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10}
	batchBuckets  = doubling(1, 10)
	storeBuckets  = []float64{0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5}
)

func doubling(first float64, n int) []float64 {
	list := make([]float64, n)
	for i := range list {
		list[i] = first
		first *= 2
	}
	return list
}

// Table lists every metric, by area.
func Table() []Metric {
	return slices.Concat(processTable(), followTable(), shareTable(), outboxTable(), streamTable(), callTable(), storeTable(), ownTable())
}

func processTable() []Metric {
	all := append([]string{House}, services...)
	return []Metric{
		{Name: "laurel_build_info", Kind: Gauge, Unit: "info", Labels: []string{"service", "version", "commit"}, Area: areaProcess, Services: all,
			Meaning: "Which build of which service this is; always 1."},
		{Name: "laurel_check_ready", Kind: Gauge, Unit: "yes or no", Labels: []string{"check"}, Area: areaProcess, Services: all,
			Meaning: "1 while a check of /readyz is green, 0 while it is not. A process is ready when all are. At most 1 s old."},
	}
}

func followTable() []Metric {
	row := func(name string, kind Kind, unit, meaning string) Metric {
		return Metric{Name: "laurel_<service>_" + name, Kind: kind, Unit: unit, Area: areaLog, Services: followers, Meaning: meaning}
	}
	failures := row("batch_failures_total", Counter, "tries", "Tries of a batch that failed and were made again. conflict: another writer was faster; unknown: it is not known whether the commit happened, the next try finds out; trouble: the store did not answer, or refused.")
	failures.Labels = []string{"kind"}
	batch := row("batch_items", Histogram, "items", "Items in one transaction.")
	batch.buckets = batchBuckets
	commit := row("commit_seconds", Histogram, Seconds, "How long a commit took.")
	commit.buckets = commitBuckets
	phase := row("phase_seconds_total", Counter, Seconds, "How long the lanes were in each phase, added up over lanes, and how long the outbox published. wait: for items, or before another try; load: reading what a batch needs; compute: deciding; pack: writing out what will be stored; commit: the transaction, with the marks (nothing else acknowledges); outbox: rounds that published something, beside the lanes.")
	phase.Labels = []string{"phase"}
	return []Metric{
		row("lag_messages", Gauge, "messages", "Messages of the stream not delivered to a lane yet, as the bus has told with the last message. A replica that reads some partitions counts those of all."),
		row("mark_age_seconds", Gauge, Seconds, "How long the oldest message that was delivered and is not applied has been in the stream, at most; 0 when all are applied."),
		row("queue_items", Gauge, "items", "Items that wait for a lane."),
		batch, commit, phase, failures,
		row("stopped", Gauge, "yes or no", "1 when the service has stopped applying, because an invariant does not hold or the bus went back; its check `state` is red."),
		row("bus_went_back_total", Counter, "times", "Times that the bus no longer held a message which had been read from it."),
	}
}

func shareTable() []Metric {
	row := func(name string, kind Kind, meaning string) Metric {
		return Metric{Name: "laurel_<service>_" + name, Kind: kind, Unit: "partitions", Area: areaShare, Services: followers, Meaning: meaning}
	}
	return []Metric{
		row("owned_partitions", Gauge, "Partitions that this replica works on."),
		row("taken_partitions_total", Counter, "Partitions taken that were free or whose owner was silent."),
		row("handed_partitions_total", Counter, "Partitions handed over to another replica."),
	}
}

func outboxTable() []Metric {
	return []Metric{
		{Name: "laurel_<service>_published_total", Kind: Counter, Unit: "messages", Labels: []string{"stream"}, Area: areaOutbox, Services: tellers,
			Meaning: "Messages published from the outbox. What went to DEAD are dead letters."},
		{Name: "laurel_member_published_total", Kind: Counter, Unit: "messages", Area: areaOutbox, Services: []string{"member"},
			Meaning: "Enrolments published from the outbox."},
		{Name: "laurel_programme_published_total", Kind: Counter, Unit: "revisions", Area: areaOutbox, Services: []string{"programme"},
			Meaning: "Revisions published to EVENTS."},
		{Name: "laurel_reward_published_total", Kind: Counter, Unit: "messages", Area: areaOutbox, Services: []string{"reward"},
			Meaning: "Facts published from the outbox."},
		{Name: "laurel_<service>_outbox_chunks", Kind: Gauge, Unit: "chunks", Area: areaOutbox, Services: boxes,
			Meaning: "Chunks that wait in the outbox of the service, for all streams and of all replicas: do not add replicas up. At most 15 s old."},
		{Name: "laurel_<service>_outbox_age_seconds", Kind: Gauge, Unit: Seconds, Labels: []string{"stream"}, Area: areaOutbox, Services: boxes,
			Meaning: "How long the oldest chunk that this replica has to publish has waited; 0 when none waits."},
	}
}

func streamTable() []Metric {
	row := func(name, meaning string) Metric {
		return Metric{Name: name, Kind: Gauge, Unit: Bytes, Labels: []string{"stream"}, Area: areaStreams, Services: []string{House, "accrual"}, Meaning: meaning}
	}
	return []Metric{
		row("laurel_stream_bytes", "What a stream holds. At most 10 s old."),
		row("laurel_stream_limit_bytes", "What a stream may hold; beyond it, it refuses what is new. EVENTS is left out while it is closed. At most 10 s old."),
	}
}

func callTable() []Metric {
	return []Metric{
		{Name: "laurel_<service>_grpc_calls_total", Kind: Counter, Unit: "calls", Labels: []string{"method", "code"}, Area: areaCalls, Services: services, Later: true,
			Meaning: "Calls that were answered, by method (package.Service/Method) and gRPC code; probes of health are left out."},
		{Name: "laurel_<service>_grpc_call_seconds", Kind: Histogram, Unit: Seconds, Labels: []string{"method"}, Area: areaCalls, Services: services, Later: true, buckets: callBuckets,
			Meaning: "How long an answer took. Methods that watch are counted only: they last as long as somebody listens."},
	}
}

func storeTable() []Metric {
	return []Metric{
		{Name: "laurel_<service>_mongo_seconds", Kind: Histogram, Unit: Seconds, Labels: []string{"command", "collection"}, Area: areaStore, Services: services, buckets: storeBuckets,
			Meaning: "How long a command to MongoDB took, from sending it to its answer; a transaction is many. The collection is empty where a command goes to none."},
		{Name: "laurel_<service>_clock_skew_seconds", Kind: Gauge, Unit: Seconds, Area: areaStore, Services: services,
			Meaning: "How far the clock of mongod is ahead of this machine's; the middle of a call that took a second at most. At most 15 s old while mongod answers."},
		{Name: "laurel_<service>_mongo_failures_total", Kind: Counter, Unit: "commands", Labels: []string{"command"}, Area: areaStore, Services: services,
			Meaning: "Commands that failed as a whole, or were not answered. A duplicate key is an answer; a write conflict in a transaction is a failure, and tried again."},
	}
}

func ownTable() []Metric {
	row := func(service, name string, kind Kind, unit, meaning string, labels ...string) Metric {
		return Metric{
			Name: "laurel_" + service + "_" + name, Kind: kind, Unit: unit, Labels: labels, Area: areaOwn, Services: []string{service}, Meaning: meaning,
			Later: len(labels) > 0,
		}
	}
	return []Metric{
		row("accrual", "entries_total", Counter, "entries", "Entries written to the ledger."),
		row("accrual", "duplicates_total", Counter, "events", "Events that were known already."),
		row("accrual", "refusals_total", Counter, "events", "Events refused, by reason (docs/reference/reasons.md).", "reason"),
		row("accrual", "overdue_accounts", Gauge, "accounts", "Accounts of this replica's partitions on which something is due (a hold has lapsed, points begin or end) that is not done yet, up to the partitions' clocks. At most 15 s old."),
		row("accrual", "intake_messages", Gauge, "messages", "Orders of a merchant that wait in its intake, on the replica that takes from intakes.", "intake"),
		row("accrual", "intake_taken_total", Counter, "messages", "Orders taken from intakes into EVENTS."),
		row("accrual", "points_alive", Gauge, "points", "Points of this replica's partitions that members have: pending, active and held. From the daily totals, at most 5 min old.", "programme", "unit"),
		row("accrual", "points_held", Gauge, "points", "Points of these that are set aside by open holds. As old.", "programme", "unit"),
		row("analytics", "entries_total", Counter, "entries", "Entries of the ledger that were copied."),
		row("analytics", "repeats_total", Counter, "facts", "Facts that were known already."),
		row("analytics", "reports_waiting", Gauge, "reports", "Reports that wait for their turn; from 16 on more are refused."),
		row("partner", "entries_total", Counter, "entries", "Entries of the ledger that were booked."),
		row("partner", "repeats_total", Counter, "facts", "Facts that were known already."),
		row("partner", "late_entries_total", Counter, "entries", "Entries of a period that was closed when they came."),
		row("programme", "asks_total", Counter, "asks", "Asks for a revision, by what became of them: applied, unchanged, or why not.", "outcome"),
		row("tier", "lines_total", Counter, "moves", "Moves of accounts between tiers."),
		row("tier", "notices_total", Counter, "notices", "Notices that a tier is about to drop."),
		row("tier", "duplicates_total", Counter, "events", "Events that were known already."),
		row("tier", "refusals_total", Counter, "events", "Events refused, by reason (docs/reference/reasons.md).", "reason"),
		row("tier", "overdue_accounts", Gauge, "accounts", "Accounts of this replica's partitions to which something is to happen that has not, up to the partitions' clocks. At most 15 s old."),
	}
}
