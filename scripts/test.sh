#!/usr/bin/env bash
# `make test`: go vet and all tests, on a MongoDB of their own; under the race detector where a C compiler is found.
#   scripts/test.sh [go test flags and packages]     default: ./proto/... ./services/...
# Nothing is printed after the test runner's own lines.
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
need go "install Go 1.26.8 or newer"

race=""
compiler=$(go env CC)
if command -v "${compiler%% *}" >/dev/null 2>&1; then
	race=-race
	export CGO_ENABLED=1
else
	stage "no C compiler ($compiler): the tests run without the race detector"
fi
cores=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)

# Tests that kill MongoDB need a binary of their own, also where MONGODB_URI or Docker serves the others.
if found=$(scripts/mongod.sh find); then eval "$found"; else stage "no program of MongoDB is here: tests that start one of their own will fail"; fi
scripts/cdnow.sh
export LAUREL_CDNOW=$LAUREL_HOME/data/cdnow
build laurel ./services/laurel/cmd/laurel
build natsd ./services/internal/testkit/natsd
LAUREL_NATSD=$LAUREL_HOME/bin/natsd
export LAUREL_NATSD LAUREL_NATSD_IS
LAUREL_NATSD_IS=$(cksum <"$LAUREL_NATSD") # with another server the results that Go keeps are stale
# So they are with other files than those of the module: Go looks at none of them, the tests that read them ask for this.
LAUREL_FILES_ARE=$(find deploy docs proto scripts docker-compose.yml .dockerignore "$LAUREL_CDNOW" -type f ! -path '*/__pycache__/*' |
	LC_ALL=C sort | tr '\n' '\0' | xargs -0 cksum | cksum)
export LAUREL_FILES_ARE

# The houses of e2e take longest: they come first, and the others beside them. What is pure (lint holds it to that) starts
# no goroutine: the race detector finds nothing there, and would make exact figures of 69,659 orders four times as slow.
pure=()
if [ $# -eq 0 ]; then
	mapfile -t pure < <(go list ./services/... | grep /internal/domain/)
	mapfile -t others < <(go list ./services/e2e ./services/e2e/... ./services/laurelctl ./services/... ./proto/... | grep -v /internal/domain/)
	set -- "${others[@]}"
fi
stage "vetting (go vet $race)"
go vet $race ./proto/... ./services/... ./deploy/examples/partner/go/...
go vet $race -tags fault ./services/internal/fault

mkdir -p "$LAUREL_HOME/test"
for old in "$LAUREL_HOME"/test/mongo-*; do # a killed run left its data behind
	[ ! -e "$old" ] || kill -0 "${old##*-}" 2>/dev/null || rm -rf "$old"
done
dir=$LAUREL_HOME/test/mongo-$$
trap 'rm -rf "$dir"' EXIT

# One test binary more at once than there are cores: each waits for its servers at times, and under the race detector for a
# second at its end.
at_once=$((cores + 1))
export GORACE=atexit_sleep_ms=100 # a second by default, for each of some 60 test binaries
if [ ${#pure[@]} -gt 0 ]; then
	stage "testing what is pure (go test)"
	go test ${CI:+-count=1} "${pure[@]}"
fi
stage "testing (go test $race -p $at_once; the first time the build takes minutes)"
go test $race -tags fault ${CI:+-count=1} ./services/internal/fault # these files stand behind a build tag
scripts/mongod.sh run --dir "$dir" go test $race -p "$at_once" -timeout 60m ${CI:+-count=1} "$@"
