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
if found=$(scripts/mongod.sh find); then eval "$found"; fi
scripts/cdnow.sh
export LAUREL_CDNOW=$LAUREL_HOME/data/cdnow
build laurel ./services/laurel/cmd/laurel

# The houses of e2e take longest: they come first, and the others beside them.
[ $# -gt 0 ] || set -- ./services/e2e ./services/e2e/... ./services/laurelctl ./services/... ./proto/...
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
stage "testing (go test $race -p $at_once; the first time the build takes minutes)"
go test $race -tags fault ${CI:+-count=1} ./services/internal/fault # these files stand behind a build tag
scripts/mongod.sh run --dir "$dir" go test $race -p "$at_once" -timeout 60m ${CI:+-count=1} "$@"
