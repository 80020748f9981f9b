#!/usr/bin/env bash
# `make run`: replays orders through the whole house and shows what came out.
#   ORDERS      CSV of orders; default: the CDNOW purchases, fetched the first time
#   PROGRAMME   YAML of the programme; default: deploy/programmes/cdnow.yaml
#   UNTIL       bring everything up to this time; default: 1998-07-01T00:00Z for CDNOW, else the last order
#   AT          also say how the programme stood at these times, with commas between; default: six days for CDNOW without
#               UNTIL, else none
# Each pair of orders and programme has a house of its own under .laurel/houses, so a second run finds what it knows.
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"

programme=${PROGRAMME:-deploy/programmes/cdnow.yaml}
orders=${ORDERS:-}
until=${UNTIL:-}
at=${AT:-}
[ -e "$programme" ] || fail "there is no programme file $programme"

build laurel ./services/laurel/cmd/laurel
if [ -z "$orders" ]; then
	scripts/cdnow.sh
	orders=$LAUREL_HOME/data/cdnow/cdnow.csv
	if [ -z "$until" ]; then
		until=1998-07-01T00:00Z
		at=${AT-1997-04-01T00:00Z,1997-07-01T00:00Z,1998-01-01T00:00Z,1998-02-01T00:00Z,1998-04-01T00:00Z,$until}
	fi
fi
[ -e "$orders" ] || [ "$orders" = - ] || fail "there is no file of orders $orders"

stage "replaying $orders by $programme"
exec scripts/mongod.sh give --dir "$LAUREL_HOME/mongo" "$LAUREL_HOME/bin/laurel" replay \
	--orders "$orders" --programme "$programme" --clock=events ${until:+--until "$until"} ${at:+--at "$at"} --spend \
	--summary "$LAUREL_HOME/summary.json" --report "$LAUREL_HOME/report.html"
