"""A data folder with servers for one command, for tests and measurements."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from helpdesk.embedded import place, servers
from helpdesk.embedded.child import die_with_parent
from helpdesk.embedded.errors import explain

PREFIX = "scratch-"
# Two files: the folder in which scratch folders are made may be one itself.
MAKING = "making.lock"
IN_USE = "in-use.lock"


def run(command: list[str], data_dir: Path, *, durable: bool = False) -> int:
    """Run the command on fresh servers in a folder under `data_dir`; return its exit code.

    The servers end with this process, however it ends; a folder that a killed run left is removed
    by the next one. What DATABASE_URL and REDIS_URL name is used as it is.
    """
    with folder(data_dir) as scratch:
        if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
            servers.start(scratch, durable=durable, for_ever=False)
        environment = {**os.environ, "HELPDESK_DATA": str(scratch)}
        # Ctrl-C reaches the command as well; it is waited for, so that it can clean up first.
        with suppress(KeyboardInterrupt):
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            end_too = partial(die_with_parent, signal.SIGTERM)
            process = subprocess.Popen(command, env=environment, preexec_fn=end_too)
            return _wait(process)
    return 130


def _wait(process: subprocess.Popen[bytes]) -> int:
    try:
        code = process.wait()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise
    return 128 - code if code < 0 else code


@contextmanager
def folder(data_dir: Path) -> Iterator[Path]:
    """A new data folder under `data_dir`, removed with its servers afterwards."""
    try:
        place.make_folder(data_dir, place.data_mode())
        # A folder whose lock is not yet taken would look abandoned to another run.
        with place.locked(data_dir / MAKING):
            remove_abandoned(data_dir)
            scratch = Path(tempfile.mkdtemp(prefix=PREFIX, dir=data_dir)).resolve()
            scratch.chmod(place.data_mode())
            lock = (scratch / IN_USE).open("w")
            fcntl.flock(lock, fcntl.LOCK_EX)
    except OSError as error:
        raise explain(error) from error
    with lock:
        try:
            yield scratch
        finally:
            remove(scratch)


def remove_abandoned(data_dir: Path) -> None:
    """Remove the folders of runs that were killed: nobody holds their locks any more."""
    for scratch in data_dir.glob(f"{PREFIX}*"):
        with suppress(OSError), (scratch / IN_USE).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove(scratch.resolve())


def remove(scratch: Path) -> None:
    """End the servers of the folder and remove all they had, also what stands outside of it."""
    here = place.find(scratch)
    servers.stop(scratch)
    for path in (here.sockets, here.home, scratch):
        shutil.rmtree(path, ignore_errors=True)
