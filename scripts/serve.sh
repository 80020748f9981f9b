#!/usr/bin/env bash
# `make serve`: keeps the house up until Ctrl-C. What it stores stays in .laurel/house.
#   PROGRAMME   YAML of the programme; default: deploy/programmes/cdnow.yaml
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

programme=${PROGRAMME:-deploy/programmes/cdnow.yaml}
[ -e "$programme" ] || fail "there is no programme file $programme"
build laurel ./services/laurel/cmd/laurel
exec scripts/mongod.sh give --dir "$LAUREL_HOME/mongo" "$LAUREL_HOME/bin/laurel" serve --programme "$programme" "$@"
