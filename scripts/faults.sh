#!/usr/bin/env bash
# `make test-faults`: breaks what a house stands on while it is under load, and holds it to what must hold then.
#   FAULTS   which, for example X1,X7; default: all of them (half an hour)
#   LOAD     small: a third of the load for a third of the time, to try the suite itself
#   SEED     repeats the run that printed it
# The table of what came of it is printed, and written to .laurel/faults.md.
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
need go "install Go 1.26.8 or newer"

eval "$(scripts/mongod.sh find)"
mkdir -p "$LAUREL_HOME"
stage "building (the first time it takes minutes)"
short=""
[ "${LOAD:-}" != small ] || short=-short
go test ./services/faults -count=1 -v $short -timeout 60m -run '^TestFaults$' \
	-args -faults "${FAULTS:-all}" -seed "${SEED:-0}" -report "$LAUREL_HOME/faults.md"
