#!/usr/bin/env bash
# Everything that can be said about the code without running it. The first fault ends it.
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
scripts/tools.sh lint buf proto
buf=$LAUREL_HOME/bin/buf

stage "reading the scripts"
for script in scripts/*.sh .ci/run; do bash -n "$script"; done
python3 -c 'import ast, sys
for name in sys.argv[1:]: ast.parse(open(name).read(), name)' scripts/*.py deploy/examples/partner/python/*.py
unformatted=$(gofmt -l scripts deploy)
[ -z "$unformatted" ] || fail "run gofmt -w on: $unformatted"

stage "linting the Go code"
"$LAUREL_HOME/bin/golangci-lint" run ./proto/... ./services/... ./deploy/examples/partner/go/...
"$LAUREL_HOME/bin/golangci-lint" run --build-tags fault ./services/internal/fault # the other half of its files

stage "proving that a breach of an import rule is named"
GOWORK=off go -C scripts/tools/lint vet .
GOWORK=off go -C scripts/tools/lint test -count=1 . # .golangci.yml lies outside: Go would not see that it changed

stage "checking what is deployed: compose, the image, the chart (deploy/check; cold it takes minutes)"
GOWORK=off go -C deploy/check vet ./...
GOWORK=off go -C deploy/check test -count=1 ./... # what it reads lies outside

stage "looking for tests whose results Go would keep although what they read has changed"
reads='"(\.\./)+(deploy|docs|proto|scripts)[/"]|LAUREL_CDNOW'
for dir in $(grep -rlE --include='*_test.go' "$reads" services | xargs -n 1 dirname | sort -u); do
	grep -q 'os.Getenv("LAUREL_FILES_ARE")' "$dir"/*_test.go || fail "the tests of $dir must ask for LAUREL_FILES_ARE (scripts/test.sh)"
done

stage "linting the protos"
cd proto
"$buf" lint
if [ -e laurel.binpb ]; then
	stage "comparing the contract with its image"
	"$buf" breaking --path laurel --against laurel.binpb
fi

stage "looking for drift of generated files"
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
"$buf" generate --output "$fresh"
diff -r gen "$fresh/gen" >&2 || fail "generated code differs from its source: run make generate and commit"
if [ -e laurel.binpb ]; then
	"$buf" build --exclude-source-info --output "$fresh/laurel.binpb"
	cmp -s laurel.binpb "$fresh/laurel.binpb" || fail "proto/laurel.binpb is old: run make generate and commit"
fi
stage "lint found nothing"
