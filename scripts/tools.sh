#!/usr/bin/env bash
# Builds the pinned tools into .laurel/bin: scripts/tools.sh buf lint proto. Each has a module of its own in
# scripts/tools; one that is up to date is left alone.
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
need go "install Go 1.26.8 or newer"
mkdir -p "$LAUREL_HOME/bin"

for tool in "$@"; do
	folder=scripts/tools/$tool
	stamp=$LAUREL_HOME/bin/.$tool
	made_from=$(go env GOVERSION GOOS GOARCH | cat - "$folder/go.mod" "$folder/go.sum" | cksum)
	names=$(GOWORK=off go -C "$folder" list -f '{{.Target}}' tool | sed 's|.*/||')
	whole=yes
	for name in $names; do [ -x "$LAUREL_HOME/bin/$name" ] || whole=no; done
	[ $whole = yes ] && [ "$(cat "$stamp" 2>/dev/null)" = "$made_from" ] && continue
	stage "building the tools of $folder: ${names//$'\n'/ } (minutes, the first time)"
	GOWORK=off GOBIN=$LAUREL_HOME/bin go -C "$folder" install tool
	printf '%s\n' "$made_from" >"$stamp"
done
