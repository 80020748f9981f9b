#!/usr/bin/env bash
# Makes a Python environment with the pinned packages of a file, once, and prints its interpreter:
#   scripts/venv.sh deploy/examples/partner/python/requirements.txt
# It needs Python 3.10 or newer and pip 22.3 or newer; the environment has no pip of its own.
# shellcheck source=scripts/lib.sh
. "$(dirname "$0")/lib.sh"
need python3 "it runs the examples in Python"
[ $# = 1 ] && [ -e "$1" ] || fail "usage: venv.sh REQUIREMENTS"

made_from=$(python3 -c 'import sys; print(sys.version, sys.base_prefix)' | cat - "$1" | cksum | cut -d' ' -f1)
dir=$LAUREL_HOME/venv/$made_from
if [ ! -e "$dir/whole" ]; then
	stage "fetching the Python packages of $1 (once)"
	rm -rf "$dir"
	python3 -m venv --without-pip "$dir" >&2 || fail "python3 has no venv: install it (Debian, Ubuntu: python3-venv)"
	python3 -m pip --python "$dir/bin/python" install --quiet --disable-pip-version-check --only-binary :all: \
		--requirement "$1" >&2 || fail "pip could not install the packages of $1 (see above)." \
		"It must reach a package index, and be 22.3 or newer, for a Python of 3.10 or newer."
	touch "$dir/whole"
fi
printf '%s\n' "$dir/bin/python"
