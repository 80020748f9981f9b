#!/usr/bin/env bash
# `make bench`: measures a house against its targets, on servers of its own that are gone afterwards.
#   SIZE     small (four to six minutes, default), medium, full (a million members, ten million orders: hours, some 40 GiB of disk)
#   KEEP     a directory: what was copied is left there, and asked again by the next run of that size, which then takes minutes
# The figures are printed, and written to .laurel/bench.json; what was measured side by side is drawn in .laurel/bench.svg.
# docs/operating/performance.md says what they mean. A part alone: `scripts/bench.sh --only stream` (the house beside the loops),
# `load` (a house of all members under half of what it can), `flood` (of one merchant), `growth`, `heavy`, `scale` or `analytics`.
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

build laurel ./services/laurel/cmd/laurel
build laurel-accrual ./services/accrual/cmd/laurel-accrual
build laurel-analytics ./services/analytics/cmd/laurel-analytics
build laurel-partner ./services/partner/cmd/laurel-partner
build laurel-bench ./services/bench/cmd/laurel-bench
if [ -n "${KEEP:-}" ]; then
	dir=$KEEP/mongo
	set -- --keep "$KEEP" "$@"
else
	dir=$LAUREL_HOME/bench/mongo-$$
	trap 'rm -rf "$dir"' EXIT
fi
mkdir -p "$(dirname "$dir")"
scripts/mongod.sh run --dir "$dir" "$LAUREL_HOME/bin/laurel-bench" --size "${SIZE:-small}" --home "$LAUREL_HOME" \
	--json "$LAUREL_HOME/bench.json" --svg "$LAUREL_HOME/bench.svg" "$@"
