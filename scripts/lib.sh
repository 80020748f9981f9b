# What the scripts share; sourced, never run. Works with the bash 3.2 of macOS.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT"
LAUREL_HOME=${LAUREL_HOME:-$ROOT/.laurel} # downloads, binaries, data: all that `make clean` may remove
export LAUREL_HOME
export LAUREL_STARTED=${LAUREL_STARTED:-$(date +%s)} # when the outermost script began

# stage TEXT: one line about what begins now, with the time since the outermost script began. On standard error,
# since some scripts answer on standard output.
stage() { printf '[%ds] %s\n' "$(($(date +%s) - LAUREL_STARTED))" "$*" >&2; }

# fail TEXT: say why and end.
fail() {
	printf '%s: %s\n' "$(basename "$0")" "$*" >&2
	exit 1
}

# need COMMAND WHY: end with a useful sentence when a command is not there.
need() { command -v "$1" >/dev/null 2>&1 || fail "$1 is not installed: $2"; }

# within SECONDS COMMAND...: run quietly, end it after the time; `timeout` is not on every system.
within() {
	python3 - "$@" <<'PYTHON'
import subprocess, sys
try:
    done = subprocess.run(sys.argv[2:], timeout=float(sys.argv[1]), stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    sys.exit(done.returncode)
except (subprocess.TimeoutExpired, OSError):
    sys.exit(124)
PYTHON
}

# build NAME PACKAGE [FLAG...]: a Go binary into .laurel/bin.
build() {
	local name=$1 package=$2
	shift 2
	need go "install Go 1.26.8 or newer"
	stage "building $name (the first time it takes minutes)"
	mkdir -p "$LAUREL_HOME/bin"
	go build -o "$LAUREL_HOME/bin/$name" "$@" "$package"
}
