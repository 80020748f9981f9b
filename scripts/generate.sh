#!/usr/bin/env bash
# Writes everything that is generated: Go code from the protos, and, once there is one, the image of the contract that
# `buf breaking` compares with. A change that breaks the contract is refused before anything is written.
#   scripts/generate.sh          code, and the image if it is committed
#   scripts/generate.sh image    the same, and makes the first image: from then on the contract only grows
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
scripts/tools.sh buf proto
buf=$LAUREL_HOME/bin/buf
image=laurel.binpb

cd proto
if [ -e $image ]; then
	stage "comparing the contract with its image"
	"$buf" breaking --path laurel --against $image
fi
stage "generating Go code from the protos"
"$buf" generate
if [ -e $image ] || [ "${1:-}" = image ]; then
	"$buf" build --exclude-source-info --output $image
fi

stage "writing the reference pages"
cd "$ROOT"
go test ./services/e2e/reference -rewrite >/dev/null
